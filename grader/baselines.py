"""Policies without a model: the oracle, which must be perfect, and two that must be bad.

- oracle: knows the goal and answers with the task's own plan.
- majority: knows the kind of task, not the scene: it always takes the first listed object, and
  the second as the target; where nothing is listed, the middle of the table. It never refuses, as
  a refusal's sentence reads like any other.
- random: a valid plan of any kind, at listed places or, where nothing is listed, anywhere.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from grader.cases import Question
from qa_generator.prompt import Observation, to_millimetres
from qa_generator.tasks import DEFAULT_DISTANCE_MM, LIFT_MM, TASKS
from qa_generator.tasks.refuse import Refuse
from scene_renderer.plan import Action, Plan, format_plan
from scene_renderer.scene import REACH_X, REACH_Y, Vector
from scene_renderer.vocabulary import DIRECTIONS
from vlm.policy import Answer

MIDDLE: tuple[Vector, Vector] = ((0.475, 0.0, 0.025), (0.475, 0.15, 0.025))
"""Where the majority baseline takes and puts things when no places are listed."""


class Policy(Protocol):
    """What the grader grades: `vlm.Policy`, or one of these."""

    name: str

    @property
    def image_size(self) -> int | None:
        """Width and height of the pictures it wants, in pixels; None if it looks at none."""

    def answer(
        self, observations: Sequence[Observation], instructions: Sequence[str], batch_size: int
    ) -> list[Answer]:
        """Answers instructions, `batch_size` at a time."""

    def forget(self) -> None:
        """Drops what it keeps of pictures that it saw, so that the next answer pays for looking."""

    def describe(self) -> dict[str, Any]:
        """Returns what a report says about it."""


class Baseline:
    """A policy that turns a question into a plan by a rule."""

    image_size = None

    def __init__(self, name: str, rule: Callable[[Question], Plan]) -> None:
        self.name = name
        self._rule = rule

    def plan(self, observation: Observation, instruction: str) -> Plan:
        """Returns the plan for one question."""
        assert isinstance(observation, Question), "baselines read the case"
        return self._rule(observation)

    def answer(
        self, observations: Sequence[Observation], instructions: Sequence[str], batch_size: int = 1
    ) -> list[Answer]:
        """Answers questions; they cost no time and no tokens."""
        pairs = zip(observations, instructions, strict=True)
        return [Answer(format_plan(self.plan(o, i)), tokens=0, seconds=0.0) for o, i in pairs]

    def forget(self) -> None:
        """It keeps nothing."""

    def describe(self) -> dict[str, Any]:
        """Returns its name."""
        return {"source": self.name}


def oracle_plan(question: Question) -> Plan:
    """Returns the plan that reaches the goal."""
    return question.case.goal.oracle(question.case.scene)


def majority_plan(question: Question) -> Plan:
    """Returns the most frequent kind of plan for the task, with a fixed choice of places."""
    places = [position for _, position in question.listing] or MIDDLE
    return _plan(question.case.goal.task, places[0], places[1])


def random_plan(question: Question) -> Plan:
    """Returns a valid plan of a random kind at random places; the same for the same case."""
    rng = np.random.default_rng([zlib.crc32(question.case.id.encode()), 1])
    places = [position for _, position in question.listing] or [_anywhere(rng) for _ in range(2)]
    first, second = rng.permutation(len(places))[:2]
    task = str(rng.choice(list(TASKS)))
    if task == Refuse.name:
        return Plan((Action(Refuse.name, ("absent",)),))
    return _plan(task, places[first], places[second])


def _anywhere(rng: np.random.Generator) -> Vector:
    return float(rng.uniform(*REACH_X)), float(rng.uniform(*REACH_Y)), 0.025


def _plan(task: str, start: Vector, end: Vector) -> Plan:
    """Returns a task's kind of plan with these places."""
    x, y, z = map(to_millimetres, start)
    if task == "lift":
        second = Action("move_to", (x, y, z + LIFT_MM))
    elif task.startswith("move_"):
        step_x, step_y = DIRECTIONS[task.removeprefix("move_")]
        away = (x + step_x * DEFAULT_DISTANCE_MM, y + step_y * DEFAULT_DISTANCE_MM, z)
        second = Action("place", away)
    else:
        second = Action("place", tuple(map(to_millimetres, end)))
    return Plan((Action("pick", (x, y, z)), second))


BASELINES = {"majority": majority_plan, "random": random_plan}
"""Kind to rule, as the command line names them."""
