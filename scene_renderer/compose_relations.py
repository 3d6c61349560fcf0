"""When a relation between objects holds, in metres: what a person looking would agree to."""

import math
from collections.abc import Sequence

import numpy as np

from scene_renderer.footprint import gap
from scene_renderer.sampler import AREA_X, AREA_Y
from scene_renderer.scene import SceneObject
from scene_renderer.vocabulary import DIRECTIONS

DIRECTED = {"left_of": "left", "right_of": "right", "behind": "forward", "in_front_of": "backward"}
"""Kind to the robot's direction in which the one is from the other."""

CLEAR = 0.03
"""How far the one is at least in the said direction from each other one."""

BESIDE, NEAR, FAR = 0.05, 0.09, 0.18
"""Widest gap of what is next to or near something, narrowest of what is far from it."""

EDGE, DEEPEST = 0.07, 0.13
"""Depth of a strip along an edge of the area where objects stand: for one, and for many."""

MIDDLE = 0.065
"""How far from the middle of that area one object may be; several have more room."""

_MIDDLE = (sum(AREA_X) / 2, sum(AREA_Y) / 2)
_BETWEEN, _ASIDE = (0.27, 0.73), 0.04
"""Where along the way between two, as shares, and how far beside it, metres."""


def holds(
    kind: str, item: SceneObject, others: Sequence[SceneObject], count: int, is_slanted: bool
) -> bool:
    """Whether an object lies to others as a relation says; formations and piles are made so.

    Args:
        kind: a word from `RELATIONS`.
        item: on the table.
        others: all members of the relation's other groups, on the table.
        count: how many of its kind there are.
        is_slanted: whether it is to be in two directions from the same others, as in "behind and
            left of".
    """
    if kind in DIRECTED:
        return _is_towards(DIRECTED[kind], item, others, is_slanted)
    if kind in ("next_to", "near"):
        return min(gap(item, o) for o in others) <= (BESIDE if kind == "next_to" else NEAR)
    if kind == "far_from":
        return min(gap(item, o) for o in others) >= FAR
    if kind == "between":
        return _is_between(item, others[0], others[1], count)
    return _is_at(kind, item, count)


def _is_towards(
    direction: str, item: SceneObject, others: Sequence[SceneObject], is_slanted: bool
) -> bool:
    dx, dy = DIRECTIONS[direction]
    offsets = np.array(item.position[:2]) - [o.position[:2] for o in others]
    if float((offsets @ (dx, dy)).min()) < CLEAR:
        return False
    x, y = offsets.mean(axis=0).tolist()
    return is_slanted or abs(x * dy) + abs(y * dx) <= x * dx + y * dy


def _is_between(item: SceneObject, a: SceneObject, b: SceneObject, count: int) -> bool:
    start, way = np.array(a.position[:2]), np.subtract(b.position[:2], a.position[:2])
    offset = np.array(item.position[:2]) - start
    share = float(offset @ way / max(way @ way, 1e-9))
    aside = abs(float(way[0] * offset[1] - way[1] * offset[0])) / max(math.hypot(*way), 1e-9)
    return _BETWEEN[0] <= share <= _BETWEEN[1] and aside <= _ASIDE * math.sqrt(count)


def _is_at(kind: str, item: SceneObject, count: int) -> bool:
    x, y, _ = item.position
    depth = min(EDGE * math.sqrt(count), DEEPEST)
    return {
        "at_left": y >= AREA_Y[1] - depth,
        "at_right": y <= AREA_Y[0] + depth,
        "at_front": x <= AREA_X[0] + depth,
        "at_back": x >= AREA_X[1] - depth,
        "middle": math.dist((x, y), _MIDDLE) <= MIDDLE * math.sqrt(count),
    }[kind]
