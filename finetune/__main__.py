"""Tunes a base model on instruction-plan pairs, makes the embedded base, or packs a checkpoint.

python -m finetune train
python -m finetune demo_train
python -m finetune pretrain --output checkpoints/my-base
python -m finetune bundle checkpoints/run-001   a zip that others can grade
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scene_renderer.console import (
    Parser,
    claim_output,
    natural,
    note,
    positive,
    positive_real,
    print_json,
    run,
)
from scene_renderer.errors import UsageError

if TYPE_CHECKING:
    from qa_generator.augment import Augmentation

DEMO = Path("data/demo")
VALID_SCENES = 50
PRETRAINING_SEED = 1001
"""Scenes for pretraining are of the split `train` too, but of a seed of their own."""


def main(arguments: Sequence[str]) -> None:
    """Runs one command."""
    options = _build_parser().parse_args(arguments)
    if options.resume and options.overwrite:
        raise UsageError("--resume and --overwrite exclude each other.")
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    verbs = {"train": _train, "demo_train": _demo_train, "pretrain": _pretrain, "bundle": _bundle}
    verbs[options.verb](options)


def _build_parser() -> Parser:
    parser = Parser(prog="python -m finetune", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    _add_train(verbs)
    _add_demo_train(verbs)
    _add_pretrain(verbs)
    _add_bundle(verbs)
    return parser


def _add_train(verbs: "argparse._SubParsersAction[Parser]") -> None:
    train = _add_verb(
        verbs,
        "train",
        "tune a base model with LoRA; what is missing is made first",
        "  python -m finetune train\n"
        "  python -m finetune train --minutes 20 --scenes 5000 --data data/large\n"
        "  python -m finetune train --steps 300 --mask-digits 0.2\n"
        "  python -m finetune train --blind",
    )
    train.add_argument("--base-model", default="tiny", metavar="NAME", help="default: tiny")
    train.add_argument(
        "--data", type=Path, default=Path("data/default"), help="default: %(default)s"
    )
    train.add_argument("--scenes", type=positive, default=2000, help="default: %(default)s")
    train.add_argument("--minutes", type=positive_real, default=11.0, help="default: %(default)s")
    train.add_argument(
        "--steps", type=positive, metavar="N", help="stop after so many, if time allows them"
    )
    train.add_argument("--rank", type=positive, default=16, help="LoRA's rank (default: 16)")
    train.add_argument("--learning-rate", type=positive_real, default=2e-3, help="default: 0.002")
    train.add_argument("--batch", type=positive, default=8, help="observations a step (default: 8)")
    train.add_argument(
        "--blind",
        action="store_true",
        help="show a grey picture in place of every picture: a control for the grader",
    )
    _add_augmentation(train)


def _add_demo_train(verbs: "argparse._SubParsersAction[Parser]") -> None:
    demo = _add_verb(
        verbs,
        "demo_train",
        "tune on the committed handful of pairs, end to end in about a minute",
        "  python -m finetune demo_train\n  python -m finetune demo_train --minutes 0.5",
    )
    demo.add_argument("--base-model", default="tiny", metavar="NAME", help="default: tiny")
    demo.add_argument("--minutes", type=positive_real, default=0.7, help="default: %(default)s")


def _add_pretrain(verbs: "argparse._SubParsersAction[Parser]") -> None:
    pretrain = _add_verb(
        verbs,
        "pretrain",
        "make the embedded base from rendered scenes and questions, never plans",
        "  python -m finetune pretrain --output checkpoints/my-base\n"
        "  python -m finetune pretrain --output checkpoints/quick --scenes 2000 "
        "--see-minutes 3 --read-minutes 5 --ask-minutes 5\n"
        "  python -m finetune pretrain --start-from tiny --read-minutes 3",
    )
    pretrain.add_argument(
        "--data", type=Path, default=Path("data/pretraining"), help="default: %(default)s"
    )
    pretrain.add_argument("--scenes", type=positive, default=16000, help="default: %(default)s")
    pretrain.add_argument(
        "--start-from",
        metavar="BASE",
        help="an earlier base to begin with (default: fresh weights)",
    )
    for stage, minutes in (("see", 40.0), ("read", 16.0), ("ask", 40.0)):  # as `PretrainConfig`
        pretrain.add_argument(
            f"--{stage}-minutes", type=positive_real, default=minutes, help="default: %(default)s"
        )


def _add_bundle(verbs: "argparse._SubParsersAction[Parser]") -> None:
    what = "pack a checkpoint into one zip file, which others can grade without trusting it"
    bundle = verbs.add_parser(
        "bundle",
        help=what,
        description=what.capitalize() + ".",
        epilog="examples:\n"
        "  python -m finetune bundle\n"
        "  python -m finetune bundle checkpoints/run-001 --output mine.zip",
    )
    bundle.add_argument("checkpoint", nargs="?", help="folder or short name (default: newest run)")
    bundle.add_argument("--output", type=Path, metavar="FILE", help="default: NAME.zip, here")
    bundle.add_argument("--overwrite", action="store_true", help="replace what is there")
    bundle.add_argument("--json", action="store_true", help="print one JSON document")
    bundle.set_defaults(resume=False, threads=None)


def _add_augmentation(parser: Parser) -> None:
    group = parser.add_argument_group(
        "augmentation", "how training pairs vary from step to step; what is judged never does"
    )
    group.add_argument(
        "--drop-lines",
        type=float,
        metavar="SHARE",
        help="share of the lists of coordinates that lose some or all lines (default: 0)",
    )
    group.add_argument(
        "--noise-mm",
        type=natural,
        metavar="MM",
        help="most that listed coordinates, and the answer with them, are off (default: 3)",
    )
    group.add_argument(
        "--mask-digits",
        type=float,
        metavar="SHARE",
        help="share of an answer's digits that are hidden while it is learnt (default: 0)",
    )
    group.add_argument(
        "--no-augment", action="store_true", help="not even another order of the lists"
    )


def _add_verb(
    verbs: "argparse._SubParsersAction[Parser]", name: str, what: str, examples: str
) -> Parser:
    verb = verbs.add_parser(
        name, help=what, description=what.capitalize() + ".", epilog=f"examples:\n{examples}"
    )
    verb.add_argument("--output", type=Path, help="checkpoint folder (default: a new one)")
    verb.add_argument("--seed", type=natural, default=0, help="default: 0")
    verb.add_argument("--threads", type=positive, help="CPU threads (default: torch's choice)")
    verb.add_argument("--overwrite", action="store_true", help="replace what is there")
    verb.add_argument("--resume", action="store_true", help="go on where a run was stopped")
    verb.add_argument("--json", action="store_true", help="print one JSON document")
    verb.add_argument("--quiet", action="store_true", help="no progress")
    return verb


def _begin_run(options: argparse.Namespace, kind: str) -> None:
    """Settles where a run goes, so that it can be resumed however early it is stopped."""
    from finetune.runs import choose_output
    from vlm.config import resolve_base

    for base in (vars(options).get(key) for key in ("base_model", "start_from")):
        if base is not None:
            resolve_base(base)
    blind = bool(vars(options).get("blind"))
    options.output = options.output or choose_output(kind, options.resume, blind)
    claim_output(options.output, options.overwrite, options.resume)
    options.output.mkdir(exist_ok=True)


def _augmentation(options: argparse.Namespace) -> "Augmentation | None":
    from qa_generator.augment import Augmentation

    keys = ("drop_lines", "noise_mm", "mask_digits")
    given = {key: vars(options)[key] for key in keys if vars(options)[key] is not None}
    if options.no_augment and given:
        flags = ", ".join("--" + key.replace("_", "-") for key in given)
        raise UsageError(f"--no-augment turns off what {flags} asks for; give one or the other.")
    return None if options.no_augment else Augmentation(**given)


def _train(options: argparse.Namespace) -> None:
    augmentation = _augmentation(options)
    _begin_run(options, "run")

    from finetune.prepare import prepare_pairs, prepare_scenes
    from finetune.train import TrainConfig, train
    from vlm.model import load_model
    from vlm.processor import image_size

    config = TrainConfig(
        base_model=options.base_model,
        data=options.data,
        minutes=options.minutes,
        steps=options.steps or TrainConfig.steps,
        seed=options.seed,
        rank=options.rank,
        learning_rate=options.learning_rate,
        batch=options.batch,
        augmentation=augmentation,
        blind=options.blind,
    )
    size = image_size(load_model(options.base_model).processor)
    for split, scenes in (("train", options.scenes), ("valid", VALID_SCENES)):
        prepare_scenes(options.data, split, options.seed, scenes, size, options.quiet)
        prepare_pairs(options.data, split, options.seed, scenes, options.quiet)
    _finish(train(config, options.output, options.quiet), options)


def _demo_train(options: argparse.Namespace) -> None:
    _begin_run(options, "demo")

    from finetune.train import TrainConfig, train

    config = TrainConfig(
        base_model=options.base_model,
        data=DEMO,
        minutes=options.minutes,
        seed=options.seed,
        batch=4,
        validate_every=50,
    )
    _finish(train(config, options.output, options.quiet), options)


def _pretrain(options: argparse.Namespace) -> None:
    _begin_run(options, "base")

    from finetune.prepare import prepare_scenes
    from finetune.pretrain import PretrainConfig, load_pictures, pretrain
    from scene_renderer.shards import scenes_folder
    from vlm.tiny import IMAGE_SIZE_PX

    config = PretrainConfig(
        see_minutes=options.see_minutes,
        read_minutes=options.read_minutes,
        ask_minutes=options.ask_minutes,
        seed=options.seed,
        start_from=options.start_from,
    )
    prepare_scenes(
        options.data, "train", PRETRAINING_SEED, options.scenes, IMAGE_SIZE_PX, options.quiet
    )
    pictures = load_pictures(scenes_folder(options.data, "train"), config.held_out)
    facts = pretrain(pictures, config, options.output, options.quiet)
    if options.json:
        print_json(facts)
    else:
        print(options.output)
    note(f"Next: python -m finetune train --base-model {options.output}")


def _bundle(options: argparse.Namespace) -> None:
    from finetune.bundle import write_bundle
    from finetune.runs import find_checkpoint

    checkpoint = options.checkpoint or find_checkpoint()
    output = options.output or Path(f"{Path(checkpoint).resolve().name}.zip")
    claim_output(output, options.overwrite, resume=None)
    written = write_bundle(checkpoint, output)
    facts = {
        "bundle": str(output),
        "bytes": written.size,
        "base": written.bundle.base,
        "parameters": written.bundle.parameters,
    }
    if options.json:
        print_json(facts)
    else:
        of = f"an adapter of {facts['base']}" if facts["base"] else "a whole model"
        print(f"{output}: {written.size / 1e6:.1f} MB, {of}, {facts['parameters']:,} parameters")
    note(f"Next: python -m grader checkpoint {output}")


def _finish(facts: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        print_json({"checkpoint": str(options.output), **facts})
    else:
        print(
            f"{options.output}: {facts['exact']:.1%} of {facts['valid_pairs']} validation answers "
            "exactly right"
        )
    note(f"Next: python -m grader checkpoint {options.output}")


if __name__ == "__main__":
    run(main)
