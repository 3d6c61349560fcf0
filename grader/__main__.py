"""Grades checkpoints in physics.

python -m grader checkpoint                     the newest run, else the shipped checkpoint
python -m grader checkpoints/tiny-tuned         the verb may be left out before a path
python -m grader checkpoint --quick             a first impression in two minutes
python -m grader checkpoint --full              every suite, ten minutes
python -m grader checkpoint --fresh 20261121    a hidden test that nobody could have seen
python -m grader bundle.zip                     somebody else's, unpacked and loaded under limits
python -m grader checkpoint --cases mine.jsonl  your own cases
python -m grader oracle --count 700 --json      must reach every goal
python -m grader baseline --kind majority       what can be had without looking
python -m grader compare reports/a reports/b    two grades of the same cases, answer by answer
python -m grader questions                      five kinds of questions about what is seen
python -m grader selftest                       impostors must get what they deserve
"""

import argparse
import difflib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader import check_verbs
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
    from grader.exam import Exam
    from grader.grade import Json
    from grader.page import Exhibit

VERBS = ("checkpoint", "oracle", "baseline", "compare", *check_verbs.VERBS)
KINDS = ("majority", "random")
REPORTS = Path("reports")


def main(arguments: Sequence[str]) -> int | None:
    """Runs one command."""
    options = _build_parser().parse_args(_with_verb(arguments))
    if options.verb == "compare":
        return _compare(options)
    if options.verb not in check_verbs.VERBS:
        _check_together(options)
    verbs = {
        "checkpoint": _checkpoint,
        "oracle": _oracle,
        "baseline": _baseline,
        "questions": check_verbs.questions,
        "selftest": check_verbs.selftest,
    }
    return verbs[options.verb](options)


def _check_together(options: argparse.Namespace) -> None:
    """Refuses flags that contradict each other."""
    seeded = options.seed is not None
    for one, other, both in (
        ("resume", "overwrite", options.resume and options.overwrite),
        ("quick", "full", options.quick and options.full),
        ("fresh", "seed", options.fresh is not None and seeded),
        ("fresh", "cases", options.fresh is not None and options.cases is not None),
    ):
        if both:
            raise UsageError(f"--{one} and --{other} exclude each other.")


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
        "--blind-twin",
        metavar="PATH",
        help="a model tuned on blank pictures, a control (default: NAME-blind beside it, if any)",
    )
    checkpoint.add_argument(
        "--device", default="auto", help="cpu, cuda or auto (default: %(default)s)"
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
    _add_compare(verbs)
    what = "ask five kinds of questions about pictures: points out of 100"
    questions = verbs.add_parser(
        "questions", help=what, description=f"{what}.".capitalize(), epilog=check_verbs.QUESTIONS
    )
    check_verbs.add_questions_options(questions)
    what = "grade impostors: exit code 3 unless each gets what it deserves"
    selftest = verbs.add_parser(
        "selftest", help=what, description=f"{what}.".capitalize(), epilog=check_verbs.SELFTEST
    )
    check_verbs.add_selftest_options(selftest)
    return parser


def _add_compare(verbs: "argparse._SubParsersAction[Parser]") -> None:
    parser = verbs.add_parser(
        "compare",
        help="compare two grades of the same cases",
        description="Compare two grades of the same cases, answer by answer.",
        epilog="examples:\n"
        "  python -m grader compare reports/before reports/after\n"
        "  python -m grader compare reports/before reports/after --fail-below -2",
    )
    parser.add_argument("a", type=Path, metavar="A", help="folder of a report, or its report.json")
    parser.add_argument("b", type=Path, metavar="B", help="the other one's")
    parser.add_argument(
        "--fail-below",
        type=float,
        metavar="POINTS",
        help="exit code 3 if B's success less A's is below so many percent points",
    )
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")


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
    _add_sample(parser, contexts)
    _add_amount(parser)
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


def _add_sample(parser: Parser, contexts: Sequence[str]) -> None:
    """Adds what says which cases are drawn."""
    parser.add_argument(
        "--split",
        type=one_of("split", SPLITS),
        default="test",
        help="where scenes are drawn from (default: %(default)s)",
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
    parser.add_argument("--seed", type=natural, help="of the sample of cases (default: 0)")
    parser.add_argument(
        "--fresh",
        type=natural,
        metavar="SEED",
        help="draw scenes, wordings and draws anew from a number that nobody knew before",
    )
    parser.add_argument("--cases", type=Path, metavar="FILE", help="grade these cases (JSONL)")


def _add_amount(parser: Parser) -> None:
    """Adds what says how much is asked."""
    parser.add_argument(
        "--count",
        type=positive,
        metavar="N",
        help="cases in each context (default: 200; --quick 40, --full 600)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="few cases, a small share of every suite"
    )
    parser.add_argument("--full", action="store_true", help="many cases, every suite")
    parser.add_argument(
        "--suites",
        nargs="+",
        type=_suite,
        metavar="NAME",
        help="ways of varying the cases, or 'all' or 'none' (default: some; none without a model)",
    )
    parser.add_argument(
        "--limit", type=positive, metavar="N", help="at most so many answers in all, fairly cut"
    )
    parser.add_argument(
        "--batch-size", type=positive, metavar="N", help="questions at a time (default: 32)"
    )


def _suite(name: str) -> str:
    from grader.suites.registry import SUITES

    return one_of("suite", (*SUITES, "all", "none"))(name)


def _task(name: str) -> str:
    from qa_generator.tasks import TASKS

    return one_of("task", TASKS)(name)


def _checkpoint(options: argparse.Namespace) -> None:
    from grader.find import check_checkpoint, find_checkpoint, hash_checkpoint, load_with_base
    from grader.rivals import find_twin, load_rivals
    from vlm.config import resolve_base

    path = options.path or find_checkpoint()
    check_checkpoint(path)
    controls = not options.no_controls
    twin = find_twin(path, options.blind_twin) if controls else None
    if twin is not None:
        resolve_base(twin)
    if options.output is None:
        options.output = REPORTS / Path(path).name
    given = _given_cases(options)
    claim_output(options.output, options.overwrite, options.resume)
    subject, base = load_with_base(path, options.device, base_too=controls)
    rivals = load_rivals(base, twin, options.device)
    weights = hash_checkpoint(path)
    _grade(options, given, subject, rivals, controls=controls, weights=weights)


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


def _compare(options: argparse.Namespace) -> int | None:
    from grader.compare import compare, format_comparison, read_grade

    found = compare(read_grade(options.a), read_grade(options.b))
    print_json(found) if options.json else print(format_comparison(found))
    gap, least = found["all"]["difference"], options.fail_below
    if least is None or (gap is not None and 100 * gap >= least):
        return None
    note(f"B's success less A's is below {least:g} points.")
    return EXIT_THRESHOLD


def _grade_rule(options: argparse.Namespace, policy: "Policy") -> "Json":
    """Grades a policy without a model; its report of default name is made anew each time."""
    if options.output is None:
        options.output = REPORTS / policy.name
        options.overwrite = not options.resume
    if options.suites is None and not (options.quick or options.full):
        options.suites = ["none"]
    return _grade(options, _given_cases(options), policy, controls=False)


def _given_cases(options: argparse.Namespace) -> "list[Case] | None":
    from grader.cases import read_cases

    return read_cases(options.cases) if options.cases else None


def _grade(
    options: argparse.Namespace,
    given: "list[Case] | None",
    subject: "Policy",
    rivals: "Mapping[str, Policy] | None" = None,
    *,
    controls: bool,
    weights: str = "",
) -> "Json":
    """Grades a policy, writes and prints its report.

    Args:
        options: of the command line.
        given: the cases of a file; None to draw them.
        subject: what is graded.
        rivals: models that are controls, by role.
        controls: whether to grade controls too.
        weights: tells versions of a model apart, so that a grade never goes on with another.
    """
    from grader.crew import Crew
    from grader.exam import collect_draws
    from grader.gallery import build_exhibits
    from grader.grade import exhibited, grade
    from grader.ledger import Ledger
    from grader.table import format_table

    exam = _exam(options, sees=bool(subject.image_size))
    beside = {"controls": controls, "rivals": sorted(rivals or {})}
    settings = {"checkpoint": subject.name, "weights": weights, **beside} | exam.settings()
    ledger = Ledger(options.output, settings, overwrite=options.overwrite, resume=options.resume)
    with Crew(options.workers) as crew:
        draws = collect_draws(exam, given, crew, options.quiet)
        report = grade(
            subject,
            exam,
            draws,
            ledger,
            crew,
            rivals=rivals,
            controls=controls,
            quiet=options.quiet,
        )
        outcomes, cases = exhibited(draws, ledger, report) if subject.image_size else ([], {})
        exhibits = build_exhibits(outcomes, cases, crew, options.quiet)
    _publish(report, exhibits, options.output)
    print_json(report) if options.json else print(format_table(report))
    return report


def _publish(report: "Json", exhibits: "Sequence[Exhibit]", folder: Path) -> None:
    """Writes the report in all its forms, and says where they are."""
    from grader.page import ANIMATIONS, write_report

    page = write_report(report, exhibits, folder)
    note(f"Report: {page}")
    if any(exhibit.gif for exhibit in exhibits):
        note(f"Animations: {folder / ANIMATIONS}")


def _exam(options: argparse.Namespace, sees: bool) -> "Exam":
    """Returns what the options ask for; `sees` says whether the policy looks at pictures."""
    from grader.exam import BATCH_SIZE, FULL, NORMAL, QUICK, SIZES, Exam, choose_suites, fresh_seed
    from qa_generator.tasks import tasks_of

    mode = QUICK if options.quick else FULL if options.full else NORMAL
    return Exam(
        split=options.split,
        seed=(options.seed or 0) if options.fresh is None else fresh_seed(options.fresh),
        count=options.count or SIZES[mode].count,
        tasks=tuple(dict.fromkeys(options.tasks or tasks_of(options.split))),
        contexts=tuple(c for c in CONTEXTS if c in options.contexts),
        cases=options.cases,
        batch_size=options.batch_size or BATCH_SIZE,
        mode=mode,
        suites=choose_suites(options.suites, mode, sees),
        limit=options.limit,
        fresh=options.fresh,
    )


if __name__ == "__main__":
    run(main, resumable={*VERBS, *sys.argv[1:2]} - {*check_verbs.VERBS})
