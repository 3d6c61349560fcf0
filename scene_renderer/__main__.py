"""Renders scenes, and shows one with its labels.

python -m scene_renderer render --seed 7 --count 50
python -m scene_renderer check train-7-000012
"""

import argparse
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scene_renderer import console
from scene_renderer.errors import SceneError, UsageError
from scene_renderer.splits import SPLITS

if TYPE_CHECKING:
    from scene_renderer.scene import Scene

DATA = Path("data/default")
_LARGEST_PICTURE = 2048


def main(arguments: Sequence[str]) -> None:
    """Runs one command."""
    parser = console.Parser(prog="python -m scene_renderer", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    _add_render(verbs)
    _add_check(verbs)
    options = parser.parse_args(arguments)
    {"render": _render, "check": _check}[options.verb](options)


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
    parser.add_argument(
        "scene",
        nargs="?",
        metavar="SCENE",
        help="id of a rendered scene, or a scene's JSON file; else --seed, --split and --index",
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, help="where to look for the id (default: %(default)s)"
    )
    _add_drawn(parser)
    parser.add_argument(
        "--index", type=console.natural, default=0, metavar="I", help="default: %(default)s"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("check.png"),
        metavar="PNG",
        help="picture to write (default: %(default)s)",
    )
    _add_image_size(parser, 768)


def _add_verb(
    verbs: "argparse._SubParsersAction[console.Parser]", name: str, what: str, examples: str
) -> console.Parser:
    parser = verbs.add_parser(
        name, help=what, description=what.capitalize() + ".", epilog=f"examples:\n{examples}"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


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
        type=_image_size,
        default=default,
        metavar="PX",
        help="width and height in pixels (default: %(default)s)",
    )


def _image_size(text: str) -> int:
    size = console.positive(text)
    if not 32 <= size <= _LARGEST_PICTURE:
        raise UsageError(f"A picture is 32 to {_LARGEST_PICTURE} pixels wide, not {size}.")
    return size


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
    with console.stdout_to_stderr():
        from scene_renderer.check import draw_check

        picture = draw_check(scene, options.image_size)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    console.write_whole(options.output, buffer.getvalue())
    if options.json:
        document = {"picture": str(options.output), "scene": json.loads(scene.to_json())}
        console.print_json(document)
    else:
        print(options.output)


def _find_scene(options: argparse.Namespace) -> "Scene":
    from scene_renderer.scene import Scene

    if options.scene is None:
        from scene_renderer.sampler import sample_scene

        return sample_scene(options.seed, options.split, options.index)
    path = Path(options.scene)
    if path.suffix != ".json":
        from scene_renderer.check import find_scene

        return find_scene(options.data, options.scene)
    try:
        return Scene.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SceneError(f"Cannot read scene file '{path}': {error}.") from error


if __name__ == "__main__":
    console.run(main)
