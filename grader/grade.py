"""One grade from beginning to end: set the paper, let all sit for it, put the report together.

The report of a grade that was killed and went on is the same, byte for byte, as that of one that
was not, apart from what `TIMED` names.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from grader.baselines import BASELINES, Policy
from grader.cases import BLANK as BLANK_PICTURE
from grader.cases import Case, Image, render_image
from grader.crew import Crew
from grader.entry import Entry
from grader.exam import FULL, Draw, Exam, Paper, set_paper
from grader.ledger import Ledger
from grader.measuring import measure
from grader.metrics import MAIN, Outcome
from grader.options import USUAL_SPLIT
from grader.oracle_check import as_control, check_oracle, describe_check, find_excluded, without
from grader.quiz import COUNT, Quiz, measure_questions
from grader.report import build_report
from grader.roles import BLANK, MODEL, ORACLE
from grader.rollout import Arena, settle_in_order
from grader.sitting import Batch, Sitting, answer_all, leave_room, reserve, seat, split_up
from grader.studio import Studio
from grader.suites.base import pair_up, report_suite
from grader.suites.pictures import NAME as PICTURES
from grader.suites.registry import SUITES
from qa_generator.questions import KINDS
from scene_renderer.console import Progress
from scene_renderer.environment import describe_environment
from scene_renderer.scene import Scene

CHECKPOINT = "checkpoint"
"""The setting of a ledger that a report tells by itself."""

TIMED = ("inference", "execution", "environment")
"""The parts of a report that tell of time, machine and versions, and differ from run to run.

So does `sameness` in `reliability`: it asks as many questions as time allows.
"""

Json = dict[str, Any]


def without_times(report: Json) -> Json:
    """Returns what must be the same in every report of the same grade."""
    same = {key: part for key, part in report.items() if key not in TIMED}
    reliability = {k: part for k, part in report["reliability"].items() if k != "sameness"}
    return same | {"reliability": reliability}


def grade(
    entry: Entry,
    exam: Exam,
    draws: Sequence[Draw],
    ledger: Ledger,
    crew: Crew,
    *,
    quiet: bool = False,
) -> Json:
    """Grades a policy and returns its report.

    Args:
        entry: what is graded, and beside what.
        exam: what was asked for.
        draws: where the cases come from.
        ledger: where answers are kept.
        crew: who renders and executes.
        quiet: no progress.

    Raises:
        OracleError: if the oracle missed more goals than a few rare ones.
        CheckpointError: if a model breaks down, or a rival cannot be loaded.
    """
    subject = entry.policy
    roles = name_controls(exam, draws, subject, entry.rivals) if entry.controls else []
    asked = leave_out_blanks(draws) if BLANK in roles else draws
    paper, quiz = set_work(exam, asked, len(roles), sees=bool(subject.image_size))
    studio, arena = Studio(crew), Arena(crew)
    check_oracle(list(ledger.outcomes.get(ORACLE, {}).values()), len(paper.checks()))

    measured = measure(subject, paper.main, exam, studio)
    rivals = {role: rival.load() for role, rival in entry.rivals.items()}  # not before: memory
    for rival in rivals.values():
        rival.constrained = not exam.free
    sittings = seat(subject, paper, rivals, roles)
    batches = split_up(sittings, ledger, exam.batch_size)
    with leave_room(crew.workers):
        run_all(sittings, batches, studio, arena, ledger, quiet)
        measured |= ask_quiz(subject, quiz, ledger, crew, quiet) if quiz else {}
    if not subject.image_size:
        measured |= _execution(arena)
    measured["environment"] = dict(describe_environment()) | {"workers": crew.workers}
    return put_together(entry, exam, paper, ledger, sittings, measured)


def put_together(
    entry: Entry,
    exam: Exam,
    paper: Paper,
    ledger: Ledger,
    sittings: Sequence[Sitting],
    measured: Json,
) -> Json:
    """Returns the report of a grade of which every case was answered.

    What the oracle missed is left out of everything but `check`.
    """
    outcomes = {s.role: _in_order(s, ledger) for s in sittings}
    checked = outcomes.pop(ORACLE, None)
    excluded = find_excluded([*paper.main, *paper.variants], checked or [])
    outcomes = {role: without(of, excluded) for role, of in outcomes.items()}
    rows = {role: _main(of) for role, of in outcomes.items()}
    if entry.controls:
        rows = with_blank_control(rows, outcomes[MODEL])
    if entry.controls and checked is not None:
        proved = without(as_control(paper.main, checked, paper.checks()), excluded)
        rows = {ORACLE: proved, **rows}
    return build_report(
        entry.policy.name,
        rows,
        settings={k: told for k, told in ledger.settings.items() if k != CHECKPOINT},
        suites=report_suites(exam, [*as_blanks(outcomes.get(BLANK, [])), *outcomes[MODEL]]),
        check=None if checked is None else describe_check(checked, excluded),
        **measured,
    )


def set_work(
    exam: Exam, draws: Sequence[Draw], controls: int, *, sees: bool
) -> tuple[Paper, Quiz | None]:
    """Returns which cases are asked and, in a full grade, which questions beside them.

    A limit shortens both in the same proportion.

    Args:
        exam: what was asked for.
        draws: as `collect_draws` returns them.
        controls: how many controls there are.
        sees: whether the policy looks at pictures; the questions are about these.
    """
    if exam.mode != FULL or not sees:
        return set_paper(exam, draws, controls), None
    each = COUNT
    if exam.limit is not None:
        whole = set_paper(dataclasses.replace(exam, limit=None), draws, controls)
        asked = len(whole.main) + len(whole.variants) + controls * len(whole.controls)
        each = min(COUNT, COUNT * exam.limit // (asked + COUNT * len(KINDS)))
        exam = dataclasses.replace(exam, limit=exam.limit - each * len(KINDS))
    split = exam.split if exam.cases is None else USUAL_SPLIT
    quiz = Quiz(exam.seed, each, split, batch_size=exam.batch_size)
    return set_paper(exam, draws, controls), quiz if each else None


def ask_quiz(subject: Policy, quiz: Quiz, ledger: Ledger, crew: Crew, quiet: bool) -> Json:
    """Returns `questions`, the points of the benchmark, for `build_report`."""

    def render(scene: Scene, size: int) -> Image:
        picture: Image = crew.result(crew.submit(render_image, scene, size, urgent=True))
        return picture

    return {"questions": measure_questions(subject, quiz, ledger.notebook, render, quiet=quiet)}


def name_controls(
    exam: Exam, draws: Sequence[Draw], subject: Policy, rivals: Iterable[str]
) -> list[str]:
    """Returns the roles of the controls but the oracle, which everything is checked with.

    A blank picture is a control of its own unless the suite shows it for all cases of controls.
    Then what the suite finds is the control's row; else what the control finds is the suite's.
    Whichever it is, nothing is asked twice, and there is one figure for one thing.

    Args:
        exam: what was asked for.
        draws: as `collect_draws` returns them.
        subject: what is graded.
        rivals: roles of the models among the controls.
    """
    known = set_paper(dataclasses.replace(exam, limit=None), draws, 0)
    blank = {v.origin for v in known.variants if is_blank(v)}
    needed = subject.image_size and not blank >= {case.id for case in known.controls}
    return [*([BLANK] if needed else []), *rivals, *BASELINES]


def leave_out_blanks(draws: Sequence[Draw]) -> list[Draw]:
    """Returns the draws without the blank pictures of the suite, for which the control stands."""
    return [Draw(draw.cases, [v for v in draw.variants if not is_blank(v)]) for draw in draws]


def as_blanks(control: Sequence[Outcome]) -> list[Outcome]:
    """Returns what the control without a picture found as outcomes of the suite of pictures."""
    return [
        dataclasses.replace(o, suite=PICTURES, variant=BLANK_PICTURE, origin=o.case)
        for o in control
    ]


def is_blank(item: Case | Outcome) -> bool:
    """Whether this is a case, or what became of it, that only the picture was taken from."""
    return (item.suite, item.variant) == (PICTURES, BLANK_PICTURE)


def with_blank_control(
    outcomes: dict[str, list[Outcome]], answered: Sequence[Outcome]
) -> dict[str, list[Outcome]]:
    """Adds the control without a picture from what the suite of pictures found, if it has none."""
    blank = [
        dataclasses.replace(o, case=o.origin, suite=MAIN, variant="")
        for o in answered
        if is_blank(o)
    ]
    return {**outcomes, BLANK: blank} if blank and BLANK not in outcomes else outcomes


def run_all(
    sittings: Sequence[Sitting],
    batches: Sequence[Batch],
    studio: Studio,
    arena: Arena,
    ledger: Ledger,
    quiet: bool,
) -> None:
    """Lets all policies answer what the ledger lacks, and writes it down batch by batch."""
    reserve(batches, studio)
    total = sum(len(s.cases) for s in sittings)
    known = sum(ledger.has(s.role, case.id) for s in sittings for case in s.cases)
    reached = done = 0
    with Progress("grading", total, "answers", quiet, done=known) as progress:
        for batch, found in settle_in_order(answer_all(batches, studio, arena), arena):
            role = batch.sitting.role
            new = [o for o in found if not ledger.has(role, o.case)]
            ledger.add(role, new)
            if role == ORACLE:
                check_oracle(list(ledger.outcomes[ORACLE].values()), len(batch.sitting.cases))
            if role == MODEL:
                reached += sum(o.success is True for o in found if o.suite == MAIN)
                done += sum(o.suite == MAIN for o in found)
            progress.advance(len(new), f"{reached} of {done} goals reached" if done else "")


def report_suites(exam: Exam, outcomes: Sequence[Outcome]) -> Json:
    """Returns what each suite of the exam tells, by name; nothing of those that found no case."""
    clean = {o.case: o for o in outcomes if o.suite == MAIN}
    reports = {}
    for name in exam.suites:
        varied = [o for o in outcomes if o.suite == name]
        if varied:
            pairs = pair_up(clean, varied)
            not_run = len(varied) - len(pairs)
            reports[name] = report_suite(SUITES[name], pairs) | {"not_run": not_run}
    return reports


def exhibited(
    draws: Sequence[Draw], ledger: Ledger, report: Json
) -> tuple[list[Outcome], dict[str, Case]]:
    """Returns what a report may show: how the main cases that count ended, and the cases by id."""
    cases = {case.id: case for draw in draws for case in draw.cases}
    known = ledger.outcomes.get(MODEL, {})
    shown = [known[name] for name in cases if name in known]
    return without(shown, report.get("check", {}).get("excluded", {}).get("cases", [])), cases


def _main(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [o for o in outcomes if o.suite == MAIN]


def _in_order(sitting: Sitting, ledger: Ledger) -> list[Outcome]:
    known = ledger.outcomes.get(sitting.role, {})
    return [known[case.id] for case in sitting.cases]


def _execution(arena: Arena) -> Json:
    """Returns `execution`, how fast episodes were executed, for `build_report`.

    That is fair only if no model was answering meanwhile.
    """
    if not arena.executed:
        return {}
    return {
        "execution": {
            "episodes": arena.executed,
            "seconds": arena.seconds,
            "episodes_per_second": arena.executed / arena.seconds,
            "workers": arena.crew.workers,
        }
    }
