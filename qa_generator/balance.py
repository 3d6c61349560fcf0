"""Whether questions can be answered without looking: balance of answers, and what text alone gives.

Fair share of an answer: one in K where the answers are a closed set of K (yes and no, directions,
counts, letters, colours, shapes). A name is one of its colour and one of its shape, each judged as
such. A place is one of n + 1 in a scene of n things, as is `absent`; one of n where nothing absent
is asked for. A row of several forms is judged by what its forms expect of each answer together.
"""

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from qa_generator.pairs import QUESTION, Pair
from qa_generator.questions.words import answers_to, form_of
from qa_generator.text_only import Text, count_right
from scene_renderer.catalogue import SHAPES
from scene_renderer.intervals import wilson
from scene_renderer.vocabulary import COLORS, CONTEXTS

HIGHEST_RATIO = 1.3
"""How far above its fair share an answer may be."""
MOST_TEXTS = 600
"""Of one form and context, how many questions the text-only baseline is given at most."""
_SIGMAS, _LEAST = 3.0, 10
"""An answer is too frequent only if it is so by more than this scatter of a small sample, and only
where it is expected so often."""


@dataclass
class Row:
    """The answers of one kind or form.

    Attributes:
        answers: how often each answer was right.
        words: how often each answer, or part of a name, was right.
        expected: how often it would be right at its fair share.
        chance: sum over the questions of what a guess has as its best chance.
        places: the part of it where any place can be the answer.
    """

    answers: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    chance: float = 0.0
    places: float = 0.0

    def add(self, pair: Pair, form: str) -> None:
        """Counts a question."""
        self.answers[pair.answer] += 1
        closed = answers_to(pair.instruction)
        if closed is not None:
            self.words[pair.answer] += 1
            self.expected.update(dict.fromkeys(closed, 1 / len(closed)))
            self.chance += 1 / len(closed)
        elif form in ("name", "gripper_nearest", "gripper_farthest"):
            self.words.update(pair.answer.split()[-2:])
            for words in (COLORS, SHAPES):
                self.expected.update(dict.fromkeys(words, 1 / len(words)))
            self.chance += 1 / len(COLORS) / len(SHAPES)
        else:
            share = 1 / (len(pair.scene.objects) + (form == "place"))
            self.words[pair.answer] += 1
            self.chance += share
            self.places += share

    def to_dict(self) -> dict[str, Any]:
        """Returns counts and shares as a JSON object.

        `n` questions, `answers` different ones, `majority` the most frequent one's share; `top`
        the answer, or the part of a name, furthest above its fair share, with `share`, `fair`,
        their `ratio` and whether that is `balanced`; `chance` what a guess gets right.
        """
        n = self.answers.total()
        ratios = {word: count / self._fair(word) for word, count in self.words.items()}
        top = max(sorted(ratios), key=lambda word: ratios[word])
        count, fair = self.words[top], self._fair(top)
        scatter = _SIGMAS * math.sqrt(fair * (1 - fair / n))
        return {
            "n": n,
            "answers": len(self.answers),
            "top": top,
            "share": round(count / n, 4),
            "fair": round(fair / n, 4),
            "ratio": round(ratios[top], 3),
            "balanced": fair < _LEAST or count <= max(HIGHEST_RATIO * fair, fair + scatter),
            "majority": round(self.answers.most_common(1)[0][1] / n, 4),
            "chance": round(self.chance / n, 4),
        }

    def _fair(self, word: str) -> float:
        return self.expected[word] or self.places


class Balance:
    """Counts the questions of a split, pair by pair.

    Contexts ask the same of one scene: an answer counts once, a text once in each context.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = defaultdict(Row)
        self._texts: dict[tuple[str, str, str], list[Text]] = defaultdict(list)
        self._scene = ""
        self._asked: set[str] = set()

    def add(self, pair: Pair) -> None:
        """Counts a pair, if it is a question."""
        if pair.kind != QUESTION:
            return
        form = form_of(pair.instruction)
        if pair.scene.id != self._scene:
            self._scene, self._asked = pair.scene.id, set()
        if pair.instruction not in self._asked:
            self._asked.add(pair.instruction)
            self._rows[pair.task, ""].add(pair, form)
            self._rows[pair.task, form].add(pair, form)
        texts = self._texts[pair.task, form, pair.context]
        if len(texts) < MOST_TEXTS:
            texts.append(Text(pair.prompt, pair.answer, zlib.crc32(pair.scene.id.encode()) % 2))

    def rows(self) -> list[dict[str, Any]]:
        """Returns for each kind and each of its forms what `Row.to_dict` tells and `text_only`.

        `text_only` has for each context `k` of `n` right, `low` and `high` of the interval, and
        `reads`: whether text alone is clearly better than the limit allows, so that a right answer
        proves no looking. It is empty in the row of a whole kind.
        """
        return [
            {
                "kind": kind,
                "form": form,
                **row.to_dict(),
                "text_only": {
                    context: _score(texts, row)
                    for context in CONTEXTS
                    if (texts := self._texts.get((kind, form, context)))
                },
            }
            for (kind, form), row in sorted(self._rows.items())
        ]


def _score(texts: list[Text], row: Row) -> dict[str, Any]:
    k, n = count_right(texts), len(texts)
    low, high = wilson(k, n)
    reads = low > HIGHEST_RATIO * row.chance / row.answers.total()
    return {
        "share": round(k / n, 4),
        "k": k,
        "n": n,
        "low": round(low, 4),
        "high": round(high, 4),
        "reads": reads,
    }


def is_balanced(rows: Iterable[dict[str, Any]]) -> bool:
    """Whether no answer is too frequent."""
    return all(row["balanced"] for row in rows)


def format_rows(rows: Sequence[dict[str, Any]]) -> str:
    """Writes the table of questions for people."""
    head = (
        f"{'questions':<28} {'n':>6} {'answers':>7}  {'most above its fair share':<27}"
        f" {'ratio':>5} {'majority':>8} {'chance':>6}   text alone: "
        + " ".join(f"{context:<15}" for context in CONTEXTS)
    )
    lines = [head.rstrip()]
    for row in rows:
        name = f"  {row['form']}" if row["form"] else row["kind"]
        top = f"{row['top'][:12]} {row['share']:.1%} of {row['fair']:.1%}"
        scores = " ".join(f"{_percent(row['text_only'].get(c)):<15}" for c in CONTEXTS)
        lines.append(
            f"{name:<28} {row['n']:>6} {row['answers']:>7}  {top:<27}"
            f" {row['ratio']:>4.2f}{' ' if row['balanced'] else '!'} {row['majority']:>8.1%}"
            f" {row['chance']:>6.1%}   {'':<12}{scores}".rstrip()
        )
    return "\n".join([*lines, "", *_conclude(rows)])


def _percent(score: dict[str, Any] | None) -> str:
    if score is None:
        return ""
    share, low, high = (100 * score[key] for key in ("share", "low", "high"))
    return f"{share:.0f}% [{low:.0f}-{high:.0f}]{'*' if score['reads'] else ''}"


def _conclude(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    rows = list(rows)
    over = [f"{r['kind']} {r['form']}".strip() for r in rows if not r["balanced"]]
    yield f"! above {HIGHEST_RATIO} x its fair share: {', '.join(over) or 'none'}"
    for context in CONTEXTS:
        scored = [r for r in rows if context in r["text_only"]]
        read = [r["form"] for r in scored if r["text_only"][context]["reads"]]
        if scored:
            yield (
                f"* in '{context}' text alone answers {len(read)} of {len(scored)} forms, no proof "
                f"of looking: {', '.join(read) or 'none'}"
            )
