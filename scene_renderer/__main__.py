"""Renders scenes, shows one with its labels, and films episodes.

python -m scene_renderer render --seed 7 --count 50
python -m scene_renderer check train-7-000012
python -m scene_renderer animate episode.json
"""

import argparse
import io
import json
import os
from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scene_renderer import console
from scene_renderer.errors import UsageError
from scene_renderer.splits import SPLITS

if TYPE_CHECKING:
    from scene_renderer.episode import Episode
    from scene_renderer.plan import Plan
    from scene_renderer.scene import Scene

DATA = Path("data/default")
_PICTURE, _PANEL = (32, 2048), (96, 1024)
"""Narrowest and widest, pixels."""

_SPEEDS = 0.1, 20.0
_RECORD_HZ = 60.0


def main(arguments: Sequence[str]) -> None:
    """Runs one command."""
    parser = console.Parser(prog="python -m scene_renderer", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    _add_render(verbs)
    _add_check(verbs)
    _add_animate(verbs)
    options = parser.parse_args(arguments)
    {"render": _render, "check": _check, "animate": _animate}[options.verb](options)


def _add_render(verbs: "argparse._SubParsersAction[console.Parser]") -> None:
    parser = _add_verb(
        verbs,
        "render",
        "render scenes with their labels to Parquet shards",
        "  python -m scene_renderer render --seed 7 --count 50\n"
        "  python -m scene_renderer render --split test --output data/big --workers 4 --resume",
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
        "--output", type=Path, default=DATA, help="data folder (default: %(default)s)"
    )
    _add_image_size(parser, 128)
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


def _add_check(verbs: "argparse._SubParsersAction[console.Parser]") -> None:
    parser = _add_verb(
        verbs,
        "check",
        "draw a scene with boxes, names, coordinates and axes",
        "  python -m scene_renderer check train-7-000012 --data data/big\n"
        "  python -m scene_renderer check --seed 7 --split test_look --index 3 --output look.png",
    )
    _add_source(parser, "SCENE", "id of a rendered scene, or a scene's JSON file")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="PNG",
        help="picture to write (default: check-ID.png)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")
    _add_image_size(parser, 768)


def _add_animate(verbs: "argparse._SubParsersAction[console.Parser]") -> None:
    parser = _add_verb(
        verbs,
        "animate",
        "film an episode: the camera's view beside a map of the table",
        "  python -m scene_renderer animate episode.json --output film.mp4\n"
        "  python -m scene_renderer animate --seed 3 --index 7 --plan plan.txt\n"
        "  python -m scene_renderer animate --seed 3 --index 7 --output lifted.gif \\\n"
        "      --plan 'pick(595, -204, 26)\\nmove_to(595, -204, 176)' "
        "--instruction 'lift the blue ball'",
    )
    _add_source(parser, "EPISODE", "an episode's JSON file; with --plan: a scene's id or JSON file")
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
        help="a .gif or .mp4, or .json to keep the episode itself (default: %(default)s)",
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
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _add_verb(
    verbs: "argparse._SubParsersAction[console.Parser]", name: str, what: str, examples: str
) -> console.Parser:
    parser = verbs.add_parser(
        name, help=what, description=what.capitalize() + ".", epilog=f"examples:\n{examples}"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def _add_source(parser: console.Parser, metavar: str, what: str) -> None:
    parser.add_argument(
        "source",
        nargs="?",
        metavar=metavar,
        help=f"{what}; else --seed, --split and --index",
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, help="where to look for an id (default: %(default)s)"
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
    parser.add_argument(
        "--seed", type=console.natural, default=0, metavar="S", help="default: %(default)s"
    )


def _add_image_size(parser: console.Parser, default: int) -> None:
    parser.add_argument(
        "--image-size",
        type=_width(*_PICTURE),
        default=default,
        metavar="PX",
        help="width and height in pixels (default: %(default)s)",
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


def _render(options: argparse.Namespace) -> None:
    from scene_renderer.shards import render_split, scenes_folder

    if options.resume and options.overwrite:
        raise UsageError("--resume and --overwrite exclude each other.")
    folder = scenes_folder(options.output, options.split)
    label = f"render {options.split}"
    progress = console.Progress(label, options.count, "scenes", options.quiet)
    with console.stdout_to_stderr(), progress:
        manifest = render_split(
            folder,
            options.split,
            options.seed,
            options.count,
            options.image_size,
            workers=options.workers,
            overwrite=options.overwrite,
            resume=options.resume,
            on_shard=progress.advance,
        )
    if options.json:
        console.print_json({"folder": str(folder), **manifest})
        return
    megabytes = sum(file["bytes"] for file in manifest["files"]) / 1e6
    print(f"{options.count} scenes of '{options.split}' in {folder} ({megabytes:.1f} MB)")
    if not options.quiet:
        some = f"{options.split}-{options.seed}-{0:06d}"
        data = "" if options.output == DATA else f" --data {options.output}"
        console.note(f"Look at one: python -m scene_renderer check {some}{data}")


def _check(options: argparse.Namespace) -> None:
    scene = _find_scene(options)
    path: Path = options.output or Path(f"check-{console.file_name(scene.id)}.png")
    console.claim_output(path, options.overwrite, resume=None)
    with console.stdout_to_stderr():
        from scene_renderer.check import draw_check

        picture = draw_check(scene, options.image_size)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    console.write_whole(path, buffer.getvalue())
    if options.json:
        console.print_json({"picture": str(path), "scene": json.loads(scene.to_json())})
    else:
        print(path)


def _find_scene(options: argparse.Namespace) -> "Scene":
    from scene_renderer.scene import Scene

    if options.source is None:
        from scene_renderer.sampler import sample_scene

        return sample_scene(options.seed, options.split, options.index)
    path = Path(options.source)
    if path.suffix != ".json":
        from scene_renderer.shards import find_scene

        return find_scene(options.data, options.source)
    return Scene.from_json(console.read_text(path))


def _animate(options: argparse.Namespace) -> None:
    path: Path = options.output
    with console.stdout_to_stderr():
        _check_output(path)
        episode = _find_episode(options)
        console.claim_output(path, options.overwrite, resume=None)
        if path.suffix == ".json":
            console.write_whole(path, episode.to_json())
        else:
            _film(episode, options)
    if options.json:
        size = path.stat().st_size
        console.print_json({"output": str(path), "bytes": size, "failure": episode.failure})
    else:
        print(path)


def _check_output(path: Path) -> None:
    if path.suffix != ".json":
        from scene_renderer.video import check_kind

        check_kind(path)


def _film(episode: "Episode", options: argparse.Namespace) -> None:
    from scene_renderer.animation import FPS, animate, choose_frames

    count = len(choose_frames(episode, FPS, options.speed)[0])
    with console.Progress("animate", count, "frames", options.quiet) as progress:
        animate(
            episode,
            options.output,
            size_px=options.size,
            speed=options.speed,
            on_frame=progress.advance,
        )


def _find_episode(options: argparse.Namespace) -> "Episode":
    from scene_renderer.episode import Episode, execute

    if options.plan is not None:
        plan, scene = _read_plan(options.plan), _find_scene(options)
        return execute(scene, plan, instruction=options.instruction, record_hz=_RECORD_HZ)
    if options.source is None:
        raise UsageError("Give an episode's JSON file, or a --plan for a scene.")
    return Episode.from_json(console.read_text(Path(options.source)))


def _read_plan(text: str) -> "Plan":
    """Reads a plan given as text, in which a newline may be typed as backslash and n, or a file."""
    from scene_renderer.plan import parse_plan

    is_file = text.endswith(".txt") or (len(text) < 256 and Path(text).is_file())
    return parse_plan(console.read_text(Path(text)) if is_file else text.replace("\\n", "\n"))


if __name__ == "__main__":
    console.run(main, resumable=("render",))
