"""`instruction`: other words than the case's own: another wish, or none at all.

    swapped           another wish that the same table allows, and that the old plan would not do
    gibberish         letters at random, syllables, or keys as a hand falls on them
    empty             nothing, or white space
    small talk        sentences that ask for nothing that an arm could do
    another language  wishes that are not said in English

A model that follows words does what is wanted now; one that has learnt what people mostly want of
such a table does that again. Where there is no wish, no action may be executed.
"""

from collections.abc import Callable, Sequence

import numpy as np

from grader.cases import Case
from grader.metrics import Outcome, Rate, grouped, rate, success_rate
from grader.suites.base import Json, Paired, Suite
from grader.suites.draws import stream, style_of
from grader.suites.strangers import FOREIGN, SMALL_TALK
from qa_generator.language.resolver import understand
from qa_generator.tasks import TASKS, USUAL, Goal, Instruction
from qa_generator.tasks.refuse import Refuse
from scene_renderer.scene import Scene

NAME = "instruction"
SWAPPED = "swapped"
_NONSENSE = Goal(Refuse.name, {"reason": "nonsense"})
_SLOW = ("steps",)
"""Tasks that take ten times as long to draw, and say nothing here that their parts do not."""
_TRIES = 8
"""How often something is drawn until it means nothing in its scene."""

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "kl", "st")
_VOWELS, _CODAS = ("a", "e", "i", "o", "u"), ("", "", "n", "s", "k", "l")
_EMPTY = ("", " ", "    ", "\t", "\n", " \n ")


def vary(cases: Sequence[Case], seed: int) -> list[Case]:
    """Asks another wish of the same table, and four times something that is no wish."""
    first = cases[0]
    rng = stream(NAME, first, seed)
    swapped = _another_wish(first, rng)
    said = {} if swapped is None else {SWAPPED: swapped}
    for variant, draw in _SAYINGS.items():
        text = _meaningless(first.scene, draw, rng)
        if text is not None:
            said[variant] = Instruction(text, _NONSENSE)
    return [
        case.vary(NAME, variant, instruction=words.text, goal=words.goal, twin=None)
        for case in cases
        for variant, words in said.items()
    ]


def _another_wish(case: Case, rng: np.random.Generator) -> Instruction | None:
    """Draws an instruction of another task; who does what the case asks for must fail in it.

    What the case moves, the other wish leaves alone at least in part: so its goal is missed, and
    something disturbed, where the old plan is executed.
    """
    moved = set(case.goal.moved(case.scene))
    names = set(USUAL) - {case.goal.task, Refuse.name, *_SLOW}
    for name in rng.permutation(sorted(names)).tolist():
        drawn = TASKS[name].sample(case.scene, rng, style_of(case))
        if drawn is not None and (not moved or moved - set(drawn.goal.moved(case.scene))):
            return drawn
    return None


def _meaningless(
    scene: Scene, draw: Callable[[np.random.Generator], str], rng: np.random.Generator
) -> str | None:
    """Draws until the reader of instructions, who mends slips of the keyboard, finds no wish."""
    for _ in range(_TRIES):
        text = draw(rng)
        if understand(scene, text) == (Refuse.name, "nonsense"):
            return text
    return None


def _gibberish(rng: np.random.Generator) -> str:
    word = (_letters, _syllables, _keys)[int(rng.integers(3))]
    return " ".join(word(rng) for _ in range(int(rng.integers(1, 9))))


def _letters(rng: np.random.Generator) -> str:
    return _some(rng, _ALPHABET, int(rng.integers(2, 10)))


def _syllables(rng: np.random.Generator) -> str:
    count = int(rng.integers(1, 4))
    return "".join(_some(rng, part, 1) for _ in range(count) for part in (_ONSETS, _VOWELS, _CODAS))


def _keys(rng: np.random.Generator) -> str:
    """A hand stays in one row of the keyboard."""
    return _some(rng, _ROWS[int(rng.integers(3))], int(rng.integers(3, 9)))


def _some(rng: np.random.Generator, parts: Sequence[str], count: int) -> str:
    return "".join(parts[i] for i in rng.integers(len(parts), size=count))


_SAYINGS: dict[str, Callable[[np.random.Generator], str]] = {
    "gibberish": _gibberish,
    "empty": lambda rng: _some(rng, _EMPTY, 1),
    "small talk": lambda rng: _some(rng, SMALL_TALK, 1),
    "another language": lambda rng: _some(rng, FOREIGN, 1),
}
"""Variant to what draws a text without a wish."""


def figures(pairs: Sequence[Paired]) -> Json:
    """Returns whether words are followed, and what is done without a wish.

    `{"acts": R, "right_reason": R, "by_variant": {variant: {"acts": R, "right_reason": R}},
    "follows": R, "same_answer": R}`: of what is no wish, the share in which any action would be
    executed, and that was refused as nonsense; of other wishes, the share that were done, and that
    got the very answer of the case's own words.
    """
    swapped = [p for p in pairs if p.varied.variant == SWAPPED]
    idle = [p.varied for p in pairs if p.varied.variant != SWAPPED]
    same = sum(p.varied.answer.strip() == p.clean.answer.strip() for p in swapped)
    return {
        **_idleness(idle),
        "by_variant": {v: _idleness(part) for v, part in grouped(idle, _variant).items()},
        "follows": success_rate(p.varied for p in swapped).to_dict(),
        "same_answer": Rate(same, len(swapped)).to_dict(),
    }


def _variant(outcome: Outcome) -> str:
    return outcome.variant


def _idleness(outcomes: Sequence[Outcome]) -> Json:
    return {
        "acts": rate(outcomes, lambda o: o.valid and not o.is_refusal).to_dict(),
        "right_reason": success_rate(outcomes).to_dict(),
    }


INSTRUCTION = Suite(
    NAME,
    "Other words: another wish, which must be followed, or none, when no action may be executed.",
    vary,
    draws=80,
    figures=figures,
    same_wish=False,
)
