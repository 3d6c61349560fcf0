"""One object goes to another place on the table, is pushed there, or is turned where it is."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_generator.goals import (
    AWAY,
    at_end,
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
from qa_generator.tasks.bench import Bench
from qa_generator.tasks.carry import Single
from scene_renderer.catalogue import GRASPABLE, RECEIVERS
from scene_renderer.errors import DatasetError, did_you_mean
from scene_renderer.kinematics import JOINT_LIMITS
from scene_renderer.piles import base_of
from scene_renderer.scene import Scene, SceneObject, Vector
from scene_renderer.vocabulary import DIRECTIONS

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

DEFAULT_DISTANCE_MM = 100
NAMED_DISTANCES_MM = tuple(d for d in DISTANCES_MM if d >= 50)
"""Distances that instructions name: well above the tolerance on where an object ends."""
SHORTEST_MM = 30
"""Least distance of a goal: what was not moved at all must be clearly off the spot."""
LONGEST_MM = 500

SIDES: MappingProxyType[str, tuple[int, int]] = MappingProxyType(
    {"left": (0, 1), "right": (0, -1), "front": (-1, 0), "behind": (1, 0)}
)
"""Sides of a thing as the robot sees it, as unit steps (x, y) in its base frame."""
BESIDE_MM: MappingProxyType[str, int] = MappingProxyType({"graspable": 110, "receiver": 150})
"""Role of a thing to how far from its centre that of its new neighbour is put."""

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

    def check_distance(self, slots: Slots, shortest: int) -> None:
        """Checks the slot `distance_mm`.

        Raises:
            DatasetError: if it holds no such length.
        """
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
        return beyond(item.position, DIRECTIONS[self.direction], distance_mm)

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
        """Within 2 cm of the wanted spot, on the table."""
        item = at_end(scene, episode, slots["object"])
        spot = self.spot(scene[item.name], slots["distance_mm"])
        return is_at(episode, item.name, spot) and is_standing(item)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks the object and the distance."""
        super().check(scene, slots)
        self.check_distance(slots, SHORTEST_MM)


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
        x, y, _ = beyond(target.position, SIDES[side], BESIDE_MM[target.kind.role])
        return x, y, item.extents[2] / 2


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


def beyond(place: Vector, way: tuple[int, int], distance_mm: float) -> Vector:
    """Returns the place that far in a direction."""
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
