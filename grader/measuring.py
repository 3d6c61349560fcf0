"""What is measured of a model before its grade, while nothing else is loaded or under way.

A picture that cannot be rendered and want of memory say nothing about a model: what needs them is
not measured, which is said, and the grade goes on.
"""

from collections.abc import Callable, Sequence
from typing import Any

from grader.asking import is_want_of_memory
from grader.baselines import Policy
from grader.cases import Case, Question, ask
from grader.crew import CrashError
from grader.exam import FULL, QUICK, Exam
from grader.form import measure_form
from grader.sameness import measure_sameness
from grader.speed import BATCH_SIZES, MOST_ANSWERS, measure_speed
from grader.studio import Studio
from scene_renderer.console import note
from scene_renderer.errors import CheckpointError

Json = dict[str, Any]


def measure(subject: Policy, cases: Sequence[Case], exam: Exam, studio: Studio) -> Json:
    """Returns `inference` and, in a full grade, `sameness` and `form`, for `build_report`.

    Nothing is measured of a policy that looks at no pictures: it is a rule.

    Args:
        subject: what is graded.
        cases: what is asked of it; the first are shown.
        exam: what was asked for.
        studio: who has pictures rendered.

    Raises:
        CheckpointError: if the policy breaks down.
    """
    questions = _show(cases[: max(MOST_ANSWERS, *BATCH_SIZES, exam.batch_size)], subject, studio)
    if not questions:
        return {}
    parts: dict[str, Callable[[], Json]] = {
        "inference": lambda: measure_speed(
            subject, questions, exam.batch_size, quick=exam.mode == QUICK
        )
    }
    if exam.mode == FULL:
        parts["sameness"] = lambda: measure_sameness(subject, questions)
        parts["form"] = lambda: measure_form(subject, questions)
    found = {name: _unless_memory_is_short(name, part) for name, part in parts.items()}
    return {name: part for name, part in found.items() if part is not None}


def _show(cases: Sequence[Case], subject: Policy, studio: Studio) -> list[Question]:
    """Returns the cases with their pictures; those without one are left out."""
    size = subject.image_size
    if not size:
        return []
    studio.reserve(cases, size)
    studio.prepare(cases, size)
    questions, faults = [], []
    for case in cases:
        try:
            questions.append(ask(case, studio.look(case, size)))
        except CrashError as error:
            faults.append(error)
    if faults:
        left = "the others are" if questions else "so speed is not"
        note(f"{len(faults)} of {len(cases)} pictures are missing ({faults[0]}); {left} measured.")
    return questions


def _unless_memory_is_short(name: str, measure_it: Callable[[], Json]) -> Json | None:
    try:
        return measure_it()
    except CheckpointError as error:
        if not is_want_of_memory(error):
            raise
    note(f"Not measured: {name}, as memory is too short.")
    return None
