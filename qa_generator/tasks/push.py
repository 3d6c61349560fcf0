"""One thing is pushed over the table with closed fingers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_generator.goals import has_come, is_free
from qa_generator.slots import on_table
from qa_generator.tasks.base import Slots
from qa_generator.tasks.bench import Bench, millimetres
from qa_generator.tasks.move import (
    DEFAULT_DISTANCE_MM,
    NAMED_DISTANCES_MM,
    Transport,
    beyond,
    check_word,
)
from scene_renderer.errors import DatasetError
from scene_renderer.footprint import gap
from scene_renderer.grasping import LIFT, free_height
from scene_renderer.path import HandPose, pose_at
from scene_renderer.sampler import GAP
from scene_renderer.scene import Scene, SceneObject, Vector
from scene_renderer.vocabulary import DIRECTIONS

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

SHORTEST_PUSH_MM = 50
PUSHES: MappingProxyType[str, tuple[int, int, int]] = MappingProxyType(
    {
        "cube": (70, 42, 30),
        "cylinder": (66, 30, 30),
        "ball": (70, 46, 30),
        "bottle": (66, 22, 30),
        "mug": (86, 40, 30),
        "cone": (70, 33, 30),
        "plate": (120, 82, 12),
        "bowl": (112, 65, 20),
    }
)
"""Shape that goes straight to: how far behind its centre a push starts, how much further than the
fingers it goes, and the fingers' height, millimetres. Found in physics."""


class Push(Transport):
    """Push a thing over the table with closed fingers."""

    name = "push"
    slots = ("object", "direction", "distance_mm")
    is_exact = False
    defaults = MappingProxyType({"distance_mm": DEFAULT_DISTANCE_MM})
    objects = tuple(PUSHES)

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few things with nothing in their way."""
        candidates = [
            {"object": item.name, "direction": direction, "distance_mm": distance}
            for item in on_table(scene, self.objects)
            for direction in DIRECTIONS
            for distance in NAMED_DISTANCES_MM
        ]
        return self.some(scene, rng, candidates)

    def works(self, scene: Scene, slots: Slots) -> bool:
        """Whether nothing is in the way."""
        item = scene[slots["object"]]
        return _is_way_free(scene, item, slots["direction"], slots["distance_mm"])

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Starts behind the object and stops where it will have gone the distance."""
        item = bench.scene[slots["object"]]
        direction, distance = slots["direction"], slots["distance_mm"]
        bench.do("push", *_push_of(item, direction, distance))
        bench.move(item.name, beyond(item.position, DIRECTIONS[direction], distance))
        bench.taken.append(item.name)

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Within 3 cm of the distance, and sideways less than that."""
        name = slots["object"]
        return has_come(scene, episode, name, slots["direction"], slots["distance_mm"] / 1000)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks that nothing is in the way."""
        super().check(scene, slots)
        self.check_distance(slots, SHORTEST_PUSH_MM)
        check_word(slots["direction"], DIRECTIONS, "direction")
        if not self.works(scene, slots):
            raise DatasetError(
                f"'{slots['object']}' cannot be pushed {slots['distance_mm']} mm "
                f"{slots['direction']}: something is in the way, or it is out of reach."
            )


def _push_of(item: SceneObject, direction: str, distance_mm: int) -> tuple[int, ...]:
    """Returns what `push` is told."""
    behind, ahead, height = PUSHES[item.shape]
    step_x, step_y = DIRECTIONS[direction]
    x, y, _ = millimetres(item.position)
    reach = distance_mm - ahead
    return x - step_x * behind, y - step_y * behind, height, x + step_x * reach, y + step_y * reach


def _is_way_free(scene: Scene, item: SceneObject, direction: str, distance_mm: int) -> bool:
    """Whether neither the object nor the hand meets anything else on the way."""
    if not is_free(scene, item, beyond(item.position, DIRECTIONS[direction], distance_mm)):
        return False
    if not _is_push_reachable(item, direction, distance_mm):
        return False
    others = [other for other in scene.objects if other.name != item.name]
    for spot in _stations(item.position, direction, distance_mm):
        there = replace(item, position=spot)
        if any(gap(there, other) < GAP for other in others):
            return False
    return _has_hand_room(others, item, direction, distance_mm)


def _is_push_reachable(item: SceneObject, direction: str, distance_mm: int) -> bool:
    x, y, height, x2, y2 = (value / 1000 for value in _push_of(item, direction, distance_mm))
    way, straight = math.atan2(y2 - y, x2 - x), HandPose(0, 0, 0, 0)
    ends = [(*xy, z) for xy in ((x, y), (x2, y2)) for z in (height, height + LIFT)]
    return all(pose_at(end, way, straight).is_reachable for end in ends)


def _has_hand_room(
    others: list[SceneObject], item: SceneObject, direction: str, distance_mm: int
) -> bool:
    x, y, height, x2, y2 = (value / 1000 for value in _push_of(item, direction, distance_mm))
    way = math.atan2(y2 - y, x2 - x)
    length = round(1000 * math.dist((x, y), (x2, y2)))
    stations = _stations((x, y, height), direction, length)
    return (
        all(free_height(s[:2], way, 0.0, others) < height for s in stations)
        and free_height((x, y), way, 0.0, [*others, item]) < height
    )


def _stations(start: Vector, direction: str, distance_mm: int) -> Iterator[Vector]:
    steps = math.ceil(distance_mm / 20)
    for k in range(steps + 1):
        yield beyond(start, DIRECTIONS[direction], distance_mm * k / steps)
