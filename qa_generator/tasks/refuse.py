"""Say no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_generator.questions import ABSENT, absent_names, pick
from qa_generator.tasks.base import Goal, Instruction, Slots, Task
from qa_generator.tasks.bench import Bench
from qa_generator.tasks.carry import Single
from qa_generator.wordings import Style
from scene_renderer.errors import DatasetError, did_you_mean
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.vocabulary import REFUSAL_REASONS

if TYPE_CHECKING:
    from scene_renderer.episode import Episode


class Refuse(Task):
    """Say no to what cannot be done, and leave everything where it is."""

    name = "refuse"
    slots = ("reason",)
    weight = 2.0  # what is absent takes more pairs to learn than what is there

    def __init__(self, twins: Sequence[Single]) -> None:
        self._twins = twins

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """The one reason that instructions are made for."""
        return [{"reason": ABSENT}]

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def sample(self, scene: Scene, rng: np.random.Generator, style: Style) -> Instruction | None:
        """Draws a solvable instruction and exchanges one name for that of an absent thing.

        Every second time, if there is one, for a name whose colour and whose shape are on the
        table, though not together.
        """
        twin = pick(rng, self._twins)
        choices = twin.choices(scene, rng)
        if not choices:
            return None
        slots = pick(rng, choices)
        key = pick(rng, [k for k in ("object", "target") if k in slots])
        shapes = twin.objects if key == "object" else twin.targets
        names = _absent_like(scene, scene[slots[key]], shapes)
        if not names:
            return None
        near = [n for n in names if all(any(w in o.name for o in scene.objects) for w in n.split())]
        name = pick(rng, near if near and rng.integers(2) else names)
        goal = Goal(self.name, {"reason": ABSENT})
        return Instruction(twin.say({**slots, key: name}, rng, style), goal)

    def say(self, slots: Slots, rng: np.random.Generator, style: Style) -> str:
        """Says what nothing on a table can be asked for."""
        return "do nothing"

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


def _absent_like(scene: Scene, item: SceneObject, shapes: Sequence[str]) -> list[str]:
    """Returns names of absent things with the object's colour or its shape, of these shapes."""
    same_color, same_shape = (
        absent_names(scene, color=item.color),
        absent_names(scene, shape=item.shape),
    )
    return [name for name in (*same_color, *same_shape) if name.rsplit(" ", 1)[-1] in shapes]
