"""What "done" means: predicates on where things are after an episode, and the figures behind them.

Every predicate is a pure function of the scene before and the poses after; none reads text.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scene_renderer.footprint import covers, gap
from scene_renderer.sampler import GAP
from scene_renderer.scene import REACH_X, REACH_Y, Scene, SceneObject, Vector

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


def is_at(episode: Episode, name: str, spot: Vector) -> bool:
    """Whether an object's centre is at a spot."""
    return math.dist(episode.final[name].position, spot) < SPOT


def is_free(scene: Scene, item: SceneObject, spot: Vector) -> bool:
    """Whether an object can be put down at a spot: in reach, in view, with a scene's usual gaps."""
    if not (REACH_X[0] <= spot[0] <= REACH_X[1] and REACH_Y[0] <= spot[1] <= REACH_Y[1]):
        return False
    pixel = scene.camera.project(np.array([spot]), 1)[0]
    if pixel.min() < _BORDER or pixel.max() > 1 - _BORDER:
        return False
    moved = replace(item, position=spot)
    return all(gap(moved, other) >= GAP for other in scene.objects if other.name != item.name)
