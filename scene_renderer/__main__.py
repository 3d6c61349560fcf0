"""Renders scenes, builds one from a sentence, shows one, films episodes, draws contact sheets.

python -m scene_renderer render --seed 7 --count 50
python -m scene_renderer compose "three red cubes around a blue bowl, a mug behind"
python -m scene_renderer check train-7-000012
python -m scene_renderer animate episode.json
python -m scene_renderer catalogue
python -m scene_renderer sheet --split test_look

What the commands do is in `verbs.py`.
"""

import argparse
import os
from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from pathlib import Path

from scene_renderer import console, verbs
from scene_renderer.splits import SPLITS
from scene_renderer.vocabulary import CAMERAS

_PICTURE, _PANEL = (32, 2048), (96, 1024)
"""Narrowest and widest, pixels."""

_SPEEDS = 0.1, 20.0
_SHEET_COUNT, _SHEET_COLUMNS = 6, 6


def main(arguments: Sequence[str]) -> None:
    """Runs one command."""
    parser = console.Parser(prog="python -m scene_renderer", description=__doc__)
    commands = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    _add_render(commands)
    _add_compose(commands)
    _add_check(commands)
    _add_animate(commands)
    _add_catalogue(commands)
    _add_sheet(commands)
    options = parser.parse_args(arguments)
    getattr(verbs, options.verb)(options)


def _add_render(commands: "argparse._SubParsersAction[console.Parser]") -> None:
    parser = _add_verb(
        commands,
        "render",
        "render scenes with their labels to Parquet shards",
        "  python -m scene_renderer render --seed 7 --count 50\n"
        "  python -m scene_renderer render --split test --output data/big --workers 4 --resume\n"
        "  python -m scene_renderer render --camera top --output data/top",
    )
    parser.add_argument(
        "--count",
        type=console.positive,
        default=50,
        metavar="N",
        help="scenes (default: %(default)s)",
    )
    _add_drawn(parser)
    parser.add_argument(
        "--output", type=Path, default=verbs.DATA, help="data folder (default: %(default)s)"
    )
    _add_image_size(parser, 128)
    _add_camera(parser, "front")
    parser.add_argument(
        "--workers",
        type=console.positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes; they do not change a byte (default: one for each core, %(default)s)",
    )
    parser.add_argument("--resume", action="store_true", help="keep what is there and go on")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _add_compose(commands: "argparse._SubParsersAction[console.Parser]") -> None:
    parser = _add_verb(
        commands,
        "compose",
        "build a scene from a sentence; left, right, behind and in front are the robot's",
        '  python -m scene_renderer compose "three red cubes around a blue bowl, a mug behind"\n'
        '  python -m scene_renderer compose "a row of five balls" --seed 3 --picture row.png',
    )
    parser.add_argument("text", metavar="SENTENCE", help="4 to 8 objects and where they are")
    _add_seed(parser)
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("scene.json"),
        metavar="FILE",
        help="the scene, a .json (default: %(default)s)",
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="render it too, to a .png or .jpg"
    )
    _add_image_size(parser, 512)
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="which to ask at OPENAI_BASE_URL (default: OPENAI_MODEL); our own grammar reads the "
        "sentence if that address is not set",
    )
    parser.add_argument("--offline", action="store_true", help="never ask a model")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")


def _add_check(commands: "argparse._SubParsersAction[console.Parser]") -> None:
    parser = _add_verb(
        commands,
        "check",
        "draw a scene with boxes, names, coordinates and axes",
        "  python -m scene_renderer check train-7-000012 --data data/big\n"
        "  python -m scene_renderer check --seed 7 --split test_look --index 3 --camera all",
    )
    _add_source(parser, "SCENE", "id of a rendered scene, or a scene's JSON file")
    _add_picture(parser, "check-ID.png")
    _add_image_size(parser, 768)
    _add_camera(parser, None, verbs.ALL)


def _add_animate(commands: "argparse._SubParsersAction[console.Parser]") -> None:
    parser = _add_verb(
        commands,
        "animate",
        "film episodes: a camera's view beside a map of the table",
        "  python -m scene_renderer animate one.json two.json --camera room --output film.mp4\n"
        "  python -m scene_renderer animate --seed 3 --index 7 --plan plan.txt\n"
        "  python -m scene_renderer animate --seed 3 --index 7 --output lifted.gif \\\n"
        "      --plan 'pick(595, -204, 26)\\nmove_to(595, -204, 176)' "
        "--instruction 'lift the blue ball'",
    )
    _add_source(
        parser,
        "EPISODE",
        "episodes' JSON files, filmed in a grid; with --plan: a scene's id or JSON file",
        nargs="*",
    )
    parser.add_argument(
        "--plan",
        metavar="TEXT",
        help="execute this plan (text, or a file) on the scene and film it",
    )
    parser.add_argument(
        "--instruction", default="", metavar="TEXT", help="with --plan: what the title says"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("episode.gif"),
        metavar="FILE",
        help="a .gif or .mp4, a .png or .jpg for its moments side by side, or .json to keep the "
        "episode itself (default: %(default)s)",
    )
    parser.add_argument(
        "--size",
        type=_width(*_PANEL),
        default=280,
        metavar="PX",
        help="width of each of the two panels in pixels (default: %(default)s)",
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="X",
        help="simulated seconds a second (default: %(default)s)",
    )
    parser.add_argument(
        "--slow-motion",
        type=_slowdown,
        default=4.0,
        metavar="X",
        help="how many times slower a failure is shown (default: %(default)s; 1: no slower)",
    )
    _add_camera(parser, None)
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _add_catalogue(commands: "argparse._SubParsersAction[console.Parser]") -> None:
    parser = _add_verb(
        commands,
        "catalogue",
        "draw every shape in a few colours, with its word, sizes and role",
        "  python -m scene_renderer catalogue\n"
        "  python -m scene_renderer catalogue --image-size 800 --output shapes.jpg",
    )
    _add_picture(parser, "catalogue.png")
    _add_image_size(parser, 560, "width of each shape's picture")


def _add_sheet(commands: "argparse._SubParsersAction[console.Parser]") -> None:
    parser = _add_verb(
        commands,
        "sheet",
        "draw the first scenes of a split, or of each, side by side",
        "  python -m scene_renderer sheet\n"
        "  python -m scene_renderer sheet --split test_look --count 18 --camera top",
    )
    parser.add_argument(
        "--split",
        type=console.one_of("split", SPLITS),
        help=f"one of {', '.join(SPLITS)} (default: each in its turn)",
    )
    _add_seed(parser)
    parser.add_argument(
        "--count",
        type=console.positive,
        default=_SHEET_COUNT,
        metavar="N",
        help="scenes of a split (default: %(default)s)",
    )
    parser.add_argument(
        "--columns",
        type=console.positive,
        default=_SHEET_COLUMNS,
        metavar="N",
        help="scenes in a row (default: %(default)s)",
    )
    _add_picture(parser, "sheet.png")
    _add_image_size(parser, 240)
    _add_camera(parser, "front")


def _add_verb(
    commands: "argparse._SubParsersAction[console.Parser]", name: str, what: str, examples: str
) -> console.Parser:
    parser = commands.add_parser(
        name, help=what, description=what.capitalize() + ".", epilog=f"examples:\n{examples}"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def _add_source(parser: console.Parser, metavar: str, what: str, nargs: str = "?") -> None:
    parser.add_argument(
        "source",
        nargs=nargs,
        metavar=metavar,
        help=f"{what}; else --seed, --split and --index",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=verbs.DATA,
        help="where to look for an id (default: %(default)s)",
    )
    _add_drawn(parser)
    parser.add_argument(
        "--index", type=console.natural, default=0, metavar="I", help="default: %(default)s"
    )


def _add_drawn(parser: console.Parser) -> None:
    parser.add_argument(
        "--split",
        type=console.one_of("split", SPLITS),
        default="train",
        help=f"one of {', '.join(SPLITS)} (default: %(default)s)",
    )
    _add_seed(parser)


def _add_seed(parser: console.Parser) -> None:
    parser.add_argument(
        "--seed", type=console.natural, default=0, metavar="S", help="default: %(default)s"
    )


def _add_picture(parser: console.Parser, default: str) -> None:
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"picture to write, a .png or .jpg (default: {default})",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")


def _add_camera(parser: console.Parser, default: str | None, *more: str) -> None:
    names = (*CAMERAS, *more)
    parser.add_argument(
        "--camera",
        type=console.one_of("camera", names),
        default=default,
        metavar="NAME",
        help=f"one of {', '.join(names)} (default: {default or 'that of the scene'})",
    )


def _add_image_size(
    parser: console.Parser, default: int, what: str = "width and height of a picture"
) -> None:
    parser.add_argument(
        "--image-size",
        type=_width(*_PICTURE),
        default=default,
        metavar="PX",
        help=f"{what} in pixels (default: %(default)s)",
    )


def _width(least: int, most: int) -> Callable[[str], int]:
    """Returns an argparse type: a picture's width in pixels."""

    def check(text: str) -> int:
        size = console.positive(text)
        if not least <= size <= most:
            raise ArgumentTypeError(f"A picture is {least} to {most} pixels wide, not {size}.")
        return size

    return check


def _speed(text: str) -> float:
    speed = console.positive_real(text)
    if not _SPEEDS[0] <= speed <= _SPEEDS[1]:
        raise ArgumentTypeError(
            f"A film runs at {_SPEEDS[0]} to {_SPEEDS[1]} times the speed, not {text}."
        )
    return speed


def _slowdown(text: str) -> float:
    slowdown = console.positive_real(text)
    if not 1 <= slowdown <= _SPEEDS[1]:
        raise ArgumentTypeError(f"Slow motion is 1 to {_SPEEDS[1]:g} times slower, not {text}.")
    return slowdown


if __name__ == "__main__":
    console.run(main, resumable=("render",))
