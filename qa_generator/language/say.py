"""`say`: puts what a goal wants into words, as a person might.

A template of the goal's family, references that mean one thing each, verbs and politeness, and now
and then a capital letter with a full stop, missing articles, or a slip of the keyboard.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from qa_generator.language import words
from qa_generator.language.families import FAMILIES
from qa_generator.language.references import (
    PLAIN,
    Speaker,
    enumerate_things,
    refer,
    refer_all,
)
from qa_generator.language.words import Style, Words, plural
from scene_renderer.catalogue import SHAPES
from scene_renderer.scene import Scene

CAPITAL, TELEGRAM, SLIP = 0.12, 0.08, 0.04
"""How often a sentence is spelt with a capital, a command without articles, a word wrongly."""
STATEMENT = 0.3
"""How often a wish is said as a statement, not as a command."""
DEFAULT_MM = 100
"""The distance of a `move_*` that names none."""

_VERB = re.compile(r"\[(\w+)(\+?)\]( \{(?:a|b|all2?|list|tsil)\}| it\b| them\b)?")
_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(
    r"(?<!of )\bthe (?=(?:{})\b)".format(
        "|".join(
            word
            for tables in (words.COLOR_WORDS, words.NOUNS)
            for choices in tables.values()
            for word in choices.all
        )
    )
)
"""An article that a telegram drops."""
_BY_A_BIT = re.compile(r"\bby ({})\b".format("|".join(words.A_BIT.all)))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Sentence:
    """What is said, and the id of the template that it was made from."""

    text: str
    template: str


@dataclass(frozen=True)
class _Core:
    """A filled template before politeness."""

    text: str
    template: str
    is_command: bool


def say(
    scene: Scene, task: str, slots: Mapping[str, Any], rng: np.random.Generator, style: Style
) -> Sentence:
    """Words a goal.

    Args:
        scene: what is on the table.
        task: a word from `TASKS`, but not `refuse`.
        slots: the goal's.
        rng: draws.
        style: `seen`, or `unseen` for templates and synonyms that training never shows.
    """
    if task == "steps":
        core = _say_steps(scene, slots["steps"], rng, style)
    else:
        core = _say_one(scene, task, slots, rng, style)
    return Sentence(_finish(core, rng, style), core.template)


def say_with(
    family: str, fill: Mapping[str, str], rng: np.random.Generator, style: Style
) -> Sentence:
    """Words a family whose slots are filled already."""
    core = _fill(family, fill, rng, style, can_state=True)
    return Sentence(_finish(core, rng, style), core.template)


def all_texts() -> Iterator[str]:
    """Yields every word, phrase and template that sentences are made of."""
    for family in FAMILIES.values():
        yield from (*family.commands.all, *family.statements.all)
    for table in _tables():
        if isinstance(table, Words):
            yield from table.all
        else:
            yield from (
                form for verb in table.all for form in (verb.base, verb.past, verb.particle)
            )
    yield from words.ORDINALS
    yield from map(plural, (noun for nouns in words.NOUNS.values() for noun in nouns.all))


def style_of(template: str) -> Style | None:
    """Returns the style of a template's id; None for what has no template."""
    family, _, number = template.partition(":")
    if family in _OTHERS:
        choices = _OTHERS[family]
    elif family in FAMILIES:
        is_statement = number.startswith("s")
        choices = FAMILIES[family].statements if is_statement else FAMILIES[family].commands
    else:
        return None
    return "seen" if int(number.removeprefix("s")) < len(choices.seen) else "unseen"


def unseen_words(text: str) -> tuple[str, ...]:
    """Returns the synonyms of a text that training never shows."""
    return tuple(word for word, pattern in _UNSEEN.items() if pattern.search(text.lower()))


def family_of(task: str, slots: Mapping[str, Any], rng: np.random.Generator | None = None) -> str:
    """Returns the family of templates that words a task's goal."""
    if task.startswith("move_"):
        silent = slots["distance_mm"] == DEFAULT_MM and rng is not None and rng.integers(3) > 0
        return "move" if silent else "move_by"
    if task == "sort" and len(slots["bins"]) == 1:
        return "sort_one"
    return task


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
        fill["way"] = speaker.say(words.WAYS[task.removeprefix("move_")])
    return fill


@dataclass(frozen=True)
class _Wish:
    """What is to be said, by whom, and how things may be called."""

    scene: Scene
    task: str
    slots: Mapping[str, Any]
    speaker: Speaker
    kinds: Sequence[str] | None

    def name(self, name: str, kinds: Sequence[str] | None) -> str:
        return refer(self.speaker, self.scene, self.scene[name], kinds).text


def _say_object(wish: _Wish) -> dict[str, str]:
    return {"a": wish.name(wish.slots["object"], wish.kinds)}


def _say_target(wish: _Wish) -> dict[str, str]:
    kinds = PLAIN if wish.task in _CROWDED else wish.kinds
    name = wish.slots["target"]
    said = wish.name(name, kinds)
    return {"b": said, **prepositions(wish.speaker, wish.scene[name].shape)}


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
        "direction": lambda wish: {"way": wish.speaker.say(words.WAYS[wish.slots["direction"]])},
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


def _say_one(
    scene: Scene, task: str, slots: Mapping[str, Any], rng: np.random.Generator, style: Style
) -> _Core:
    fill = fill_slots(scene, task, slots, Speaker(rng, style))
    return _fill(family_of(task, slots, rng), fill, rng, style, can_state=True)


def _say_steps(
    scene: Scene, steps: Sequence[Mapping[str, Any]], rng: np.random.Generator, style: Style
) -> _Core:
    """Joins commands; each names things by what does not change when others have moved."""
    parts = []
    for step in steps:
        task, slots = step["task"], {k: v for k, v in step.items() if k != "task"}
        fill = fill_slots(scene, task, slots, Speaker(rng, "seen"), PLAIN)
        parts.append(_fill(family_of(task, slots, rng), fill, rng, "seen", can_state=False).text)
    number, join = _pick(words.JOINS if len(steps) == 2 else words.JOINS_THREE, rng, style)
    return _Core(_put_in(join, parts), f"steps{len(steps)}:{number}", is_command=False)


def _put_in(join: str, parts: Sequence[str]) -> str:
    return re.sub(r"\{(\d)\}", lambda match: parts[int(match[1]) - 1], join)


def _fill(
    family: str, fill: Mapping[str, str], rng: np.random.Generator, style: Style, *, can_state: bool
) -> _Core:
    templates = FAMILIES[family]
    is_command = not (can_state and templates.statements.all and rng.random() < STATEMENT)
    choices = templates.commands if is_command else templates.statements
    number, template = _pick(choices, rng, style)
    if not can_state:  # one phrase of a longer sentence has no full stop
        while "." in template:
            number, template = _pick(choices, rng, style)
    said = _VERB.sub(lambda match: _conjugate(match, rng, style), template)
    text = _BY_A_BIT.sub(r"\1", _SLOT.sub(lambda match: fill[match[1]], said))
    name = f"{family}:{'' if is_command else 's'}{number}"
    return _Core(text, name, is_command)


def pick_sentence(family: str, rng: np.random.Generator, style: Style) -> Sentence:
    """Draws small talk or a foreign sentence."""
    number, text = _pick(_OTHERS[family], rng, style)
    return Sentence(text, f"{family}:{number}")


def _pick(choices: Words, rng: np.random.Generator, style: Style) -> tuple[int, str]:
    """Draws a template of exactly this style, with its number."""
    some = choices.seen if style == "seen" else choices.unseen
    text = some[int(rng.integers(len(some)))]
    return choices.all.index(text), text


def _conjugate(match: re.Match[str], rng: np.random.Generator, style: Style) -> str:
    """Writes a verb and what follows it; a particle comes behind its object."""
    verb = words.VERBS[match[1]].draw(rng, style)
    word = verb.past if match[2] else verb.base
    rest = (match[3] or "") + (f" {verb.particle}" if verb.particle else "")
    return word + rest


def _finish(core: _Core, rng: np.random.Generator, style: Style) -> str:
    text = core.text
    if core.is_command:
        text = _be_polite(text, rng, style)
    if core.is_command and text == core.text and rng.random() < TELEGRAM:
        text = _ARTICLE.sub("", text)
    if rng.random() < SLIP:
        text = slip(text, rng)
    if rng.random() < CAPITAL:
        text = text[0].upper() + re.sub(r"(?<=\. )\w", lambda m: m[0].upper(), text[1:])
        text = re.sub(r"\bi\b", "I", text)
        return text if text.endswith(("?", ".")) else f"{text}."
    return text


def _be_polite(text: str, rng: np.random.Generator, style: Style) -> str:
    """Wraps a command; one in three stays bare."""
    if rng.integers(3) == 0 and style == "seen":
        return text
    wrapped = words.POLITE.draw(rng, style).format(vp=text)
    return wrapped if ". " not in text else text


def slip(text: str, rng: np.random.Generator) -> str:
    """Mistypes one long word: two letters swapped, one missing, one doubled, or another one."""
    long = list(re.finditer(r"[a-z]{6,}", text))
    if not long:
        return text
    match = long[int(rng.integers(len(long)))]
    word, at = match[0], int(rng.integers(1, len(match[0]) - 2))
    wrong = {
        0: word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        1: word[:at] + word[at + 1 :],
        2: word[:at] + word[at] + word[at:],
        3: word[:at] + _LETTERS[int(rng.integers(26))] + word[at + 1 :],
    }[int(rng.integers(4))]
    return text[: match.start()] + wrong + text[match.end() :]


_OTHERS = {
    "steps2": words.JOINS,
    "steps3": words.JOINS_THREE,
    "small_talk": words.SMALL_TALK,
    "foreign": words.FOREIGN,
}
"""What is drawn like a template and is none of a family."""


def _tables() -> Iterator[Words | words.Verbs]:
    for value in vars(words).values():
        for table in value.values() if isinstance(value, Mapping) else [value]:
            if isinstance(table, Words | words.Verbs):
                yield table


def _all_seen() -> Iterator[str]:
    for family in FAMILIES.values():
        yield from (*family.commands.seen, *family.statements.seen)
    for table in _tables():
        if isinstance(table, words.Verbs):
            yield from (form for verb in table.seen for form in (verb.base, verb.past))
        else:
            yield from table.seen


def _all_unseen() -> Iterator[str]:
    for table in _tables():
        if isinstance(table, words.Verbs):
            yield from (form for verb in table.unseen for form in (verb.base, verb.past))
        elif table not in _SENTENCES:
            yield from table.unseen


_SENTENCES = (words.POLITE, *_OTHERS.values())
_SEEN = "\n".join(_all_seen())
_UNSEEN = {
    word: pattern
    for word in sorted(set(_all_unseen()))
    if not (pattern := re.compile(rf"\b{re.escape(word)}\b")).search(_SEEN)
}
"""What no sentence of the style `seen` holds, and how it is found in a text."""
