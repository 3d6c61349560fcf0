"""Grades checkpoints in physics.

python -m grader checkpoint                     the newest run, else the shipped checkpoint
python -m grader checkpoints/tiny-tuned         the verb may be left out before a path
python -m grader bundle.zip                     somebody else's, unpacked and loaded under limits
python -m grader checkpoint --quick             a first impression
python -m grader checkpoint --cases mine.jsonl  your own cases
python -m grader oracle --count 700 --json      must reach every goal
python -m grader baseline --kind majority       what can be had without looking
"""

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scene_renderer.console import (
    EXIT_THRESHOLD,
    Parser,
    claim_output,
    natural,
    note,
    one_of,
    positive,
    print_json,
    run,
)
from scene_renderer.errors import UsageError
from scene_renderer.splits import SPLITS
from scene_renderer.vocabulary import CONTEXTS

if TYPE_CHECKING:
    from grader.baselines import Policy
    from grader.cases import Case
    from grader.grade import Exam, Json

VERBS = ("checkpoint", "oracle", "baseline")
KINDS = ("majority", "random")
REPORTS = Path("reports")
QUICK_COUNT = 32


def main(arguments: Sequence[str]) -> int | None:
    """Runs one command."""
    options = _build_parser().parse_args(_with_verb(arguments))
    if options.resume and options.overwrite:
        raise UsageError("--resume and --overwrite exclude each other.")
    return {"checkpoint": _checkpoint, "oracle": _oracle, "baseline": _baseline}[options.verb](
        options
    )


def _with_verb(arguments: Sequence[str]) -> list[str]:
    """Puts the verb `checkpoint` before a bare path."""
    words = list(arguments)
    if not words or words[0].startswith("-") or words[0] in VERBS:
        return words
    near = difflib.get_close_matches(words[0], VERBS, n=1, cutoff=0.7)
    if near and not Path(words[0]).exists():
        raise UsageError(f"Unknown command '{words[0]}'. Did you mean '{near[0]}'?")
    return ["checkpoint", *words]


def _build_parser() -> Parser:
    parser = Parser(prog="python -m grader", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    checkpoint = _add_verb(
        verbs,
        "checkpoint",
        "grade a model",
        "  python -m grader checkpoint\n"
        "  python -m grader checkpoint checkpoints/tiny-tuned --split test_wordings --count 100",
    )
    checkpoint.add_argument(
        "path", nargs="?", help="folder, bundle, short name or hub id of a model"
    )
    checkpoint.add_argument("--no-controls", action="store_true", help="grade the model alone")
    checkpoint.add_argument(
        "--device", default="auto", help="cpu, cuda or auto (default: %(default)s)"
    )
    checkpoint.add_argument(
        "--batch-size",
        type=positive,
        default=32,
        metavar="N",
        help="questions at a time (default: %(default)s)",
    )
    _add_verb(
        verbs,
        "oracle",
        "grade the oracle: exit code 3 unless it reaches every goal",
        "  python -m grader oracle --count 700 --json\n"
        "  python -m grader oracle --split test_counts --tasks stack",
        contexts=("named",),
    )
    baseline = _add_verb(
        verbs,
        "baseline",
        "grade a policy that does not look",
        "  python -m grader baseline --kind majority\n"
        "  python -m grader baseline --kind random --contexts image",
    )
    baseline.add_argument(
        "--kind",
        type=one_of("kind", KINDS),
        default=KINDS[0],
        help=f"{' or '.join(KINDS)} (default: %(default)s)",
    )
    return parser


def _add_verb(
    verbs: "argparse._SubParsersAction[Parser]",
    name: str,
    what: str,
    examples: str,
    contexts: Sequence[str] = CONTEXTS,
) -> Parser:
    parser = verbs.add_parser(
        name, help=what, description=what.capitalize() + ".", epilog=f"examples:\n{examples}"
    )
    parser.add_argument(
        "--split",
        type=one_of("split", SPLITS),
        default="test",
        help="where scenes are drawn from (default: %(default)s)",
    )
    parser.add_argument(
        "--count",
        type=positive,
        default=200,
        metavar="N",
        help="cases in each context (default: %(default)s)",
    )
    parser.add_argument(
        "--tasks", nargs="+", type=_task, metavar="TASK", help="some tasks only (default: all)"
    )
    parser.add_argument(
        "--contexts",
        nargs="+",
        type=one_of("context", CONTEXTS),
        default=contexts,
        metavar="CONTEXT",
        help=f"of {', '.join(CONTEXTS)} (default: {' '.join(contexts)})",
    )
    parser.add_argument(
        "--seed", type=natural, default=0, help="of the sample of cases (default: %(default)s)"
    )
    parser.add_argument("--cases", type=Path, metavar="FILE", help="grade these cases (JSONL)")
    parser.add_argument(
        "--quick", action="store_true", help=f"only {QUICK_COUNT} cases in each context"
    )
    parser.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="processes that execute plans (default: one for each CPU)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="of the report (default: reports/NAME)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted grade")
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier report")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    return parser


def _task(name: str) -> str:
    from qa_generator.tasks import TASKS

    return one_of("task", TASKS)(name)


def _checkpoint(options: argparse.Namespace) -> None:
    from grader.find import check_checkpoint, find_checkpoint, hash_checkpoint, load_with_base

    path = options.path or find_checkpoint()
    check_checkpoint(path)
    if options.output is None:
        options.output = REPORTS / Path(path).name
    given = _given_cases(options)
    claim_output(options.output, options.overwrite, options.resume)
    subject, base = load_with_base(path, options.device, base_too=not options.no_controls)
    weights = hash_checkpoint(path)
    _grade(options, given, subject, base, controls=not options.no_controls, weights=weights)


def _oracle(options: argparse.Namespace) -> int | None:
    from grader.baselines import Baseline, oracle_plan

    report = _grade_rule(options, Baseline("oracle", oracle_plan))
    success, not_run = report["accuracy"]["success"], report["reliability"]["not_run"]
    missed = success["n"] + not_run - success["k"]
    if not missed:
        return None
    note(f"The oracle missed {missed} of {success['n'] + not_run} goals ({not_run} were not run).")
    return EXIT_THRESHOLD


def _baseline(options: argparse.Namespace) -> None:
    from grader.baselines import BASELINES, Baseline

    _grade_rule(options, Baseline(options.kind, BASELINES[options.kind]))


def _grade_rule(options: argparse.Namespace, policy: "Policy") -> "Json":
    """Grades a policy without a model; its report of default name is made anew each time."""
    if options.output is None:
        options.output = REPORTS / policy.name
        options.overwrite = not options.resume
    return _grade(options, _given_cases(options), policy, controls=False)


def _given_cases(options: argparse.Namespace) -> "list[Case] | None":
    from grader.cases import read_cases

    return read_cases(options.cases) if options.cases else None


def _grade(
    options: argparse.Namespace,
    given: "list[Case] | None",
    subject: "Policy",
    base: "Policy | None" = None,
    *,
    controls: bool,
    weights: str = "",
) -> "Json":
    """Grades a policy, writes and prints its report.

    Args:
        options: of the command line.
        given: the cases of a file; None to draw them.
        subject: what is graded.
        base: the untuned base of a tuned model, a control.
        controls: whether to grade controls too.
        weights: tells versions of a model apart, so that a grade never goes on with another.
    """
    from grader.crew import Crew
    from grader.gallery import build_exhibits
    from grader.grade import collect_cases, grade
    from grader.ledger import Ledger
    from grader.page import ANIMATIONS, write_report
    from grader.report import MODEL
    from grader.table import format_table

    exam = _exam(options)
    settings = {"checkpoint": subject.name, "weights": weights} | exam.settings()
    ledger = Ledger(options.output, settings, overwrite=options.overwrite, resume=options.resume)
    with Crew(options.workers) as crew:
        cases = given or collect_cases(exam, crew, options.quiet)
        report = grade(
            subject, exam, cases, ledger, crew, base=base, controls=controls, quiet=options.quiet
        )
        outcomes = [ledger.outcomes[MODEL][c.id] for c in cases] if subject.image_size else []
        exhibits = build_exhibits(outcomes, {c.id: c for c in cases}, crew, options.quiet)
    page = write_report(report, exhibits, options.output)
    print_json(report) if options.json else print(format_table(report))
    note(f"Report: {page}")
    if any(exhibit.gif for exhibit in exhibits):
        note(f"Animations: {page.parent / ANIMATIONS}")
    return report


def _exam(options: argparse.Namespace) -> "Exam":
    from grader.grade import Exam
    from qa_generator.tasks import tasks_of

    return Exam(
        split=options.split,
        seed=options.seed,
        count=QUICK_COUNT if options.quick else options.count,
        tasks=tuple(dict.fromkeys(options.tasks or tasks_of(options.split))),
        contexts=tuple(c for c in CONTEXTS if c in options.contexts),
        cases=options.cases,
        batch_size=getattr(options, "batch_size", 32),
    )


if __name__ == "__main__":
    run(main)
