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
python -m grader calibrate                      confidence fitted to success on split valid
python -m grader selftest                       impostors must get what they deserve
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader import check_verbs
from grader.options import VERBS, parse_options, read_exam
from scene_renderer.console import EXIT_THRESHOLD, claim_output, note, print_json, run

if TYPE_CHECKING:
    from grader.baselines import Policy
    from grader.cases import Case
    from grader.entry import Entry
    from grader.grade import Json
    from grader.page import Exhibit

REPORTS = Path("reports")


def main(arguments: Sequence[str]) -> int | None:
    """Runs one command."""
    options = parse_options(arguments, __doc__)
    verbs = {
        "checkpoint": _checkpoint,
        "oracle": _oracle,
        "baseline": _baseline,
        "compare": _compare,
        "questions": check_verbs.questions,
        "calibrate": check_verbs.calibrate,
        "selftest": check_verbs.selftest,
    }
    return verbs[options.verb](options)


def _checkpoint(options: argparse.Namespace) -> None:
    """Grades a model; what can be found wrong without loading it is told first."""
    from grader.entry import Entry
    from grader.find import check_checkpoint, find_checkpoint, hash_checkpoint, load_subject
    from grader.rivals import find_rivals, find_twin

    path = options.path or find_checkpoint()
    check_checkpoint(path)
    controls = not options.no_controls
    twin = find_twin(path, options.blind_twin) if controls else None
    if options.output is None:
        options.output = REPORTS / Path(path).name
    given = _given_cases(options)
    claim_output(options.output, options.overwrite, options.resume)
    weights = hash_checkpoint(path)  # before loading, as it takes memory, whose peak is measured
    subject = load_subject(path, options.device)
    subject.constrained = not options.free
    rivals = find_rivals(subject, twin, options.device) if controls else {}
    _grade(options, given, Entry(subject, weights, controls, rivals))


def _oracle(options: argparse.Namespace) -> int | None:
    from grader.baselines import Baseline, oracle_plan

    report = _grade_rule(options, Baseline("oracle", oracle_plan))
    suites = report["reliability"].get("suites", {}).values()
    rates = [report["accuracy"]["success"]]
    rates += [arm["varied"] for suite in suites for arm in suite["variants"]]
    not_run = report["reliability"]["not_run"] + sum(suite["not_run"] for suite in suites)
    asked = sum(rate["n"] for rate in rates) + not_run
    missed = asked - sum(rate["k"] for rate in rates)
    if not missed:
        return None
    note(f"The oracle missed {missed} of {asked} goals ({not_run} were not run).")
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
    from grader.entry import Entry

    if options.output is None:
        options.output = REPORTS / policy.name
        options.overwrite = not options.resume
    if options.suites is None and not (options.quick or options.full):
        options.suites = ["none"]
    return _grade(options, _given_cases(options), Entry(policy))


def _given_cases(options: argparse.Namespace) -> "list[Case] | None":
    from grader.cases import read_cases

    return read_cases(options.cases) if options.cases else None


def _grade(options: argparse.Namespace, given: "list[Case] | None", entry: "Entry") -> "Json":
    """Grades a policy, writes and prints its report.

    Args:
        options: of the command line.
        given: the cases of a file; None to draw them.
        entry: what is graded, and beside what.
    """
    from grader.crew import Crew
    from grader.exam import collect_draws
    from grader.gallery import build_exhibits
    from grader.grade import CHECKPOINT, exhibited, grade
    from grader.ledger import Ledger
    from grader.table import format_table

    sees = bool(entry.policy.image_size)
    exam = read_exam(options, sees)
    with Crew(options.workers) as crew:
        ledger = Ledger(
            options.output,
            {CHECKPOINT: entry.policy.name} | exam.settings() | entry.settings(crew.workers),
            conditions={"workers": crew.workers},
            overwrite=options.overwrite,
            resume=options.resume,
        )
        draws = collect_draws(exam, given, crew, options.quiet)
        report = grade(entry, exam, draws, ledger, crew, quiet=options.quiet)
        outcomes, cases = exhibited(draws, ledger, report) if sees else ([], {})
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


if __name__ == "__main__":
    run(main, resumable={*VERBS, *sys.argv[1:2]} - {*check_verbs.VERBS})
