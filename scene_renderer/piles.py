"""What stands in or on what."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scene_renderer.catalogue import SHAPES
from scene_renderer.footprint import covers
from scene_renderer.meshes import WALL
from scene_renderer.scene import SceneObject, Table

_RAISED = 0.003
"""What is this far above the table stands on something else, metres."""

Kind = tuple[str, str, float]
"""Colour, shape and size of an object that has no place yet."""


def bears(base: SceneObject, item: SceneObject) -> bool:
    """Whether an object stands in or on another one, directly or not."""
    bottom = item.position[2] - item.extents[2] / 2
    if bottom < _RAISED or item is base or not covers(base, item.position):
        return False
    return base.position[2] - base.extents[2] / 2 < bottom


def load_of(table: Table, base: SceneObject) -> list[SceneObject]:
    """Returns what stands in or on an object."""
    return [item for item in table.objects if bears(base, item)]


def base_of(table: Table, item: SceneObject) -> SceneObject | None:
    """Returns the highest of what an object stands in or on, or None on the table."""
    bases = [base for base in table.objects if bears(base, item)]
    return max(bases, key=lambda base: base.position[2], default=None)


def put_on(item: SceneObject, base: SceneObject) -> SceneObject | None:
    """Returns an object moved into the middle of another one, or None if it would not stand there.

    Args:
        item: stands on the table.
        base: stands on the table, and bears nothing else.
    """
    x, y, _ = base.position
    half = item.extents[2] / 2
    if base.kind.flat_top and not item.kind.rolls:
        return replace(item, position=(x, y, base.extents[2] + half))
    across = item.extents[0] if item.kind.round else math.hypot(*item.extents[:2])
    if across <= base.kind.floor * base.size:
        return replace(item, position=(x, y, WALL + half))
    return None


def put_on_any(
    item: SceneObject, bases: Sequence[SceneObject], rng: np.random.Generator
) -> SceneObject | None:
    """Returns an object moved onto one of those that it would stand on, or None if none is."""
    spots = [spot for base in bases if (spot := put_on(item, base)) is not None]
    return spots[int(rng.integers(len(spots)))] if spots else None


def pick_rider(kinds: Sequence[Kind], rng: np.random.Generator) -> Kind:
    """Draws the one that is to stand on another: any that can be taken."""
    takeable = [kind for kind in kinds if SHAPES[kind[1]].role == "graspable"]
    return takeable[int(rng.integers(len(takeable)))]
