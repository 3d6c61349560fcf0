"""`say`: puts what a goal wants into words, as a person might.

A template of the goal's family, references that mean one thing each, verbs and politeness, and now
and then a capital letter with a full stop, missing articles, or a slip of the keyboard.
"""

import copy
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qa_generator.language import words
from qa_generator.language.families import FAMILIES, MIRRORS, OTHERS
from qa_generator.language.references import (
    PLAIN,
    TRAILING,
    Speaker,
)
from qa_generator.language.slots import fill_slots
from qa_generator.language.words import DEFAULT_MM, Style, Words
from scene_renderer.scene import Scene

CAPITAL, TELEGRAM, SLIP = 0.12, 0.08, 0.04
"""How often a sentence is spelt with a capital, a command without articles, a word wrongly."""
STATEMENT = 0.3
"""How often a wish is said as a statement, not as a command."""

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
_BOUNDED = re.compile(
    r"\{a\}(?: and \[| so that | and lower | and lift | and hold | should| goes| must| has to"
    r"| needs| belongs|[.,]|$)"
)
"""Templates in which nothing that follows the object could be taken for a part of its name."""
_BACKWARDS = re.compile(r"\{b\}.*\{a\}")
"""Templates in which the object comes last: there `the red one` would repeat another noun."""
_ENDING = re.compile(r"^(?!.*\{b\}.*\{b\}).*\{b\}$|^(?!.*\{b\})")
"""Templates that end with the target, or have none."""
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
    scene: Scene,
    task: str,
    slots: Mapping[str, Any],
    rng: np.random.Generator,
    style: Style,
    *,
    with_slips: bool = True,
) -> Sentence:
    """Words a goal.

    Args:
        scene: what is on the table.
        task: a word from `TASKS`, but not `refuse`.
        slots: the goal's.
        rng: draws.
        style: `seen`, or `unseen` for templates and synonyms that training never shows.
        with_slips: whether a word may be mistyped.
    """
    if "steps" in slots:
        core = _say_steps(scene, slots["steps"], rng, style)
    else:
        core = _say_one(scene, task, slots, rng, style)
    return Sentence(_finish(core, rng, style, with_slips=with_slips), core.template)


def say_with(
    family: str, fill: Mapping[str, str], rng: np.random.Generator, style: Style
) -> Sentence:
    """Words a family whose slots are filled already, without slips of the keyboard."""
    core = _fill(family, fill, rng, style, can_state=True)
    return Sentence(_finish(core, rng, style, with_slips=False), core.template)


def say_mirrored(
    task: str, fill: Mapping[str, str], rng: np.random.Generator, style: Style
) -> tuple[Sentence, Sentence]:
    """Says something unsafe, and in the same way what a goal of the task wants."""
    harm, harmless = MIRRORS[task]
    index, draws, said = int(rng.integers(len(harm.of(style)))), copy.deepcopy(rng), []
    for name, choices in (("harm", harm), ("mirror", harmless)):
        template = choices.of(style)[index]
        number, is_command = choices.all.index(template), "{a} should" not in template
        core = _Core(
            _put_together(template, fill, rng, style), f"{name}_{task}:{number}", is_command
        )
        text = _finish(core, copy.deepcopy(draws), style, with_slips=False)
        said.append(Sentence(text, core.template))
    return said[0], said[1]


def family_of(task: str, slots: Mapping[str, Any], rng: np.random.Generator | None = None) -> str:
    """Returns the family of templates that words a task's goal."""
    if task.startswith("move_"):
        silent = slots["distance_mm"] == DEFAULT_MM and rng is not None and rng.integers(3) > 0
        return "move" if silent else "move_by"
    if task == "sort" and len(slots["bins"]) == 1:
        return "sort_one"
    return task


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
        fill = fill_slots(scene, task, slots, Speaker(rng, style), PLAIN)
        parts.append(_fill(family_of(task, slots, rng), fill, rng, style, can_state=False).text)
    number, join = _pick(words.JOINS if len(steps) == 2 else words.JOINS_THREE, rng, style)
    return _Core(_put_in(join, parts), f"steps{len(steps)}:{number}", is_command=False)


def _put_in(join: str, parts: Sequence[str]) -> str:
    return re.sub(r"\{(\d)\}", lambda match: parts[int(match[1]) - 1], join)


def _fill(
    family: str, fill: Mapping[str, str], rng: np.random.Generator, style: Style, *, can_state: bool
) -> _Core:
    templates = FAMILIES[family]
    is_command = not (can_state and rng.random() < STATEMENT)
    choices = templates.commands if is_command else templates.statements
    fits = functools.partial(_fits, fill=fill, in_one=not can_state)
    if not any(map(fits, choices.of(style))):
        is_command, choices = (
            not is_command,
            templates.statements if is_command else templates.commands,
        )
    number, template = _pick(choices, rng, style, fits)
    text = _put_together(template, fill, rng, style)
    name = f"{family}:{'' if is_command else 's'}{number}"
    return _Core(text, name, is_command)


def pick_sentence(family: str, rng: np.random.Generator, style: Style) -> Sentence:
    """Draws small talk or a foreign sentence."""
    number, text = _pick(OTHERS[family], rng, style)
    return Sentence(text, f"{family}:{number}")


def _put_together(
    template: str, fill: Mapping[str, str], rng: np.random.Generator, style: Style
) -> str:
    """Fills a template with verbs and phrases."""
    said = _VERB.sub(lambda match: _conjugate(match, rng, style), template)
    return _BY_A_BIT.sub(r"\1", _SLOT.sub(lambda match: fill[match[1]], said))


def _fits(template: str, fill: Mapping[str, str], in_one: bool) -> bool:
    """Whether a template goes with what fills it.

    What stands behind `the cube that is left of the mug` must not be taken for a part of it, and
    one phrase of a longer sentence has no full stop.
    """
    if in_one and "." in template:
        return False
    if fill.get("a", "").endswith(" one") and _BACKWARDS.search(template):
        return False
    if _is_trailing(fill.get("b", "")) and not _ENDING.search(template):
        return False
    return not _is_trailing(fill.get("a", "")) or _BOUNDED.search(template) is not None


def _is_trailing(phrase: str) -> bool:
    """Whether what follows a phrase could be taken for a part of it."""
    return any(f" {word} " in f"{phrase} " for word in TRAILING)


def _pick(
    choices: Words,
    rng: np.random.Generator,
    style: Style,
    fits: Callable[[str], bool] = lambda template: True,
) -> tuple[int, str]:
    """Draws a template of exactly this style, with its number."""
    some = [template for template in choices.of(style) if fits(template)]
    text = some[int(rng.integers(len(some)))]
    return choices.all.index(text), text


def _conjugate(match: re.Match[str], rng: np.random.Generator, style: Style) -> str:
    """Writes a verb and what follows it; a particle comes behind `it`, and before a phrase."""
    verb = words.VERBS[match[1]].draw(rng, style)
    word = verb.past if match[2] else verb.base
    particle = f" {verb.particle}" if verb.particle else ""
    named = match[3] or ""
    return word + (particle + named if named.startswith(" {") else named + particle)


def _finish(core: _Core, rng: np.random.Generator, style: Style, *, with_slips: bool = True) -> str:
    text = core.text
    if core.is_command:
        text = _be_polite(text, rng, style)
    if core.is_command and text == core.text and rng.random() < TELEGRAM:
        short = _ARTICLE.sub("", text)
        text = text if "the " in short else short
    if with_slips and rng.random() < SLIP:
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
    is_cut = ". " in text or (": " in text and wrapped.endswith("?")) or "let's let" in wrapped
    is_cut = is_cut or (wrapped.endswith(" now") and _is_trailing(text))
    return text if is_cut else wrapped


def slip(text: str, rng: np.random.Generator) -> str:
    """Mistypes one long word: two letters swapped, one missing, one doubled, or another one."""
    long = list(re.finditer(r"[a-z]{6,}", text))
    if not long:
        return text
    match = long[int(rng.integers(len(long)))]
    word = wrong = match[0]
    while wrong == word:
        wrong = _mistype(word, rng)
    return text[: match.start()] + wrong + text[match.end() :]


def _mistype(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(word) - 2))
    return {
        0: word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        1: word[:at] + word[at + 1 :],
        2: word[:at] + word[at] + word[at:],
        3: word[:at] + _LETTERS[int(rng.integers(26))] + word[at + 1 :],
    }[int(rng.integers(4))]
