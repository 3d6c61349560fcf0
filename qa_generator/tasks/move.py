"""One object goes to another place on the table, is pushed there, or is turned where it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_generator.goals import (
    AWAY,
    at_end,
    has_come,
    has_yaw,
    is_at,
    is_beside,
    is_free,
    is_standing,
    period,
)
from qa_generator.questions import DISTANCES_MM, pick
from qa_generator.slots import on_table
from qa_generator.tasks.base import Slots
from qa_generator.tasks.bench import Bench, millimetres
from qa_generator.tasks.carry import Single
from scene_renderer.catalogue import GRASPABLE, RECEIVERS
from scene_renderer.errors import DatasetError, did_you_mean
from scene_renderer.footprint import gap
from scene_renderer.grasping import LIFT, free_height
from scene_renderer.kinematics import JOINT_LIMITS
from scene_renderer.path import HandPose, pose_at
from scene_renderer.piles import base_of
from scene_renderer.sampler import GAP
from scene_renderer.scene import Scene, SceneObject, Vector
from scene_renderer.vocabulary import DIRECTIONS

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

DEFAULT_DISTANCE_MM = 100
NAMED_DISTANCES_MM = tuple(d for d in DISTANCES_MM if d >= 50)
"""Distances that instructions name: well above the tolerance on where an object ends."""
SHORTEST_MM = 30
"""Least distance of a goal: what was not moved at all must be clearly off the spot."""
SHORTEST_PUSH_MM = 50
LONGEST_MM = 500

SIDES: MappingProxyType[str, tuple[int, int]] = MappingProxyType(
    {"left": (0, 1), "right": (0, -1), "front": (-1, 0), "behind": (1, 0)}
)
"""Sides of a thing as the robot sees it, as unit steps (x, y) in its base frame."""
BESIDE_MM: MappingProxyType[str, int] = MappingProxyType({"graspable": 110, "receiver": 150})
"""Role of a thing to how far from its centre that of its new neighbour is put."""

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

YAWS_DEG = tuple(range(-75, 91, 15))
MOST_DEG = 85
"""Further than this the hand comes round to its other side, and turns nothing."""
TURN_DEG = (30, 75)
"""Least and most that instructions turn something by, degrees."""
VISIBLE_YAW = ("brick", "mug", "prism", "duck", "domino")
"""Shapes whose yaw can be seen and means something."""


class Transport(Single):
    """A task about one object that stands on the table and stays on it."""

    def _on_table(self, scene: Scene) -> list[SceneObject]:
        return on_table(scene, self.objects)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks that the object stands on the table."""
        super().check(scene, slots)
        base = base_of(scene, scene[slots["object"]])
        if base is not None:
            raise DatasetError(
                f"'{slots['object']}' stands on '{base.name}'; "
                f"'{self.name}' moves what stands on the table."
            )

    def _check_distance(self, slots: Slots, shortest: int) -> None:
        distance = slots["distance_mm"]
        is_whole = isinstance(distance, int) and not isinstance(distance, bool)
        if not is_whole or not shortest <= distance <= LONGEST_MM:
            raise DatasetError(
                f"'distance_mm' of '{self.name}' is {distance!r}; "
                f"give whole mm, {shortest} to {LONGEST_MM}."
            )


class Move(Transport):
    """Put an object down a distance further in one direction."""

    slots = ("object", "distance_mm")
    defaults = MappingProxyType({"distance_mm": DEFAULT_DISTANCE_MM})

    def __init__(self, direction: str) -> None:
        self.direction = direction
        self.name = f"move_{direction}"

    def spot(self, item: SceneObject, distance_mm: int) -> Vector:
        """Returns where the object is to end, metres, base frame."""
        return _beyond(item.position, DIRECTIONS[self.direction], distance_mm)

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Every graspable object on the table and distance whose spot is free and reachable."""
        return [
            {"object": item.name, "distance_mm": distance}
            for item in self._on_table(scene)
            for distance in NAMED_DISTANCES_MM
            if is_free(scene, item, self.spot(item, distance))
        ]

    def pick(self, choices: list[dict[str, Any]], rng: np.random.Generator) -> dict[str, Any]:
        """Draws the default distance every second time."""
        default = [c for c in choices if c["distance_mm"] == DEFAULT_DISTANCE_MM]
        return pick(rng, default if default and rng.integers(2) else choices)

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Adds the distance to the object's millimetres."""
        item = bench.scene[slots["object"]]
        bench.carry(item.name, self.spot(item, slots["distance_mm"]))

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Within 2 cm of the wanted spot."""
        spot = self.spot(scene[slots["object"]], slots["distance_mm"])
        return is_at(episode, slots["object"], spot)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks the object and the distance."""
        super().check(scene, slots)
        self._check_distance(slots, SHORTEST_MM)


class PlaceBeside(Transport):
    """Put an object down on one side of another thing."""

    name = "place_beside"
    slots = ("object", "target", "side")
    targets = (*GRASPABLE, *RECEIVERS)

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few free sides of things beside which the object does not stand yet."""
        candidates = [
            {"object": item.name, "target": target.name, "side": side}
            for item in self._on_table(scene)
            for target in on_table(scene, self.targets)
            if item is not target
            for side in SIDES
            if not is_beside(item, target, SIDES[side])
        ]
        return self.some(scene, rng, candidates)

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Adds a fixed distance to the target's millimetres."""
        item, target = bench.scene[slots["object"]], bench.scene[slots["target"]]
        bench.carry(item.name, self._spot(item, target, slots["side"]))

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """On that side, near the target, on the table."""
        item = at_end(scene, episode, slots["object"])
        target = at_end(scene, episode, slots["target"])
        return is_beside(item, target, SIDES[slots["side"]]) and is_standing(item)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks that the side is one and free."""
        super().check(scene, slots)
        check_word(slots["side"], SIDES, "side")
        item, target = scene[slots["object"]], scene[slots["target"]]
        if not is_free(scene, item, self._spot(item, target, slots["side"])):
            raise DatasetError(
                f"There is no room for '{item.name}' {slots['side']} of '{target.name}'."
            )

    def _spot(self, item: SceneObject, target: SceneObject, side: str) -> Vector:
        x, y, _ = _beyond(target.position, SIDES[side], BESIDE_MM[target.kind.role])
        return x, y, item.extents[2] / 2


class Push(Transport):
    """Push a thing over the table with closed fingers."""

    name = "push"
    slots = ("object", "direction", "distance_mm")
    defaults = MappingProxyType({"distance_mm": DEFAULT_DISTANCE_MM})
    objects = tuple(PUSHES)

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few things with nothing in their way."""
        candidates = [
            {"object": item.name, "direction": direction, "distance_mm": distance}
            for item in self._on_table(scene)
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
        bench.move(item.name, _beyond(item.position, DIRECTIONS[direction], distance))
        bench.taken.append(item.name)

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Within 3 cm of the distance, and sideways less than that."""
        name = slots["object"]
        return has_come(scene, episode, name, slots["direction"], slots["distance_mm"] / 1000)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks that nothing is in the way."""
        super().check(scene, slots)
        self._check_distance(slots, SHORTEST_PUSH_MM)
        check_word(slots["direction"], DIRECTIONS, "direction")
        if not self.works(scene, slots):
            raise DatasetError(
                f"'{slots['object']}' cannot be pushed {slots['distance_mm']} mm "
                f"{slots['direction']}: something is in the way, or it is out of reach."
            )


class Rotate(Transport):
    """Turn an object where it stands."""

    name = "rotate"
    slots = ("object", "yaw_deg")
    objects = VISIBLE_YAW

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few clear turns with room for the hand."""
        candidates = [
            {"object": item.name, "yaw_deg": yaw}
            for item in self._on_table(scene)
            for yaw in YAWS_DEG
            if TURN_DEG[0] <= abs(_turn(item, yaw)) <= TURN_DEG[1] and _comes_round(item, yaw)
        ]
        return self.some(scene, rng, candidates)

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Picks the object, turns the hand, and puts it back."""
        item = bench.scene[slots["object"]]
        bench.take(item.name)
        bench.do("rotate", slots["yaw_deg"])
        bench.put(item.name, item.position, yaw=math.radians(slots["yaw_deg"]))

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Within 10 degrees of the yaw and 2.5 cm of its place, upright."""
        item = at_end(scene, episode, slots["object"])
        return has_yaw(item, slots["yaw_deg"]) and is_at(
            episode, item.name, _place(scene, slots), AWAY
        )

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks the angle."""
        super().check(scene, slots)
        yaw = slots["yaw_deg"]
        if isinstance(yaw, bool) or not isinstance(yaw, int) or not -180 <= yaw <= 180:
            raise DatasetError(f"'yaw_deg' is {yaw!r}; give whole degrees, -180 to 180.")
        item = scene[slots["object"]]
        if abs(_turn(item, yaw)) > MOST_DEG:
            raise DatasetError(
                f"'{item.name}' points to {round(math.degrees(item.yaw))} degrees and 'yaw_deg' "
                f"is {yaw}; the hand turns things by at most {MOST_DEG} degrees."
            )


def check_word(word: Any, words: Any, key: str) -> None:
    """Checks that a slot holds one of some words.

    Raises:
        DatasetError: if it does not.
    """
    if word not in list(words):
        hint = did_you_mean(str(word), words)
        raise DatasetError(f"'{key}' is {word!r}; give one of {', '.join(words)}.{hint}")


def _place(scene: Scene, slots: Slots) -> Vector:
    return scene[slots["object"]].position


def _beyond(place: Vector, way: tuple[int, int], distance_mm: float) -> Vector:
    x, y, z = place
    return x + way[0] * distance_mm / 1000, y + way[1] * distance_mm / 1000, z


def _turn(item: SceneObject, yaw_deg: int) -> float:
    """By how many degrees an object must be turned at least."""
    return math.remainder(yaw_deg - math.degrees(item.yaw), period(item.shape))


def _comes_round(item: SceneObject, yaw_deg: int) -> bool:
    """Whether the hand, whichever way it took an object, can turn it on without its twin's help.

    The last joint stops short of a full turn. Where it would have to go further the hand comes
    round to its other side instead, which leaves a mug pointing the opposite way.
    """
    if period(item.shape) < 360:
        return True
    x, y, _ = item.position
    taken = math.atan2(y, x) - item.yaw + math.pi / 4
    low, high = JOINT_LIMITS[6].tolist()
    twists = [math.remainder(taken, math.pi) + k * math.pi for k in (-1, 0, 1)]
    by = math.radians(_turn(item, yaw_deg))
    return all(low <= twist - by <= high for twist in twists if low <= twist <= high)


def _push_of(item: SceneObject, direction: str, distance_mm: int) -> tuple[int, ...]:
    """Returns what `push` is told."""
    behind, ahead, height = PUSHES[item.shape]
    step_x, step_y = DIRECTIONS[direction]
    x, y, _ = millimetres(item.position)
    reach = distance_mm - ahead
    return x - step_x * behind, y - step_y * behind, height, x + step_x * reach, y + step_y * reach


def _is_way_free(scene: Scene, item: SceneObject, direction: str, distance_mm: int) -> bool:
    """Whether neither the object nor the hand meets anything else on the way."""
    if not is_free(scene, item, _beyond(item.position, DIRECTIONS[direction], distance_mm)):
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
        yield _beyond(start, DIRECTIONS[direction], distance_mm * k / steps)
