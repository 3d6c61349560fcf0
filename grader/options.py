"""What the commands of `python -m grader` take, and which options exclude each other.

What is heavy is imported where it is needed, so that help is instant.
"""

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader import check_verbs
from scene_renderer.console import Parser, natural, one_of, positive
from scene_renderer.errors import UsageError
from scene_renderer.splits import SPLITS
from scene_renderer.vocabulary import CONTEXTS

if TYPE_CHECKING:
    from grader.exam import Exam

VERBS = ("checkpoint", "oracle", "baseline", "compare", *check_verbs.VERBS)
KINDS = ("majority", "random")

USUAL_SPLIT = "test"

_OF_THE_FILE = ("split", "tasks", "contexts", "count")
"""What a file of cases settles by itself."""

_Verbs = argparse._SubParsersAction


def parse_options(arguments: Sequence[str], description: str | None) -> argparse.Namespace:
    """Reads the command line.

    Raises:
        UsageError: if it is wrong, or options contradict each other.
    """
    options = build_parser(description).parse_args(_with_verb(arguments))
    if options.verb != "compare" and options.verb not in check_verbs.VERBS:
        _check_together(options)
    return options


def read_exam(options: argparse.Namespace, sees: bool) -> "Exam":
    """Returns what the options ask for; `sees` says whether the policy looks at pictures."""
    from grader.exam import BATCH_SIZE, FULL, NORMAL, QUICK, SIZES, Exam, choose_suites, fresh_seed
    from qa_generator.tasks import tasks_of

    mode = QUICK if options.quick else FULL if options.full else NORMAL
    split = options.split or USUAL_SPLIT
    contexts = options.contexts or options.usual_contexts
    return Exam(
        split=split,
        seed=(options.seed or 0) if options.fresh is None else fresh_seed(options.fresh),
        count=options.count or SIZES[mode].count,
        tasks=tuple(dict.fromkeys(options.tasks or tasks_of(split))),
        contexts=tuple(c for c in CONTEXTS if c in contexts),
        cases=options.cases,
        batch_size=options.batch_size or BATCH_SIZE,
        mode=mode,
        suites=choose_suites(options.suites, mode, sees),
        limit=options.limit,
        fresh=options.fresh,
        free=vars(options).get("free", False),
    )


def _check_together(options: argparse.Namespace) -> None:
    """Refuses flags that contradict each other."""
    for one, other in (
        ("resume", "overwrite"),
        ("quick", "full"),
        ("fresh", "seed"),
        ("fresh", "cases"),
        ("no_controls", "blind_twin"),
    ):
        if _is_given(options, one) and _is_given(options, other):
            raise UsageError(f"{_flag(one)} and {_flag(other)} exclude each other.")
    for other in _OF_THE_FILE:
        if _is_given(options, "cases") and _is_given(options, other):
            raise UsageError(
                f"--cases and {_flag(other)} exclude each other: every case of the file is graded "
                "as it stands there. Leave one of them out, or give --limit."
            )


def _is_given(options: argparse.Namespace, name: str) -> bool:
    value = vars(options).get(name)
    return value is not None and value is not False  # 0 is a seed


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _with_verb(arguments: Sequence[str]) -> list[str]:
    """Puts the verb `checkpoint` before a bare path."""
    words = list(arguments)
    if not words or words[0].startswith("-") or words[0] in VERBS:
        return words
    near = difflib.get_close_matches(words[0], VERBS, n=1, cutoff=0.7)
    if near and not Path(words[0]).exists():
        raise UsageError(f"Unknown command '{words[0]}'. Did you mean '{near[0]}'?")
    return ["checkpoint", *words]


def build_parser(description: str | None) -> Parser:
    """Returns the parser of all commands."""
    parser = Parser(prog="python -m grader", description=description)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    _add_checkpoint(verbs)
    _add_oracle(verbs)
    _add_baseline(verbs)
    _add_compare(verbs)
    what = "ask five kinds of questions about pictures: points out of 100"
    check_verbs.add_questions_options(_add_verb(verbs, "questions", what, check_verbs.QUESTIONS))
    what = "fit a checkpoint's confidence to its success on split valid, and keep it there"
    check_verbs.add_calibrate_options(_add_verb(verbs, "calibrate", what, check_verbs.CALIBRATE))
    what = "grade impostors: exit code 3 unless each gets what it deserves"
    check_verbs.add_selftest_options(_add_verb(verbs, "selftest", what, check_verbs.SELFTEST))
    return parser


def _add_verb(verbs: "_Verbs[Parser]", name: str, what: str, examples: str) -> Parser:
    """Adds a command that says what it does."""
    description = what[0].upper() + what[1:] + "."
    return verbs.add_parser(
        name, help=what, description=description, epilog=f"examples:\n{examples}"
    )


def _add_checkpoint(verbs: "_Verbs[Parser]") -> None:
    verb = _add_verb(
        verbs,
        "checkpoint",
        "grade a model",
        "  python -m grader checkpoint\n"
        "  python -m grader checkpoint checkpoints/tiny-tuned --split test_wordings --count 100",
    )
    _add_grade(verb, CONTEXTS)
    verb.add_argument("path", nargs="?", help="folder, bundle, short name or hub id of a model")
    verb.add_argument("--free", action="store_true", help="do not hold answers to the plan grammar")
    verb.add_argument("--no-controls", action="store_true", help="grade the model alone")
    verb.add_argument(
        "--blind-twin",
        metavar="PATH",
        help="a model tuned on blank pictures, a control (default: NAME-blind beside it, if any)",
    )
    verb.add_argument("--device", default="auto", help="cpu, cuda or auto (default: %(default)s)")


def _add_oracle(verbs: "_Verbs[Parser]") -> None:
    verb = _add_verb(
        verbs,
        "oracle",
        "grade the oracle: exit code 3 unless it reaches every goal",
        "  python -m grader oracle --count 700 --json\n"
        "  python -m grader oracle --split test_counts --tasks stack",
    )
    _add_grade(verb, ("named",))


def _add_baseline(verbs: "_Verbs[Parser]") -> None:
    verb = _add_verb(
        verbs,
        "baseline",
        "grade a policy that does not look",
        "  python -m grader baseline --kind majority\n"
        "  python -m grader baseline --kind random --contexts image",
    )
    _add_grade(verb, CONTEXTS)
    verb.add_argument(
        "--kind",
        type=one_of("kind", KINDS),
        default=KINDS[0],
        help=f"{' or '.join(KINDS)} (default: %(default)s)",
    )


def _add_compare(verbs: "_Verbs[Parser]") -> None:
    verb = _add_verb(
        verbs,
        "compare",
        "compare two grades of the same cases, answer by answer",
        "  python -m grader compare reports/before reports/after\n"
        "  python -m grader compare reports/before reports/after --fail-below -2",
    )
    verb.add_argument("a", type=Path, metavar="A", help="folder of a report, or its report.json")
    verb.add_argument("b", type=Path, metavar="B", help="the other one's")
    verb.add_argument(
        "--fail-below",
        type=float,
        metavar="POINTS",
        help="exit code 3 if B's success less A's is below so many percent points",
    )
    verb.add_argument("--json", action="store_true", help="print the comparison as JSON")


def _add_grade(verb: Parser, contexts: Sequence[str]) -> None:
    """Adds what every grade takes.

    Args:
        verb: what it is added to.
        contexts: those that are asked in if nothing is said.
    """
    _add_sample(verb, contexts)
    _add_amount(verb)
    verb.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="processes that execute plans (default: one for each CPU)",
    )
    verb.add_argument(
        "--output", type=Path, metavar="FOLDER", help="of the report (default: reports/NAME)"
    )
    verb.add_argument("--resume", action="store_true", help="go on with an interrupted grade")
    verb.add_argument("--overwrite", action="store_true", help="replace an earlier report")
    verb.add_argument("--json", action="store_true", help="print the report as JSON")
    verb.add_argument("--quiet", action="store_true", help="show no progress")


def _add_sample(verb: Parser, contexts: Sequence[str]) -> None:
    """Adds what says which cases are drawn."""
    verb.set_defaults(usual_contexts=contexts)
    verb.add_argument(
        "--split",
        type=one_of("split", SPLITS),
        help=f"where scenes are drawn from (default: {USUAL_SPLIT})",
    )
    verb.add_argument(
        "--tasks", nargs="+", type=_task, metavar="TASK", help="some tasks only (default: all)"
    )
    verb.add_argument(
        "--contexts",
        nargs="+",
        type=one_of("context", CONTEXTS),
        metavar="CONTEXT",
        help=f"of {', '.join(CONTEXTS)} (default: {' '.join(contexts)})",
    )
    verb.add_argument("--seed", type=natural, help="of the sample of cases (default: 0)")
    verb.add_argument(
        "--fresh",
        type=natural,
        metavar="SEED",
        help="draw scenes, wordings and draws anew from a number that nobody knew before",
    )
    verb.add_argument("--cases", type=Path, metavar="FILE", help="grade these cases (JSONL)")


def _add_amount(verb: Parser) -> None:
    """Adds what says how much is asked."""
    verb.add_argument(
        "--count",
        type=positive,
        metavar="N",
        help="cases in each context (default: 200; --quick 40, --full 500)",
    )
    verb.add_argument(
        "--quick", action="store_true", help="few cases, a small share of every suite"
    )
    verb.add_argument("--full", action="store_true", help="many cases, every suite")
    verb.add_argument(
        "--suites",
        nargs="+",
        type=_suite,
        metavar="NAME",
        help="ways of varying the cases, or 'all' or 'none' (default: some; none without a model)",
    )
    verb.add_argument(
        "--limit", type=positive, metavar="N", help="at most so many answers in all, fairly cut"
    )
    verb.add_argument(
        "--batch-size", type=positive, metavar="N", help="questions at a time (default: 32)"
    )


def _suite(name: str) -> str:
    from grader.suites.registry import SUITES

    return one_of("suite", (*SUITES, "all", "none"))(name)


def _task(name: str) -> str:
    from qa_generator.tasks import TASKS

    return one_of("task", TASKS)(name)
