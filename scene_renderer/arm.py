"""Lowers actions to motions of the Panda in a `Simulator`.

Each action of the language is one method of `Arm`. What cannot be done (out of reach, nothing
there, no room between the neighbours, something in hand already) is refused before anything moves;
what goes wrong then is named from the simulator's state. Both are raised as `ActionFailure`.
"""

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from scene_renderer.camera import Array, Vector
from scene_renderer.failures import ActionFailure, Failure
from scene_renderer.grasping import (
    LIFT,
    LOWEST,
    RETREAT,
    TIP_DEPTH,
    equivalent_yaws,
    find_grasp,
    find_target,
    find_walls,
    free_height,
    support_height,
    top_of,
)
from scene_renderer.kinematics import FINGER_OPEN, bend, forward
from scene_renderer.path import HandPose, descent, glide, pose_at, sweep
from scene_renderer.piles import bears
from scene_renderer.plan import Action
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.simulator import HAND, PHYSICS_HZ, TABLE, Pose, Simulator

TIME_LIMIT = 90.0
"""Simulated seconds after which an episode is given up."""

FALL = 0.04
"""What sinks further than this after it was let go fell, metres."""

_SPEED = 0.7
_ANGULAR_SPEED = 2.6
_GUARDED_SPEED = 0.12
_APPROACH = 0.012
_CLEARANCE = 0.025
_RELEASE = 0.010
_SAME_PLACE = 0.002
_STANDING = 2e-5
_SLOW, _FALL_TIME = 0.02, 0.3
_OUTWARDS, _PROBES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2), 16
"""How far out the hand may go to get up, metres, and poses at which a leg of a way is tried."""


class Arm:
    """The Panda and what it carries.

    Attributes:
        carried: the object that the last grasp took, until it is put down.
        aimed: the objects that actions went for, in their order.
        handled: the objects that actions were meant to move.
        placed: where each object was when it was let go.
        unsupported: the objects that touched nothing but the hand then.
    """

    def __init__(self, simulator: Simulator, scene: Scene) -> None:
        self.carried: str | None = None
        self.aimed: list[str] = []
        self.handled: set[str] = set()
        self.placed: dict[str, Pose] = {}
        self.unsupported: set[str] = set()
        self._simulator = simulator
        self._scene = scene
        joints = simulator.joints()
        x, y, z = forward(joints)[:3, 3].tolist()
        self._joints: list[float] = joints.tolist()
        self._pose = HandPose(math.atan2(y, x), math.hypot(x, y), z, self._joints[6])
        self._grasp_offset = 0.0

    def perform(self, action: Action) -> None:
        """Does one action.

        Raises:
            ActionFailure: if it did not do what it should.
        """
        self._require_load()
        getattr(self, f"_{action.name}")(*action.arguments)

    def stop(self) -> None:
        """Makes the motors hold the arm where it is."""
        self._simulator.drive(self._joints, [0.0] * 7)

    # The actions of the language, one method each.

    def _pick(self, x_mm: int, y_mm: int, z_mm: int) -> None:
        self._require_empty_hand()
        x, y, z = _metres(x_mm, y_mm, z_mm)
        self._goal((x, y, max(z, LOWEST)), self._pose.yaw)
        objects = self._objects()
        target = find_target(x, y, objects)
        if target is None:
            raise ActionFailure(Failure.UNKNOWN_PLACE)
        self.aimed.append(target.name)
        grasp = find_grasp((x, y, z), objects)
        if not grasp.is_clear:
            raise ActionFailure(Failure.BLOCKED)
        self._take(self._goal((x, y, grasp.height), grasp.yaw), target, z)

    def _take(self, goal: HandPose, target: SceneObject, named_height: float) -> None:
        """Closes around what is at a pose, and lifts it."""
        meant = target.name if target.kind.role == "graspable" else None
        self._require_reach(_raised(goal, LIFT))
        self._simulator.grip(FINGER_OPEN)
        self._travel(goal)
        self._lower(goal.height, may_nudge=meant)
        self._move_fingers(0.0)
        self._grasp_offset = self._pose.height - named_height
        self._glide(_raised(self._pose, LIFT))
        self.carried = self._simulator.held()
        if self.carried is None:
            raise ActionFailure(Failure.MISSED_GRASP)
        self.handled.add(self.carried)
        if self.carried != meant:
            raise ActionFailure(Failure.WRONG_OBJECT)

    def _place(self, x_mm: int, y_mm: int, z_mm: int) -> None:
        if self.carried is None:
            raise ActionFailure(Failure.NOTHING_IN_HAND)
        x, y, z = _metres(x_mm, y_mm, z_mm)
        goal = self._choose_release((x, y, max(z + self._grasp_offset, LOWEST)))
        self._require_reach(_raised(goal, RETREAT))
        self._travel(goal)
        is_supported = self._lower(goal.height)
        self._require_load()
        self._release(self._simulator.opening() + _RELEASE, is_supported)
        self._glide(_raised(self._pose, RETREAT))

    def _move_to(self, x_mm: int, y_mm: int, z_mm: int) -> None:
        x, y, z = _metres(x_mm, y_mm, z_mm)
        goal = self._goal((x, y, max(z, LOWEST)), self._pose.yaw)
        self._travel(goal)
        self._lower(goal.height)

    def _open_gripper(self) -> None:
        name = self.carried
        self._release(FINGER_OPEN)
        if name is not None:
            self._rest(_FALL_TIME, lambda: self._simulator.speed() < _SLOW)
            now = self._simulator.object_poses()[name]
            if name in self.unsupported and has_fallen(self.placed[name], now):
                raise ActionFailure(Failure.DROPPED)

    def _close_gripper(self) -> None:
        target = find_target(*self._pose.position[:2], self._objects())
        if target is not None and self.carried is None:
            self.aimed.append(target.name)
        self._move_fingers(0.0)
        self._grasp_offset = 0.0
        self.carried = self._simulator.held()
        self.handled |= {self.carried} if self.carried else set()

    def _push(self, x_mm: int, y_mm: int, z_mm: int, x2_mm: int, y2_mm: int) -> None:
        self._require_empty_hand()
        x, y, z = _metres(x_mm, y_mm, z_mm)
        x2, y2, _ = _metres(x2_mm, y2_mm, 0)
        way = math.atan2(y2 - y, x2 - x)
        start = pose_at((x, y, max(z, LOWEST)), way, dataclasses.replace(self._pose, twist=0.0))
        self._require_reach(start, _raised(start, LIFT))
        steps = _count(math.dist((x, y), (x2, y2)) / _GUARDED_SPEED)
        if bend(sweep(start, (x2, y2), steps)) is None:
            raise ActionFailure(Failure.OUT_OF_REACH)
        if free_height((x, y), start.yaw, 0.0, self._objects()) > start.height:
            raise ActionFailure(Failure.BLOCKED)
        self._simulator.grip(0.0)
        self._travel(start)
        self._lower(start.height)
        objects = {item.name: item for item in self._objects()}
        met: list[str] = []

        def meet() -> bool:
            """Remembers what the hand touches, the lowest first; never a reason to stop."""
            new = self._simulator.touches(HAND) - {HAND, TABLE, *met}
            met.extend(sorted(new, key=lambda name: (objects[name].position[2], name)))
            return False

        self._follow(sweep(self._pose, (x2, y2), steps), meet)
        self.aimed += met[:1]
        for name in met[:1]:
            load = {other for other in objects if bears(objects[name], objects[other])}
            self.handled |= {name, *load}
        self._glide(_raised(self._pose, LIFT))

    def _rotate(self, yaw_deg: int) -> None:
        self._glide(self._goal(self._pose.position, math.radians(yaw_deg)))

    def _refuse(self, reason: str) -> None:
        """Moves nothing."""

    # What the actions are made of.

    def _require_empty_hand(self) -> None:
        if self.carried is not None:
            raise ActionFailure(Failure.HAND_FULL)

    def _require_load(self) -> None:
        if self.carried is not None and self._simulator.held() != self.carried:
            raise ActionFailure(Failure.DROPPED)

    def _require_reach(self, *poses: HandPose) -> None:
        if not all(pose.is_reachable for pose in poses):
            raise ActionFailure(Failure.OUT_OF_REACH)

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

    def _free_height(self, pose: HandPose, objects: Iterable[SceneObject]) -> float:
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

    def _goal(self, position: Vector, yaw: float) -> HandPose:
        """The pose with this position and this yaw, or its twin, with the least twisting."""
        goal = pose_at(position, yaw, self._pose)
        self._require_reach(goal)
        return goal

    def _choose_release(self, position: Vector) -> HandPose:
        """The pose over a place at which the hand fits best between neighbours or walls."""
        item, objects = self._carried_object(), self._objects()
        assert item is not None
        walls = find_walls(position, objects)
        if walls is not None:
            return self._goal(position, walls.yaw + math.pi / 2)
        grasped = self._pose.yaw
        turns = [yaw - item.yaw for yaw in equivalent_yaws(item, item.yaw)]
        goals = [self._goal(position, grasped + turn) for turn in turns]
        return min(goals, key=lambda goal: round(self._free_height(goal, objects), 3))

    def _travel(self, goal: HandPose) -> None:
        """Goes above a goal, over everything that stands on the table."""
        way = self._way_over(goal)
        self._require_reach(*way)
        for pose in way:
            self._glide(pose)

    def _way_over(self, goal: HandPose) -> list[HandPose]:
        here = self._pose
        if math.dist(goal.position[:2], here.position[:2]) <= _SAME_PLACE:
            return [dataclasses.replace(goal, height=here.height)]
        tops = [top_of(item) for item in self._objects()]
        safe = max(*tops, 0.0) + self._hang() + _CLEARANCE
        above = dataclasses.replace(goal, height=max(safe, goal.height))
        up = dataclasses.replace(here, height=max(safe, here.height))
        ways = [[dataclasses.replace(up, reach=up.reach + out), above] for out in _OUTWARDS]
        return next(filter(self._is_passable, ways), ways[0])

    def _is_passable(self, way: Sequence[HandPose]) -> bool:
        """Whether the arm gets from pose to pose; near its base it cannot fold up everywhere."""
        legs = itertools.pairwise([self._pose, *way])
        return all(bend(glide(start, end, _PROBES)) is not None for start, end in legs)

    def _lower(self, height: float, may_nudge: str | None = None) -> bool:
        """Goes straight down: fast through free space, then slowly until something is touched.

        Returns:
            Whether something was.
        """
        near = self._free_height(self._pose, self._objects()) + _APPROACH
        self._glide(dataclasses.replace(self._pose, height=max(height, near)))
        seconds = (self._pose.height - height) / _GUARDED_SPEED
        if seconds > 0:
            goal = dataclasses.replace(self._pose, height=height)
            way = descent(self._pose, goal, _count(seconds))
            self._follow(way, lambda: bool(self._touched() - {may_nudge}))
            is_stopped = self._pose.height > height or bool(self._touched() - {may_nudge})
            self._rest(0.03)
            return is_stopped
        return False

    def _glide(self, goal: HandPose) -> None:
        """Moves with a smooth start and stop."""
        start = self._pose
        lengths = (
            math.dist(start.position, goal.position) / _SPEED,
            abs(goal.turn - start.turn) / _ANGULAR_SPEED,
            abs(goal.twist - start.twist) / _ANGULAR_SPEED,
        )
        if max(lengths) > 1e-6:
            self._follow(glide(start, goal, _count(max(lengths) + 0.1)))

    def _follow(self, way: Array, until: Callable[[], bool] = lambda: False) -> None:
        """Takes one pose of a way, shape (n, 4), a step, or stops early where something holds."""
        joints = bend(way)
        if joints is None:
            raise ActionFailure(Failure.OUT_OF_REACH)
        before = np.vstack([self._joints, joints[:-1]])
        velocities = ((joints - before) * PHYSICS_HZ).tolist()
        for i, (angles, speeds) in enumerate(zip(joints.tolist(), velocities, strict=True)):
            self._simulator.drive(angles, speeds)
            self._joints = angles
            self._tick()
            if until():
                way = way[: i + 1]
                break
        self._pose = HandPose(*way[-1].tolist())

    def _rest(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Stands still for a while, or until something holds."""
        self.stop()
        for _ in range(round(seconds * PHYSICS_HZ)):
            self._tick()
            if until():
                return

    def _touched(self) -> set[str]:
        """What hand or load touch."""
        touched = self._simulator.touches(HAND)
        if self.carried is not None:
            touched |= self._simulator.touches(self.carried)
        return touched - {HAND, self.carried}

    def _release(self, opening: float, is_supported: bool = False) -> None:
        """Lets go of what stands on something, or else falls."""
        if self.carried is not None:
            self.placed[self.carried] = self._simulator.object_poses()[self.carried]
            self.unsupported -= {self.carried}
            if not is_supported and not self._simulator.touches(self.carried) - {HAND}:
                self.unsupported.add(self.carried)
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
            raise ActionFailure(Failure.TIMEOUT)


def has_fallen(released: Pose, now: Pose) -> bool:
    """Whether an object sank further than anything that was put down."""
    return now.position[2] < released.position[2] - FALL


def _raised(pose: HandPose, by: float) -> HandPose:
    return dataclasses.replace(pose, height=pose.height + by)


def _count(seconds: float) -> int:
    return max(1, round(seconds * PHYSICS_HZ))


def _metres(*values: int) -> Vector:
    x, y, z = (value / 1000 for value in values)
    return x, y, z
