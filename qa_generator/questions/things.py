"""What questions look up in a scene, and how they draw."""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from qa_generator.prompt import format_place, to_millimetres
from scene_renderer.catalogue import RECEIVERS, SHAPES, SUPPORTS
from scene_renderer.piles import base_of, load_of
from scene_renderer.scene import SceneObject, Table, Vector
from scene_renderer.splits import is_unseen
from scene_renderer.vocabulary import COLORS, DIRECTIONS

T = TypeVar("T")

Asked = tuple[str, str] | None
"""A question and its answer; None where the scene allows none that is clear and fair."""

MARGIN = 0.03
"""Least distance along an axis, metres, for one thing to be left of (in front of, ...) another."""
DOMINANCE = 1.5
"""How much longer the axis that names a direction must be than the other one."""

_COLORS = {
    **dict.fromkeys(("cyan", "black"), 0.64),
    **dict.fromkeys(("pink", "yellow"), 0.57),
    **dict.fromkeys(("white", "green"), 0.53),
    **dict.fromkeys(("red", "blue"), 0.44),
    **dict.fromkeys(("orange", "purple"), 0.42),
}
"""How many things of a colour stand in a scene on average, counted in 1,500 scenes."""


def pick(rng: np.random.Generator, items: Sequence[T]) -> T:
    """Draws one of the items."""
    return items[int(rng.integers(len(items)))]


def pick_weighted(rng: np.random.Generator, items: Sequence[T], weights: Sequence[float]) -> T:
    """Draws one of the items, each as likely as its weight says."""
    limits = np.cumsum(weights)
    return items[int(np.searchsorted(limits, limits[-1] * rng.random(), side="right"))]


def pick_two(scene: Table, rng: np.random.Generator) -> tuple[SceneObject, SceneObject]:
    """Draws two objects."""
    first, second = rng.permutation(len(scene.objects))[:2]
    return scene.objects[first], scene.objects[second]


def pick_rare(rng: np.random.Generator, items: Sequence[SceneObject]) -> SceneObject:
    """Draws an object such that, over many scenes, every colour and shape is about as frequent."""
    return pick_weighted(rng, items, [rarity(item) for item in items])


def rarity(item: SceneObject) -> float:
    """Returns how seldom an object like this is.

    The exponent makes up for scenes in which all shapes are frequent ones (6,000 scenes, and of
    another seed than the figures are from).
    """
    return math.pow(usual_number(item.shape), -1.5) / usual_number(item.color)


def usual_number(word: str) -> float:
    """Returns about how many things of a colour or a shape stand in a scene on average.

    Every scene has something to stack on and a receiver, so these shapes are more frequent, and so
    are the colours in which training shows them.
    """
    if word in COLORS:
        return _COLORS[word]
    return 0.6 if word in SUPPORTS else 0.4 if word in RECEIVERS else 0.24


def could_be(item: SceneObject, shape: str) -> bool:
    """Whether something of another shape can be as high as an object."""
    low, high = (size * SHAPES[shape].proportions[2] for size in SHAPES[shape].sizes)
    return low <= item.extents[2] <= high


def standing_alone(scene: Table) -> list[SceneObject]:
    """Returns what stands on the table and bears nothing: what a place x, y alone tells apart."""
    return [o for o in scene.objects if not load_of(scene, o) and base_of(scene, o) is None]


def absent_names(scene: Table, color: str | None = None, shape: str | None = None) -> list[str]:
    """Returns colour-shape names that no object of the scene answers to.

    Pairs that training never shows are left out unless the scene itself has such a pair: else
    training would teach that they are always absent.

    Args:
        scene: where they are absent.
        color: if given, only names with this colour.
        shape: if given, only names with this shape.
    """
    present = {(o.color, o.shape) for o in scene.objects}
    return [
        f"{c} {s}"
        for c in (COLORS if color is None else [color])
        for s in (SHAPES if shape is None else [shape])
        if (c, s) not in present and may_name(scene, c, s)
    ]


def may_name(scene: Table, color: str, shape: str) -> bool:
    """Whether texts about a scene may name this pair: one that training shows, or the scene."""
    return not is_unseen(color, shape) or any(is_unseen(o.color, o.shape) for o in scene.objects)


def sample_absent_name(scene: Table, rng: np.random.Generator) -> str:
    """Draws a name of something that is not there, as near to something there as can be.

    One in two has a colour and a shape of the scene, one in four a colour alone or a shape alone.
    """
    like = pick(rng, scene.objects)
    other = pick(rng, scene.objects)
    near = {
        0: absent_names(scene, like.color, other.shape),
        1: absent_names(scene, like.color, other.shape),
        2: absent_names(scene, color=like.color),
        3: absent_names(scene, shape=like.shape),
    }[int(rng.integers(4))]
    return pick(rng, near or absent_names(scene))


def direction_between(start: Vector, end: Vector) -> str | None:
    """Returns which way `end` lies from `start`, or None near a diagonal or too close to tell."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    longer, shorter = max(abs(dx), abs(dy)), min(abs(dx), abs(dy))
    if longer < max(MARGIN, DOMINANCE * shorter):
        return None
    return next(w for w, (x, y) in DIRECTIONS.items() if x * dx + y * dy == longer)


def along(direction: str, start: Vector, end: Vector) -> float:
    """Returns how far `end` lies from `start` in a direction, metres."""
    x, y = DIRECTIONS[direction]
    return x * (end[0] - start[0]) + y * (end[1] - start[1])


def place_of(item: SceneObject) -> str:
    """Writes an object's name and where it is."""
    return format_place(item.name, item.position)


def spot_of(item: SceneObject) -> str:
    """Writes where an object is on the table, without its height."""
    x, y, _ = item.position
    return f"{to_millimetres(x)}, {to_millimetres(y)}"
