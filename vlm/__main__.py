"""Asks a model for one plan, as a person would.

python -m vlm plan --scene scene.json "put the red cube into the blue bowl"
python -m vlm plan --scene scene.json --image photo.png --context image "lift the red cube"
python -m vlm plan --scene scene.json --format python "lift the red cube"
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scene_renderer.console import Parser, natural, note, one_of, print_json, read_text, run
from scene_renderer.errors import CheckpointError, DatasetError, PlanError
from scene_renderer.plan_forms import FORMS
from scene_renderer.vocabulary import CONTEXTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from scene_renderer.scene import Scene


def main(arguments: Sequence[str]) -> None:
    """Runs one command."""
    _plan(_build_parser().parse_args(arguments))


def _build_parser() -> Parser:
    parser = Parser(prog="python -m vlm", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    plan = verbs.add_parser(
        "plan",
        help="one instruction to one plan",
        description="Answers one instruction about one scene with a plan.",
        epilog="examples:\n"
        '  python -m vlm plan --scene scene.json "lift the red cube"\n'
        '  python -m vlm plan --scene scene.json --model checkpoints/run-001 "lift the red cube"',
    )
    plan.add_argument("instruction", help="what the robot shall do")
    plan.add_argument("--scene", type=Path, required=True, help="a scene's JSON file")
    plan.add_argument("--image", type=Path, help="its picture (default: rendered from the scene)")
    plan.add_argument("--model", default="tiny-tuned", help="default: %(default)s")
    plan.add_argument(
        "--context",
        type=one_of("context", CONTEXTS),
        default="named",
        help="what the text beside the picture tells: named, unnamed or image (default: named)",
    )
    plan.add_argument("--device", default="auto", help="default: %(default)s")
    plan.add_argument("--seed", type=natural, default=0, help="of the list's order (default: 0)")
    plan.add_argument(
        "--format",
        type=one_of("format", FORMS),
        default="text",
        help="how the plan is written: text, json (see docs/plan.schema.json) or python, which "
        "calls a robot's API (default: text)",
    )
    plan.add_argument(
        "--free", action="store_true", help="do not hold the answer to the plan grammar"
    )
    plan.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def _plan(options: argparse.Namespace) -> None:
    import numpy as np

    from qa_generator.prompt import observe
    from scene_renderer.plan import parse_plan
    from scene_renderer.scene import Scene
    from vlm.policy import load_policy

    scene = Scene.from_json(read_text(options.scene))
    policy = load_policy(options.model, options.device)
    policy.constrained = not options.free
    image = _read_image(options.image) if options.image else _render(scene, policy.image_size)
    observation = observe(scene, image, options.context, np.random.default_rng(options.seed))
    answer = policy.answer([observation], [options.instruction])[0]
    try:
        plan = parse_plan(answer.text)
    except PlanError as error:
        raise CheckpointError(
            f"Model '{options.model}' answered {json.dumps(answer.text)}, which is no plan: {error}"
        ) from error
    written = FORMS[options.format](plan)
    if options.json:
        print_json({"plan": written, "seconds": answer.seconds, "tokens": answer.tokens})
    else:
        print(written)
        note(f"{answer.seconds:.2f} s, {answer.tokens} tokens")


def _read_image(path: Path) -> "NDArray[np.uint8]":
    from scene_renderer.pictures import decode_picture

    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"Cannot read '{path}': {error.strerror or error}.") from error
    return decode_picture(data, f"Picture '{path}'")


def _render(scene: "Scene", size: int) -> "NDArray[np.uint8]":
    from scene_renderer.renderer import Renderer

    image: NDArray[np.uint8] = Renderer().render(scene, size).image
    return image


if __name__ == "__main__":
    run(main, resumable=())
