"""`lower_plan`: the same plan in motions alone, for robots and models without skills.

    pick(412, -127, 25)     ->  open_gripper()                  place(520, 80, 30)  ->  rotate(-14)
                                rotate(-17)                                    move_to(520, 80, 30)
                                move_to(412, -127, 25)                         open_gripper()
                                close_gripper()                                move_to(520, 80, 130)
                                move_to(412, -127, 155)

A skill looks when it acts; a lowered plan was looked up beforehand, from the scene alone, where the
skill would have found its yaw and its height. `push` stays: contact along a way is no motion
between two points.
"""

import dataclasses
import math
from collections.abc import Iterable

from scene_renderer.grasping import (
    LIFT,
    RETREAT,
    equivalent_yaws,
    find_grasp,
    find_target,
    free_height,
    support_height,
)
from scene_renderer.kinematics import FINGER_OPEN
from scene_renderer.plan import MAX_ACTIONS, Action, Plan
from scene_renderer.scene import Scene, SceneObject


def lower_plan(scene: Scene, plan: Plan) -> Plan:
    """Rewrites `pick` and `place` as motions of gripper and fingers.

    Args:
        scene: where the plan is to be carried out.
        plan: of at most so many actions that the motions make a plan too.
    """
    table = _Table(scene.objects)
    motions: list[Action] = []
    for action in plan.actions:
        if action.name in ("pick", "place"):
            x, y, z = (int(value) for value in action.arguments)
            motions += getattr(table, action.name)(x, y, z)
        else:
            if action.name == "rotate":
                table.turn(int(action.arguments[0]))
            motions.append(action)
    return Plan(tuple(motions[:MAX_ACTIONS]))


class _Table:
    """Where things will be: each object, the one in hand, and how it was taken."""

    def __init__(self, objects: Iterable[SceneObject]) -> None:
        self._objects = {item.name: item for item in objects}
        self._carried: SceneObject | None = None
        self._yaw = 0.0
        self._offset_mm = 0

    def pick(self, x: int, y: int, z: int) -> list[Action]:
        """Returns the motions, and takes the object off the table."""
        objects = list(self._objects.values())
        grasp = find_grasp((x / 1000, y / 1000, z / 1000), objects)
        target = find_target(x / 1000, y / 1000, objects)
        if target is not None:
            self._carried = self._objects.pop(target.name)
        height = round(1000 * grasp.height)
        self._yaw, self._offset_mm = grasp.yaw, height - z
        return [
            Action("open_gripper"),
            _rotation(grasp.yaw),
            Action("move_to", (x, y, height)),
            Action("close_gripper"),
            Action("move_to", (x, y, height + round(1000 * LIFT))),
        ]

    def turn(self, yaw_deg: int) -> None:
        """Turns what is carried, the shorter way."""
        by = math.remainder(math.radians(yaw_deg) - self._yaw, math.pi)
        self._yaw += by
        if self._carried is not None:
            self._carried = dataclasses.replace(self._carried, yaw=self._carried.yaw + by)

    def place(self, x: int, y: int, z: int) -> list[Action]:
        """Returns the motions, and puts the object back onto the table."""
        height = z + self._offset_mm
        rotation = self._put(x / 1000, y / 1000)
        return [
            *rotation,
            Action("move_to", (x, y, height)),
            Action("open_gripper"),
            Action("move_to", (x, y, height + round(1000 * RETREAT))),
        ]

    def _put(self, x: float, y: float) -> list[Action]:
        """Puts down what is carried, turned so that the opening fingers have room."""
        item, self._carried = self._carried, None
        if item is None:
            return []
        others = list(self._objects.values())
        turns = [yaw - item.yaw for yaw in equivalent_yaws(item, item.yaw)]
        turn = min(
            turns,
            key=lambda t: round(free_height((x, y), self._yaw + t, FINGER_OPEN, others), 3),
        )
        there = dataclasses.replace(item, position=(x, y, 0.0), yaw=item.yaw + turn)
        height = support_height(there, others) + item.extents[2] / 2
        self._objects[item.name] = dataclasses.replace(there, position=(x, y, height))
        return [_rotation(self._yaw + turn)]


def _rotation(yaw: float) -> Action:
    return Action("rotate", (round(math.degrees(math.remainder(yaw, math.pi))),))
