"""What the embedded base reads and is asked in pretraining: questions only, never a plan.

Two kinds of rows: rendered scenes with questions of all kinds, after a coordinate list with names,
without names, or none; and made-up tables, text only, which teach to find, copy and shift numbers.
Given both picture and list, a model that was never made to read answers from the picture.
"""

from dataclasses import dataclass

import numpy as np

from finetune.packing import Row, factor_prefix
from qa_generator.lexicon import lexicon
from qa_generator.prompt import Observation, build_prompt, format_place, observe
from qa_generator.questions import TEMPLATES, Question, caption, sample_questions
from scene_renderer.scene import MAX_OBJECTS, Scene, SceneObject
from scene_renderer.vocabulary import COLORS, SHAPES
from vlm.processor import ChatTokenizer

CONTEXT_SHARES = {"named": 0.2, "unnamed": 0.4, "image": 0.4}
"""How often a scene's questions come after which kind of list."""

KIND_SHARES = {"place": 0.55, "name": 0.2, "count": 0.08, "relation": 0.09, "gripper": 0.08}
"""How often a question is of which kind."""

SHORTEST = 2
PASS_MARK = 0.96
"""The made-up lists grow by one object whenever the running accuracy passes this."""

REPEAT_REQUEST = "repeat the list"
REPEATED_WORDS = 0.15
"""Share of repeated lists that hold words and brackets instead of objects: they give a meaning to
tokens which no question uses."""


@dataclass
class Reading:
    """How far the reading curriculum has come.

    It begins by repeating whole lists (which teaches to copy), goes on to finding one object in
    lists of two, three, ... eight, and ends with questions of all kinds.

    Attributes:
        length: objects in a made-up list; `SHORTEST - 1` while lists are only repeated.
        accuracy: running share of answer tokens that were right.
    """

    length: int = SHORTEST - 1
    accuracy: float = 0.0

    @property
    def is_repeating(self) -> bool:
        """Whether lists are still only repeated."""
        return self.length < SHORTEST

    def update(self, accuracy: float) -> None:
        """Counts one batch's share of right answer tokens."""
        self.accuracy = 0.95 * self.accuracy + 0.05 * accuracy
        if self.accuracy > PASS_MARK and self.length < MAX_OBJECTS:
            self.length += 1
            self.accuracy = 0.8

    def state_dict(self) -> dict[str, float]:
        """Returns what a resumed run needs."""
        return {"length": self.length, "accuracy": self.accuracy}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Restores what `state_dict` returned."""
        self.length, self.accuracy = int(state["length"]), state["accuracy"]


def sample_visual_row(
    scene: Scene, chat: ChatTokenizer, rng: np.random.Generator, count: int
) -> Row:
    """Asks `count` questions about a rendered scene in a random context."""
    context = str(rng.choice(list(CONTEXT_SHARES), p=list(CONTEXT_SHARES.values())))
    questions = sample_questions(scene, rng, _sample_kinds(rng, count))
    if rng.random() < 0.3:
        questions.append(caption(scene))
    return _encode(observe(scene, None, context, rng), questions, chat, has_image=True)


def sample_reading_row(
    reading: Reading, chat: ChatTokenizer, rng: np.random.Generator, count: int
) -> Row:
    """Asks about a made-up table, text only, at the curriculum's present stage."""
    if reading.is_repeating or rng.random() < 0.1:
        return _repeating_row(chat, rng)
    table = sample_table(reading.length, rng)
    if reading.length < MAX_OBJECTS or rng.random() < 0.3:
        questions = [_where_is(table.objects[i]) for i in rng.permutation(reading.length)[:count]]
    else:
        questions = sample_questions(table, rng, _sample_kinds(rng, count))
    return _encode(observe(table, None, "named", rng), questions, chat, has_image=False)


def _repeating_row(chat: ChatTokenizer, rng: np.random.Generator) -> Row:
    observation = observe(sample_table(int(rng.integers(1, 4)), rng), None, "named", rng)
    if rng.random() < REPEATED_WORDS:
        words = [*lexicon(), "(", ")"]
        listing = " ".join(words[i] for i in rng.integers(len(words), size=16))
        observation = Observation(None, observation.end_effector)
        question = Question("caption", f"{listing}\n{REPEAT_REQUEST}", listing)
    else:
        listing = "\n".join(format_place(label, place) for label, place in observation.listing)
        question = Question("caption", REPEAT_REQUEST, listing)
    return _encode(observation, [question], chat, has_image=False)


def sample_table(length: int, rng: np.random.Generator) -> Scene:
    """Makes up a table for reading exercises: any names, any places, never rendered.

    It may hold fewer objects than a scene and they may overlap, so only its `objects` and
    `end_effector` mean anything.
    """
    pairs = rng.permutation(len(COLORS) * len(SHAPES))[: max(length, 4)]
    colors, shapes = list(COLORS), list(SHAPES)
    objects = []
    for pair in pairs:
        color, shape = colors[pair // len(shapes)], shapes[pair % len(shapes)]
        place = (rng.uniform(0.28, 0.68), rng.uniform(-0.3, 0.3), rng.uniform(0.005, 0.08))
        objects.append(SceneObject(f"{color} {shape}", color, shape, 0.05, place))
    table = Scene("made-up", tuple(objects))
    object.__setattr__(table, "objects", table.objects[:length])
    return table


def _sample_kinds(rng: np.random.Generator, count: int) -> list[str]:
    drawn = rng.choice(list(KIND_SHARES), size=count, p=list(KIND_SHARES.values()))
    return [str(kind) for kind in drawn]


def _where_is(item: SceneObject) -> Question:
    """Asks for a place; the answer echoes the name, which is what teaches to copy the numbers."""
    return Question(
        "place", TEMPLATES["place"].format(a=item.name), format_place(item.name, item.position)
    )


def _encode(
    observation: Observation, questions: list[Question], chat: ChatTokenizer, has_image: bool
) -> Row:
    texts = [build_prompt(observation, question.question) for question in questions]
    answers = chat.answer_ids([question.answer for question in questions])
    return factor_prefix(chat.prompt_ids(texts, has_image), answers)
