"""Outlines of objects seen from above: circles and turned rectangles."""

import functools
import math
from collections.abc import Iterator

import numpy as np

from scene_renderer.camera import Array
from scene_renderer.catalogue import SHAPES
from scene_renderer.scene import SceneObject, Vector


def covers(item: SceneObject, point: Vector) -> bool:
    """Whether a point, metres, base frame, is above, in or below an object's outline."""
    dx, dy = point[0] - item.position[0], point[1] - item.position[1]
    x, y = _sides(item.shape, item.size)
    if item.kind.round:
        return math.hypot(dx, dy) < x / 2
    along = dx * math.cos(item.yaw) + dy * math.sin(item.yaw)
    across = dy * math.cos(item.yaw) - dx * math.sin(item.yaw)
    return abs(along) < x / 2 and abs(across) < y / 2


def outline_distance(points: Array, item: SceneObject) -> Array:
    """Returns how far points are from an object's outline.

    Args:
        points: float64, shape (n, 2), metres, base frame.
        item: the object.

    Returns:
        float64, shape (n,), metres; negative inside.
    """
    offset = points - np.array(item.position[:2])
    if item.kind.round:
        return np.asarray(np.hypot(offset[:, 0], offset[:, 1]) - item.extents[0] / 2)
    local = np.abs(offset @ turn(item.yaw))
    beyond = local - np.array(item.extents[:2]) / 2
    outside = np.hypot(*np.maximum(beyond, 0.0).T)
    return np.asarray(outside + np.minimum(beyond.max(axis=1), 0.0))


def turn(yaw: float) -> Array:
    """Returns `base_from_local` of a yaw, from above: float64, shape (2, 2)."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    return np.array([[cos, -sin], [sin, cos]])


def gap(a: SceneObject, b: SceneObject) -> float:
    """Returns a lower bound of the distance between two footprints, metres.

    It is exact for two circles, and wherever an edge faces the other footprint.

    Source: the separating axis theorem.
    """
    return max(_gaps(a, b))


def has_gap(a: SceneObject, b: SceneObject, least: float) -> bool:
    """Whether two footprints are so far apart, metres; few pairs need the closer look."""
    distance = 2 * (math.dist(a.position[:2], b.position[:2]) - least)
    sides = _sides(a.shape, a.size), _sides(b.shape, b.size)
    if distance < min(sides[0]) + min(sides[1]):
        return False
    is_far = distance >= math.hypot(*sides[0]) + math.hypot(*sides[1])
    return is_far or any(width >= least for width in _gaps(a, b))


def _gaps(a: SceneObject, b: SceneObject) -> Iterator[float]:
    """Distances between the shadows of two footprints on a line, for each that could part them."""
    dx, dy = b.position[0] - a.position[0], b.position[1] - a.position[1]
    axes = [math.atan2(dy, dx)]
    for item in (a, b):
        if not item.kind.round:
            axes += [item.yaw, item.yaw + math.pi / 2]
    for t in axes:
        yield abs(dx * math.cos(t) + dy * math.sin(t)) - _half_width(a, t) - _half_width(b, t)


def _half_width(item: SceneObject, direction: float) -> float:
    """Half the width of a footprint along a direction, metres."""
    x, y = _sides(item.shape, item.size)
    if item.kind.round:
        return x / 2
    angle = direction - item.yaw
    return (x * abs(math.cos(angle)) + y * abs(math.sin(angle))) / 2


@functools.lru_cache(maxsize=1024)
def _sides(shape: str, size: float) -> tuple[float, float]:
    return SHAPES[shape].extents(size)[:2]
