"""One object is taken, and put into, onto or held above something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qa_generator.goals import LIFTED, is_contained, is_inside, is_stacked
from qa_generator.slots import check_slot, of_shapes
from qa_generator.tasks.base import Slots, Task
from qa_generator.tasks.bench import Bench, millimetres
from scene_renderer.catalogue import GRASPABLE, RECEIVERS, SHAPES, STANDING, SUPPORTS
from scene_renderer.errors import DatasetError
from scene_renderer.scene import Scene

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

LIFT_MM = 150
DEEP = tuple(name for name in RECEIVERS if SHAPES[name].deep)
"""Receivers into which things are put."""


class Single(Task):
    """A task about one object that is taken.

    Attributes:
        objects: shapes that the slot `object` takes.
        targets: shapes that the slot `target` takes.
    """

    objects: ClassVar[tuple[str, ...]] = GRASPABLE
    targets: ClassVar[tuple[str, ...]] = ()

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Returns all pairs of an object and a target."""
        targets = of_shapes(scene, self.targets)
        return [
            {"object": a.name, "target": b.name}
            for a in of_shapes(scene, self.objects)
            for b in targets
            if a is not b
        ]

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """The object."""
        return (slots["object"],)

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Places at the target's own centre; the guarded descent stops at contact."""
        target = bench.scene[slots["target"]]
        bench.carry(slots["object"], target.position, onto=target.name)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks that object and target can take their parts."""
        check_slot(scene, slots["object"], self.objects, f"the object of '{self.name}'")
        if "target" in self.slots:
            check_slot(scene, slots["target"], self.targets, f"the target of '{self.name}'")
            if slots["object"] == slots["target"]:
                raise DatasetError(f"A goal cannot put '{slots['object']}' onto itself.")


class PickAndPlace(Single):
    """Put an object into a bowl or onto a plate or tray."""

    name = "pick_and_place"
    targets = RECEIVERS

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Over the target's footprint and above its base."""
        return is_contained(scene, episode, slots["object"], slots["target"])


class PutIn(Single):
    """Put an object into something deep."""

    name = "put_in"
    targets = DEEP

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Over the target's footprint, and reaching down below its rim."""
        return is_inside(scene, episode, slots["object"], slots["target"])


class Stack(Single):
    """Put a flat-bottomed object on top of a flat-topped one."""

    name = "stack"
    objects = STANDING
    targets = SUPPORTS
    weight = 1.2

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Resting upright on the lower object."""
        return is_stacked(scene, episode, slots["object"], slots["target"])


class Lift(Single):
    """Take an object off the table and hold it."""

    name = "lift"
    slots = ("object",)

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Every graspable object."""
        return [{"object": item.name} for item in of_shapes(scene, self.objects)]

    def in_hand(self, slots: Slots) -> str | None:
        """The object."""
        return str(slots["object"])

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Picks the object and carries it straight up."""
        name = slots["object"]
        x, y, z = millimetres(bench.scene[name].position)
        bench.take(name)
        bench.do("move_to", x, y, z + LIFT_MM)

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """At least 5 cm higher than before."""
        name = slots["object"]
        return episode.final[name].position[2] - scene[name].position[2] >= LIFTED
