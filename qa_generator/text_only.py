"""What a model scores that reads the prompt and never sees the picture.

A conditional logit, fitted on the texts of one half of the scenes and tested on the other half, and
the other way round. Each question has candidates for its answer; each candidate has features that
a reader may notice: its words beside the question's words, its letter, and what the list of
coordinates tells: names, heights (which tell shapes apart), directions, distances and counts.

Source: D. McFadden, Conditional logit analysis of qualitative choice behavior, Frontiers in
Econometrics (1974).
"""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qa_generator.prompt import format_place, format_position, to_millimetres
from qa_generator.questions.things import direction_between
from qa_generator.questions.words import ABSENT, answers_to, form_of, split_options
from scene_renderer.catalogue import SHAPES, plural
from scene_renderer.scene import Vector
from scene_renderer.vocabulary import COLORS, DIRECTIONS

_STEPS, _RATE, _DECAY = 80, 0.2, 1e-3
_NAME = re.compile(
    rf"(?:(?:small|large|left|right) )?(?:{'|'.join(COLORS)}) (?:{'|'.join(SHAPES)})\b"
)
_SPOT = re.compile(r"(-?\d+), (-?\d+)")
_STEP = re.compile(r"(\d+) ([cm]m)")
_WAY = re.compile(rf"\b({'|'.join(DIRECTIONS)}|back)")
Candidate = tuple[str, list[str]]
"""A possible answer and its features."""


@dataclass(frozen=True)
class Text:
    """A question as a reader has it.

    Attributes:
        prompt: all the text beside the picture.
        answer: the right one.
        fold: 0 or 1, which half its scene belongs to.
    """

    prompt: str
    answer: str
    fold: int


def count_right(texts: Sequence[Text]) -> int:
    """Returns how many questions are answered rightly by what the other half taught."""
    read = [list(_Reading(text.prompt).candidates()) for text in texts]
    right = 0
    for fold in (0, 1):
        learned = [i for i, text in enumerate(texts) if text.fold != fold]
        weights = _fit([(read[i], texts[i].answer) for i in learned])
        for i, text in enumerate(texts):
            if text.fold == fold and read[i]:
                best = max(read[i], key=lambda one: sum(weights.get(f, 0.0) for f in one[1]))
                right += best[0] == text.answer
    return right


def _fit(asked: Iterable[tuple[list[Candidate], str]]) -> dict[str, float]:
    """Returns a weight for each feature: those under which the right candidates are likeliest."""
    index: dict[str, int] = {}
    features: list[int] = []
    rows: list[int] = []
    starts: list[int] = []
    answers: list[bool] = []
    for candidates, answer in asked:
        if answer not in (text for text, _ in candidates):
            continue
        starts.append(len(answers))
        for text, named in candidates:
            features += [index.setdefault(name, len(index)) for name in named]
            rows += [len(answers)] * len(named)
            answers.append(text == answer)
    if not starts:
        return {}
    weights = _ascend(*map(np.array, (features, rows, starts, answers)))
    return dict(zip(index, weights.tolist(), strict=True))


def _ascend(
    features: NDArray[np.int64],
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    answers: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Climbs the penalised likelihood with Adam's steps.

    Args:
        features: int64, shape (entries,): which feature.
        rows: int64, shape (entries,): which candidate has it.
        starts: int64, shape (questions,): the first candidate of each question.
        answers: bool, shape (candidates,): whether it is right.
    """
    size = len(answers)
    question = np.repeat(np.arange(len(starts)), np.diff([*starts.tolist(), size]))
    weights, mean, square = np.zeros((3, int(features.max()) + 1))
    for step in range(1, _STEPS + 1):
        score = np.bincount(rows, weights[features], size)
        share = np.exp(score - np.maximum.reduceat(score, starts)[question])
        share /= np.add.reduceat(share, starts)[question]
        miss: NDArray[np.float64] = (answers - share)[rows]
        slope = np.bincount(features, miss, len(weights)) / len(starts) - _DECAY * weights
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        scale = np.sqrt(square / (1 - 0.99**step)) + 1e-8
        weights = weights + _RATE * mean / (1 - 0.9**step) / scale
    return weights


def _read_entry(line: str) -> tuple[str, Vector]:
    """Reads what `format_place` wrote."""
    label, _, numbers = line.partition(": ")
    x, y, z = (int(number) / 1000 for number in numbers.split(", "))
    return label, (x, y, z)


class _Reading:
    """What can be gathered from one prompt."""

    def __init__(self, prompt: str) -> None:
        *lines, question = prompt.split("\n")
        (_, self.gripper), *self.entries = map(_read_entry, lines)
        self.question = question
        self.text, self.options = split_options(question)
        self.form = form_of(self.text)
        self.names: list[str] = _NAME.findall(self.text)
        self.spots = {tuple(map(int, spot)) for spot in _SPOT.findall(self.text)}

    def candidates(self) -> Iterator[Candidate]:
        """Yields the answers that a reader can think of."""
        closed = answers_to(self.text)
        if self.options:
            for letter, text in self.options.items():
                yield letter, [f"letter {letter}", *self._features(text)]
        elif closed is not None:
            for text in closed:
                yield text, self._features(text)
        elif self.form.startswith("place"):
            yield from self._places()
        else:
            named = {label for label, _ in self.entries if _NAME.fullmatch(label)}
            for text in sorted(named or {f"{c} {s}" for c in COLORS for s in SHAPES}):
                yield text, self._features(text)

    def _features(self, text: str) -> list[str]:
        """Returns those of an answer in words: alone, beside each cue, and of its entry."""
        if _SPOT.fullmatch(text):
            x, y = map(int, text.split(", "))
            place = next((e for e in self.entries if _flat(e[1]) == (x, y)), ("", self.gripper))
            return self._fits(self.names[0], *place)
        if _NAME.fullmatch(text):  # all such questions have the same words
            parts, words = text.split(), []
        else:
            parts, words = [text], [f"word {word}" for word in re.findall(r"[a-z]+", self.text)]
        crossed = [f"{part} if {cue}" for part in parts for cue in (*words, *self._cues)]
        return [*parts, *crossed, *self._entry_features(text)]

    def _entry_features(self, text: str) -> list[str]:
        places = [place for label, place in self.entries if label == text]
        if not places:
            return []
        far = sorted(math.dist(place[:2], self.gripper[:2]) for _, place in self._rivals)
        rank = far.index(math.dist(places[0][:2], self.gripper[:2]))
        return ["listed", f"rank {rank}", f"last {len(far) - rank}"] + (
            ["there"] if _flat(places[0]) in self.spots else []
        )

    @cached_property
    def _rivals(self) -> list[tuple[str, Vector]]:
        chosen = [e for e in self.entries if e[0] in self.options.values()]
        return chosen or self.entries

    @cached_property
    def _cues(self) -> list[str]:
        """Returns what the text tells beside the candidates."""
        cues = [f"gripper {self.gripper[1] // 0.04:.0f}", f"listed {len(self.entries)}"]
        for label, place in self.entries:
            if _flat(place) in self.spots:
                cues += [f"height {1000 * place[2]:.0f}", *(f"label {w}" for w in label.split())]
        return [*cues, *self._relations(), f"counted {self._count()}"]

    def _relations(self) -> Iterator[str]:
        places = [dict(self.entries)[name] for name in self.names if name in dict(self.entries)]
        if len(places) < len(self.names) or not places:
            return
        a, b = (*places, self.gripper)[:2]
        yield f"way {direction_between(b, a)}"
        yield f"signs {a[0] > b[0]} {a[1] > b[1]} {' '.join(_WAY.findall(self.text))}"
        yield f"radius {math.hypot(*self._moved(a)[:2]) // 0.02:.0f}"

    def _count(self) -> int:
        asked = set(re.findall(r"[a-z]+", self.text))
        known = {w for w in COLORS if w in asked} | {s for s in SHAPES if plural(s) in asked}
        return sum(bool(known & set(label.split())) or not known for label, _ in self.entries)

    def _fits(self, name: str, label: str, place: Vector) -> list[str]:
        """Returns how an entry of the list suits a name that is asked for."""
        height = f"{name.split()[-1]} at {1000 * place[2]:.0f}"
        return [height, "asked"] if label == name else [height]

    def _places(self) -> Iterator[Candidate]:
        """Yields what each entry, or each two of them, would be as an answer."""
        if self.form == "place":
            yield ABSENT, [ABSENT, *(f"{word} absent" for word in self.names[0].split())]
        for entries in itertools.permutations(self.entries, len(self.names)):
            suited = zip(self.names, entries, strict=True)
            fits = [fit for name, entry in suited for fit in self._fits(name, *entry)]
            yield self._write([place for _, place in entries]), fits

    def _write(self, places: list[Vector]) -> str:
        if self.form in ("place", "place_two"):
            return "; ".join(map(format_place, self.names, places))
        written = format_position(self._moved(places[0]))
        both = f"{format_position(places[0])}; {written}"
        return both if self.form == "place_from_to" else written

    def _moved(self, place: Vector) -> Vector:
        """Returns a place after the step that the question names, if any."""
        found = _STEP.search(self.text)
        if found is None:
            return place
        length = int(found[1]) / (100 if found[2] == "cm" else 1000)
        if self.form == "place_above":
            return place[0], place[1], place[2] + length
        way = _WAY.findall(_NAME.sub("", self.text))[-1]
        x, y = DIRECTIONS["backward" if way == "back" else way]
        return place[0] + x * length, place[1] + y * length, place[2]


def _flat(place: Vector) -> tuple[int, int]:
    return to_millimetres(place[0]), to_millimetres(place[1])
