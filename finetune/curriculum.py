"""What the embedded base reads and is asked in pretraining: questions only, never a plan.

Two kinds of rows: rendered scenes with questions of all kinds, after a coordinate list with names,
without names, or none; and made-up tables, text only, which teach to find, copy and shift numbers.
Given both picture and list, a model that was never made to read answers from the picture.
"""

from dataclasses import dataclass, field

import numpy as np

from finetune.packing import Row, factor_prefix
from qa_generator.lexicon import lexicon
from qa_generator.prompt import Observation, build_prompt, format_place, observe
from qa_generator.questions import TEMPLATES, Question, caption, sample_questions
from scene_renderer.scene import MAX_OBJECTS, EndEffector, Scene, SceneObject
from scene_renderer.vocabulary import COLORS, SHAPES
from vlm.processor import ChatTokenizer

CONTEXT_SHARES = {"named": 0.2, "unnamed": 0.4, "image": 0.4}
"""How often a scene's questions come after which kind of list."""

KIND_SHARES = {"place": 0.55, "name": 0.2, "count": 0.08, "relation": 0.09, "gripper": 0.08}
"""How often a question is of which kind."""

LESSONS: tuple[tuple[str, int], ...] = (
    ("repeat", 3),
    ("recall", 4),
    ("recall", 8),
    ("find", 4),
    ("find", 8),
)
"""The reading curriculum: kind of exercise and longest list.

    repeat   write a whole list again: teaches to copy
    recall   one digit for each name, say the digit of one name: teaches to look a name up
    find     a place for each name, say the place of one name: both together
"""

PASS_MARK = 0.97
"""The next lesson begins when the running share of right answer tokens passes this."""

REVIEW_EVERY = 4
"""Every so many steps an earlier lesson is repeated."""

REPEAT_REQUEST = "repeat the list"
REPEATED_WORDS = 0.15
"""Share of repeated lists that hold words and brackets instead of objects: they give a meaning to
tokens which no question uses."""


@dataclass
class Reading:
    """How far the reading curriculum has come.

    Attributes:
        lesson: index into `LESSONS`.
        accuracy: running share of answer tokens that were right in this lesson.
    """

    lesson: int = 0
    accuracy: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether the last lesson is passed: then come questions of all kinds."""
        return self.lesson >= len(LESSONS)

    def update(self, accuracy: float) -> None:
        """Counts the share of right answer tokens of one batch of the present lesson."""
        self.accuracy = 0.95 * self.accuracy + 0.05 * accuracy
        if self.accuracy > PASS_MARK and not self.is_over:
            self.lesson += 1
            self.accuracy = 0.8

    def state_dict(self) -> dict[str, float]:
        """Returns what a resumed run needs."""
        return {"lesson": self.lesson, "accuracy": self.accuracy}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Restores what `state_dict` returned."""
        self.lesson, self.accuracy = int(state["lesson"]), state["accuracy"]


@dataclass(frozen=True)
class MadeUpTable:
    """What a reading exercise is about: of any length, perhaps overlapping, never rendered."""

    objects: tuple[SceneObject, ...]
    end_effector: EndEffector = field(default_factory=EndEffector)


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
    lesson: int, chat: ChatTokenizer, rng: np.random.Generator, count: int
) -> Row:
    """Makes up one exercise of a lesson, text only; behind the last, questions of all kinds."""
    if lesson >= len(LESSONS):
        table = sample_table(int(rng.integers(4, MAX_OBJECTS + 1)), rng)
        questions = sample_questions(table, rng, _sample_kinds(rng, count))
        return _encode(observe(table, None, "named", rng), questions, chat, has_image=False)
    kind, longest = LESSONS[lesson]
    if kind == "repeat":
        return _repeating_row(int(rng.integers(1, longest + 1)), chat, rng)
    length = int(rng.integers(longest // 2, longest + 1))
    table = sample_table(length, rng)
    asked = [table.objects[i] for i in rng.permutation(length)[:count]]
    if kind == "recall":
        return _recalling_row(table, asked, chat, rng)
    questions = [_where_is(item) for item in asked]
    return _encode(observe(table, None, "named", rng), questions, chat, has_image=False)


def _repeating_row(length: int, chat: ChatTokenizer, rng: np.random.Generator) -> Row:
    if rng.random() < REPEATED_WORDS:
        words = [*lexicon(), "(", ")"]
        listing = " ".join(words[i] for i in rng.integers(len(words), size=16))
    else:
        listing = "\n".join(
            format_place(o.name, o.position) for o in sample_table(length, rng).objects
        )
    return _encode_texts([f"{listing}\n{REPEAT_REQUEST}"], [listing], chat)


def _recalling_row(
    table: MadeUpTable, asked: list[SceneObject], chat: ChatTokenizer, rng: np.random.Generator
) -> Row:
    digits = {item.name: int(rng.integers(10)) for item in table.objects}
    listing = "\n".join(f"{name}: {digit}" for name, digit in digits.items())
    texts = [f"{listing}\n{TEMPLATES['place'].format(a=item.name)}" for item in asked]
    return _encode_texts(texts, [f"{item.name}: {digits[item.name]}" for item in asked], chat)


def sample_table(length: int, rng: np.random.Generator) -> MadeUpTable:
    """Makes up a table: any names at any places."""
    colors, shapes = list(COLORS), list(SHAPES)
    objects = []
    for pair in rng.permutation(len(colors) * len(shapes))[:length]:
        color, shape = colors[pair // len(shapes)], shapes[pair % len(shapes)]
        place = (rng.uniform(0.28, 0.68), rng.uniform(-0.3, 0.3), rng.uniform(0.005, 0.08))
        objects.append(SceneObject(f"{color} {shape}", color, shape, 0.05, place))
    return MadeUpTable(tuple(objects))


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
    return _encode_texts(texts, [question.answer for question in questions], chat, has_image)


def _encode_texts(
    texts: list[str], answers: list[str], chat: ChatTokenizer, has_image: bool = False
) -> Row:
    return factor_prefix(chat.prompt_ids(texts, has_image), chat.answer_ids(answers))
