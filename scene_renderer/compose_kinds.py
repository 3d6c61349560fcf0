"""What a description leaves open about its objects, drawn; and names that tell them apart."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scene_renderer.catalogue import GRASPABLE, SHAPES
from scene_renderer.compose import PILES, Description, Group
from scene_renderer.compose_rules import size_of
from scene_renderer.scene import SceneObject
from scene_renderer.vocabulary import (
    COLORS,
    DEPTH_WORDS,
    HEIGHT_WORDS,
    MIDDLE_WORD,
    ORDER_WORDS,
    SIDE_WORDS,
    SIZE_WORDS,
)

_APART = 0.015
"""How far apart two things are at least along the line on which names put them, metres."""

_AXES = ((1, -1, SIDE_WORDS), (0, 1, DEPTH_WORDS), (2, -1, HEIGHT_WORDS))
"""Coordinate, its sign, and the words of its first and last."""


@dataclass(frozen=True)
class Kind:
    """What one object is, with no place yet.

    Attributes:
        group: index of its group.
        color: a word from `COLORS`.
        shape: a word from `SHAPES`.
        size: width in metres.
        size_word: a word from `SIZE_WORDS` if it has to be told apart by it.
    """

    group: int
    color: str
    shape: str
    size: float
    size_word: str | None


def draw_kinds(description: Description, rng: np.random.Generator) -> list[Kind]:
    """Draws each object's colour, shape and size, as far as the description leaves them open.

    What is drawn avoids to repeat a colour and shape that are there already.
    """
    groups = description.groups
    told = sorted(range(len(groups)), key=lambda n: _open_words(groups[n]))
    pairs: dict[int, list[tuple[str, str]]] = {}
    for number in told:
        taken = [pair for drawn in pairs.values() for pair in drawn]
        pairs[number] = _draw_pairs(groups[number], taken, rng)
    bases = {r.of[0] for g in groups for r in g.relations if r.kind in PILES}
    sizes = {n: _size_word(groups, pairs, n) for n in told}
    return [
        Kind(n, color, shape, _draw_size(group, shape, sizes[n], n in bases, rng), sizes[n])
        for n, group in enumerate(groups)
        for color, shape in pairs[n]
    ]


def _open_words(group: Group) -> int:
    return (group.color is None) + (group.shape is None)


def _draw_pairs(
    group: Group, taken: list[tuple[str, str]], rng: np.random.Generator
) -> list[tuple[str, str]]:
    """Draws a (colour, shape) for each of a group."""
    pairs: list[tuple[str, str]] = []
    for _ in range(group.count):
        colors = (group.color,) if group.color else tuple(COLORS)
        shapes = (group.shape,) if group.shape else GRASPABLE
        every = [(color, shape) for shape in shapes for color in colors]
        free = [pair for pair in every if pair not in (*taken, *pairs)] or every
        pairs.append(free[int(rng.integers(len(free)))])
    return pairs


def _size_word(
    groups: Sequence[Group], pairs: dict[int, list[tuple[str, str]]], number: int
) -> str | None:
    """Returns a group's size; beside small ones of its kind a group without one is large."""
    if groups[number].size:
        return groups[number].size
    words = {g.size for n, g in enumerate(groups) if g.size and set(pairs[n]) & set(pairs[number])}
    return next((word for word in SIZE_WORDS if words and word not in words), None)


def _draw_size(
    group: Group, shape: str, word: str | None, is_base: bool, rng: np.random.Generator
) -> float:
    """Draws a width; in a pile the upper one is small and the lower one large, if not told."""
    if word is None and (is_base or group.relation(*PILES)):
        word = SIZE_WORDS[is_base]
    if word is not None:
        return size_of(shape, word)
    low, high = SHAPES[shape].sizes
    return round(float(rng.uniform(low, high)) * 500) / 500


def name_all(
    objects: Sequence[SceneObject], kinds: Sequence[Kind]
) -> tuple[SceneObject, ...] | None:
    """Gives objects their names, or returns None if two can hardly be told apart.

    One of a kind is the "red cube". Of several the sizes come first, if they were asked for, then
    sides: "left red cube", "right red cube", with a "middle" one of three; beyond that "first red
    cube" to "eighth red cube", counted from the robot's left. What stands one behind the other, or
    one on the other, is "near" and "far", or "upper" and "lower", instead.
    """
    alike: defaultdict[str, list[int]] = defaultdict(list)
    sizes: defaultdict[tuple[str, str], set[str | None]] = defaultdict(set)
    for kind in kinds:
        sizes[kind.color, kind.shape].add(kind.size_word)
    for index, kind in enumerate(kinds):
        is_telling = len(sizes[kind.color, kind.shape]) > 1
        size = f"{kind.size_word} " if is_telling and kind.size_word else ""
        alike[f"{size}{kind.color} {kind.shape}"].append(index)
    names: dict[int, str] = {}
    for name, indices in alike.items():
        words = _order([objects[i] for i in indices])
        if words is None:
            return None
        names |= {i: f"{word} {name}".strip() for i, word in zip(indices, words, strict=True)}
    return tuple(replace(item, name=names[i]) for i, item in enumerate(objects))


def _order(items: Sequence[SceneObject]) -> list[str] | None:
    """Returns a word for each of several alike, by where they are."""
    if len(items) == 1:
        return [""]
    spread = [_least_step([item.position[axis] for item in items]) for axis, _, _ in _AXES]
    if len(items) <= 3 and max(spread) < _APART:
        return None
    axis, sign, (first, last) = _AXES[int(np.argmax(spread))]
    ranked = sorted(items, key=lambda item: sign * item.position[axis])
    words = {2: [first, last], 3: [first, MIDDLE_WORD, last]}.get(len(items), list(ORDER_WORDS))
    return [words[next(i for i, o in enumerate(ranked) if o is item)] for item in items]


def _least_step(values: list[float]) -> float:
    ranked = sorted(values)
    return min(b - a for a, b in itertools.pairwise(ranked))
