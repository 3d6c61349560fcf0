"""The Franka Panda's geometry in plain numpy: joint angles to gripper pose, and back.

Numbers are those of `franka_panda/panda.urdf` in pybullet_data. The end effector is the point
between the finger tips (link `panda_grasptarget`): its z points out of the hand, the fingers open
along its y.

The gripper always points down here, so the way back needs no iteration: with joints 3 and 5 at
zero the arm is a plane linkage that joint 1 turns towards the target, and joint 7 sets the yaw:

            elbow                shoulder to elbow, elbow to wrist: two sides of a triangle;
             /\\                  the wrist stands FLANGE behind and HAND above the target
   shoulder /  \\ wrist
           |    |_
    base __|______|__ target
"""

import math

import numpy as np

from scene_renderer.camera import Array, Vector
from scene_renderer.errors import SceneError

FINGER_OPEN = 0.04
"""How far each finger stands from the middle when the gripper is open, metres."""

SHOULDER = 0.333
UPPER_ARM = 0.316
FOREARM = 0.384
ELBOW = 0.0825
FLANGE = 0.088
HAND = 0.107 + 0.105
"""Link lengths, metres: base to shoulder, to elbow, to wrist; the elbow's offset; wrist to flange
axis; flange to the point between the finger tips."""

JOINT_LIMITS = np.array(
    [
        [-2.9671, 2.9671],
        [-1.8326, 1.8326],
        [-2.9671, 2.9671],
        [-3.1416, 0.0],
        [-2.9671, 2.9671],
        [-0.0873, 3.8223],
        [-2.9671, 2.9671],
    ]
)
"""Lowest and highest angle of each joint: float64, shape (7, 2), radians."""

_HALF, _QUARTER = math.pi / 2, math.pi / 4

_CHAIN: tuple[tuple[float, Vector], ...] = (
    (0.0, (0.0, 0.0, SHOULDER)),
    (-_HALF, (0.0, 0.0, 0.0)),
    (_HALF, (0.0, -UPPER_ARM, 0.0)),
    (_HALF, (ELBOW, 0.0, 0.0)),
    (-_HALF, (-ELBOW, FOREARM, 0.0)),
    (_HALF, (0.0, 0.0, 0.0)),
    (_HALF, (FLANGE, 0.0, 0.0)),
)
"""From each joint's parent: the turn about x, radians, and the offset, metres."""

_UPPER = math.hypot(UPPER_ARM, ELBOW)
_LOWER = math.hypot(FOREARM, ELBOW)
_UPPER_BEND = math.atan2(ELBOW, UPPER_ARM)
_LOWER_BEND = math.atan2(ELBOW, FOREARM)


def forward(joints: Array) -> Array:
    """Returns where the end effector is.

    Args:
        joints: float64, shape (7,), radians.

    Returns:
        `base_from_ee`: float64, shape (4, 4).
    """
    ee: Array = link_frames(joints)[-1] @ _link(0.0, (0.0, 0.0, HAND), -_QUARTER)
    return ee


def link_frames(joints: Array) -> list[Array]:
    """Returns `base_from_link` of the base and links 1 to 7: float64, each of shape (4, 4)."""
    frames = [np.eye(4)]
    for angle, (turn, offset) in zip(joints, _CHAIN, strict=True):
        frames.append(frames[-1] @ _link(turn, offset, float(angle)))
    return frames


def inverse(position: Vector, yaw: float) -> Array | None:
    """Returns the joints that hold the gripper at a place, pointing down.

    Args:
        position: of the point between the finger tips, metres, base frame.
        yaw: about z, radians; at 0 the fingers open along the base's y.

    Returns:
        float64, shape (7,), radians, or None if the arm cannot get there. Where only joint 7 is
        in the way, a gripper turned by pi, which is the same grasp, has a solution.
    """
    x, y, z = position
    turn = math.atan2(y, x)
    twist = math.remainder(turn - yaw + _QUARTER, 2 * math.pi)
    joints = bend(np.array([[turn, math.hypot(x, y), z, twist]]))
    return None if joints is None else joints[0]


def bend(way: Array) -> Array | None:
    """Returns the joints that hold the gripper, pointing down, at each pose of a way.

    Args:
        way: float64, shape (n, 4): turn of joint 1, radians; reach and height of the point between
            the finger tips, metres; twist of joint 7, radians.

    Returns:
        float64, shape (n, 7), radians, or None if the arm cannot get to one of them.
    """
    turn, reach, height, twist = way.T
    out, up = reach - FLANGE, height + HAND - SHOULDER
    distance = np.hypot(out, up)
    if not bool(np.all((distance > abs(_UPPER - _LOWER)) & (distance < _UPPER + _LOWER))):
        return None
    bearing = np.arctan2(out, up)
    shoulder = bearing - _corner(_UPPER, distance, _LOWER) - _UPPER_BEND
    wrist = bearing + _corner(_LOWER, distance, _UPPER) + _LOWER_BEND
    zero = np.zeros(len(way))
    joints = np.column_stack([turn, shoulder, zero, shoulder - wrist, zero, wrist, twist])
    low, high = JOINT_LIMITS.T
    return joints if bool(np.all((joints >= low) & (joints <= high))) else None


def start_joints(position: Vector, yaw: float) -> Array:
    """Returns the joints from which the arm starts, the gripper at a scene's place and yaw.

    Raises:
        SceneError: if the arm cannot get there.
    """
    for turn in (yaw, yaw + math.pi):
        joints = inverse(position, turn)
        if joints is not None:
            return joints
    raise SceneError(
        f"The arm cannot reach the end effector's position {position}; "
        "give one within reach, pointing down."
    )


def _link(turn: float, offset: Vector, angle: float) -> Array:
    """A joint's transform: move by `offset`, turn by `turn` about x, by `angle` about z."""
    ct, st, ca, sa = math.cos(turn), math.sin(turn), math.cos(angle), math.sin(angle)
    x, y, z = offset
    return np.array(
        [
            [ca, -sa, 0.0, x],
            [ct * sa, ct * ca, -st, y],
            [st * sa, st * ca, ct, z],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def _corner(near: float, middle: Array, opposite: float) -> Array:
    """The angles between two sides of triangles, from the law of cosines."""
    cosine = (near**2 + middle**2 - opposite**2) / (2 * near * middle)
    return np.asarray(np.arccos(cosine))


def _home() -> Array:
    joints = inverse((0.32, 0.0, 0.42), 0.0)
    assert joints is not None
    return joints


HOME: Array = _home()
"""The joints at the end effector's usual start: float64, shape (7,), radians."""
