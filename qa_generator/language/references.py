"""How one thing among several is called, such that only one is meant.

    name      the red cube                         the colour-shape name
    color     the red one                          nothing else is red
    shape     the cube                             the only cube
    size      the larger cube, the tallest object
    order     the leftmost object, the second cube from the left
    relation  the cube that is behind the blue mug
    gripper   the object nearest to the gripper
    load      what is in the blue bowl

All but the first three need a look at the picture, or at coordinates. What is closer to a boundary
than the margins below is never said. Directions are the robot's: left is +y, behind is +x.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from qa_generator.language import words
from qa_generator.language.words import Style, Words, plural
from scene_renderer.catalogue import SHAPES
from scene_renderer.piles import load_of
from scene_renderer.scene import SceneObject, Table
from scene_renderer.vocabulary import COLORS

APART = 0.03
"""Least distance, metres, between neighbours in an order, and of what is beside something."""
SLANT = 1.5
"""How much longer the axis that names a side must be than the other one."""
NEARER = 0.025
"""How much nearer to the gripper than the next thing, metres."""
HIGHER = 0.02
"""How much taller than the next thing, metres."""
LARGER = 1.10
"""How many times as wide as the other one."""

TRAILING = tuple(
    word
    for choices in (words.THAT_IS, words.NEAREST, words.FARTHEST, *words.FROM_END.values())
    for word in choices.all
)
"""Words behind which a phrase goes on: what follows it could belong to it."""

AXES: MappingProxyType[str, tuple[int, int]] = MappingProxyType(
    {"left": (0, 1), "right": (0, -1), "front": (-1, 0), "behind": (1, 0)}
)
"""Side to its direction in the base frame (x, y), as the robot sees it."""

PLAIN = ("name", "color", "shape")
"""Kinds of reference that hold wherever things are."""

TARGET_KINDS = ("name", "color", "shape", "size", "order", "relation", "load")
"""Kinds that hold when something else was taken: the gripper is elsewhere then."""


@dataclass(frozen=True)
class Reference:
    """A phrase that means one thing, and the kind of phrase it is."""

    text: str
    kind: str


@dataclass(frozen=True)
class Speaker:
    """Who speaks: draws words in a style."""

    rng: np.random.Generator
    style: Style
    is_first: bool = True
    """Whether nothing was named before: only then does `one` not repeat another noun."""
    others: tuple[str, ...] = ()
    """Names of what else the sentence is about: a thing is not placed by something that moves."""
    said: dict[str, str] = field(default_factory=dict)
    """Shape or colour to its word: who has said `cup` does not go on with `mug`."""

    def say(self, choices: Words, usual: float = 0.0) -> str:
        """Draws one of the words."""
        return choices.draw(self.rng, self.style, usual)

    def noun(self, shape: str) -> str:
        """Draws a noun of a shape."""
        return self.said.setdefault(shape, self.say(words.NOUNS[shape], usual=0.7))

    def color(self, color: str) -> str:
        """Draws an adjective of a colour."""
        return self.said.setdefault(color, self.say(words.COLOR_WORDS[color], usual=0.8))

    def name(self, color: str, shape: str) -> str:
        """Says a colour-shape name."""
        return f"the {self.color(color)} {self.noun(shape)}"


def refer(
    speaker: Speaker, scene: Table, item: SceneObject, kinds: Sequence[str] | None = None
) -> Reference:
    """Calls a thing something that only it is called.

    Args:
        speaker: draws the words.
        scene: all that is on the table.
        item: what is meant.
        kinds: of references that may be used; default: any, a name every second time.
    """
    if speaker.rng.random() < 0.5:
        return Reference(_unique_name(speaker, scene, item), "name")
    wanted = [kind for kind in (_KINDS if kinds is None else kinds) if kind != "name"]
    for index in speaker.rng.permutation(len(wanted)):
        kind = wanted[index]
        said = list(_KINDS[kind](speaker, scene, item))
        if said:
            return Reference(said[int(speaker.rng.integers(len(said)))], kind)
    return Reference(_unique_name(speaker, scene, item), "name")


def refer_all(speaker: Speaker, which: Mapping[str, str]) -> str:
    """Calls everything of a colour or of a shape."""
    if "shape" in which:
        noun = speaker.noun(which["shape"])
        return f"{speaker.say(words.EVERY)} {plural(noun)}"
    color = speaker.color(which["color"])
    things = words.ONES if speaker.rng.integers(2) else words.THINGS
    return f"{speaker.say(words.EVERY)} {color} {speaker.say(things)}"


def enumerate_things(parts: Sequence[str]) -> str:
    """Joins phrases: `a, b and c`."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def is_beside(item: SceneObject, other: SceneObject, side: str) -> bool:
    """Whether a thing is clearly on that side of another one."""
    along, across = _offsets(item, other, side)
    return along >= APART and along >= SLANT * abs(across)


def could_be_beside(item: SceneObject, other: SceneObject, side: str) -> bool:
    """Whether somebody might say that a thing is on that side of another one."""
    return _offsets(item, other, side)[0] > APART / 3


def _offsets(item: SceneObject, other: SceneObject, side: str) -> tuple[float, float]:
    x, y = AXES[side]
    dx, dy = item.position[0] - other.position[0], item.position[1] - other.position[1]
    return x * dx + y * dy, x * dy - y * dx


def _unique_name(speaker: Speaker, scene: Table, item: SceneObject) -> str:
    """Says the colour-shape name, or where that repeats the scene's own longer name."""
    same = [o for o in scene.objects if (o.color, o.shape) == (item.color, item.shape)]
    return speaker.name(item.color, item.shape) if len(same) == 1 else f"the {item.name}"


def _by_color(speaker: Speaker, scene: Table, item: SceneObject) -> Iterator[str]:
    if sum(o.color == item.color for o in scene.objects) == 1:
        is_one = speaker.is_first and speaker.rng.integers(2)
        noun = speaker.say(words.ONE if is_one else words.THING)
        yield f"the {speaker.color(item.color)} {noun}"


def _by_shape(speaker: Speaker, scene: Table, item: SceneObject) -> Iterator[str]:
    if sum(o.shape == item.shape for o in scene.objects) == 1:
        yield f"the {speaker.noun(item.shape)}"


def _by_size(speaker: Speaker, scene: Table, item: SceneObject) -> Iterator[str]:
    others = [o for o in scene.objects if o is not item]
    height = item.extents[2]
    is_flat = not any(load_of(scene, o) for o in scene.objects)
    if is_flat and all(height >= o.extents[2] + HIGHER for o in others):
        yield f"the {speaker.say(words.TALLEST)} {speaker.say(words.THING)}"
    same = [o for o in others if o.shape == item.shape]
    if len(same) == 1 and item.size >= LARGER * same[0].size:
        yield f"the {speaker.say(words.BIGGER)} {speaker.noun(item.shape)}"
    if len(same) == 1 and same[0].size >= LARGER * item.size:
        yield f"the {speaker.say(words.SMALLER)} {speaker.noun(item.shape)}"


def _classes(
    speaker: Speaker, scene: Table, item: SceneObject
) -> Iterator[tuple[str, list[SceneObject]]]:
    """The classes that a thing is in, with two or more members: a noun phrase, and the members."""
    members = [o for o in scene.objects if o.shape == item.shape]
    if len(members) > 1:
        yield speaker.noun(item.shape), members
    members = [o for o in scene.objects if o.color == item.color]
    if len(members) > 1:
        yield f"{speaker.color(item.color)} {speaker.say(words.THING)}", members
    yield speaker.say(words.THING), list(scene.objects)


def _by_order(speaker: Speaker, scene: Table, item: SceneObject) -> Iterator[str]:
    for noun, members in _classes(speaker, scene, item):
        for side in ("left", "right"):
            y = AXES[side][1]
            row = sorted(members, key=lambda o: o.position[1], reverse=side == "left")
            steps = [y * (a.position[1] - b.position[1]) for a, b in itertools.pairwise(row)]
            place = row.index(item)
            if min(steps[: place + 1]) < APART:
                continue
            if place == 0:
                yield f"the {speaker.say(words.ENDS[side])} {noun}"
            elif place < min(len(row), len(words.ORDINALS)):
                yield f"the {words.ORDINALS[place]} {noun} {speaker.say(words.FROM_END[side])}"


def _by_relation(speaker: Speaker, scene: Table, item: SceneObject) -> Iterator[str]:
    for noun, members in _classes(speaker, scene, item):
        if len(members) == len(scene.objects) and speaker.rng.integers(2):
            continue
        for other in (o for o in scene.objects if o.name not in speaker.others):
            for side in AXES:
                meant = [o for o in members if o is not other and could_be_beside(o, other, side)]
                if other is not item and meant == [item] and is_beside(item, other, side):
                    link = f"{speaker.say(words.THAT_IS)} {speaker.say(words.SIDES[side])}"
                    yield f"the {noun} {link} {_unique_name(speaker, scene, other)}"


def _by_gripper(speaker: Speaker, scene: Table, item: SceneObject) -> Iterator[str]:
    x, y, _ = scene.end_effector.position
    for noun, members in _classes(speaker, scene, item):
        distances = sorted(
            (math.hypot(o.position[0] - x, o.position[1] - y), o.name) for o in members
        )
        for choices, order in ((words.NEAREST, distances), (words.FARTHEST, distances[::-1])):
            if order[0][1] == item.name and abs(order[1][0] - order[0][0]) >= NEARER:
                yield f"the {noun} {speaker.say(choices)} {speaker.say(words.GRIPPER)}"


def _by_load(speaker: Speaker, scene: Table, item: SceneObject) -> Iterator[str]:
    for base in scene.objects:
        if load_of(scene, base) == [item]:
            where = words.IN if base.kind.deep else words.ON
            name = _unique_name(speaker, scene, base)
            yield f"what {speaker.say(words.LIES)} {speaker.say(where)} {name}"


_KINDS: MappingProxyType[str, Callable[[Speaker, Table, SceneObject], Iterator[str]]] = (
    MappingProxyType(
        {
            "color": _by_color,
            "shape": _by_shape,
            "size": _by_size,
            "order": _by_order,
            "relation": _by_relation,
            "gripper": _by_gripper,
            "load": _by_load,
        }
    )
)

assert set(words.NOUNS) == set(SHAPES), "every shape needs a noun"
assert set(words.COLOR_WORDS) == set(COLORS), "every colour needs an adjective"
