"""`Bench`: a table on which an oracle thinks a plan through, action by action."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from qa_generator.goals import is_free
from qa_generator.prompt import to_millimetres
from scene_renderer.errors import DatasetError
from scene_renderer.footprint import has_gap
from scene_renderer.grasping import find_grasp, top_of
from scene_renderer.meshes import WALL
from scene_renderer.plan import MAX_ACTIONS, Action, Plan
from scene_renderer.sampler import GAP
from scene_renderer.scene import Scene, SceneObject, Vector

SPARE = 0.002
"""Room that must be left when the hand comes down between neighbours, metres."""
_SPOTS_MM = [(x, y) for x in range(340, 621, 20) for y in range(-240, 241, 20)]
"""Where something may be put aside."""


class Bench:
    """What a plan has done so far, and where things are then.

    Attributes:
        scene: as it is after the actions.
        actions: so far.
        taken: names of the objects that the actions took, in their order.
        is_roomy: whether the hand had room wherever it took something or put it on the table.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.actions: list[Action] = []
        self.taken: list[str] = []
        self.is_roomy = True

    @property
    def plan(self) -> Plan:
        """The plan so far.

        Raises:
            DatasetError: if it is longer than plans may be.
        """
        if len(self.actions) > MAX_ACTIONS:
            raise DatasetError(
                f"This goal takes {len(self.actions)} actions; a plan has at most {MAX_ACTIONS}."
            )
        return Plan(tuple(self.actions))

    def take(self, name: str) -> None:
        """Picks an object at its centre."""
        item = self.scene[name]
        self.actions.append(Action("pick", millimetres(item.position)))
        self.taken.append(name)
        self.is_roomy &= has_room(self.scene, item)

    def put(
        self, name: str, spot: Vector, onto: str | None = None, yaw: float | None = None
    ) -> None:
        """Places an object that was taken.

        Args:
            name: of the object.
            spot: what `place` names, metres, base frame.
            onto: what it stands in or on then; the table if None.
            yaw: of the object then, radians; as before if None.
        """
        x, y, z = millimetres(spot)
        self.actions.append(Action("place", (x, y, z)))
        item = self.scene[name]
        height = floor_of(self.scene[onto]) if onto else 0.0
        self.move(name, (x / 1000, y / 1000, height + item.extents[2] / 2), yaw)
        self.is_roomy &= onto is not None or self.allows(name, self.scene[name].position)

    def carry(self, name: str, spot: Vector, onto: str | None = None) -> None:
        """Picks an object and places it."""
        self.take(name)
        self.put(name, spot, onto)

    def do(self, name: str, *arguments: Any) -> None:
        """Adds any other action."""
        self.actions.append(Action(name, arguments))

    def move(self, name: str, position: Vector, yaw: float | None = None) -> None:
        """Notes where an object is from now on."""
        item = self.scene[name]
        there = replace(item, position=position, yaw=item.yaw if yaw is None else yaw)
        objects = tuple(there if o.name == name else o for o in self.scene.objects)
        self.scene = replace(self.scene, objects=objects)

    def allows(self, name: str, spot: Vector) -> bool:
        """Whether there is room on the table for an object and for the hand that brings it."""
        item = self.scene[name]
        there = (spot[0], spot[1], item.extents[2] / 2)
        if not is_free(self.scene, item, there):
            return False
        objects = [o for o in self.scene.objects if o.name != name]
        return has_room(objects, replace(item, position=there))

    def first_free(self, name: str, spots: Iterable[Vector]) -> Vector | None:
        """Returns the first of some spots that has room for an object."""
        return next((spot for spot in spots if self.allows(name, spot)), None)

    def put_aside(self, name: str, near: SceneObject) -> None:
        """Carries an object to the free spot on the table nearest to another, and clear of that.

        Raises:
            DatasetError: if there is none.
        """
        item = self.scene[name]
        half = item.extents[2] / 2
        spots: list[Vector] = [(x / 1000, y / 1000, half) for x, y in _SPOTS_MM]
        spots.sort(key=lambda spot: math.dist(spot[:2], near.position[:2]))
        clear = (s for s in spots if has_gap(replace(item, position=s), near, GAP))
        spot = self.first_free(name, clear)
        if spot is None:
            raise DatasetError(f"There is no free spot on the table for '{name}'.")
        self.carry(name, spot)


def has_room(table: Scene | Sequence[SceneObject], item: SceneObject) -> bool:
    """Whether the open hand fits around an object where it is, a little to spare on all sides."""
    objects = table.objects if isinstance(table, Scene) else table
    others = [replace(o, size=o.size + SPARE) for o in objects if o.name != item.name]
    return find_grasp(item.position, [*others, item], SPARE).is_clear


def millimetres(position: Vector) -> tuple[int, ...]:
    """Rounds a place to what actions name."""
    return tuple(to_millimetres(value) for value in position)


def floor_of(base: SceneObject) -> float:
    """The height at which things stand in or on an object, metres."""
    if base.kind.role == "receiver":
        return base.position[2] - base.extents[2] / 2 + WALL
    return top_of(base)
