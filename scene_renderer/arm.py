"""Lowers actions to motions of the Panda in a `Simulator`.

Each action of the language is one method of `Arm`; what goes wrong is raised as `ActionFailure`,
named from the simulator's state. A motion runs in cylinder coordinates about the base (turn of
joint 1, reach, height, twist of joint 7), where the arm never has to pass through itself, with
zero speed and acceleration at both ends.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable

import numpy as np

from scene_renderer.camera import Array, Vector
from scene_renderer.grasping import (
    LOWEST,
    TIP_DEPTH,
    equivalent_yaws,
    find_grasp,
    find_target,
    free_height,
    support_height,
    top_of,
)
from scene_renderer.kinematics import FINGER_OPEN, JOINT_LIMITS, forward, inverse
from scene_renderer.plan import Action
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.simulator import HAND, PHYSICS_HZ, TABLE, Simulator

TIME_LIMIT = 90.0
"""Simulated seconds after which an episode is given up."""

_LIFT = 0.13
_RETREAT = 0.10
_SPEED = 0.6
_ANGULAR_SPEED = 2.2
_GUARDED_SPEED = 0.12
_APPROACH = 0.012
_CLEARANCE = 0.025
_RELEASE = 0.010
_SAME_PLACE = 0.002
_STANDING = 2e-5


class ActionFailure(Exception):  # noqa: N818
    """An action did not do what it should; the text names how, in a few words."""


class Arm:
    """The Panda and what it carries.

    Attributes:
        carried: the object that the last grasp took, until it is put down.
        handled: the objects that actions were meant to move.
        placed: where objects were put down, (x, y) in metres, base frame.
    """

    def __init__(self, simulator: Simulator, scene: Scene) -> None:
        self.carried: str | None = None
        self.handled: set[str] = set()
        self.placed: dict[str, tuple[float, float]] = {}
        self._simulator = simulator
        self._scene = scene
        self._joints = simulator.joints()
        x, y, z = forward(self._joints)[:3, 3].tolist()
        self._pose = _Pose(math.atan2(y, x), math.hypot(x, y), z, float(self._joints[6]))
        self._grasp_offset = 0.0

    def perform(self, action: Action) -> None:
        """Does one action.

        Raises:
            ActionFailure: if it did not do what it should.
        """
        if self.carried is not None and self._simulator.held() != self.carried:
            raise ActionFailure("dropped")
        getattr(self, f"_{action.name}")(*action.arguments)

    def stop(self) -> None:
        """Makes the motors hold the arm where it is."""
        self._simulator.drive(self._joints, np.zeros(7))

    def _rest(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Stands still for a while, or until something holds."""
        self.stop()
        for _ in range(round(seconds * PHYSICS_HZ)):
            self._tick()
            if until():
                return

    # The actions of the language, one method each.

    def _pick(self, x_mm: int, y_mm: int, z_mm: int) -> None:
        self._require_empty_hand()
        point = _metres(x_mm, y_mm, z_mm)
        grasp = find_grasp(point, self._objects())
        target = find_target(*point[:2], self._objects())
        meant = target.name if target and target.kind.role == "graspable" else None
        goal = self._goal((*point[:2], grasp.height), grasp.yaw)
        self._simulator.grip(FINGER_OPEN)
        self._travel(goal)
        self._lower(goal.height, may_nudge=meant)
        self._close()
        self._grasp_offset = self._pose.height - point[2]
        self._raise_to(self._pose.height + _LIFT)
        self.carried = self._simulator.held()
        if self.carried is None:
            raise ActionFailure("missed grasp")
        self.handled.add(self.carried)
        if meant is not None and self.carried != meant:
            raise ActionFailure("wrong object")

    def _place(self, x_mm: int, y_mm: int, z_mm: int) -> None:
        if self.carried is None:
            raise ActionFailure("nothing in hand")
        x, y, z = _metres(x_mm, y_mm, z_mm)
        goal = self._choose_release((x, y, max(z + self._grasp_offset, LOWEST)))
        self._travel(goal)
        self._lower(goal.height)
        self.placed[self.carried] = (x, y)
        self._release(self._simulator.opening() + _RELEASE)
        self._raise_to(self._pose.height + _RETREAT)

    def _move_to(self, x_mm: int, y_mm: int, z_mm: int) -> None:
        x, y, z = _metres(x_mm, y_mm, z_mm)
        goal = self._goal((x, y, max(z, LOWEST)), self._pose.yaw)
        self._travel(goal)
        self._lower(goal.height)

    def _open_gripper(self) -> None:
        self._release(FINGER_OPEN)

    def _close_gripper(self) -> None:
        self._close()
        self._grasp_offset = 0.0
        self.carried = self._simulator.held()
        self.handled |= {self.carried} if self.carried else set()

    def _push(self, x_mm: int, y_mm: int, z_mm: int, x2_mm: int, y2_mm: int) -> None:
        self._require_empty_hand()
        x, y, z = _metres(x_mm, y_mm, z_mm)
        x2, y2, _ = _metres(x2_mm, y2_mm, 0)
        yaw = math.atan2(y2 - y, x2 - x)
        start = self._goal((x, y, max(z, LOWEST)), yaw)
        self._goal((x2, y2, start.height), yaw)
        self._simulator.grip(0.0)
        self._travel(start)
        self._lower(start.height)
        self._sweep(x2, y2)
        self._raise_to(self._pose.height + _LIFT)

    def _rotate(self, yaw_deg: int) -> None:
        self._glide(self._goal(self._pose.position, math.radians(yaw_deg)))

    def _refuse(self, reason: str) -> None:
        """Moves nothing."""

    # What the actions are made of.

    def _require_empty_hand(self) -> None:
        if self.carried is not None:
            raise ActionFailure("hand full")

    def _objects(self) -> list[SceneObject]:
        """The scene's objects where they are now, without the carried one."""
        poses = self._simulator.object_poses()
        return [
            dataclasses.replace(item, position=poses[item.name].position, yaw=poses[item.name].yaw)
            for item in self._scene.objects
            if item.name != self.carried
        ]

    def _carried_object(self) -> SceneObject | None:
        if self.carried is None:
            return None
        pose = self._simulator.object_poses()[self.carried]
        return dataclasses.replace(self._scene[self.carried], position=pose.position, yaw=pose.yaw)

    def _hang(self) -> float:
        """How far the carried object, or else the finger tips, reach below the grasp point."""
        item = self._carried_object()
        if item is None:
            return TIP_DEPTH
        return max(TIP_DEPTH, self._pose.height - item.position[2] + item.extents[2] / 2)

    def _free_height(self, pose: "_Pose", objects: Iterable[SceneObject]) -> float:
        """The lowest height over a place at which neither hand nor load touches anything."""
        x, y, _ = pose.position
        objects = list(objects)
        opening = self._simulator.opening()
        height = max(LOWEST, free_height((x, y), pose.yaw, opening, objects))
        item = self._carried_object()
        if item is None:
            return height
        yaw = item.yaw + pose.yaw - self._pose.yaw
        there = dataclasses.replace(item, position=(x, y, item.position[2]), yaw=yaw)
        return max(height, support_height(there, objects) + self._hang())

    def _goal(self, position: Vector, yaw: float) -> "_Pose":
        """The pose with this position and this yaw, or its twin, with the least twisting."""
        x, y, z = position
        turn = math.atan2(y, x)
        twist = math.remainder(turn - yaw + math.pi / 4, math.pi)
        low, high = JOINT_LIMITS[6].tolist()
        twists = [t for t in (twist - math.pi, twist, twist + math.pi) if low <= t <= high]
        nearest = min(twists, key=lambda t: abs(t - self._pose.twist))
        goal = _Pose(turn, math.hypot(x, y), z, nearest)
        goal.joints()
        return goal

    def _choose_release(self, position: Vector) -> "_Pose":
        """The pose over a place at which the hand fits best between the neighbours."""
        item = self._carried_object()
        assert item is not None
        grasped = self._pose.yaw
        turns = [yaw - item.yaw for yaw in equivalent_yaws(item, item.yaw)]
        goals = [self._goal(position, grasped + turn) for turn in turns]
        objects = self._objects()
        return min(goals, key=lambda goal: round(self._free_height(goal, objects), 3))

    def _travel(self, goal: "_Pose") -> None:
        """Goes above a goal, over everything that stands on the table."""
        if math.dist(goal.position[:2], self._pose.position[:2]) > _SAME_PLACE:
            tops = [top_of(item) for item in self._objects()]
            safe = max(*tops, 0.0) + self._hang() + _CLEARANCE
            self._raise_to(safe)
            self._glide(dataclasses.replace(goal, height=max(safe, goal.height)))
        else:
            self._glide(dataclasses.replace(goal, height=self._pose.height))

    def _lower(self, height: float, may_nudge: str | None = None) -> None:
        """Goes straight down: fast through free space, then slowly until something is touched."""
        near = self._free_height(self._pose, self._objects()) + _APPROACH
        self._glide(dataclasses.replace(self._pose, height=max(height, near)))
        goal = dataclasses.replace(self._pose, height=height)
        seconds = (self._pose.height - height) / _GUARDED_SPEED
        if seconds > 0:
            way = self._pose.towards(goal, np.linspace(0, 1, _count(seconds) + 1)[1:])
            self._follow(way, lambda: bool(self._touched() - {may_nudge}))
            self._rest(0.03)

    def _raise_to(self, height: float) -> None:
        if height > self._pose.height:
            self._glide(dataclasses.replace(self._pose, height=height))

    def _glide(self, goal: "_Pose") -> None:
        """Moves with a smooth start and stop."""
        start = self._pose
        lengths = (
            math.dist(start.position, goal.position) / _SPEED,
            abs(goal.turn - start.turn) / _ANGULAR_SPEED,
            abs(goal.twist - start.twist) / _ANGULAR_SPEED,
        )
        if max(lengths) > 1e-6:
            s = np.linspace(0, 1, _count(max(lengths) + 0.1) + 1)[1:]
            self._follow(start.towards(goal, s**3 * (10 - 15 * s + 6 * s * s)))

    def _sweep(self, x: float, y: float) -> None:
        """Moves in a straight line at constant height and yaw."""
        x0, y0, height = self._pose.position
        yaw, poses = self._pose.yaw, []
        for s in np.linspace(0, 1, _count(math.dist((x0, y0), (x, y)) / _GUARDED_SPEED) + 1)[1:]:
            point = (x0 + s * (x - x0), y0 + s * (y - y0), height)
            turn = math.atan2(point[1], point[0])
            twist = turn - yaw + math.pi / 4
            poses.append(_Pose(turn, math.hypot(*point[:2]), height, twist))
        self._follow(poses, self._notes_pushed)

    def _notes_pushed(self) -> bool:
        """Remembers what the hand touches as meant; never a reason to stop."""
        self.handled |= self._simulator.touches(HAND) - {HAND, TABLE}
        return False

    def _follow(self, poses: "Iterable[_Pose]", until: Callable[[], bool] = lambda: False) -> None:
        """Takes one pose a step, or stops early where something holds."""
        path = [(pose, pose.joints()) for pose in poses]
        for pose, joints in path:
            self._simulator.drive(joints, (joints - self._joints) * PHYSICS_HZ)
            self._pose, self._joints = pose, joints
            self._tick()
            if until():
                return

    def _touched(self) -> set[str]:
        """What hand or load touch."""
        touched = self._simulator.touches(HAND)
        if self.carried is not None:
            touched |= self._simulator.touches(self.carried)
        return touched - {HAND, self.carried}

    def _close(self) -> None:
        self._move_fingers(0.0)

    def _release(self, opening: float) -> None:
        self.carried = None
        self._move_fingers(min(opening, FINGER_OPEN))

    def _move_fingers(self, opening: float) -> None:
        """Opens or closes until the fingers stand still."""
        self._simulator.grip(opening)
        self._rest(0.1)
        before = -1.0

        def stand() -> bool:
            nonlocal before
            last, before = before, self._simulator.opening()
            return abs(before - last) < _STANDING

        self._rest(0.3, stand)

    def _tick(self) -> None:
        self._simulator.step()
        if self._simulator.steps > TIME_LIMIT * PHYSICS_HZ:
            raise ActionFailure("timeout")


@dataclasses.dataclass(frozen=True)
class _Pose:
    """The gripper in cylinder coordinates: radians and metres about the base."""

    turn: float
    reach: float
    height: float
    twist: float

    @property
    def position(self) -> Vector:
        return self.reach * math.cos(self.turn), self.reach * math.sin(self.turn), self.height

    @property
    def yaw(self) -> float:
        return self.turn - self.twist + math.pi / 4

    def towards(self, goal: "_Pose", shares: Array) -> "list[_Pose]":
        """The poses at these shares of the way to a goal."""
        start, end = np.array(dataclasses.astuple(self)), np.array(dataclasses.astuple(goal))
        return [_Pose(*(start + s * (end - start)).tolist()) for s in shares]

    def joints(self) -> Array:
        """The joints that hold the gripper there.

        Raises:
            ActionFailure: if there are none.
        """
        joints = inverse(self.position, self.yaw)
        if joints is None:
            raise ActionFailure("out of reach")
        return joints


def _count(seconds: float) -> int:
    return max(1, round(seconds * PHYSICS_HZ))


def _metres(*values: int) -> Vector:
    x, y, z = (value / 1000 for value in values)
    return x, y, z
