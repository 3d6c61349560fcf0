"""Makes, shows, counts and audits instruction-plan pairs and questions.

python -m qa_generator generate --split train
python -m qa_generator check --split train --index 3
python -m qa_generator stats --data data/demo --split valid
python -m qa_generator audit --data data/big
python -m qa_generator export --format messages --data data/demo --output exports/messages
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa_generator import export_verbs, generate_verb
from scene_renderer.console import (
    EXIT_THRESHOLD,
    Parser,
    claim_output,
    file_name,
    natural,
    one_of,
    positive,
    print_json,
    run,
    stdout_to_stderr,
)
from scene_renderer.errors import DatasetError
from scene_renderer.splits import SPLITS
from scene_renderer.vocabulary import CONTEXTS

if TYPE_CHECKING:
    from qa_generator.pairs import Pair

DATA = Path("data/default")
_STRIDE = 7
"""From scene to scene a sheet goes on by so many pairs: other contexts, tasks and kinds."""


def main(arguments: Sequence[str]) -> int | None:
    """Runs one command; returns an exit code or None for 0."""
    options = _build_parser().parse_args(arguments)
    verbs: dict[str, Callable[[argparse.Namespace], int | None]] = {
        "generate": generate_verb.generate,
        "check": _check,
        "stats": _stats,
        "audit": _audit,
        "export": export_verbs.export,
        "import": export_verbs.import_pairs,
        "card": export_verbs.card,
    }
    return verbs[options.verb](options)


def _build_parser() -> Parser:
    parser = Parser(prog="python -m qa_generator", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    _add_generate(verbs)
    check = _add_verb(
        verbs,
        "check",
        "show one pair as picture and text",
        "  python -m qa_generator check --index 3\n"
        "  python -m qa_generator check --split train --index 40 --output pair.png\n"
        "  python -m qa_generator check --sheet 12",
    )
    check.add_argument("--index", type=natural, default=0, help="which pair, from 0 (default: 0)")
    check.add_argument(
        "--sheet", type=positive, metavar="N", help="pairs of N scenes in one picture instead"
    )
    check.add_argument(
        "--output", type=Path, metavar="PNG", help="default: pair-ID.png, or pairs-SPLIT.png"
    )
    check.add_argument("--overwrite", action="store_true", help="replace what is there")
    stats = _add_verb(
        verbs,
        "stats",
        "counts, balance, majority and text-only baselines, and leaks",
        "  python -m qa_generator stats\n  python -m qa_generator stats --split train --strict",
    )
    stats.add_argument(
        "--strict", action="store_true", help="exit with 3 if an answer is above 1.3 fair shares"
    )
    _add_audit(verbs)
    _add_exports(verbs)
    return parser


def _add_audit(verbs: "argparse._SubParsersAction[Parser]") -> None:
    audit = _add_verb(
        verbs,
        "audit",
        "prove that nothing leaks from training into the tests; exit code 3 if something does",
        "  python -m qa_generator audit --data data/big\n"
        "  python -m qa_generator audit --data data/big --split train test_wordings --json",
        several=f"'{generate_verb.ALL}' that have scenes, or some",
        default=generate_verb.ALL,
    )
    audit.add_argument(
        "--sample",
        type=natural,
        default=32,
        metavar="N",
        help="of each split, scenes to render and plans to execute again (default: 32)",
    )
    audit.add_argument("--seed", type=natural, default=0, help="of the sample (default: 0)")
    audit.add_argument("--quiet", action="store_true", help="no progress")


def _add_exports(verbs: "argparse._SubParsersAction[Parser]") -> None:
    export = _add_verb(
        verbs,
        "export",
        "write pairs in the form that another library reads",
        "  python -m qa_generator export --format messages --split train valid --output exports/m\n"
        "  python -m qa_generator export --format lerobot --limit 100 --output exports/lerobot",
        several="splits",
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
        default=None,
    )
    imported.add_argument("--split", nargs="+", metavar="NAME", help="folders (default: all)")
    card = _add_verb(
        verbs,
        "card",
        "write a data card beside the pairs of all splits",
        "  python -m qa_generator card --data data/demo\n"
        "  python -m qa_generator card --data data/demo --output card.md --overwrite",
        default=None,
    )
    card.add_argument("--output", type=Path, metavar="FILE", help="default: README.md in the data")
    card.add_argument("--overwrite", action="store_true", help="replace what is there")


def _form(name: str) -> str:
    return one_of("format", export_verbs.FORMATS)(name)


def _add_generate(verbs: "argparse._SubParsersAction[Parser]") -> None:
    generate = _add_verb(
        verbs,
        "generate",
        "make pairs from rendered scenes, and execute each plan before it is written",
        "  python -m qa_generator generate --split train --per-scene 6 --workers 4\n"
        "  python -m qa_generator generate --split all --data data/big --resume\n"
        "  python -m qa_generator generate --split test --contexts image --questions 5",
        several=f"splits, or '{generate_verb.ALL}' that have scenes",
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
        "--no-verify",
        action="store_true",
        help="execute nothing: faster; the manifest tells, and audit is not content with it",
    )
    generate.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="processes; they do not change a byte (default: one for each core)",
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
    several: str = "",
    default: str | None = "train",
) -> Parser:
    """Adds a verb; it takes one split, or `several`, or if there is no default none."""
    verb = verbs.add_parser(
        name, help=what, description=what.capitalize() + ".", epilog=f"examples:\n{examples}"
    )
    verb.add_argument(
        "--data", type=Path, default=DATA, metavar="FOLDER", help="default: %(default)s"
    )
    if several:
        verb.add_argument(
            "--split",
            nargs="+",
            type=one_of("split", (*SPLITS, generate_verb.ALL)),
            default=[default],
            metavar="SPLIT",
            help=f"{several} (default: {default})",
        )
    elif default:
        verb.add_argument(
            "--split", type=one_of("split", SPLITS), default=default, help="default: %(default)s"
        )
    verb.add_argument("--json", action="store_true", help="print one JSON document")
    return verb


def _check(options: argparse.Namespace) -> None:
    if options.sheet is None:
        _check_one(options)
    else:
        _check_many(options)


def _check_one(options: argparse.Namespace) -> None:
    from qa_generator.check import save_check

    pair = _find_pair(options)
    path: Path = options.output or Path(f"pair-{file_name(pair.id)}.png")
    claim_output(path, options.overwrite, resume=None)
    with stdout_to_stderr():
        save_check(pair, options.split, path)
    if options.json:
        document = {"id": pair.id, "prompt": pair.prompt, "answer": pair.answer}
        print_json({"picture": str(path), **document})
    else:
        print(f"{pair.id} ({pair.context}, {pair.task})\n\n{pair.prompt}\n\n{pair.answer}\n")
        print(f"picture: {path}")


def _check_many(options: argparse.Namespace) -> None:
    from itertools import groupby, islice

    from qa_generator.check import save_sheet
    from qa_generator.dataset import pairs_folder, read_pairs

    pairs = read_pairs(pairs_folder(options.data, options.split))
    scenes = (list(group) for _, group in groupby(pairs, key=lambda pair: pair.scene.id))
    chosen = [
        group[(options.index + _STRIDE * number) % len(group)]
        for number, group in enumerate(islice(scenes, options.sheet))
    ]
    path: Path = options.output or Path(f"pairs-{options.split}.png")
    claim_output(path, options.overwrite, resume=None)
    save_sheet(chosen, f"{len(chosen)} pairs of '{options.split}'", path)
    if options.json:
        print_json({"picture": str(path), "pairs": [pair.id for pair in chosen]})
    else:
        print(f"picture: {path}")


def _find_pair(options: argparse.Namespace) -> "Pair":
    from qa_generator.dataset import pairs_folder, read_pairs

    number = -1
    for number, pair in enumerate(read_pairs(pairs_folder(options.data, options.split))):
        if number == options.index:
            return pair
    raise DatasetError(f"There is no pair {options.index}; give --index from 0 to {number}.")


def _stats(options: argparse.Namespace) -> int:
    from qa_generator.balance import is_balanced
    from qa_generator.dataset import pairs_folder, read_pairs
    from qa_generator.stats import format_summary, summarise

    summary: dict[str, Any] = summarise(
        read_pairs(pairs_folder(options.data, options.split)), options.split
    )
    if options.json:
        print_json(summary)
    else:
        print(format_summary(summary))
    is_fair = is_balanced(summary["questions"])
    return EXIT_THRESHOLD if options.strict and not is_fair else 0


def _audit(options: argparse.Namespace) -> int:
    from qa_generator.audit import audit, format_audit

    splits = generate_verb.find_splits(options.data, options.split)
    with stdout_to_stderr():
        result = audit(options.data, splits, options.sample, options.seed, options.quiet)
    if options.json:
        print_json(result)
    else:
        print(format_audit(result))
    return 0 if result["is_clean"] else EXIT_THRESHOLD


if __name__ == "__main__":
    run(main, resumable=("generate",))
