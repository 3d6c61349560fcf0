"""Where the open gripper fits between objects: plain geometry, no physics.

The gripper points down, so every question is about outlines seen from above and heights. Three
layers of it can hit something (heights above the point between the finger tips, at yaw 0):

                 ______________
     palm       |______________|   from PALM up: +-107 mm along the finger axis, +-36 mm across
     knuckles       ||    ||
     finger tips     |    |        from 8 mm below the point
"""

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scene_renderer.camera import Array, Vector
from scene_renderer.footprint import outline_distance, turn
from scene_renderer.kinematics import FINGER_OPEN
from scene_renderer.piles import bears
from scene_renderer.scene import SceneObject

TIP_DEPTH = 0.008
"""How far the finger tips reach below the point between them, metres."""

LOWEST = TIP_DEPTH + 0.002
"""The lowest z of that point, so that the tips stay off the table, metres."""

PALM = 0.036
"""How far above the point between the finger tips the palm begins, metres, with 3 mm to spare."""

GRASP_RADIUS = 0.045
"""An object whose centre is this near to a pick is what the pick means, metres."""

LIFT, RETREAT = 0.13, 0.10
"""How far the hand rises after it has taken and put down, metres."""

_KNUCKLES = 0.020
_PALM_HALF = (0.036, 0.107)
_FINGER_HALF = 0.0125
_TIP_WIDTH, _KNUCKLE_WIDTH = 0.018, 0.030
_MARGIN = 0.003
_TOP_OVERLAP = 0.006
_EDGE, _THIN = 0.010, 0.006
_ROUND_YAWS = 12


@dataclass(frozen=True)
class Grasp:
    """How to take an object.

    Attributes:
        yaw: of the gripper, radians.
        height: z of the point between the finger tips, metres, base frame.
        is_clear: whether the open gripper fits there without touching a neighbour.
    """

    yaw: float
    height: float
    is_clear: bool


def find_target(x: float, y: float, objects: Iterable[SceneObject]) -> SceneObject | None:
    """Returns what is meant by (x, y): the nearest object that bears nothing, if near enough."""

    def distance(item: SceneObject) -> float:
        return math.hypot(item.position[0] - x, item.position[1] - y)

    near = [item for item in objects if distance(item) <= GRASP_RADIUS]
    tops = [item for item in near if not any(bears(item, other) for other in near)]
    return min(tops, key=distance, default=None)


def find_walls(point: Vector, objects: Iterable[SceneObject]) -> SceneObject | None:
    """Returns the oblong receiver at whose middle a point is; fingers open along its length."""
    for item in objects:
        is_oblong = item.kind.role == "receiver" and not item.kind.round
        if is_oblong and math.dist(point[:2], item.position[:2]) < item.extents[1] / 4:
            return item
    return None


def find_grasp(point: Vector, objects: Sequence[SceneObject], spare: float = 0.0) -> Grasp:
    """Chooses yaw and height for a pick at a point.

    The fingers close on the narrow side of the object there. Among equally good yaws the one that
    fits between the neighbours wins, and the grasp rises where palm or fingers would hit something:
    a neighbour, or the object itself where the point is so far off that a finger stands on it.

    Args:
        point: what the pick names, metres, base frame.
        objects: everything on the table where it is now.
        spare: how much more room than needed it takes to be called clear, metres.
    """
    x, y, z = point
    target = find_target(x, y, objects)
    if target is None:
        height = max(z, LOWEST, free_height((x, y), 0.0, FINGER_OPEN, objects))
        return Grasp(0.0, height, is_clear=False)
    others = [item for item in objects if item is not target]
    top = top_of(target)
    wanted = max(z, LOWEST, top - PALM)
    highest = max(wanted, top - (1 - target.kind.grip) * target.extents[2] - _TOP_OVERLAP - spare)
    best: Grasp | None = None
    for yaw in equivalent_yaws(target, math.atan2(y, x)):
        height = free_height((x, y), yaw, FINGER_OPEN, others, above=wanted)
        if best is None or height < best.height:
            best = Grasp(yaw, height, is_clear=height <= highest)
        if height == wanted:
            break
    assert best is not None
    if _stands_on(target, (x, y), best.yaw):
        return replace(best, height=max(best.height, top + TIP_DEPTH))
    return best


def _stands_on(item: SceneObject, xy: tuple[float, float], yaw: float) -> bool:
    """Whether an open finger comes down on an object, too far in to slide off its edge."""
    edge = min(_EDGE, min(item.extents[:2]) / 2 - _THIN)
    points = _finger_points(FINGER_OPEN, _TIP_WIDTH) @ turn(yaw).T + xy
    return float(outline_distance(points, item).min()) < -edge


def top_of(item: SceneObject) -> float:
    """Returns the z of an upright object's top, metres, base frame."""
    return item.position[2] + item.extents[2] / 2


def support_height(item: SceneObject, others: Iterable[SceneObject]) -> float:
    """Returns the highest top among the objects that an object would stand on or in; 0 if none."""
    x, y, _ = item.extents
    points = _grid(x / 2, -y / 2, y / 2)
    if item.kind.round:
        points = points[np.hypot(points[:, 0], points[:, 1]) <= x / 2 + 1e-9]
    points = points @ turn(item.yaw).T + np.array(item.position[:2])
    tops = [top_of(o) for o in others if float(outline_distance(points, o).min()) < _MARGIN]
    return max(tops, default=0.0)


def equivalent_yaws(item: SceneObject, preferred: float) -> list[float]:
    """Returns the yaws at which the fingers close on an object's narrow side.

    Args:
        item: the object.
        preferred: the yaw to begin with where all are equal; the arm's own direction costs its
            last joint no turn.

    Returns:
        Radians, within a quarter turn of `preferred`, nearest first.
    """
    if item.kind.round:
        yaws = [preferred + k * math.pi / _ROUND_YAWS for k in range(_ROUND_YAWS)]
    elif item.extents[0] == item.extents[1]:
        yaws = [item.yaw, item.yaw + math.pi / 2]
    else:
        yaws = [item.yaw]
    turns = [math.remainder(yaw - preferred, math.pi) for yaw in yaws]
    return [preferred + turn for turn in sorted(turns, key=lambda t: (abs(t), t))]


def free_height(
    xy: tuple[float, float],
    yaw: float,
    opening: float,
    objects: Iterable[SceneObject],
    above: float = -math.inf,
) -> float:
    """Returns how low the gripper may go without touching any of the objects.

    Args:
        xy: where the gripper is, metres, base frame.
        yaw: of the gripper, radians.
        opening: how far each finger stands from the middle, metres.
        objects: what must not be touched.
        above: where it need not go lower than, metres.

    Returns:
        The lowest z of the point between the finger tips, metres; `above` if all is free.
    """
    base_from_hand = turn(yaw)
    lowest = above
    for item in objects:
        distance = math.dist(xy, item.position[:2]) - math.hypot(*item.extents[:2]) / 2
        top = top_of(item)
        for points, reach, height in _layers(opening):
            if top - height > lowest and distance < reach + _MARGIN:
                gap = outline_distance(points @ base_from_hand.T + xy, item)
                if float(gap.min()) < _MARGIN:
                    lowest = top - height
    return lowest


@functools.lru_cache(maxsize=64)
def _layers(opening: float) -> tuple[tuple[Array, float, float], ...]:
    """Points of each layer, how far from the middle they reach, how far above the point it is."""
    layers = (
        (_finger_points(opening, _TIP_WIDTH), -TIP_DEPTH),
        (_finger_points(opening, _KNUCKLE_WIDTH), _KNUCKLES),
        (_grid(_PALM_HALF[0], -_PALM_HALF[1], _PALM_HALF[1]), PALM),
    )
    return tuple((points, float(np.hypot(*points.T).max()), up) for points, up in layers)


@functools.lru_cache(maxsize=64)
def _finger_points(opening: float, width: float) -> Array:
    inner, outer = opening - 0.002, opening + width
    return np.concatenate([_grid(_FINGER_HALF, inner, outer), _grid(_FINGER_HALF, -outer, -inner)])


@functools.lru_cache(maxsize=64)
def _grid(half_x: float, low_y: float, high_y: float) -> Array:
    """Points at most 12 mm apart that cover a rectangle: float64, shape (n, 2), hand frame."""
    xs = np.linspace(-half_x, half_x, math.ceil(half_x / 0.006) + 1)
    ys = np.linspace(low_y, high_y, math.ceil((high_y - low_y) / 0.012) + 1)
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
