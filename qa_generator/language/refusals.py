"""What must be refused, and why: each sentence with its minimally different solvable twin.

    absent       put the green ball into the bowl      there is no green ball; the red one is there
    ambiguous    lift the cube                         there are two; the red cube is one
    unreachable  move the red cube 2 m left            5 cm would do
    occupied     move the red cube 8 cm left           something stands there; 15 cm left is free
    unsafe       throw the mug across the room         put the mug onto the plate
    nonsense     put the red cube onto the red cube, small talk, other languages, gibberish, nothing

A twin is worded with the same draws, so that only what makes the difference differs.
"""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from qa_generator.language import words
from qa_generator.language.references import Speaker
from qa_generator.language.resolver import understand
from qa_generator.language.say import (
    Sentence,
    family_of,
    fill_slots,
    pick_sentence,
    prepositions,
    say_distance,
    say_with,
)
from qa_generator.language.words import Style
from qa_generator.questions import DISTANCES_MM, absent_names
from scene_renderer.catalogue import SHAPES
from scene_renderer.piles import load_of
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import DIRECTIONS

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
    family = family_of(wish.task, wish.slots)
    bad = _SPOILERS[reason](wish, fill, speaker)
    if bad is None:
        return None
    same = copy.deepcopy(rng)
    twin = say_with(family, fill, rng, style)
    refused = bad if isinstance(bad, Sentence) else say_with(family, bad, same, style)
    is_told = understand(wish.scene, refused.text) == ("refuse", reason)
    return Refusable(refused, twin) if is_told else None


def _slot(wish: Wish, speaker: Speaker) -> tuple[str, str] | None:
    """Draws a slot that names one thing: its placeholder, and the thing's name."""
    slots = [(p, wish.slots[k]) for k, p in (("object", "a"), ("target", "b")) if k in wish.slots]
    return slots[int(speaker.rng.integers(len(slots)))] if slots else None


def _absent(wish: Wish, fill: Fill, speaker: Speaker) -> Fill | None:
    """Every second time, if there is one, a name whose colour and whose shape are both there."""
    slot = _slot(wish, speaker)
    if slot is None:
        return None
    item, scene = wish.scene[slot[1]], wish.scene
    role = item.kind.role
    names = [
        tuple(name.split())
        for name in (*absent_names(scene, color=item.color), *absent_names(scene, shape=item.shape))
        if SHAPES[name.split()[1]].role == role
    ]
    colors, shapes = {o.color for o in scene.objects}, {o.shape for o in scene.objects}
    near = [(c, s) for c, s in names if c in colors and s in shapes]
    some = near if near and speaker.rng.integers(2) else names
    if not some:
        return None
    color, shape = some[int(speaker.rng.integers(len(some)))]
    more = prepositions(speaker, shape) if slot[0] == "b" else {}
    return {**fill, **more, slot[0]: speaker.name(color, shape)}


def _ambiguous(wish: Wish, fill: Fill, speaker: Speaker) -> Fill | None:
    """Says only the colour or only the shape of something that shares it."""
    slot = _slot(wish, speaker)
    if slot is None:
        return None
    item, scene = wish.scene[slot[1]], wish.scene
    said = []
    if sum(o.shape == item.shape for o in scene.objects) > 1:
        said.append(f"the {speaker.noun(item.shape)}")
    if sum(o.color == item.color for o in scene.objects) > 1:
        said.append(f"the {speaker.color(item.color)} {speaker.say(words.THING)}")
    if not said:
        return None
    return {**fill, slot[0]: said[int(speaker.rng.integers(len(said)))]}


def _unreachable(wish: Wish, fill: Fill, speaker: Speaker) -> Fill | None:
    if "distance" not in fill:
        return None
    far = words.FAR_MM[int(speaker.rng.integers(len(words.FAR_MM)))]
    return {**fill, "distance": say_distance(far, speaker)}


def _occupied(wish: Wish, fill: Fill, speaker: Speaker) -> Fill | None:
    """Names a distance at whose end something stands, or a target that bears something."""
    if wish.task.startswith("move_"):
        return _occupied_spot(wish, fill, speaker)
    if "target" not in wish.slots or wish.task not in ("pick_and_place", "put_in", "stack"):
        return None
    own = wish.scene[wish.slots["target"]].kind
    loaded = [
        o
        for o in wish.scene.objects
        if load_of(wish.scene, o) and (o.kind.role, o.kind.deep) == (own.role, own.deep)
    ]
    if not loaded:
        return None
    return {**fill, "b": speaker.name(loaded[0].color, loaded[0].shape)}


def _occupied_spot(wish: Wish, fill: Fill, speaker: Speaker) -> Fill | None:
    name = f"the {wish.slots['object']}"
    found = [
        (way, distance)
        for way in DIRECTIONS
        for distance in DISTANCES_MM
        if distance >= 50
        and understand(wish.scene, f"move {name} {distance} mm {way}") == ("refuse", "occupied")
    ]
    if not found:
        return None
    own = wish.task.removeprefix("move_"), wish.slots["distance_mm"]
    alike = [f for f in found if f[0] == own[0]] or [f for f in found if f[1] == own[1]] or found
    way, distance = alike[int(speaker.rng.integers(len(alike)))]
    return {
        **fill,
        "way": fill["way"] if way == own[0] else speaker.say(words.WAYS[way]),
        "distance": say_distance(distance, speaker),
    }


def _unsafe(wish: Wish, fill: Fill, speaker: Speaker) -> Sentence | None:
    if "a" not in fill:
        return None
    others = [o for o in wish.scene.objects if o.name != wish.slots["object"]]
    other = others[int(speaker.rng.integers(len(others)))]
    harm = {"b": speaker.name(other.color, other.shape), **fill}
    return say_with("harm", harm, speaker.rng, speaker.style)


def _nonsense(wish: Wish, fill: Fill, speaker: Speaker) -> Fill | Sentence | None:
    """Self-reference, small talk, another language, scrambled letters, or nothing at all."""
    rng, kind = speaker.rng, int(speaker.rng.integers(8))
    if kind < 3 and {"a", "b"} <= set(fill):
        return {**fill, "b": fill["a"]}
    if kind < 5:
        return pick_sentence("small_talk", rng, speaker.style)
    if kind == 5:
        return pick_sentence("foreign", rng, speaker.style)
    if kind == 6 and rng.integers(3) == 0:
        return Sentence("", "empty")
    text = say_with(family_of(wish.task, wish.slots), fill, copy.deepcopy(rng), speaker.style).text
    return Sentence(re.sub(r"\w+", lambda m: _scramble(m[0], rng), text.lower()), "gibberish")


def _scramble(word: str, rng: np.random.Generator) -> str:
    """Returns letters of the same number, drawn at random."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "".join(letters[i] for i in rng.integers(len(letters), size=len(word)))


_SPOILERS: MappingProxyType[str, Callable[[Wish, Fill, Speaker], Fill | Sentence | None]] = (
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
        "occupied": (*(f"move_{way}" for way in DIRECTIONS), "pick_and_place", "put_in", "stack"),
        "unsafe": ("pick_and_place", "lift", "put_in", "stack", "push"),
        "nonsense": ("pick_and_place", "stack", "put_in", "lift", "move_forward", "swap"),
    }
)
"""Reason to the tasks whose goals are spoilt so."""
