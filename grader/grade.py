"""One grade from beginning to end: draw the cases, ask, execute, put the report together."""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grader.baselines import BASELINES, Baseline, Policy, oracle_plan
from grader.cases import GREY, Case, Image, Question, ask, draw_cases, render_image
from grader.crew import Crew
from grader.ledger import Ledger
from grader.metrics import Outcome
from grader.report import BASE, BLANK, MODEL, build_report
from grader.rollout import Arena, roll_out
from grader.speed import measure_speed
from scene_renderer.console import Progress
from scene_renderer.environment import describe_environment
from scene_renderer.scene import Scene

CONTROL_DRAWS = 70
"""Controls answer the cases of the first so many draws: they need less precision."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Exam:
    """What is asked of a policy.

    Attributes:
        split: a name from `SPLITS`; this and the next four are unused with `cases`.
        seed: of the sample.
        count: cases in each context.
        tasks: words from `TASKS`.
        contexts: words from `CONTEXTS`.
        cases: the file the cases come from, if they are not drawn.
        batch_size: questions answered at a time.
    """

    split: str
    seed: int
    count: int
    tasks: tuple[str, ...]
    contexts: tuple[str, ...]
    cases: Path | None = None
    batch_size: int = 32

    def settings(self) -> Json:
        """Returns what was asked for, as the report says it."""
        if self.cases is not None:
            digest = hashlib.sha256(self.cases.read_bytes()).hexdigest()
            return {"cases": str(self.cases), "cases_sha256": digest}
        return {
            "split": self.split,
            "seed": self.seed,
            "count": self.count,
            "tasks": list(self.tasks),
            "contexts": list(self.contexts),
        }


def collect_cases(exam: Exam, crew: Crew, quiet: bool) -> list[Case]:
    """Draws the cases; all contexts of one draw stand together."""
    arguments = exam.tasks, exam.contexts
    tickets = [
        crew.submit(draw_cases, exam.split, exam.seed, i, *arguments) for i in range(exam.count)
    ]
    cases: list[Case] = []
    with Progress("drawing cases", exam.count, "scenes", quiet) as progress:
        for ticket in tickets:
            cases += crew.result(ticket)
            progress.advance()
    return cases


def collect_images(
    cases: Sequence[Case], image_size: int, crew: Crew, quiet: bool
) -> dict[Scene, Image]:
    """Renders each table that is shown once."""
    tickets = {c.shown: crew.submit(render_image, c.shown, image_size) for c in _first(cases)}
    images = {}
    with Progress("rendering", len(tickets), "images", quiet) as progress:
        for scene, ticket in tickets.items():
            images[scene] = crew.result(ticket)
            progress.advance()
    return images


def _first(cases: Sequence[Case]) -> list[Case]:
    """Returns one case of each table that is shown."""
    return list({case.shown: case for case in cases}.values())


def question_cases(cases: Sequence[Case], images: Mapping[Scene, Image]) -> list[Question]:
    """Returns what a policy sees of the cases."""
    return [ask(case, images.get(case.shown)) for case in cases]


def blank(questions: Sequence[Question]) -> list[Question]:
    """Returns the questions with a grey image in place of the picture."""
    return [
        dataclasses.replace(q, image=np.full_like(q.image, GREY))
        for q in questions
        if q.image is not None
    ]


@dataclass(frozen=True)
class Sitting:
    """One policy answering some questions in the report's role `role`."""

    role: str
    policy: Policy
    questions: Sequence[Question]


def rule_sittings(questions: Sequence[Question], exam: Exam) -> list[Sitting]:
    """Returns the controls that need no model."""
    part = control_part(questions, exam)
    rules = {**BASELINES, "oracle": oracle_plan}
    return [Sitting(name, Baseline(name, rule), part) for name, rule in rules.items()]


def model_sittings(
    policy: Policy, base: Policy | None, questions: Sequence[Question], exam: Exam
) -> list[Sitting]:
    """Returns the controls that a model answers: itself without a picture, and its base."""
    part = control_part(questions, exam)
    sittings = [Sitting(BLANK, policy, blank(part))]
    return sittings if base is None else [*sittings, Sitting(BASE, base, part)]


def control_part(questions: Sequence[Question], exam: Exam) -> Sequence[Question]:
    """Returns the questions that controls answer."""
    return questions[: CONTROL_DRAWS * len(exam.contexts)]


def sit(sitting: Sitting, arena: Arena, ledger: Ledger, batch_size: int, quiet: bool) -> None:
    """Lets a policy answer what the ledger lacks, and writes it down batch by batch."""
    left = [q for q in sitting.questions if not ledger.has(sitting.role, q.case.id)]
    reached = done = 0
    title = sitting.policy.name if sitting.role == MODEL else sitting.role.replace("_", " ")
    with Progress(title, len(left), "cases", quiet) as progress:
        for outcomes in roll_out(sitting.policy, left, arena, batch_size):
            ledger.add(sitting.role, outcomes)
            reached += sum(o.success is True for o in outcomes)
            done += len(outcomes)
            progress.advance(len(outcomes), f"{reached} of {done} goals reached")


def grade(
    subject: Policy,
    exam: Exam,
    cases: Sequence[Case],
    ledger: Ledger,
    crew: Crew,
    *,
    base: Policy | None = None,
    controls: bool = True,
    quiet: bool = False,
) -> Json:
    """Grades a policy and returns its report.

    Args:
        subject: what is graded.
        exam: what was asked for.
        cases: what is asked.
        ledger: where answers are kept.
        crew: who executes.
        base: the untuned base of a tuned model, a control.
        controls: whether to grade the controls too.
        quiet: no progress.
    """
    size, speed = subject.image_size, None
    images = collect_images(cases, size, crew, quiet) if size else {}
    questions = question_cases(cases, images)
    sittings = [Sitting(MODEL, subject, questions)]
    if size:
        speed = measure_speed(subject, questions, exam.batch_size)
    if controls and size:
        sittings += model_sittings(subject, base, questions, exam)
    if controls:
        sittings += rule_sittings(questions, exam)
    arena = Arena(crew)
    for sitting in sittings:
        sit(sitting, arena, ledger, exam.batch_size, quiet)
    return build_report(
        subject.name,
        {s.role: _in_order(s, ledger) for s in sittings},
        settings=exam.settings(),
        inference=speed,
        execution=_execution(arena) if speed is None else None,
        environment=dict(describe_environment()),
    )


def _in_order(sitting: Sitting, ledger: Ledger) -> list[Outcome]:
    known = ledger.outcomes.get(sitting.role, {})
    return [known[q.case.id] for q in sitting.questions]


def _execution(arena: Arena) -> Json | None:
    """Returns how fast episodes were executed; fair only if no model was answering meanwhile."""
    if not arena.executed:
        return None
    return {
        "episodes": arena.executed,
        "seconds": arena.seconds,
        "episodes_per_second": arena.executed / arena.seconds,
        "workers": arena.crew.workers,
    }
