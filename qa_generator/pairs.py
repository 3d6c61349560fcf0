"""`Pair`: one image, what is asked about it and the right answer; and the pairs of one scene."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa_generator.instructions import sample_instructions
from qa_generator.language.words import Style
from qa_generator.prompt import build_prompt, observe
from qa_generator.questions import KINDS, sample_questions
from qa_generator.tasks import TASKS
from scene_renderer.pictures import decode_picture
from scene_renderer.plan import format_plan
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import CONTEXTS

PLAN, QUESTION = "plan", "question"


@dataclass(frozen=True)
class Pair:
    """One thing to learn or to be graded on.

    Attributes:
        id: the scene's id, the instruction's number in its scene, and the context.
        scene: what is on the table.
        png: the picture, PNG bytes.
        context: a word from `CONTEXTS`.
        kind: `plan` or `question`.
        task: a word from `TASKS`, or the kind of question.
        instruction: what the person says.
        goal: the goal's JSON form; None for a question.
        prompt: all the text that the model reads.
        answer: the oracle's plan, or the answer to the question.
    """

    id: str
    scene: Scene
    png: bytes
    context: str
    kind: str
    task: str
    instruction: str
    goal: dict[str, Any] | None
    prompt: str
    answer: str

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture: uint8, shape (size, size, 3), RGB."""
        return decode_picture(self.png, f"The picture of pair '{self.id}'")


@dataclass(frozen=True)
class Recipe:
    """Which pairs to make of each scene.

    Attributes:
        seed: with a scene's id, it fixes the scene's pairs.
        per_scene: instructions of each scene.
        questions: questions of each scene.
        contexts: words from `CONTEXTS`; each instruction is asked in each of them.
        tasks: words from `TASKS`.
        wordings: `seen` or `unseen`.
        verified: whether the oracle's plans are executed and those that fail left out.
    """

    seed: int = 0
    per_scene: int = 4
    questions: int = 0
    contexts: tuple[str, ...] = CONTEXTS
    tasks: tuple[str, ...] = tuple(TASKS)
    wordings: Style = "seen"
    verified: bool = False


def make_pairs(scene: Scene, png: bytes, recipe: Recipe) -> Iterator[Pair]:
    """Makes the pairs of a scene: a pure function of the recipe and the scene.

    Each instruction is asked in each context, and all that is asked in a context shares one list.
    """
    rng = _generator(recipe.seed, scene.id)
    asked = [
        (PLAN, i.goal.task, i.text, i.goal.to_dict(), format_plan(i.goal.oracle(scene)))
        for i in sample_instructions(scene, rng, recipe.per_scene, recipe.wordings, recipe.tasks)
    ] + [
        (QUESTION, q.kind, q.question, None, q.answer)
        for q in sample_questions(scene, rng, _spread(KINDS, recipe.questions, rng))
    ]
    views = {context: observe(scene, None, context, rng) for context in recipe.contexts}
    for number, (kind, task, text, goal, answer) in enumerate(asked):
        for context, view in views.items():
            name = f"{scene.id}-{number}-{context}"
            prompt = build_prompt(view, text)
            yield Pair(name, scene, png, context, kind, task, text, goal, prompt, answer)


def _generator(seed: int, scene_id: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}/{scene_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def _spread(words: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """Returns `count` words, each as often as the others, from a random start in random order."""
    start = rng.permutation(len(words))
    return [words[start[i % len(words)]] for i in range(count)]
