"""What each shape looks like (a triangle mesh) and what it is made of in physics (convex parts).

Both come from the same outlines, are measured in metres and have their origin at the centre of the
object's box. A mesh is a stack of rings joined by triangles, closed at both ends, and its
triangles run counter-clockwise seen from outside:

        ring 3  ________          bottle, cylinder, ball: circles from the bottom to the top
        ring 2 /        \\         cube, brick: rectangles with chamfered corners
        ring 1 |        |         plate, bowl, tray: up the outside, over the rim, down the
        ring 0 |________|                            inside to the floor
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scene_renderer.camera import Array, Vector
from scene_renderer.vocabulary import SHAPES

Faces = NDArray[np.int64]
Quaternion = tuple[float, float, float, float]
Ring = tuple[Array, float]
Profile = Sequence[tuple[float, float]]

SEGMENTS = 28
"""Corners of a circle in the meshes."""

WALL_PARTS = 16
"""Boxes that make up one round wall in physics."""

WALL = 0.006
"""Thickness of a receiver's walls and floor, metres."""

_UPRIGHT: Quaternion = (0.0, 0.0, 0.0, 1.0)

_BOTTLE = ((0.90, 0.0), (1.0, 0.03), (1.0, 0.46), (0.88, 0.53), (0.62, 0.58), (0.44, 0.62))
_BOTTLE_NECK = ((0.40, 0.66), (0.40, 0.88), (0.50, 0.88), (0.50, 0.985), (0.44, 1.0))
"""A bottle's (share of the radius, share of the height), from the bottom to its cap."""

_PLATE = ((0.62, 0.0), (0.70, 0.20), (0.88, 0.62), (1.0, 1.0))
_BOWL = tuple(
    (0.5 + 0.5 * math.sin(a), 1.0 - math.cos(a)) for a in np.linspace(0, math.pi / 2, 7).tolist()
)
"""The outside of the round receivers: (share of the radius, share of the height)."""


@dataclass(frozen=True)
class Part:
    """One convex solid of an object in physics.

    Attributes:
        kind: a cylinder stands along its own z.
        extents: full (x, y, z) extents in its own frame, metres.
        position: of its centre in the object's frame, metres.
        orientation: quaternion xyzw in the object's frame.
    """

    kind: Literal["box", "cylinder", "sphere"]
    extents: Vector
    position: Vector = (0.0, 0.0, 0.0)
    orientation: Quaternion = _UPRIGHT


def visual_mesh(shape: str, size: float) -> tuple[Array, Faces]:
    """Returns the surface of an object.

    Args:
        shape: a word from `SHAPES`.
        size: width in metres.

    Returns:
        vertices: float64, shape (n, 3), metres, object frame; faces: int64, shape (m, 3).
    """
    return _loft(_RINGS[shape](*SHAPES[shape].extents(size)))


def collision_parts(shape: str, size: float) -> tuple[Part, ...]:
    """Returns the convex solids that an object is made of in physics."""
    extents = SHAPES[shape].extents(size)
    if shape in _PARTS:
        return _PARTS[shape](*extents)
    kind: Literal["sphere", "cylinder"] = "sphere" if shape == "ball" else "cylinder"
    return (Part(kind if SHAPES[shape].round else "box", extents),)


def _loft(rings: Sequence[Ring]) -> tuple[Array, Faces]:
    """Joins neighbouring rings of n corners by quads and closes both ends with fans."""
    count = len(rings[0][0])
    layers = [np.column_stack([xy, np.full(count, z)]) for xy, z in rings]
    ends = [layers[0].mean(axis=0), layers[-1].mean(axis=0)]
    vertices = np.concatenate([*layers, ends])
    corner = np.arange(count)
    following = (corner + 1) % count
    faces = []
    for base in range(0, count * (len(rings) - 1), count):
        below, below_next = base + corner, base + following
        above, above_next = below + count, below_next + count
        faces += [np.stack([below, below_next, above_next], 1)]
        faces += [np.stack([below, above_next, above], 1)]
    last = count * (len(rings) - 1)
    bottom, top = count * len(rings) + np.array([[0], [1]]).repeat(count, 1)
    faces += [np.stack([following, corner, bottom], 1)]
    faces += [np.stack([last + corner, last + following, top], 1)]
    return vertices, np.concatenate(faces)


def _circle(radius: float) -> Array:
    angles = np.arange(SEGMENTS) * 2 * math.pi / SEGMENTS
    return radius * np.column_stack([np.cos(angles), np.sin(angles)])


def _rectangle(x: float, y: float, corner: float, steps: int = 2) -> Array:
    """A rectangle x by y whose corners are cut (2 steps) or rounded (more)."""
    turns = np.linspace(0, math.pi / 2, steps)
    arc = corner * np.column_stack([np.cos(turns), np.sin(turns)])
    inner = np.array([x / 2 - corner, y / 2 - corner])
    sides = []
    for quarter in range(4):
        c, s = (1, 0, -1, 0)[quarter], (0, 1, 0, -1)[quarter]
        signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))[quarter]
        sides.append(arc @ np.array([[c, s], [-s, c]]) + inner * signs)
    return np.concatenate(sides)


def _box_rings(x: float, y: float, z: float) -> list[Ring]:
    edge = 0.07 * min(x, y, z)
    wide, narrow = _rectangle(x, y, edge), _rectangle(x - 2 * edge, y - 2 * edge, edge)
    heights = (-z / 2, edge - z / 2, z / 2 - edge, z / 2)
    return list(zip((narrow, wide, wide, narrow), heights, strict=True))


def _cylinder_rings(x: float, y: float, z: float) -> list[Ring]:
    edge = 0.05 * x
    profile = ((x / 2 - edge, -z / 2), (x / 2, edge - z / 2), (x / 2, z / 2 - edge))
    return [(_circle(r), h) for r, h in (*profile, (x / 2 - edge, z / 2))]


def _ball_rings(x: float, y: float, z: float) -> list[Ring]:
    pole = 0.48 * math.pi
    angles = np.linspace(-pole, pole, SEGMENTS // 2 + 1).tolist()
    stretch = z / 2 / math.sin(pole)
    return [(_circle(x / 2 * math.cos(a)), stretch * math.sin(a)) for a in angles]


def _bottle_rings(x: float, y: float, z: float) -> list[Ring]:
    return [(_circle(r * x / 2), h * z - z / 2) for r, h in (*_BOTTLE, *_BOTTLE_NECK)]


def _dish_outlines(profile: Profile, x: float, z: float) -> tuple[Profile, Profile]:
    """The outside and the inside of a round receiver as (radius, z), both from the bottom up."""
    outside = [(r * x / 2, h * z - z / 2) for r, h in profile]
    scale = (z - WALL) / z
    return outside, [(r - WALL, z / 2 - (z / 2 - h) * scale) for r, h in outside]


def _dish_rings(profile: Profile, x: float, z: float) -> list[Ring]:
    outside, inside = _dish_outlines(profile, x, z)
    return [(_circle(r), h) for r, h in (*outside, *reversed(inside))]


def _plate_rings(x: float, y: float, z: float) -> list[Ring]:
    return _dish_rings(_PLATE, x, z)


def _bowl_rings(x: float, y: float, z: float) -> list[Ring]:
    return _dish_rings(_BOWL, x, z)


def _tray_rings(x: float, y: float, z: float) -> list[Ring]:
    corner = 0.07 * x
    outside = _rectangle(x, y, corner, 5)
    inside = _rectangle(x - 2 * WALL, y - 2 * WALL, corner - WALL, 5)
    return [(outside, -z / 2), (outside, z / 2), (inside, z / 2), (inside, WALL - z / 2)]


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
    _, inside = _dish_outlines(profile, x, z)
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
    return _dish_parts((_PLATE[0], _PLATE[-1]), x, z)


def _bowl_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    return _dish_parts((_BOWL[0], _BOWL[3], _BOWL[6]), x, z)


def _tray_parts(x: float, y: float, z: float) -> tuple[Part, ...]:
    side_x, side_y = (x - WALL) / 2, (y - WALL) / 2
    return (
        Part("box", (x, y, WALL), (0.0, 0.0, (WALL - z) / 2)),
        Part("box", (WALL, y, z), (side_x, 0.0, 0.0)),
        Part("box", (WALL, y, z), (-side_x, 0.0, 0.0)),
        Part("box", (x, WALL, z), (0.0, side_y, 0.0)),
        Part("box", (x, WALL, z), (0.0, -side_y, 0.0)),
    )


_RINGS: MappingProxyType[str, Callable[[float, float, float], list[Ring]]] = MappingProxyType(
    {
        "cube": _box_rings,
        "brick": _box_rings,
        "cylinder": _cylinder_rings,
        "ball": _ball_rings,
        "bottle": _bottle_rings,
        "plate": _plate_rings,
        "bowl": _bowl_rings,
        "tray": _tray_rings,
    }
)

_PARTS: MappingProxyType[str, Callable[[float, float, float], tuple[Part, ...]]] = MappingProxyType(
    {
        "bottle": _bottle_parts,
        "plate": _plate_parts,
        "bowl": _bowl_parts,
        "tray": _tray_parts,
    }
)
