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

import contextlib
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.asking import ask_policy, is_want_of_memory
from grader.baselines import Policy
from grader.cases import Image, render_image
from grader.crew import CrashError
from grader.ledger import Notebook
from grader.metrics import Rate
from grader.table import align, cell, wrap
from qa_generator.prompt import Observation, observe
from qa_generator.questions import KINDS, sample_questions
from qa_generator.questions.words import answers_to
from scene_renderer.console import Progress, stdout_to_stderr
from scene_renderer.errors import CheckpointError
from scene_renderer.scene import Scene
from vlm.processor import grey_picture

Json = dict[str, Any]

COUNT = 100
"""Questions of each kind."""
OF = 100
EXTRA = 5
FULL_AT = 0.70
EXTRA_FROM, EXTRA_TO = 0.80, 0.85
NEAR_MM = 20

_SCENES_EACH = 20
"""How many scenes are looked through for a question before a kind is left short."""

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


@dataclass(frozen=True)
class Quiz:
    """Which questions are asked, and how.

    Attributes:
        seed: of scenes and questions.
        count: questions of each kind.
        split: where the scenes are drawn from.
        context: what the prompt lists beside the picture; a word from `CONTEXTS`.
        blank: show a grey picture instead: what guessing gets.
        batch_size: questions answered at a time.
    """

    seed: int
    count: int = COUNT
    split: str = "test"
    context: str = "image"
    blank: bool = False
    batch_size: int = 32

    def settings(self) -> Json:
        """Returns what the figures say of it; the batch size is not theirs."""
        names = ("split", "seed", "context", "blank")
        return {name: getattr(self, name) for name in names}


def measure_questions(
    policy: Policy,
    quiz: Quiz,
    notebook: Notebook | None = None,
    render: Callable[[Scene, int], Image] = render_image,
    *,
    quiet: bool = False,
) -> Json:
    """Asks a policy the five kinds of questions.

    Args:
        policy: who answers.
        quiz: what is asked.
        notebook: where answers are kept; what stands there is not asked again.
        render: makes the picture of a scene, given its width and height in pixels.
        quiet: no progress.

    Returns:
        `{"points", "low", "high", "extra", "of": 100, "most": 105, "n", "not_run", "scenes",
        "split", "seed", "context", "blank", "kinds": {kind: {"exact": R, "points", "low", "high",
        "chance"}}}`; `place` has `near`, a rate, too. The extra credit is in the points.

    Raises:
        CheckpointError: if the policy breaks down.
    """
    notebook = notebook or Notebook()
    items = draw_items(quiz.seed, quiz.count, quiz.split)
    views = _Views(policy.image_size, quiz.context, quiz.blank, render)
    _answer_items(policy, items, views, notebook, quiz.batch_size, quiet)
    run = [item for item in items if item.key in notebook.answers]
    marks = mark(run, [notebook.answers[item.key] for item in run])
    return marks | {"not_run": len(items) - len(run)} | quiz.settings()


def _answer_items(
    policy: Policy,
    items: Sequence[Item],
    views: "_Views",
    notebook: Notebook,
    batch_size: int,
    quiet: bool,
) -> None:
    """Notes down the answers to all items that can be asked.

    Batches are the same whatever is known, as what shares a batch may change an answer.
    """
    with Progress("questions", len(items), "questions", quiet) as progress, stdout_to_stderr():
        for at in range(0, len(items), batch_size):
            batch = items[at : at + batch_size]
            if any(item.key not in notebook.answers for item in batch):
                notebook.add(_answer_batch(policy, batch, views))
            progress.advance(len(batch))


def _answer_batch(policy: Policy, batch: Sequence[Item], views: "_Views") -> dict[str, str]:
    """Returns the answers by key; none where a picture or memory is wanting.

    Raises:
        CheckpointError: if the policy breaks down.
    """
    seen = {}
    for item in batch:
        with contextlib.suppress(CrashError):
            seen[item] = views.look(item)
    if not seen:
        return {}
    try:
        asked = [item.question for item in seen]
        answers = ask_policy(policy, list(seen.values()), asked, len(asked))
    except CheckpointError as error:
        if not is_want_of_memory(error):
            raise
        return {}
    return {item.key: a.text for item, a in zip(seen, answers, strict=True)}


def draw_items(seed: int, count: int, split: str) -> list[Item]:
    """Draws `count` questions of each kind, scene by scene; fewer where scenes allow no more."""
    from scene_renderer.sampler import sample_scene

    items: list[Item] = []
    drawn: Counter[str] = Counter()
    for index in range(_SCENES_EACH * count):
        wanted = [kind for kind in KINDS if drawn[kind] < count]
        if not wanted:
            break
        scene = sample_scene(seed, split, index)
        rng = np.random.default_rng([seed, zlib.crc32(f"questions {split}".encode()), index])
        for asked in sample_questions(scene, rng, wanted):
            drawn[asked.kind] += 1
            items.append(Item(asked.kind, asked.question, asked.answer, scene, index))
    return items


class _Views:
    """What is seen of scenes; a picture is rendered once for all that is asked about it."""

    def __init__(
        self,
        image_size: int | None,
        context: str,
        blank: bool,
        render: Callable[[Scene, int], Image],
    ) -> None:
        self.image_size, self.context, self.blank = image_size, context, blank
        self._render = render
        self._shown: tuple[Scene, Image | None] | None = None

    def look(self, item: Item) -> Observation:
        """Returns what a policy sees beside the question.

        Raises:
            CrashError: if its picture could not be rendered.
        """
        rng = np.random.default_rng(zlib.crc32(f"{item.scene.id} {item.kind}".encode()))
        return observe(item.scene, self._picture(item.scene), self.context, rng)

    def _picture(self, scene: Scene) -> Image | None:
        if self.image_size is None or self.blank:
            return grey_picture(self.image_size) if self.image_size else None
        if self._shown is None or self._shown[0] is not scene:
            self._shown = scene, self._render(scene, self.image_size)
        return self._shown[1]


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
    total = math.fsum(kind["points"] for kind in kinds.values())
    low, high = (_total_limit(total, kinds.values(), side) for side in ("low", "high"))
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
        "points": points_of(exact.value or 0.0),
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
        f"{name}: {marks['points']:.1f} points of {OF} [{marks['low']:.0f}, {marks['high']:.0f}] "
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
            f"{found['points']:.1f} [{found['low']:.1f}-{found['high']:.1f}]",
        ]
        for kind, found in marks["kinds"].items()
    ]
    legend = (
        f"Points grow linearly up to {FULL_AT:.0%} right; {marks['extra']:.1f} of {EXTRA} extra "
        f"for {EXTRA_FROM:.0%} to {EXTRA_TO:.0%}. Only the whole answer counts."
    )
    return "\n".join([*wrap(head), "", *align(header, [rows]), "", *wrap(legend)])
