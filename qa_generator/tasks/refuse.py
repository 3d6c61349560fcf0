"""Say no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qa_generator.language.refusals import SPOILABLE, Wish, spoil
from qa_generator.language.words import Style
from qa_generator.tasks.base import TASKS, Goal, Instruction, Slots, Task
from qa_generator.tasks.bench import Bench
from scene_renderer.errors import DatasetError, did_you_mean
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import REFUSAL_REASONS

if TYPE_CHECKING:
    from scene_renderer.episode import Episode


_REASONS, _TWINS = 4, 3
"""How many reasons, and tasks for each, are tried before a scene is given up."""


class Refuse(Task):
    """Say no to what cannot be done, and leave everything where it is."""

    name = "refuse"
    slots = ("reason",)
    weight = 4.0  # six reasons share it

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Every reason."""
        return [{"reason": reason} for reason in REFUSAL_REASONS]

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def sample(self, scene: Scene, rng: np.random.Generator, style: Style) -> Instruction | None:
        """Draws a reason, and a goal that is spoilt for it."""
        for reason in rng.permutation(REFUSAL_REASONS)[:_REASONS].tolist():
            drawn = self.sample_for(reason, scene, rng, style, _TWINS)
            if drawn is not None:
                return drawn
        return None

    def sample_for(
        self,
        reason: str,
        scene: Scene,
        rng: np.random.Generator,
        style: Style,
        tries: int | None = None,
    ) -> Instruction | None:
        """Draws a goal that is spoilt for this reason, or None where the scene allows none.

        Args:
            reason: a word from `REFUSAL_REASONS`.
            scene: what is on the table.
            rng: draws.
            style: of the words.
            tries: how many tasks are tried; default: all that can be spoilt so.
        """
        for name in rng.permutation(SPOILABLE[reason])[:tries].tolist():
            drawn = self._spoil(scene, TASKS[name], reason, rng, style)
            if drawn is not None:
                return drawn
        return None

    def _spoil(
        self, scene: Scene, task: Task, reason: str, rng: np.random.Generator, style: Style
    ) -> Instruction | None:
        choices = task.choices(scene, rng)
        if not choices:
            return None
        slots = task.pick(choices, rng)
        said = spoil(Wish(scene, task.name, slots), reason, rng, style)
        if said is None:
            return None
        twin = Instruction(said.twin.text, Goal(task.name, slots), said.twin.template)
        goal = Goal(self.name, {"reason": reason})
        return Instruction(said.refused.text, goal, said.refused.template, twin)

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Refuses, giving the reason."""
        bench.do("refuse", slots["reason"])

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Refused for the right reason."""
        return episode.plan.refusal == str(slots["reason"])

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks the reason."""
        reason = str(slots["reason"])
        if reason not in REFUSAL_REASONS:
            raise DatasetError(f"Unknown reason '{reason}'.{did_you_mean(reason, REFUSAL_REASONS)}")
