"""What "done" means: predicates on where things are after an episode, and the figures behind them.

Every predicate is a pure function of the scene before and the poses after; none reads text.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scene_renderer.footprint import covers, gap
from scene_renderer.sampler import GAP
from scene_renderer.scene import MAX_DISTANCE, REACH_X, REACH_Y, Scene, SceneObject, Vector
from scene_renderer.vocabulary import DIRECTIONS

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

STILL = 0.02
"""Anything that is not asked to move may end at most this far from its start, metres."""
SPOT = 0.02
"""How near to the wanted spot a moved object must end, metres."""
LIFTED = 0.05
"""How much higher a lifted object must be, metres."""
RESTING = 0.01
"""How far a stacked object's height may be from lying flat on the one below, metres."""
AWAY = 0.025
"""How near to a place that is named by a thing an object must end, metres."""
PUSHED = 0.03
"""How far off a pushed object may end, along its way and across it, metres."""
YAW_DEG = 10
"""How far off a turned object's yaw may be, degrees."""
BESIDE, ASIDE = 0.10, 0.5
"""Widest gap between neighbours, metres; most that one may be off, as a share of the distance."""
ROW, AROUND = 0.12, 0.08
"""Widest gap between neighbours in a row, and to what things are gathered around, metres."""
TOUCHING = 0.003
"""By how much footprints of things that touch may overlap, metres."""
_LOPSIDED = ("mug", "duck")
_BORDER = 0.03
"""How far inside the picture a spot must be, as a share of its width."""


def is_undisturbed(scene: Scene, episode: Episode, *moved: str) -> bool:
    """Whether everything but the `moved` objects is still where it was."""
    return all(
        math.dist(item.position, episode.final[item.name].position) < STILL
        for item in scene.objects
        if item.name not in moved
    )


def is_within(item: SceneObject, center: Vector, point: Vector) -> bool:
    """Whether a point is above or in an object's footprint, if the object's centre is `center`."""
    return covers(replace(item, position=center), point)


def is_contained(scene: Scene, episode: Episode, name: str, receiver: str) -> bool:
    """Whether an object lies in or on a receiver: over its footprint and above its base."""
    point, center = episode.final[name].position, episode.final[receiver].position
    base = center[2] - scene[receiver].extents[2] / 2
    return is_within(scene[receiver], center, point) and point[2] > base


def is_stacked(scene: Scene, episode: Episode, name: str, below: str) -> bool:
    """Whether an object rests upright on top of another."""
    point, center = episode.final[name].position, episode.final[below].position
    flat = (scene[name].extents[2] + scene[below].extents[2]) / 2
    over = is_within(scene[below], center, point)
    return over and abs(point[2] - center[2] - flat) < RESTING


def is_inside(scene: Scene, episode: Episode, name: str, receiver: str) -> bool:
    """Whether an object lies in a receiver and reaches down below its rim."""
    pose, (x, y, z) = episode.final[name], scene[name].extents
    tilt = pose.upwards[2]
    lean = math.sqrt(max(0.0, 1 - tilt * tilt))
    lowest = pose.position[2] - (abs(tilt) * z + lean * max(x, y)) / 2
    rim = episode.final[receiver].position[2] + scene[receiver].extents[2] / 2
    return is_contained(scene, episode, name, receiver) and lowest < rim - RESTING


def is_at(episode: Episode, name: str, spot: Vector, within: float = SPOT) -> bool:
    """Whether an object's centre is at a spot."""
    return math.dist(episode.final[name].position, spot) < within


def at_end(scene: Scene, episode: Episode, name: str) -> SceneObject:
    """Returns an object where it came to rest, at most as far away as scenes reach."""
    pose = episode.final[name]
    x, y, z = (min(max(n, -MAX_DISTANCE), MAX_DISTANCE) for n in pose.position)
    return replace(scene[name], position=(x, y, z), yaw=pose.yaw)


def is_standing(item: SceneObject) -> bool:
    """Whether an object is on the table as scenes have it, neither on something nor toppled."""
    return abs(item.position[2] - item.extents[2] / 2) < RESTING


def is_near(a: SceneObject, b: SceneObject, most: float) -> bool:
    """Whether two footprints are apart, and at most so far, metres."""
    return -TOUCHING < gap(a, b) <= most


def is_beside(item: SceneObject, target: SceneObject, way: tuple[int, int]) -> bool:
    """Whether an object is near another one, in a direction more than across it."""
    dx, dy = (a - b for a, b in zip(item.position[:2], target.position[:2], strict=True))
    along, across = dx * way[0] + dy * way[1], dx * way[1] - dy * way[0]
    return abs(across) <= ASIDE * along and is_near(item, target, BESIDE)


def has_come(scene: Scene, episode: Episode, name: str, direction: str, distance: float) -> bool:
    """Whether an object ended that far in a direction, metres, and stands or lies on the table."""
    step_x, step_y = DIRECTIONS[direction]
    start, end = scene[name].position, episode.final[name].position
    dx, dy = end[0] - start[0], end[1] - start[1]
    along, across = dx * step_x + dy * step_y, dx * step_y - dy * step_x
    return abs(along - distance) < PUSHED and abs(across) < PUSHED


def has_yaw(item: SceneObject, yaw_deg: float) -> bool:
    """Whether an object's x axis points in a direction, as far as its shape tells."""
    off = math.remainder(math.degrees(item.yaw) - yaw_deg, period(item.shape))
    return abs(off) <= YAW_DEG


def period(shape: str) -> int:
    """Returns by how many degrees an oblong shape must be turned to look the same again."""
    return 360 if shape in _LOPSIDED else 180


def are_in_row(items: Sequence[SceneObject]) -> bool:
    """Whether objects stand in a row across the table, each near and right of the one before."""
    xs = [item.position[0] for item in items]
    pairs = list(itertools.pairwise(items))
    return (
        max(xs) - min(xs) < 2 * SPOT
        and all(a.position[1] > b.position[1] for a, b in pairs)
        and all(is_near(a, b, ROW) for a, b in pairs)
    )


def is_free(scene: Scene, item: SceneObject, spot: Vector) -> bool:
    """Whether an object can be put down at a spot: in reach, in view, with a scene's usual gaps."""
    if not (REACH_X[0] <= spot[0] <= REACH_X[1] and REACH_Y[0] <= spot[1] <= REACH_Y[1]):
        return False
    pixel = scene.camera.project(np.array([spot]), 1)[0]
    if pixel.min() < _BORDER or pixel.max() > 1 - _BORDER:
        return False
    moved = replace(item, position=spot)
    return all(gap(moved, other) >= GAP for other in scene.objects if other.name != item.name)
