"""Where the hand is on its way: poses in cylinder coordinates about the base, and lines of them.

Turn of joint 1, reach, height, twist of joint 7: in these the arm never has to pass through itself,
and a step of a path costs no more than a row of a matrix. Times are at the simulator's rate.
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from scene_renderer.camera import Array, Vector
from scene_renderer.kinematics import JOINT_LIMITS, bend


@dataclass(frozen=True)
class HandPose:
    """The gripper, pointing down: radians and metres about the base."""

    turn: float
    reach: float
    height: float
    twist: float

    @property
    def position(self) -> Vector:
        """Of the point between the finger tips, metres, base frame."""
        return self.reach * math.cos(self.turn), self.reach * math.sin(self.turn), self.height

    @property
    def yaw(self) -> float:
        """About z, radians."""
        return self.turn - self.twist + math.pi / 4

    @property
    def is_reachable(self) -> bool:
        """Whether the arm has joints for it."""
        return bend(np.array([astuple(self)])) is not None


def pose_at(position: Vector, yaw: float, near: HandPose) -> HandPose:
    """Returns the pose with this position and this yaw or its twin, twisted least from another.

    Args:
        position: of the point between the finger tips, metres, base frame.
        yaw: about z, radians; its twin, turned by pi, is the same to a gripper.
        near: from where to twist.
    """
    x, y, z = position
    turn = math.atan2(y, x)
    twist = math.remainder(turn - yaw + math.pi / 4, math.pi)
    low, high = JOINT_LIMITS[6].tolist()
    twists = [t for t in (twist - math.pi, twist, twist + math.pi) if low <= t <= high]
    nearest = min(twists, key=lambda t: abs(t - near.twist))
    return HandPose(turn, math.hypot(x, y), z, nearest)


def glide(start: HandPose, end: HandPose, steps: int) -> Array:
    """Returns a way with speed and acceleration zero at both ends: float64, shape (steps, 4)."""
    s = np.linspace(0, 1, steps + 1)[1:]
    return _between(start, end, s**3 * (10 - 15 * s + 6 * s * s))


def descent(start: HandPose, end: HandPose, steps: int) -> Array:
    """Returns a way of even speed: float64, shape (steps, 4)."""
    return _between(start, end, np.linspace(0, 1, steps + 1)[1:])


def sweep(start: HandPose, xy: Sequence[float], steps: int) -> Array:
    """Returns a straight way over the table, height and yaw kept: float64, shape (steps, 4)."""
    s = np.linspace(0, 1, steps + 1)[1:, None]
    x, y = (np.array(start.position[:2]) * (1 - s) + np.array(xy) * s).T
    turn = np.arctan2(y, x)
    twist = turn - start.yaw + math.pi / 4
    return np.column_stack([turn, np.hypot(x, y), np.full(steps, start.height), twist])


def _between(start: HandPose, end: HandPose, shares: Array) -> Array:
    first, last = np.array(astuple(start)), np.array(astuple(end))
    way: Array = first + shares[:, None] * (last - first)
    return way
