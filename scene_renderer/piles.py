"""What stands in or on what."""

import math
from dataclasses import replace

from scene_renderer.meshes import WALL
from scene_renderer.scene import SceneObject

_RAISED = 0.003
"""What is this far above the table stands on something else, metres."""


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


def bears(base: SceneObject, item: SceneObject) -> bool:
    """Whether an object stands in or on another one."""
    if item is base or item.position[2] - item.extents[2] / 2 < _RAISED:
        return False
    lower = base.position[2] - base.extents[2] / 2 < item.position[2] - item.extents[2] / 2
    return lower and math.dist(item.position[:2], base.position[:2]) < min(base.extents[:2]) / 2
