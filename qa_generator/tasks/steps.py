"""Two or three goals, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_generator.questions import pick
from qa_generator.tasks.base import TASKS, Goal, Slots, Task
from qa_generator.tasks.bench import Bench
from qa_generator.tasks.reading import read_goal
from scene_renderer.errors import DatasetError
from scene_renderer.scene import Scene

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

FEWEST, MOST = 2, 3
"""Steps of a command that training shows, and of one that it does not."""
LONGEST = 16
"""Most actions of a plan that instructions ask for."""
_FEW, _TRIES = 2, 12


class Steps(Task):
    """Reach goals about different objects in their order.

    Args:
        parts: tasks that can be steps; those that end with something in hand only as the last.
        name: what goals and reports call it.
        count: how many steps its instructions have.
    """

    slots = ("steps",)

    def __init__(self, parts: Iterable[str], name: str = "steps", count: int = FEWEST) -> None:
        self._parts = tuple(parts)
        self.name = name
        self._count = count

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few sequences, each step possible on the table as the earlier ones leave it."""
        drawn = filter(None, (self._draw(scene, rng) for _ in range(_TRIES)))
        return [{"steps": steps} for steps in itertools.islice(drawn, _FEW)]

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """What the steps move."""
        return tuple(name for goal in _goals(slots) for name in goal.moved(scene))

    def involved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """What the steps are about."""
        return tuple(n for g in _goals(slots) for n in TASKS[g.task].involved(scene, g.slots))

    def in_hand(self, slots: Slots) -> str | None:
        """What the last step leaves there."""
        last = _goals(slots)[-1]
        return TASKS[last.task].in_hand(last.slots)

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Solves each step on the table as the earlier ones leave it."""
        for goal in _goals(slots):
            TASKS[goal.task].solve(bench, goal.slots)

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """All goals hold, and their objects were taken in their order."""
        return self.is_in_order(scene, slots, episode) and all(
            TASKS[goal.task].holds(scene, goal.slots, episode) for goal in _goals(slots)
        )

    def is_in_order(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Whether no step's object was taken after one of a later step."""
        steps = {name: i for i, goal in enumerate(_goals(slots)) for name in goal.moved(scene)}
        taken = [steps[name] for name in episode.aimed if name in steps]
        return taken == sorted(taken)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks each step on the table as the earlier ones leave it, and that objects differ."""
        steps = slots["steps"]
        if not isinstance(steps, list) or not FEWEST <= len(steps) <= MOST:
            raise DatasetError(f"'steps' must be a list of {FEWEST} or {MOST} goals.")
        bench, named = Bench(scene), set[str]()
        for number, step in enumerate(steps, start=1):
            goal = self._read(step, bench.scene, is_last=number == len(steps))
            names = set(TASKS[goal.task].involved(scene, goal.slots))
            for name in sorted(names & named):
                raise DatasetError(f"'{name}' is in two of the 'steps'; name each object in one.")
            named |= names
            TASKS[goal.task].solve(bench, goal.slots)

    def _read(self, step: Any, scene: Scene, is_last: bool) -> Goal:
        task = step.get("task") if isinstance(step, dict) else None
        if task in TASKS and task not in self._parts:
            raise DatasetError(f"'{task}' cannot be one of the 'steps'.")
        goal = read_goal(step, scene)
        if TASKS[goal.task].in_hand(goal.slots) and not is_last:
            raise DatasetError(f"'{goal.task}' leaves the hand full; it can only be the last step.")
        return goal

    def _draw(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]] | None:
        """Draws one sequence, or None at a dead end."""
        bench, named, steps = Bench(scene), set[str](), list[dict[str, Any]]()
        for number in range(self._count):
            is_last = number == self._count - 1
            goal = self._draw_step(bench.scene, named, rng, is_last=is_last)
            if goal is None:
                return None
            named |= set(TASKS[goal.task].involved(bench.scene, goal.slots))
            TASKS[goal.task].solve(bench, goal.slots)
            steps.append(goal.to_dict())
        is_short = len(bench.actions) <= LONGEST
        return steps if is_short and bench.is_roomy else None

    def _draw_step(
        self, scene: Scene, named: set[str], rng: np.random.Generator, is_last: bool
    ) -> Goal | None:
        task = TASKS[pick(rng, self._parts)]
        fresh = [
            slots
            for slots in task.choices(scene, rng)
            if not named & set(task.involved(scene, slots))
            and (is_last or (task.is_exact and task.in_hand(slots) is None))
        ]
        return Goal(task.name, pick(rng, fresh)) if fresh else None


def _goals(slots: Slots) -> list[Goal]:
    return [Goal(s["task"], {k: v for k, v in s.items() if k != "task"}) for s in slots["steps"]]
