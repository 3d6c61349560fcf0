"""What each shape is made of in physics: a few convex solids with the outlines of `meshes.py`."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from scene_renderer.camera import Array, Quaternion, Vector
from scene_renderer.catalogue import SHAPES
from scene_renderer.meshes import (
    BOWL,
    CONE,
    DUCK_BODY,
    DUCK_HEAD,
    DUCK_NECK,
    PLATE,
    WALL,
    Profile,
    dish_outlines,
    prism_gable,
)

WALL_PARTS = 16
"""Boxes that make up one round wall."""

_CORNERS = 20
"""Corners of a cone's circles."""

_AIR = 0.0008
"""Metres: a hull of Bullet's stands this far above the table."""

_UPRIGHT: Quaternion = (0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Part:
    """One convex solid of an object in physics.

    Attributes:
        kind: a cylinder stands along its own z; a hull has corners of its own.
        extents: full (x, y, z) extents in its own frame, metres.
        position: of its centre in the object's frame, metres.
        orientation: quaternion xyzw in the object's frame.
        corners: of a hull, as shares of its extents, object frame: the same for every size of a
            shape. An object that has a hull has nothing else.
    """

    kind: Literal["box", "cylinder", "sphere", "hull"]
    extents: Vector
    position: Vector = (0.0, 0.0, 0.0)
    orientation: Quaternion = _UPRIGHT
    corners: tuple[Vector, ...] = ()


def collision_parts(shape: str, size: float) -> tuple[Part, ...]:
    """Returns the convex solids that an object is made of in physics."""
    extents = SHAPES[shape].extents(size)
    if shape in _PARTS:
        return _PARTS[shape](*extents)
    return (Part("cylinder" if SHAPES[shape].round else "box", extents),)


def _hull(corners: Array) -> tuple[Part, ...]:
    """A hull with these corners, less the layer of air that Bullet puts around hulls."""
    extents = np.ptp(corners, axis=0)
    x, y, z = (extents - 2 * _AIR).tolist()
    points = tuple((a, b, c) for a, b, c in (corners / extents).round(9).tolist())
    return (Part("hull", (x, y, z), corners=points),)


def _ball_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    return (Part("sphere", (x, y, z)),)


def _cone_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    angles = np.arange(_CORNERS) * 2 * math.pi / _CORNERS
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    rings = [np.insert(r * x / 2 * circle, 2, (h - 0.5) * z, axis=1) for r, h in CONE]
    return _hull(np.concatenate(rings))


def _prism_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    gable = prism_gable(x, z)
    return _hull(np.concatenate([np.insert(gable, 1, side, axis=1) for side in (-y / 2, y / 2)]))


def _mug_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    """The cup is solid: nothing is put into it."""
    handle = (x - y) / 2
    return (
        Part("cylinder", (y, y, z)),
        Part("box", (handle, 0.009, 0.6 * z), ((y + handle) / 2, 0.0, 0.0)),
    )


def _duck_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    body, head = DUCK_BODY * z, DUCK_HEAD * z
    return (
        Part("box", (0.75 * x, y, body), (-0.06 * x, 0.0, (body - z) / 2)),
        Part("sphere", (head, head, head), (DUCK_NECK * x, 0.0, (z - head) / 2)),
    )


def _bottle_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    body, neck = 0.58 * z, 0.40 * x
    return (
        Part("cylinder", (x, y, body), (0.0, 0.0, (body - z) / 2)),
        Part("cylinder", (neck, neck, z - body), (0.0, 0.0, body / 2)),
    )


def _dish_parts(profile: Profile, x: float, z: float) -> tuple[Part, ...]:
    """A floor and, below each step of the inside, one ring of tilted boxes."""
    floor = profile[0][0] * x
    parts = [Part("cylinder", (floor, floor, WALL), (0.0, 0.0, (WALL - z) / 2))]
    _, inside = dish_outlines(profile, x, z)
    for (r0, z0), (r1, z1) in itertools.pairwise(inside):
        rise, length = math.atan2(z1 - z0, r1 - r0), math.hypot(r1 - r0, z1 - z0)
        r = (r0 + r1) / 2 + WALL / 2 * math.sin(rise)
        height = (z0 + z1) / 2 - WALL / 2 * math.cos(rise)
        extents = (length, 2 * r1 * math.tan(math.pi / WALL_PARTS), WALL)
        for yaw in np.arange(WALL_PARTS) * 2 * math.pi / WALL_PARTS:
            place = (r * math.cos(yaw), r * math.sin(yaw), height)
            parts.append(Part("box", extents, place, _yaw_pitch(float(yaw), -rise)))
    return tuple(parts)


def _yaw_pitch(yaw: float, pitch: float) -> Quaternion:
    """A turn by `pitch` about y, then by `yaw` about z, as a quaternion xyzw."""
    cy, sy = math.cos(yaw / 2), math.sin(yaw / 2)
    cp, sp = math.cos(pitch / 2), math.sin(pitch / 2)
    return -sy * sp, cy * sp, sy * cp, cy * cp


def _plate_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    return _dish_parts((PLATE[0], PLATE[-1]), x, z)


def _bowl_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    return _dish_parts((BOWL[0], BOWL[3], BOWL[6]), x, z)


def _tray_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    side_x, side_y = (x - WALL) / 2, (y - WALL) / 2
    return (
        Part("box", (x, y, WALL), (0.0, 0.0, (WALL - z) / 2)),
        Part("box", (WALL, y, z), (side_x, 0.0, 0.0)),
        Part("box", (WALL, y, z), (-side_x, 0.0, 0.0)),
        Part("box", (x, WALL, z), (0.0, side_y, 0.0)),
        Part("box", (x, WALL, z), (0.0, -side_y, 0.0)),
    )


_PARTS: MappingProxyType[str, Callable[[float, float, float], tuple[Part, ...]]] = MappingProxyType(
    {
        "ball": _ball_parts,
        "bottle": _bottle_parts,
        "mug": _mug_parts,
        "prism": _prism_parts,
        "cone": _cone_parts,
        "duck": _duck_parts,
        "plate": _plate_parts,
        "bowl": _bowl_parts,
        "tray": _tray_parts,
        "box": _tray_parts,
    }
)
"""The shapes that are more than one box or one standing cylinder."""
