"""The named cameras: where else a scene can be looked at from.

    front    opposite the robot, which is at the top of the picture; what models are shown
    top      straight down; the robot is at the top
    left     from the robot's left, which is at the right of the picture
    room     from a corner, far enough away for the whole arm
    wrist    on the hand, past the finger tips; it goes where the hand goes

A scene's objects are chosen and judged for `front`: there they are wholly in the picture and at
least 60 % visible. From `top`, `left` and `room` they are in the picture too, but arm and
neighbours may cover more of them; `wrist` shows what is before the hand.
"""

import dataclasses
from types import MappingProxyType

import numpy as np

from scene_renderer.camera import Array, Camera, Vector
from scene_renderer.errors import UsageError, did_you_mean
from scene_renderer.kinematics import forward, start_joints
from scene_renderer.scene import FRONT, Scene
from scene_renderer.vocabulary import CAMERAS

WRIST = "wrist"

_FIXED: MappingProxyType[str, Camera] = MappingProxyType(
    {
        "front": FRONT,
        "top": Camera((0.48, 0.0, 1.55), (0.48, 0.0, 0.0), 24.0, "top"),
        "left": Camera((0.47, 0.98, 0.92), (0.47, 0.03, 0.04), 28.0, "left"),
        "room": Camera((1.75, -1.05, 1.15), (0.28, 0.02, 0.27), 31.0, "room"),
    }
)

_WRIST_EYE, _WRIST_TARGET = (0.11, 0.0, -0.095), (0.083, 0.0, 0.05)
_WRIST_FOV_DEG = 88.0
"""End-effector frame: x is across the fingers' plane, z points out of the hand; metres."""


def view_from(scene: Scene, name: str) -> Scene:
    """Returns the scene as another camera sees it; nothing else changes.

    A fixed camera is as far from its usual place as the scene's own is from its own: how far
    cameras wander is a property of the split. The one on the wrist does not wander.

    Args:
        scene: a scene.
        name: a word from `CAMERAS`, or the name of the scene's own.

    Raises:
        UsageError: if there is no such camera.
        SceneError: if the arm cannot reach the scene's end effector.
    """
    own = scene.camera
    if name == own.name:
        return scene
    if name not in CAMERAS:
        raise UsageError(f"Unknown camera '{name}'.{did_you_mean(name, CAMERAS)}")
    if name == WRIST:
        joints = start_joints(scene.end_effector.position, scene.end_effector.yaw)
        return dataclasses.replace(scene, camera=wrist_camera(joints))
    usual, named = _FIXED.get(own.name, own), _FIXED[name]
    camera = Camera(
        _shift(named.position, own.position, usual.position),
        _shift(named.target, own.target, usual.target),
        round(named.fov_deg + own.fov_deg - usual.fov_deg, 4),
        name,
    )
    return dataclasses.replace(scene, camera=camera)


def wrist_camera(joints: Array) -> Camera:
    """Returns the camera on the hand.

    Args:
        joints: float64, shape (7,), of the arm, radians.
    """
    base_from_ee = forward(joints)
    eye, target = (
        base_from_ee[:3, :3] @ point + base_from_ee[:3, 3] for point in (_WRIST_EYE, _WRIST_TARGET)
    )
    return Camera(_vector(eye), _vector(target), _WRIST_FOV_DEG, WRIST)


def _shift(place: Vector, own: Vector, usual: Vector) -> Vector:
    return _vector(np.array(place) + np.array(own) - np.array(usual))


def _vector(values: Array) -> Vector:
    x, y, z = (round(v, 4) for v in values.tolist())
    return x, y, z
