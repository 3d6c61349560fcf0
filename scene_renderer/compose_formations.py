"""Places of objects that stand in order: in a row, one behind the other, in a ring."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scene_renderer.camera import Array
from scene_renderer.sampler import AREA_X, AREA_Y, GAP
from scene_renderer.scene import SceneObject

_LOOSE = 0.045
"""How much wider than needed gaps are at most, metres."""
_TILT, _TURN = 0.06, 0.05
"""How far a row and its members are off the straight at most, radians."""
_DIRECTIONS = {"row": -math.pi / 2, "column": 0.0}
"""Of the way from the first to the last: to the robot's right, away from it; radians."""

Point = tuple[float, float]


def line_up(
    kind: str, items: Sequence[SceneObject], rng: np.random.Generator
) -> list[SceneObject] | None:
    """Puts objects into a row or a column of equal gaps, or returns None if it would be too long.

    Args:
        kind: "row", from the robot's left to its right, or "column", away from it.
        items: in their order.
        rng: draws where, how loosely, and whether they stand along the line or across it.
    """
    heading = _DIRECTIONS[kind] + float(rng.uniform(-_TILT, _TILT))
    is_across = bool(rng.integers(2))
    widths = [item.extents[int(is_across and not item.kind.round)] for item in items]
    gap = GAP + _LOOSE * float(rng.random())
    starts = np.cumsum([0.0] + [(a + b) / 2 + gap for a, b in itertools.pairwise(widths)])
    way = np.array([math.cos(heading), math.sin(heading)])
    middle = _draw_middle(np.abs(way) * starts[-1] / 2, rng)
    if middle is None:
        return None
    points = middle + (starts - starts[-1] / 2)[:, None] * way
    yaw = heading + is_across * math.pi / 2
    return [_move(item, p, yaw, rng) for item, p in zip(items, points.tolist(), strict=True)]


def circle(items: Sequence[SceneObject], rng: np.random.Generator) -> list[SceneObject] | None:
    """Puts objects into a ring around nothing, or returns None if it would be too wide."""
    radius = _radius(items, rng)
    middle = _draw_middle(np.full(2, radius), rng)
    return None if middle is None else _ring(items, middle, radius, rng)


def surround(
    items: Sequence[SceneObject], anchor: SceneObject, rng: np.random.Generator
) -> list[SceneObject]:
    """Puts objects into a ring around another one."""
    x, y, _ = anchor.extents
    inside = x / 2 if anchor.kind.round else math.hypot(x, y) / 2
    reach = inside + GAP + max(item.extents[0] for item in items) / 2
    radius = max(reach + _LOOSE / 2 * float(rng.random()), _radius(items, rng))
    return _ring(items, np.array(anchor.position[:2]), radius, rng)


def _radius(items: Sequence[SceneObject], rng: np.random.Generator) -> float:
    """Draws the radius of a ring in which neighbours do not touch, metres."""
    width = max(math.hypot(*item.extents[:2]) for item in items)
    chord = width + GAP + _LOOSE / 2 * float(rng.random())
    return chord / 2 / math.sin(math.pi / len(items))


def _ring(
    items: Sequence[SceneObject], middle: Array, radius: float, rng: np.random.Generator
) -> list[SceneObject]:
    """Puts objects around a point, evenly, each with its longer side along the ray to it."""
    turns = 2 * math.pi * (rng.permutation(len(items)) / len(items) + rng.random())
    points = middle + radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    places = zip(items, points.tolist(), turns.tolist(), strict=True)
    return [_move(item, point, turn, rng) for item, point, turn in places]


def _draw_middle(half: Array, rng: np.random.Generator) -> Array | None:
    """Draws a point that is this far, metres in x and y, from the edges of the area."""
    low, high = np.array([AREA_X, AREA_Y]).T
    if np.any(low + half > high - half):
        return None
    return np.asarray(rng.uniform(low + half, high - half))


def _move(item: SceneObject, point: Point, yaw: float, rng: np.random.Generator) -> SceneObject:
    x, y = (round(value, 3) for value in point)
    turned = math.remainder(yaw + float(rng.uniform(-_TURN, _TURN)), 2 * math.pi)
    return replace(
        item,
        position=(x, y, item.position[2]),
        yaw=0.0 if item.kind.round else round(turned, 3),
    )
