"""`Pair`: one image, what is asked about it and the right answer; and the pairs of one scene."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa_generator.instructions import sample_instructions
from qa_generator.language.styles import unseen_words
from qa_generator.language.words import Style
from qa_generator.prompt import build_prompt, observe
from qa_generator.questions import KINDS, Question, sample_questions
from qa_generator.tasks import USUAL, Instruction
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
        template: id of the instruction's wording.
        lexical: the synonyms that the instruction uses.
        twin: of a refusal: the solvable instruction that it differs from in one thing.
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
    template: str = ""
    lexical: tuple[str, ...] = ()
    twin: str = ""

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
    tasks: tuple[str, ...] = USUAL
    wordings: Style = "seen"
    verified: bool = True


def make_pairs(scene: Scene, png: bytes, recipe: Recipe) -> Iterator[Pair]:
    """Makes the pairs of a scene: a pure function of the recipe and the scene.

    Each instruction is asked in each context, and all that is asked in a context shares one list.
    """
    rng = _generator(recipe.seed, scene.id)
    instructions = sample_instructions(scene, rng, recipe.per_scene, recipe.wordings, recipe.tasks)
    questions = sample_questions(scene, rng, _spread(KINDS, recipe.questions, rng))
    views = {context: observe(scene, None, context, rng) for context in recipe.contexts}
    asked = [_order(scene, i) for i in instructions] + [_question(q) for q in questions]
    twins = {
        n: instructions.index(i.twin) for n, i in enumerate(instructions) if i.twin in instructions
    }
    for number, fields in enumerate(asked):
        for context, view in views.items():
            prompt = build_prompt(view, fields["instruction"])
            of = twins.get(number)
            twin = "" if of is None else _name(scene, of, context)
            name = _name(scene, number, context)
            yield Pair(name, scene, png, context, prompt=prompt, twin=twin, **fields)


def _name(scene: Scene, number: int, context: str) -> str:
    return f"{scene.id}-{number}-{context}"


def _order(scene: Scene, said: Instruction) -> dict[str, Any]:
    """Returns what a pair tells about an instruction."""
    return {
        "kind": PLAN,
        "task": said.goal.task,
        "instruction": said.text,
        "goal": said.goal.to_dict(),
        "answer": format_plan(said.goal.oracle(scene)),
        "template": said.template,
        "lexical": unseen_words(said.text),
    }


def _question(asked: Question) -> dict[str, Any]:
    """Returns what a pair tells about a question."""
    return {
        "kind": QUESTION,
        "task": asked.kind,
        "instruction": asked.question,
        "goal": None,
        "answer": asked.answer,
    }


def _generator(seed: int, scene_id: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}/{scene_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def _spread(words: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """Returns `count` words, each as often as the others, from a random start in random order."""
    start = rng.permutation(len(words))
    return [words[start[i % len(words)]] for i in range(count)]
