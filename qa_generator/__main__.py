"""Makes, shows and counts instruction-plan pairs and questions.

python -m qa_generator generate --split train
python -m qa_generator check --split train --index 3
python -m qa_generator stats --data data/demo --split valid
python -m qa_generator export --format messages --data data/demo --output exports/messages
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa_generator import export_verbs
from scene_renderer.console import (
    Parser,
    Progress,
    claim_output,
    file_name,
    natural,
    note,
    one_of,
    positive,
    print_json,
    run,
    stdout_to_stderr,
)
from scene_renderer.errors import DatasetError, UsageError
from scene_renderer.splits import SPLITS, find_split
from scene_renderer.vocabulary import CONTEXTS

if TYPE_CHECKING:
    from qa_generator.pairs import Pair

DATA = Path("data/default")


def main(arguments: Sequence[str]) -> None:
    """Runs one command."""
    options = _build_parser().parse_args(arguments)
    verbs = {"generate": _generate, "check": _check, "stats": _stats}
    exports = {
        "export": export_verbs.export,
        "import": export_verbs.import_pairs,
        "card": export_verbs.card,
    }
    (verbs | exports)[options.verb](options)


def _build_parser() -> Parser:
    parser = Parser(prog="python -m qa_generator", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    _add_generate(verbs)
    check = _add_verb(
        verbs,
        "check",
        "show one pair as picture and text",
        "  python -m qa_generator check --index 3\n"
        "  python -m qa_generator check --split train --index 40 --output pair.png",
    )
    check.add_argument("--index", type=natural, default=0, help="which pair, from 0 (default: 0)")
    check.add_argument("--output", type=Path, metavar="PNG", help="default: pair-ID.png")
    check.add_argument("--overwrite", action="store_true", help="replace what is there")
    _add_verb(
        verbs,
        "stats",
        "counts, balance, majority baselines and leaks",
        "  python -m qa_generator stats\n  python -m qa_generator stats --split train --json",
    )
    _add_exports(verbs)
    return parser


def _add_exports(verbs: "argparse._SubParsersAction[Parser]") -> None:
    export = _add_verb(
        verbs,
        "export",
        "write pairs in the form that another library reads",
        "  python -m qa_generator export --format messages --split train valid --output exports/m\n"
        "  python -m qa_generator export --format lerobot --limit 100 --output exports/lerobot",
        many=True,
    )
    export.add_argument(
        "--format", type=_form, required=True, help=f"one of: {', '.join(export_verbs.FORMATS)}"
    )
    export.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="to make")
    export.add_argument(
        "--limit", type=positive, metavar="N", help="rows or episodes of a split at most"
    )
    export.add_argument("--overwrite", action="store_true", help="replace what is there")
    export.add_argument("--quiet", action="store_true", help="no progress")
    imported = _add_verb(
        verbs,
        "import",
        "read and check a folder of *_qa_pairs.json files, anybody's",
        "  python -m qa_generator import --data exports/qa_pairs\n"
        "  python -m qa_generator import --data exports/qa_pairs --split valid --json",
        many=None,
    )
    imported.add_argument("--split", nargs="+", metavar="NAME", help="folders (default: all)")
    card = _add_verb(
        verbs,
        "card",
        "write a data card beside the pairs of all splits",
        "  python -m qa_generator card --data data/demo\n"
        "  python -m qa_generator card --data data/demo --output card.md --overwrite",
        many=None,
    )
    card.add_argument("--output", type=Path, metavar="FILE", help="default: README.md in the data")
    card.add_argument("--overwrite", action="store_true", help="replace what is there")


def _form(name: str) -> str:
    return one_of("format", export_verbs.FORMATS)(name)


def _add_generate(verbs: "argparse._SubParsersAction[Parser]") -> None:
    generate = _add_verb(
        verbs,
        "generate",
        "make pairs from rendered scenes",
        "  python -m qa_generator generate --split train --per-scene 6\n"
        "  python -m qa_generator generate --split test --contexts image --questions 5",
    )
    generate.add_argument("--seed", type=natural, default=0, help="default: 0")
    generate.add_argument(
        "--per-scene",
        type=positive,
        default=4,
        metavar="K",
        help="instructions a scene (default: 4)",
    )
    generate.add_argument(
        "--questions", type=natural, default=0, metavar="N", help="questions a scene (default: 0)"
    )
    generate.add_argument(
        "--contexts",
        nargs="+",
        type=one_of("context", CONTEXTS),
        default=CONTEXTS,
        metavar="CONTEXT",
        help=f"each instruction is asked in each (default: {' '.join(CONTEXTS)})",
    )
    generate.add_argument(
        "--tasks",
        nargs="+",
        type=_task,
        metavar="TASK",
        help="kinds of instruction (default: all)",
    )
    generate.add_argument(
        "--verify", action="store_true", help="execute every plan and drop those that fail"
    )
    generate.add_argument("--overwrite", action="store_true", help="replace what is there")
    generate.add_argument("--resume", action="store_true", help="go on where a run was stopped")
    generate.add_argument("--quiet", action="store_true", help="no progress")


def _task(name: str) -> str:
    from qa_generator.tasks import TASKS

    return one_of("task", TASKS)(name)


def _add_verb(
    verbs: "argparse._SubParsersAction[Parser]",
    name: str,
    what: str,
    examples: str,
    many: bool | None = False,
) -> Parser:
    """Adds a verb; `many` says whether it takes several splits, or None for no choice of them."""
    verb = verbs.add_parser(
        name, help=what, description=what.capitalize() + ".", epilog=f"examples:\n{examples}"
    )
    verb.add_argument(
        "--data", type=Path, default=DATA, metavar="FOLDER", help="default: %(default)s"
    )
    split = one_of("split", SPLITS)
    if many:
        verb.add_argument(
            "--split", type=split, nargs="+", default=["train"], help="default: train"
        )
    elif many is False:
        verb.add_argument("--split", type=split, default="train", help="default: %(default)s")
    verb.add_argument("--json", action="store_true", help="print one JSON document")
    return verb


def _generate(options: argparse.Namespace) -> None:
    from qa_generator.dataset import pairs_folder, write_pairs
    from qa_generator.pairs import Recipe
    from qa_generator.tasks import TASKS
    from qa_generator.verify import Verifier
    from scene_renderer.shards import count_scenes, read_scenes, scenes_folder

    if options.resume and options.overwrite:
        raise UsageError("--resume and --overwrite exclude each other.")
    source, folder = (
        scenes_folder(options.data, options.split),
        pairs_folder(options.data, options.split),
    )
    recipe = Recipe(
        seed=options.seed,
        per_scene=options.per_scene,
        questions=options.questions,
        contexts=tuple(options.contexts),
        tasks=tuple(options.tasks or TASKS),
        wordings=find_split(options.split).wordings,
        verified=options.verify,
    )
    verifier = Verifier()
    total = count_scenes(source)
    with stdout_to_stderr(), Progress("pairs", total, "scenes", options.quiet) as progress:
        manifest = write_pairs(
            folder,
            options.split,
            ((record.scene, record.png) for record in read_scenes(source)),
            recipe,
            overwrite=options.overwrite,
            resume=options.resume,
            keep=verifier.passes if options.verify else lambda pair: True,
            on_scene=progress.advance,
        )
    if options.verify:
        note(f"{verifier.failed} of {verifier.executed} plans failed in physics and were dropped.")
    if options.json:
        print_json(manifest)
    else:
        print(f"{manifest['pairs']} pairs in {folder}")
        place = f"--data {options.data} --split {options.split}"
        note(f"Look at one: python -m qa_generator check {place}")


def _check(options: argparse.Namespace) -> None:
    from qa_generator.check import save_check

    pair = _find_pair(options)
    path: Path = options.output or Path(f"pair-{file_name(pair.id)}.png")
    claim_output(path, options.overwrite, resume=None)
    save_check(pair, path)
    if options.json:
        document = {"id": pair.id, "prompt": pair.prompt, "answer": pair.answer}
        print_json({"picture": str(path), **document})
    else:
        print(f"{pair.id} ({pair.context}, {pair.task})\n\n{pair.prompt}\n\n{pair.answer}\n")
        print(f"picture: {path}")


def _find_pair(options: argparse.Namespace) -> "Pair":
    from qa_generator.dataset import pairs_folder, read_pairs

    number = -1
    for number, pair in enumerate(read_pairs(pairs_folder(options.data, options.split))):
        if number == options.index:
            return pair
    raise DatasetError(f"There is no pair {options.index}; give --index from 0 to {number}.")


def _stats(options: argparse.Namespace) -> None:
    from qa_generator.dataset import pairs_folder, read_pairs
    from qa_generator.stats import format_summary, summarise

    summary: dict[str, Any] = summarise(
        read_pairs(pairs_folder(options.data, options.split)), options.split
    )
    if options.json:
        print_json(summary)
    else:
        print(format_summary(summary))


if __name__ == "__main__":
    run(main, resumable=("generate",))
