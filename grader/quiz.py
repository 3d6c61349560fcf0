"""Asks the five kinds of questions, which `questions.py` marks.

A picture that cannot be rendered and want of memory say nothing about a model: such a question is
not run, and is asked again by a grade that goes on.
"""

import contextlib
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.asking import ask_policy, hold_to_plans, is_want_of_memory
from grader.baselines import Policy
from grader.cases import Image, render_image
from grader.crew import CrashError
from grader.ledger import Notebook
from grader.questions import Item, mark
from qa_generator.prompt import Observation, observe
from qa_generator.questions import KINDS, sample_questions
from scene_renderer.console import Progress, stdout_to_stderr
from scene_renderer.errors import CheckpointError
from scene_renderer.scene import Scene
from vlm.processor import grey_picture

Json = dict[str, Any]

COUNT = 100
"""Questions of each kind."""

_SCENES_EACH = 20
"""How many scenes are looked through for a question before a kind is left short."""


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
        with hold_to_plans(policy, False):  # an answer to a question is no plan
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
