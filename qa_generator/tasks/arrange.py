"""Several objects change places, are stacked, or stand in a row."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_generator.goals import AWAY, are_in_row, at_end, is_at, is_stacked, is_standing
from qa_generator.slots import check_names, check_slot, on_table
from qa_generator.tasks.base import Slots, Task
from qa_generator.tasks.bench import Bench
from scene_renderer.catalogue import GRASPABLE, STANDING, SUPPORTS
from scene_renderer.errors import DatasetError
from scene_renderer.piles import base_of
from scene_renderer.scene import Scene, SceneObject, Vector

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

ROW_MM = 110
"""How far apart the centres of neighbours in a row are put."""
LEAST, MOST = 3, 4
"""Objects in a tower or row that instructions ask for."""


class Swap(Task):
    """Let two graspable objects change places."""

    name = "swap"
    slots = ("object", "target")

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few pairs of objects on the table that fit in each other's places."""
        pairs = itertools.combinations(on_table(scene, GRASPABLE), 2)
        candidates = [{"object": a.name, "target": b.name} for a, b in pairs]
        return self.some(scene, rng, candidates)

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """Both."""
        return slots["object"], slots["target"]

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Puts the first aside, the second in its place, and the first in that of the second."""
        a, b = (bench.scene[slots[key]] for key in ("object", "target"))
        bench.put_aside(a.name, replace(b, position=_at(a.position, b)))
        bench.carry(b.name, _at(a.position, b))
        bench.carry(a.name, _at(b.position, a))

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Each within 2.5 cm of where the other one was."""
        a, b = scene[slots["object"]], scene[slots["target"]]
        return is_at(episode, a.name, _at(b.position, a), AWAY) and is_at(
            episode, b.name, _at(a.position, b), AWAY
        )

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks that both can be taken."""
        for key in ("object", "target"):
            check_slot(scene, slots[key], GRASPABLE, f"the {key} of '{self.name}'")
            check_on_table(scene, slots[key], self.name)
        if slots["object"] == slots["target"]:
            raise DatasetError(f"'{slots['object']}' cannot change places with itself.")


class Tower(Task):
    """Stack three or more objects."""

    name = "tower"
    slots = ("objects",)
    weight = 1.5

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few towers of three."""
        tops, lower = on_table(scene, STANDING), on_table(scene, SUPPORTS)
        candidates = [
            {"objects": [a.name, b.name, top.name]}
            for a, b in itertools.permutations(lower, 2)
            for top in tops
            if top not in (a, b) and _is_steady(a, b)
        ]
        return self.some(scene, rng, candidates)

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """All but the lowest."""
        return tuple(slots["objects"][1:])

    def involved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """All of them."""
        return tuple(slots["objects"])

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Places each at the lowest one's centre; the guarded descent stops at contact."""
        names = slots["objects"]
        place = bench.scene[names[0]].position
        for below, name in itertools.pairwise(names):
            bench.carry(name, place, onto=below)

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Each rests upright on the one below."""
        pairs = itertools.pairwise(slots["objects"])
        return all(is_stacked(scene, episode, above, below) for below, above in pairs)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks that each can bear the next."""
        *lower, top = check_names(slots["objects"], "objects", LEAST)
        for name in lower:
            check_slot(scene, name, SUPPORTS, f"a lower part of a '{self.name}'")
        check_slot(scene, top, STANDING, f"the top of a '{self.name}'")
        for name in slots["objects"]:
            check_on_table(scene, name, self.name)


class LineUp(Task):
    """Put objects in a row across the table."""

    name = "line_up"
    slots = ("objects",)

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few rows of three or four that do not stand yet."""
        items = on_table(scene, STANDING)
        count = LEAST + int(len(items) >= MOST and rng.integers(3) == 0)
        rows = itertools.permutations(items, count)
        candidates = [{"objects": [o.name for o in row]} for row in rows if not are_in_row(row)]
        return self.some(scene, rng, candidates)

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """All: any of them may stay."""
        return tuple(slots["objects"])

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Lets one stay and puts the others beside it at equal distances.

        Raises:
            DatasetError: if there is no room, whichever stays.
        """
        names = slots["objects"]
        for anchor in range(len(names)):
            spots = _row(bench.scene, names, anchor)
            for order in itertools.permutations(n for n in names if n != names[anchor]):
                if _try_row(bench, spots, order):
                    return
        raise DatasetError(f"There is no room for a row of {_list(names)}.")

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """In a row from left to right, standing on the table."""
        items = [at_end(scene, episode, name) for name in slots["objects"]]
        return are_in_row(items) and all(map(is_standing, items))

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks that all can be taken."""
        for name in check_names(slots["objects"], "objects", LEAST):
            check_slot(scene, name, GRASPABLE, f"a part of '{self.name}'")
            check_on_table(scene, name, self.name)


def check_on_table(scene: Scene, name: str, task: str) -> None:
    """Checks that an object stands on nothing but the table.

    Raises:
        DatasetError: if it does not.
    """
    base = base_of(scene, scene[name])
    if base is not None:
        raise DatasetError(
            f"'{name}' stands on '{base.name}'; '{task}' takes what stands on the table."
        )


def _row(scene: Scene, names: list[str], anchor: int) -> dict[str, Vector]:
    """Where each object goes if one of them stays."""
    x, y, _ = scene[names[anchor]].position
    places = [(x, y - ROW_MM / 1000 * (i - anchor), 0.0) for i in range(len(names))]
    return {name: _at(place, scene[name]) for name, place in zip(names, places, strict=True)}


def _try_row(bench: Bench, spots: dict[str, Vector], order: tuple[str, ...]) -> bool:
    """Carries objects to their spots in this order, if each spot is free by then."""
    trial = Bench(bench.scene)
    for name in order:
        if not trial.allows(name, spots[name]):
            return False
        trial.carry(name, spots[name])
    if trial.is_roomy:
        for name in order:
            bench.carry(name, spots[name])
    return trial.is_roomy


def _is_steady(bottom: SceneObject, middle: SceneObject) -> bool:
    """Whether the lowest is no smaller than what it bears."""
    return min(bottom.extents[:2]) >= min(middle.extents[:2]) - 0.006


def _at(place: Vector, item: SceneObject) -> Vector:
    """The place on the table, for an object of its own height."""
    return place[0], place[1], item.extents[2] / 2


def _list(names: list[str]) -> str:
    return f"the {', the '.join(names[:-1])} and the {names[-1]}"
