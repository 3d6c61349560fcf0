"""`Task`, what every family of tasks is made of; `Goal` and `Instruction`, what comes of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qa_generator.goals import is_undisturbed
from qa_generator.language.clear import say_clearly
from qa_generator.language.words import Style
from qa_generator.questions import pick
from qa_generator.tasks.bench import Bench
from scene_renderer.errors import DatasetError
from scene_renderer.plan import Plan
from scene_renderer.scene import Scene

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

Slots = Mapping[str, Any]

FEW = 4
"""How many goals are drawn of a task whose goals are too many to list."""
_TRIES = 24
_WORDED = 3
"""How many goals are tried to be worded before a scene is given up."""

_TASKS: dict[str, Task] = {}
TASKS: MappingProxyType[str, Task] = MappingProxyType(_TASKS)
"""Name to task; `registry.py` fills it."""


def register(tasks: Iterable[Task]) -> None:
    """Makes tasks known by their names."""
    _TASKS.update({task.name: task for task in tasks})


@dataclass(frozen=True)
class Goal:
    """What is wanted of a scene: a task and its slots."""

    task: str
    slots: Slots

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON form; `read_goal` is its inverse."""
        return {"task": self.task, **self.slots}

    def solve(self, scene: Scene) -> Bench:
        """Returns the oracle's actions, and the table as it is after them."""
        return TASKS[self.task].work(scene, self.slots)

    def oracle(self, scene: Scene) -> Plan:
        """Returns a plan that reaches the goal."""
        return self.solve(scene).plan

    def is_possible(self, scene: Scene) -> bool:
        """Whether the table has room for all that the oracle does."""
        return TASKS[self.task].works(scene, self.slots)

    def moved(self, scene: Scene) -> tuple[str, ...]:
        """Returns the names of the objects that may end elsewhere."""
        return TASKS[self.task].moved(scene, self.slots)

    @property
    def in_hand(self) -> str | None:
        """What the gripper must hold in the end; None if nothing."""
        return TASKS[self.task].in_hand(self.slots)

    def is_in_order(self, scene: Scene, episode: Episode) -> bool:
        """Whether the objects were taken in the order that the goal asks for, if it does."""
        return TASKS[self.task].is_in_order(scene, self.slots, episode)

    def reached(self, scene: Scene, episode: Episode) -> bool:
        """Whether the episode ended with the goal reached and nothing else disturbed."""
        return TASKS[self.task].reached(scene, self.slots, episode)


@dataclass(frozen=True)
class Instruction:
    """A sentence and what it wants.

    Attributes:
        text: what the person says.
        goal: what is wanted.
        template: id of the wording's template.
        twin: of what must be refused, the minimally different sentence that can be followed.
    """

    text: str
    goal: Goal
    template: str = ""
    twin: Instruction | None = None


class Task(ABC):
    """One kind of instruction.

    Attributes:
        name: what goals and reports call it.
        slots: the keys of its goal, beside `task`.
        either: keys of which its goal has exactly one, too.
        defaults: what slots hold that a goal leaves out.
        is_exact: whether things end where a bench says, to a few millimetres.
        weight: how often it is tried: more than once for a task that not every scene allows.
    """

    name: str
    slots: tuple[str, ...] = ("object", "target")
    either: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[Slots] = MappingProxyType({})
    is_exact: ClassVar[bool] = True
    weight: ClassVar[float] = 1.0

    @abstractmethod
    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Returns slots that the scene allows: all, or where they are many a few at random."""

    @abstractmethod
    def solve(self, bench: Bench, slots: Slots) -> None:
        """Adds the actions that reach the goal.

        Raises:
            DatasetError: if the table has no room for it.
        """

    @abstractmethod
    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """Returns the names of the objects that the goal is about, and that may end elsewhere."""

    @abstractmethod
    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Whether the final state is as wanted, whatever else happened."""

    @abstractmethod
    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks the slots of a goal that somebody wrote.

        Raises:
            DatasetError: if a slot cannot hold what it holds.
            SceneError: if an object is not in the scene.
        """

    def in_hand(self, slots: Slots) -> str | None:
        """Returns what the gripper must hold in the end; None if nothing."""
        return None

    def is_in_order(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Whether the objects were taken in the order that the goal asks for, if it does."""
        return True

    def involved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """Returns the names of all objects that the goal is about, those that stay too."""
        target = slots.get("target")
        return (*self.moved(scene, slots), *([target] if target else []))

    def work(self, scene: Scene, slots: Slots) -> Bench:
        """Returns a bench on which the goal is reached.

        Raises:
            DatasetError: if the table has no room for it.
        """
        bench = Bench(scene)
        self.solve(bench, slots)
        return bench

    def oracle(self, scene: Scene, slots: Slots) -> Plan:
        """Returns a plan that reaches the goal."""
        return self.work(scene, slots).plan

    def reached(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Whether the goal holds in the final state, with everything else undisturbed."""
        return (
            episode.held == self.in_hand(slots)
            and self.holds(scene, slots, episode)
            and is_undisturbed(scene, episode, *self.moved(scene, slots))
        )

    def sample(self, scene: Scene, rng: np.random.Generator, style: Style) -> Instruction | None:
        """Draws an instruction, or None where the scene allows none that is clear."""
        choices = self.choices(scene, rng)
        for _ in range(_WORDED if choices else 0):
            slots = self.pick(choices, rng)
            sentence = say_clearly(scene, self.name, slots, rng, style)
            if sentence is not None:
                return Instruction(sentence.text, Goal(self.name, slots), sentence.template)
        return None

    def pick(self, choices: list[dict[str, Any]], rng: np.random.Generator) -> dict[str, Any]:
        """Draws one of its choices."""
        return pick(rng, choices)

    def works(self, scene: Scene, slots: Slots) -> bool:
        """Whether the table has room for all that the oracle does."""
        try:
            return self.work(scene, slots).is_roomy
        except DatasetError:
            return False

    def some(
        self, scene: Scene, rng: np.random.Generator, candidates: Iterable[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Returns a few of the candidates, those for which there is room, in random order."""
        listed = list(candidates)
        drawn: list[dict[str, Any]] = []
        for index in rng.permutation(len(listed))[:_TRIES]:
            if self.works(scene, listed[index]):
                drawn.append(listed[index])
            if len(drawn) == FEW:
                break
        return drawn
