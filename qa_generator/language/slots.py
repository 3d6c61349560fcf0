"""What each slot of a goal is called: things, places, sides, distances, angles."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from qa_generator.language import words
from qa_generator.language.references import (
    PLAIN,
    TARGET_KINDS,
    Speaker,
    enumerate_things,
    refer,
    refer_all,
)
from scene_renderer.catalogue import SHAPES
from scene_renderer.scene import Scene


def fill_slots(
    scene: Scene,
    task: str,
    slots: Mapping[str, Any],
    speaker: Speaker,
    kinds: Sequence[str] | None = None,
) -> dict[str, str]:
    """Says each slot of a goal.

    Args:
        scene: what is on the table.
        task: a word from `TASKS`.
        slots: the goal's.
        speaker: draws words.
        kinds: of references that may be used; default: any.

    Returns:
        Placeholder of the templates to phrase.
    """
    wish = _Wish(scene, task, slots, speaker, kinds)
    fill: dict[str, str] = {}
    for key in slots:
        fill |= _SLOTS[key](wish)
    if task.startswith("move_"):
        fill |= _say_way(speaker, task.removeprefix("move_"))
    return fill


@dataclass(frozen=True)
class _Wish:
    """What is to be said, by whom, and how things may be called."""

    scene: Scene
    task: str
    slots: Mapping[str, Any]
    speaker: Speaker
    kinds: Sequence[str] | None

    def name(self, name: str, kinds: Sequence[str] | None, *, is_first: bool = False) -> str:
        others = tuple(self.slots[key] for key in ("object", "target") if key in self.slots)
        speaker = replace(self.speaker, is_first=is_first, others=others)
        return refer(speaker, self.scene, self.scene[name], kinds).text


def _say_object(wish: _Wish) -> dict[str, str]:
    kinds = PLAIN if wish.task == "swap" else wish.kinds
    return {"a": wish.name(wish.slots["object"], kinds, is_first=wish.kinds is None)}


def _say_target(wish: _Wish) -> dict[str, str]:
    kinds = PLAIN if wish.task in _CROWDED else wish.kinds or TARGET_KINDS
    name = wish.slots["target"]
    said = wish.name(name, kinds)
    return {"b": said, **prepositions(wish.speaker, wish.scene[name].shape)}


def _say_way(speaker: Speaker, direction: str) -> dict[str, str]:
    """Says a direction: in a phrase, alone, and after `further`; `right` alone may mean `well`."""
    way = speaker.say(words.WAYS[direction])
    away = f"to the {way}" if way in ("left", "right") else way
    return {"way": way, "away": away, "farther": "back" if direction == "backward" else way}


def _say_objects(wish: _Wish) -> dict[str, str]:
    said = [wish.name(name, PLAIN) for name in wish.slots["objects"]]
    listed = enumerate_things(said)
    return {"list": listed, "tsil": enumerate_things(said[::-1]), "all": listed}


def _say_bins(wish: _Wish) -> dict[str, str]:
    fill = {"property": "colour" if wish.slots["by"] == "color" else "shape"}
    for number, (word, name) in enumerate(wish.slots["bins"].items(), start=1):
        said = {
            "b": wish.name(name, PLAIN),
            "all": refer_all(wish.speaker, {wish.slots["by"]: word}),
            **prepositions(wish.speaker, wish.scene[name].shape),
        }
        fill |= {key + ("" if number == 1 else str(number)): text for key, text in said.items()}
    return fill


_CROWDED = ("clear", "sort", "put_all", "gather")
"""Tasks whose sentences are long enough without a target that has to be looked for."""

_SLOTS: MappingProxyType[str, Callable[[_Wish], dict[str, str]]] = MappingProxyType(
    {
        "object": _say_object,
        "target": _say_target,
        "objects": _say_objects,
        "which": lambda wish: {"all": refer_all(wish.speaker, wish.slots["which"])},
        "by": lambda wish: {},
        "bins": _say_bins,
        "side": lambda wish: {"side": wish.speaker.say(words.SIDES[wish.slots["side"]])},
        "direction": lambda wish: _say_way(wish.speaker, wish.slots["direction"]),
        "distance_mm": lambda wish: {
            "distance": say_distance(
                wish.slots["distance_mm"], wish.speaker, vaguely=wish.task != "push"
            )
        },
        "yaw_deg": lambda wish: {"angle": say_angle(wish.slots["yaw_deg"], wish.speaker)},
    }
)
"""Slot of a goal to how it is said."""


def say_distance(distance_mm: int, speaker: Speaker, *, vaguely: bool = False) -> str:
    """Writes a length: `5 cm`, `50 mm`, `5 centimetres`; `vaguely` for one of them `a bit`."""
    rng = speaker.rng
    if vaguely and distance_mm == words.A_BIT_MM and rng.integers(3) == 0:
        return speaker.say(words.A_BIT)
    if distance_mm % 1000 == 0 and rng.integers(2):
        metres = distance_mm // 1000
        return f"{metres} metre" if metres == 1 else f"{metres} metres"
    if distance_mm % 10 == 0 and rng.integers(3):
        return f"{distance_mm // 10} {speaker.say(words.CENTIMETRES, usual=0.7)}"
    return f"{distance_mm} {speaker.say(words.MILLIMETRES, usual=0.7)}"


def say_angle(yaw_deg: int, speaker: Speaker) -> str:
    """Writes where a thing points: `points 30 degrees left of straight ahead`."""
    if yaw_deg in words.ANGLES and speaker.rng.integers(4):
        return speaker.say(words.ANGLES[yaw_deg])
    if yaw_deg == 0:
        return f"points {speaker.say(words.STRAIGHT)}"
    side = "left" if yaw_deg > 0 else "right"
    return f"points {abs(yaw_deg)} degrees {side} of {speaker.say(words.STRAIGHT)}"


def prepositions(speaker: Speaker, shape: str) -> dict[str, str]:
    """Says the placeholders for what is done to a target of this shape."""
    is_deep = SHAPES[shape].deep
    return {
        "into": speaker.say(words.INTO if is_deep else words.ONTO),
        "in": speaker.say(words.IN if is_deep else words.ON),
        "off": "out of" if is_deep else "off",
        "to": speaker.say(words.TO_IN if is_deep else words.TO_ON),
        "on_top": speaker.say(words.ON_TOP),
        "upon": speaker.say(words.UPON),
    }
