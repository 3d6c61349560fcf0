"""What each shape looks like: a triangle mesh, made by code.

Measured in metres, with the origin at the centre of the object's box. A mesh is made of stacks of
rings that are joined by triangles and closed at both ends, running counter-clockwise seen from
outside:

        ring 3  ________          bottle, cone, ball: circles from the bottom to the top
        ring 2 /        \\         cube, brick, domino: rectangles with chamfered corners
        ring 1 |        |         plate, bowl, tray, box, mug: up the outside, over the rim, down
        ring 0 |________|                            the inside to the floor

`solids.py` has the same outlines for physics.
"""

import math
from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from scene_renderer.camera import Array, Vector
from scene_renderer.catalogue import SHAPES

Faces = NDArray[np.int64]
Mesh = tuple[Array, Faces]
Ring = tuple[Array, float]
Profile = Sequence[tuple[float, float]]

SEGMENTS = 28
"""Corners of a circle in the meshes."""

WALL = 0.006
"""Thickness of a receiver's walls and floor, metres."""

PLATE: Profile = ((0.62, 0.0), (0.70, 0.20), (0.88, 0.62), (1.0, 1.0))
BOWL: Profile = tuple(
    (0.5 + 0.5 * math.sin(a), 1.0 - math.cos(a)) for a in np.linspace(0, math.pi / 2, 7).tolist()
)
"""The outside of the round receivers: (share of the radius, share of the height)."""

CONE: Profile = ((0.95, 0.0), (1.0, 0.025), (0.30, 0.975), (0.22, 1.0))
"""A cone's (share of the radius, share of the height); its top is flat but small."""

DUCK_BODY, DUCK_HEAD, DUCK_NECK = 0.62, 0.46, 0.20
"""Of a duck's height: its body's height and its head's width; of its length: where the neck is."""

_BOTTLE: Profile = (
    *((0.90, 0.0), (1.0, 0.03), (1.0, 0.46), (0.88, 0.53), (0.62, 0.58), (0.44, 0.62)),
    *((0.40, 0.66), (0.40, 0.88), (0.50, 0.88), (0.50, 0.985), (0.44, 1.0)),
)
"""A bottle from the bottom to its cap."""

_DUCK: Profile = (
    *((0.62, 0.0), (0.80, 0.06), (0.95, 0.25), (1.0, 0.45)),
    *((0.96, 0.65), (0.80, 0.83), (0.52, 0.95), (0.20, 1.0)),
)
"""A duck's body: (share of the width, share of the body's height)."""
_BILL: Profile = ((0.16, 0.40), (0.15, 0.58), (0.10, 0.71), (0.04, 0.75))
"""A duck's bill: (radius, distance from the head's centre), both over the head's width."""

_MUG_WALL, _HANDLE = 0.004, 0.0045
"""Thickness of a mug's wall, radius of its handle's bar, metres."""


def visual_mesh(shape: str, size: float) -> Mesh:
    """Returns the surface of an object.

    Args:
        shape: a word from `SHAPES`.
        size: width in metres.

    Returns:
        vertices: float64, shape (n, 3), metres, object frame; faces: int64, shape (m, 3).
    """
    return _MESHES[shape](*SHAPES[shape].extents(size))


def dish_outlines(profile: Profile, x: float, z: float) -> tuple[Profile, Profile]:
    """Returns the outside and the inside of a round receiver as (radius, z), from the bottom up."""
    outside = _scaled(profile, x, z)
    scale = (z - WALL) / z
    return outside, [(r - WALL, z / 2 - (z / 2 - h) * scale) for r, h in outside]


def prism_gable(x: float, z: float) -> Array:
    """Returns a prism's triangle with cut corners: float64, shape (6, 2), metres, x and z."""
    corners = np.array([[-x / 2, -z / 2], [x / 2, -z / 2], [0.0, z / 2]])
    before, after = np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0)
    cut = np.stack([0.94 * corners + 0.06 * before, 0.94 * corners + 0.06 * after], axis=1)
    low, high = cut.min(axis=(0, 1)), cut.max(axis=(0, 1))
    gable = (cut.reshape(6, 2) - (low + high) / 2) * (np.array([x, z]) / (high - low))
    return np.asarray(gable, np.float64)


# How meshes are put together.


def _stack(rings: Sequence[Ring]) -> Mesh:
    """Joins flat rings that lie above each other, or over and inside each other."""
    return _loft([np.column_stack([xy, np.full(len(xy), z)]) for xy, z in rings])


def _loft(layers: Sequence[Array]) -> Mesh:
    """Joins neighbouring rings of n corners by quads and closes both ends with fans."""
    count = len(layers[0])
    ends = [layers[0].mean(axis=0), layers[-1].mean(axis=0)]
    vertices = np.concatenate([*layers, ends])
    corner = np.arange(count)
    following = (corner + 1) % count
    faces = []
    for base in range(0, count * (len(layers) - 1), count):
        below, below_next = base + corner, base + following
        above, above_next = below + count, below_next + count
        faces += [np.stack([below, below_next, above_next], 1)]
        faces += [np.stack([below, above_next, above], 1)]
    last = count * (len(layers) - 1)
    bottom, top = count * len(layers) + np.array([[0], [1]]).repeat(count, 1)
    faces += [np.stack([following, corner, bottom], 1)]
    faces += [np.stack([last + corner, last + following, top], 1)]
    return vertices, np.concatenate(faces)


def _turned(profile: Profile) -> Mesh:
    """The solid that an outline of (radius, z) makes when it turns about the z axis."""
    return _stack([(_circle(r), h) for r, h in profile])


def _bar(middle: Array, radii: Sequence[float], corners: int = 10) -> Mesh:
    """A round bar of varying thickness along a line, shape (n, 3), in the x-z plane."""
    along = np.gradient(middle, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    aside = np.array([0.0, 1.0, 0.0])
    circle = _circle(1.0, corners)
    across = [circle @ np.stack([aside, np.cross(way, aside)]) for way in along]
    layers = zip(middle, radii, across, strict=True)
    return _loft([place + radius * ring for place, radius, ring in layers])


def _join(*meshes: Mesh) -> Mesh:
    """Makes one mesh of several that may run into each other."""
    firsts = np.cumsum([0, *(len(vertices) for vertices, _ in meshes[:-1])])
    faces = [faces + first for (_, faces), first in zip(meshes, firsts, strict=True)]
    return np.concatenate([vertices for vertices, _ in meshes]), np.concatenate(faces)


def _fill(mesh: Mesh, extents: Vector) -> Mesh:
    """Stretches a mesh until it fills its box."""
    vertices, faces = mesh
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    return (vertices - (low + high) / 2) * (np.array(extents) / (high - low)), faces


def _scaled(profile: Profile, x: float, z: float) -> Profile:
    """Turns shares of radius and height into metres from the object's centre."""
    return [(r * x / 2, h * z - z / 2) for r, h in profile]


def _circle(radius: float, corners: int = SEGMENTS) -> Array:
    angles = np.arange(corners) * 2 * math.pi / corners
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


# The shapes, one function each, from the extents of their box.


def _block(x: float, y: float, z: float) -> Mesh:
    edge = 0.07 * min(x, y, z)
    wide, narrow = _rectangle(x, y, edge), _rectangle(x - 2 * edge, y - 2 * edge, edge)
    heights = (-z / 2, edge - z / 2, z / 2 - edge, z / 2)
    return _stack(list(zip((narrow, wide, wide, narrow), heights, strict=True)))


def _domino(x: float, y: float, z: float) -> Mesh:
    """A standing slab with a notch around its middle."""
    edge, notch = 0.10 * y, 0.06 * y
    wide, narrow = _rectangle(x, y, edge), _rectangle(x - 2 * edge, y - 2 * edge, edge)
    waist = _rectangle(x - 2 * notch, y - 2 * notch, edge)
    lower = [(narrow, -z / 2), (wide, edge - z / 2), (wide, -2 * notch), (waist, -notch)]
    return _stack([*lower, *((ring, -height) for ring, height in reversed(lower))])


def _cylinder(x: float, y: float, z: float) -> Mesh:
    edge = 0.05 * x
    sides = ((x / 2, edge - z / 2), (x / 2, z / 2 - edge))
    return _turned(((x / 2 - edge, -z / 2), *sides, (x / 2 - edge, z / 2)))


def _ball(x: float, y: float, z: float) -> Mesh:
    pole = 0.48 * math.pi
    angles = np.linspace(-pole, pole, SEGMENTS // 2 + 1).tolist()
    stretch = z / 2 / math.sin(pole)
    return _turned([(x / 2 * math.cos(a), stretch * math.sin(a)) for a in angles])


def _bottle(x: float, y: float, z: float) -> Mesh:
    return _turned(_scaled(_BOTTLE, x, z))


def _cone(x: float, y: float, z: float) -> Mesh:
    return _turned(_scaled(CONE, x, z))


def _prism(x: float, y: float, z: float) -> Mesh:
    """A roof whose ridge runs along y; its edges are cut a little."""
    gable = prism_gable(x, z)
    edge = 0.04 * y
    inner = gable.mean(axis=0) + (gable - gable.mean(axis=0)) * (1 - 3 * edge / z)
    layers = [(inner, y / 2), (gable, y / 2 - edge), (gable, edge - y / 2), (inner, -y / 2)]
    return _loft([np.insert(side, 1, at, axis=1) for side, at in layers])


def _mug(x: float, y: float, z: float) -> Mesh:
    """A cup as wide as y, centred, with a handle towards +x."""
    outside, inside, lip = y / 2, y / 2 - _MUG_WALL, _MUG_WALL / 2
    cup = _turned(
        (
            *((0.90 * outside, -z / 2), (outside, 0.05 * z - z / 2), (outside, z / 2 - lip)),
            *((outside - lip, z / 2), (inside, z / 2 - lip), (inside, _MUG_WALL - z / 2)),
        )
    )
    turns = np.linspace(-math.pi / 2, math.pi / 2, 13)
    reach = x / 2 - _HANDLE - inside - lip
    ends = inside + lip
    arc = np.column_stack([ends + reach * np.cos(turns), np.zeros(13), 0.3 * z * np.sin(turns)])
    return _join(cup, _bar(arc, [_HANDLE] * 13))


def _duck(x: float, y: float, z: float) -> Mesh:
    """A bath duck that looks towards +x."""
    body, head = DUCK_BODY * z, DUCK_HEAD * z
    oval = _circle(0.5) * (0.86 * x, y)
    trunk = [(oval * width - (0.06 * x, 0.0), h * body - z / 2) for width, h in _DUCK]
    at = np.array([DUCK_NECK * x, 0.0, (z - head) / 2])
    ball, faces = _ball(head, head, head)
    bill = [(head * distance, 0.0, -0.08 * head) for _, distance in _BILL]
    tail = np.array([[-0.20, 0.0, 0.52], [-0.38, 0.0, 0.68], [-0.54, 0.0, 0.92]]) * (x, 1.0, body)
    parts = (
        _stack(trunk),
        (ball + at, faces),
        _bar(np.array(bill) + at, [head * radius for radius, _ in _BILL]),
        _bar(tail - [0.0, 0.0, z / 2], [0.36 * y, 0.24 * y, 0.05 * y]),
    )
    return _fill(_join(*parts), (x, y, z))


def _dish(profile: Profile, x: float, z: float) -> Mesh:
    outside, inside = dish_outlines(profile, x, z)
    return _turned((*outside, *reversed(inside)))


def _plate(x: float, y: float, z: float) -> Mesh:
    return _dish(PLATE, x, z)


def _bowl(x: float, y: float, z: float) -> Mesh:
    return _dish(BOWL, x, z)


def _tray(x: float, y: float, z: float) -> Mesh:
    corner = 0.07 * x
    outside = _rectangle(x, y, corner, 5)
    inside = _rectangle(x - 2 * WALL, y - 2 * WALL, corner - WALL, 5)
    up, down = [(outside, -z / 2), (outside, z / 2)], [(inside, z / 2), (inside, WALL - z / 2)]
    return _stack(up + down)


_MESHES: MappingProxyType[str, Callable[[float, float, float], Mesh]] = MappingProxyType(
    {
        "cube": _block,
        "brick": _block,
        "cylinder": _cylinder,
        "ball": _ball,
        "bottle": _bottle,
        "mug": _mug,
        "prism": _prism,
        "cone": _cone,
        "duck": _duck,
        "domino": _domino,
        "plate": _plate,
        "bowl": _bowl,
        "tray": _tray,
        "box": _tray,
    }
)
