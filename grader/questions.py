"""The five-question benchmark: what a model sees on a table, apart from what it plans.

    kind       e.g.                                       right
    count      how many red objects are there?            2
    name       what is at 412, -127?                      red cube
    place      where is the red cube?                     red cube: 412, -127, 25
    relation   is the red cube left of the blue bowl?     yes
    gripper    which object is nearest to the gripper?    red cube

- Scenes are held out. Each is asked at most one question of a kind, so questions of a kind are
  independent. In context `image` nothing is listed: beside the gripper's place there is only the
  picture to answer from.
- **right** is the whole answer, after `normalise` on both sides. The right answer with more behind
  it is wrong, and so is its beginning. `near` tells of places how many name every number to within
  `NEAR_MM`; it earns nothing.
- **points**: each kind earns up to 20, linear in its share of right answers from 0 to 70 %. From
  80 % to 85 % up to 1 more, linear too, as extra credit: 105 of 100 at the very most.
- **chance** is what drawing from the closed sets of answers would get (yes or no, a letter, a
  colour, ...); open questions count as 0.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from grader.metrics import Rate
from grader.table import align, cell, tell_points, wrap
from qa_generator.questions import KINDS
from qa_generator.questions.words import answers_to
from scene_renderer.scene import Scene

Json = dict[str, Any]

OF = 100
EXTRA = 5
FULL_AT = 0.70
EXTRA_FROM, EXTRA_TO = 0.80, 0.85
NEAR_MM = 20

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBERS)}
_WORD = re.compile(r"[a-z]+")
_ARTICLE = re.compile(r"\b(?:a|an|the) (?=[a-z])")
_MARK = re.compile(r"\s*([,;:])\s*")
_NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Item:
    """One question of the benchmark.

    Attributes:
        kind: a word from `KINDS`.
        question: what is asked.
        right: the right answer.
        scene: what it is asked about.
        index: number of the scene.
    """

    kind: str
    question: str
    right: str
    scene: Scene
    index: int

    @property
    def key(self) -> str:
        """Tells it from all others of its split and seed."""
        return f"{self.scene.id}:{self.kind}"


def normalise(text: str) -> str:
    """Returns an answer without what does not matter.

    That is case, spaces, the full stop at the end, articles, and whether a number is a word:
    `The red cube.` is `red cube`, `412,-127, 25` is `412, -127, 25`, `Two` is `2`. A letter that is
    the whole answer is no article.
    """
    words = " ".join(text.lower().split()).removesuffix(".").rstrip()
    words = _ARTICLE.sub("", _MARK.sub(r"\1 ", words))
    return _WORD.sub(lambda word: _DIGITS.get(word[0], word[0]), words).strip()


def is_right(said: str, right: str) -> bool:
    """Whether the whole answer is right."""
    return normalise(said) == normalise(right)


def is_near(said: str, right: str) -> bool:
    """Whether an answer is right but for numbers that are off by at most `NEAR_MM` each."""
    said, right = normalise(said), normalise(right)
    if _NUMBER.sub("#", said) != _NUMBER.sub("#", right):
        return False
    pairs = zip(_NUMBER.findall(said), _NUMBER.findall(right), strict=True)
    return all(abs(int(a[:9]) - int(b)) <= NEAR_MM for a, b in pairs)


def mark(items: Sequence[Item], said: Sequence[str]) -> Json:
    """Returns figures and points for answers to the items."""
    answered = list(zip(items, said, strict=True))
    kinds = {k: _mark_kind(k, [p for p in answered if p[0].kind == k]) for k in KINDS}
    total, low, high = _total(list(kinds.values()))
    rates = [kind["exact"]["value"] or 0.0 for kind in kinds.values()]
    return {
        "points": total,
        "low": low,
        "high": high,
        "extra": math.fsum(_extra(rate) for rate in rates),
        "of": OF,
        "most": OF + EXTRA,
        "n": len(items),
        "scenes": len({item.index for item in items}),
        "kinds": kinds,
    }


def _mark_kind(kind: str, answered: Sequence[tuple[Item, str]]) -> Json:
    n = len(answered)
    exact = Rate(sum(is_right(said, item.right) for item, said in answered), n)
    closed = [answers_to(item.question) for item, _ in answered]
    low, high = exact.interval
    told = {
        "exact": exact.to_dict(),
        "points": None if exact.value is None else points_of(exact.value),
        "low": points_of(low),
        "high": points_of(high),
        "chance": sum(1 / len(options) for options in closed if options) / n if n else None,
    }
    if kind == "place":
        near = Rate(sum(is_near(said, item.right) for item, said in answered), n)
        told["near"] = near.to_dict()
    return told


def points_of(share: float) -> float:
    """Returns the points of one kind for a share of right answers, extra credit included."""
    return OF / len(KINDS) * min(share / FULL_AT, 1.0) + _extra(share)


def _extra(share: float) -> float:
    beyond = (share - EXTRA_FROM) / (EXTRA_TO - EXTRA_FROM)
    return EXTRA / len(KINDS) * min(max(beyond, 0.0), 1.0)


def _total(kinds: Sequence[Json]) -> tuple[float | None, float | None, float | None]:
    """Returns the sum of the points and its limits; None if nothing was answered of some kind."""
    if any(kind["points"] is None for kind in kinds):
        return None, None, None
    total = math.fsum(kind["points"] for kind in kinds)
    return total, _total_limit(total, kinds, "low"), _total_limit(total, kinds, "high")


def _total_limit(total: float, kinds: Iterable[Json], side: str) -> float:
    """Returns the lower or upper 95 % limit of a sum of independent points.

    Source: the square-and-add method; Newcombe, Statistics in Medicine 17 (1998), and Zou and
    Donner, Statistics in Medicine 27 (2008).
    """
    away = math.sqrt(math.fsum((kind["points"] - kind[side]) ** 2 for kind in kinds))
    return max(total - away, 0.0) if side == "low" else min(total + away, float(OF + EXTRA))


def format_questions(name: str, marks: Json) -> str:
    """Returns the figures as a table."""
    shown = "a grey picture" if marks["blank"] else "their picture"
    head = (
        f"{name}: {tell_points(marks)} "
        f"for {marks['n']} questions about {marks['scenes']} scenes of split {marks['split']}, "
        f"shown with {shown}."
    )
    if marks["not_run"]:
        head += f" {marks['not_run']} could not be run and are left out."
    header = [["kind", "right, %", "near, %", "chance, %", f"points of {OF // len(KINDS)}"]]
    rows = [
        [
            kind,
            cell(found["exact"]),
            cell(found.get("near")),
            f"{100 * (found['chance'] or 0):.0f}",
            "-"
            if found["points"] is None
            else f"{found['points']:.1f} [{found['low']:.1f}-{found['high']:.1f}]",
        ]
        for kind, found in marks["kinds"].items()
    ]
    legend = (
        f"Points grow linearly up to {FULL_AT:.0%} right; {marks['extra']:.1f} of {EXTRA} extra "
        f"for {EXTRA_FROM:.0%} to {EXTRA_TO:.0%}. Only the whole answer counts."
    )
    return "\n".join([*wrap(head), "", *align(header, [rows]), "", *wrap(legend)])
