"""What must be refused, and why: each sentence with its minimally different solvable twin.

    absent       put the green ball into the bowl      there is no green ball; the red one is there
    ambiguous    lift the cube                         there are two; the red cube is one
    unreachable  move the red cube 2 m left            5 cm would do
    occupied     move the red cube 8 cm left           something stands there; 15 cm left is free
    unsafe       throw the mug across the room         put the mug onto the plate
    nonsense     put the red cube onto the red cube, small talk, other languages, gibberish, nothing

A twin is worded with the same draws, so that only what makes the difference differs; what is no
command at all has some command of its scene as twin.
"""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from qa_generator.language import words
from qa_generator.language.references import PLAIN, Speaker
from qa_generator.language.resolver import meaning_of, understand
from qa_generator.language.say import (
    Sentence,
    family_of,
    pick_sentence,
    say_mirrored,
    say_with,
)
from qa_generator.language.slots import fill_slots, say_distance
from qa_generator.language.words import Style
from qa_generator.questions import DISTANCES_MM, absent_names
from scene_renderer.catalogue import SHAPES
from scene_renderer.piles import load_of
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.vocabulary import DIRECTIONS

SHORTEST_MM = 50
"""Least distance that instructions name."""
Slots = Mapping[str, Any]
Fill = dict[str, str]


@dataclass(frozen=True)
class Wish:
    """A goal that can be reached, to be spoilt."""

    scene: Scene
    task: str
    slots: Slots


@dataclass(frozen=True)
class Refusable:
    """A sentence that must be refused, and its twin that can be done."""

    refused: Sentence
    twin: Sentence


def spoil(wish: Wish, reason: str, rng: np.random.Generator, style: Style) -> Refusable | None:
    """Words a goal twice: as it is, and such that it must be refused for this reason.

    Returns:
        None where the scene does not allow it, or where the words would not tell.
    """
    speaker = Speaker(rng, style)
    fill = fill_slots(wish.scene, wish.task, wish.slots, speaker)
    said = _SPOILERS[reason](wish, fill, speaker)
    if said is None:
        return None
    is_told = understand(wish.scene, said.refused.text) == ("refuse", reason)
    is_clear = understand(wish.scene, said.twin.text) == meaning_of(
        wish.scene, wish.task, wish.slots
    )
    return said if is_told and is_clear else None


def _say_both(wish: Wish, good: Fill, bad: Fill, speaker: Speaker) -> Refusable:
    """Words two fillings with the same draws."""
    family = family_of(wish.task, wish.slots)
    same = copy.deepcopy(speaker.rng)
    twin = say_with(family, good, speaker.rng, speaker.style)
    return Refusable(say_with(family, bad, same, speaker.style), twin)


def _slot(wish: Wish, speaker: Speaker) -> tuple[str, SceneObject, str | None] | None:
    """Draws a slot that names one thing: its placeholder, the thing, and the other slot's thing."""
    slots = [(p, wish.slots[k]) for k, p in (("object", "a"), ("target", "b")) if k in wish.slots]
    if not slots:
        return None
    number = int(speaker.rng.integers(len(slots)))
    other = slots[1 - number][1] if len(slots) == 2 else None
    return slots[number][0], wish.scene[slots[number][1]], other


def _absent(wish: Wish, fill: Fill, speaker: Speaker) -> Refusable | None:
    """Exchanges one word of a name.

    Every second time, if there is one, such that its colour and its shape are both there.
    """
    slot = _slot(wish, speaker)
    if slot is None:
        return None
    placeholder, item, _ = slot
    scene, role, deep = wish.scene, item.kind.role, item.kind.deep
    names = [
        (color, shape)
        for color, shape in (
            name.split()
            for name in (
                *absent_names(scene, color=item.color),
                *absent_names(scene, shape=item.shape),
            )
        )
        if (SHAPES[shape].role, SHAPES[shape].deep) == (role, deep)
    ]
    colors, shapes = {o.color for o in scene.objects}, {o.shape for o in scene.objects}
    near = [(c, s) for c, s in names if c in colors and s in shapes]
    some = near if near and speaker.rng.integers(2) else names
    if not some:
        return None
    color, shape = some[int(speaker.rng.integers(len(some)))]
    own_color, own_noun = speaker.color(item.color), speaker.noun(item.shape)
    other_color = own_color if color == item.color else speaker.color(color)
    other_noun = own_noun if shape == item.shape else speaker.noun(shape)
    good = {**fill, placeholder: f"the {own_color} {own_noun}"}
    return _say_both(wish, good, {**good, placeholder: f"the {other_color} {other_noun}"}, speaker)


def _ambiguous(wish: Wish, fill: Fill, speaker: Speaker) -> Refusable | None:
    """Leaves out the colour of something among others of its shape, or the other way round.

    Two or more must be able to take its part: not the other thing that is named, and in the place
    of a target only what is as deep.
    """
    slot = _slot(wish, speaker)
    if slot is None:
        return None
    placeholder, item, other = slot
    own = item.kind
    rivals = [
        o
        for o in wish.scene.objects
        if o.name != other and (o.kind.role, o.kind.deep) == (own.role, own.deep)
    ]
    color, noun = speaker.color(item.color), speaker.noun(item.shape)
    said = []
    if sum(o.shape == item.shape for o in rivals) > 1:
        said.append((f"the {noun}", f"the {color} {noun}"))
    if sum(o.color == item.color for o in rivals) > 1:
        said.append((f"the {color} {speaker.say(words.THING)}", f"the {color} {noun}"))
    if not said:
        return None
    vague, clear = said[int(speaker.rng.integers(len(said)))]
    return _say_both(wish, {**fill, placeholder: clear}, {**fill, placeholder: vague}, speaker)


def _unreachable(wish: Wish, fill: Fill, speaker: Speaker) -> Refusable | None:
    if "distance" not in fill:
        return None
    far = words.FAR_MM[int(speaker.rng.integers(len(words.FAR_MM)))]
    return _say_both(wish, fill, {**fill, "distance": say_distance(far, speaker)}, speaker)


def _occupied(wish: Wish, fill: Fill, speaker: Speaker) -> Refusable | None:
    """Names a spot on which something stands, or something to stack on that bears something."""
    if wish.task.startswith("move_"):
        return _occupied_spot(wish, fill, speaker)
    loaded = [o for o in wish.scene.objects if o.kind.flat_top and load_of(wish.scene, o)]
    if not loaded:
        return None
    target = wish.scene[wish.slots["target"]]
    good = {**fill, "b": speaker.name(target.color, target.shape)}
    return _say_both(
        wish, good, {**fill, "b": speaker.name(loaded[0].color, loaded[0].shape)}, speaker
    )


def _occupied_spot(wish: Wish, fill: Fill, speaker: Speaker) -> Refusable | None:
    """Changes the distance alone, or else the direction alone."""
    own = wish.task.removeprefix("move_"), wish.slots["distance_mm"]
    for way, distance in [(own[0], d) for d in DISTANCES_MM] + [(w, own[1]) for w in DIRECTIONS]:
        text = f"move the {wish.slots['object']} {distance} mm {way}"
        if distance >= SHORTEST_MM and understand(wish.scene, text) == ("refuse", "occupied"):
            unit = " mm" if " mm" in fill["distance"] else " cm"
            length = f"{distance}{unit}" if unit == " mm" else f"{distance // 10}{unit}"
            said = {"way": fill["way"]} if way == own[0] else {"way": words.WAYS[way].seen[0]}
            good = {
                **fill,
                "distance": f"{own[1]}{unit}" if unit == " mm" else f"{own[1] // 10}{unit}",
            }
            return _say_both(wish, good, {**good, **said, "distance": length}, speaker)
    return None


def _unsafe(wish: Wish, fill: Fill, speaker: Speaker) -> Refusable:
    """Names things by what cannot be taken for a part of what is done to them."""
    plain = fill_slots(wish.scene, wish.task, wish.slots, speaker, PLAIN)
    return Refusable(*say_mirrored(wish.task, {**fill, **plain}, speaker.rng, speaker.style))


def _nonsense(wish: Wish, fill: Fill, speaker: Speaker) -> Refusable | None:
    """Self-reference, small talk, another language, scrambled letters, or nothing at all."""
    rng, kind = speaker.rng, int(speaker.rng.integers(8))
    if kind < 3 and {"a", "b"} <= set(fill):
        return _say_both(wish, fill, {**fill, "b": fill["a"]}, speaker)
    twin = say_with(family_of(wish.task, wish.slots), fill, rng, speaker.style)
    if kind < 5:
        return Refusable(pick_sentence("small_talk", rng, speaker.style), twin)
    if kind == 5:
        return Refusable(pick_sentence("foreign", rng, speaker.style), twin)
    if kind == 6 and rng.integers(3) == 0:
        return Refusable(Sentence("", "empty"), twin)
    text = re.sub(r"\w+", lambda m: _scramble(m[0], rng), twin.text.lower())
    return Refusable(Sentence(text, "gibberish"), twin)


def _scramble(word: str, rng: np.random.Generator) -> str:
    """Returns letters of the same number, drawn at random."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "".join(letters[i] for i in rng.integers(len(letters), size=len(word)))


_SPOILERS: MappingProxyType[str, Callable[[Wish, Fill, Speaker], Refusable | None]] = (
    MappingProxyType(
        {
            "absent": _absent,
            "ambiguous": _ambiguous,
            "unreachable": _unreachable,
            "occupied": _occupied,
            "unsafe": _unsafe,
            "nonsense": _nonsense,
        }
    )
)

SPOILABLE: MappingProxyType[str, Sequence[str]] = MappingProxyType(
    {
        "absent": ("pick_and_place", "put_in", "lift", "stack", "place_beside", "swap", "push"),
        "ambiguous": ("pick_and_place", "put_in", "lift", "stack", "place_beside", "move_right"),
        "unreachable": tuple(f"move_{way}" for way in DIRECTIONS),
        "occupied": (*(f"move_{way}" for way in DIRECTIONS), "stack"),
        "unsafe": ("pick_and_place", "lift", "put_in", "push"),
        "nonsense": ("pick_and_place", "stack", "put_in", "lift", "move_forward", "swap"),
    }
)
"""Reason to the tasks whose goals are spoilt so."""
