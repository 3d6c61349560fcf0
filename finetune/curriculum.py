"""What the embedded base reads and is asked in pretraining: questions only, never a plan.

Two kinds of rows: rendered scenes with questions of all kinds, after a coordinate list with names,
without names, or none; and made-up tables, text only, which teach to find, copy and shift numbers.
Given both picture and list, a model that was never made to read answers from the picture.

Where the place of the answer is known, a turn says where to look for it (`gaze.py`): at the entry
of the list and the end of its number, at the step to add, and at the picture of the object.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from finetune.gaze import LIST, NUMBER, PICTURE, STEP
from finetune.numeracy import Steps
from finetune.packing import Look, Row, factor_prefix
from qa_generator.language.references import PLAIN, Speaker, refer
from qa_generator.language.words import Style
from qa_generator.prompt import build_prompt, format_place, format_position, observe, to_millimetres
from qa_generator.questions import (
    ABSENT,
    TEMPLATES,
    Question,
    ask_beside,
    caption,
    sample_absent_name,
    sample_questions,
)
from scene_renderer.catalogue import SHAPES
from scene_renderer.scene import MAX_OBJECTS, EndEffector, SceneObject, Table
from scene_renderer.vocabulary import COLORS, DIRECTIONS
from vlm.processor import ChatTokenizer

CONTEXT_SHARES = {"named": 0.25, "unnamed": 0.4, "image": 0.35}
"""How often a scene's questions come after which kind of list."""

KIND_SHARES = {"place": 0.5, "name": 0.2, "count": 0.1, "relation": 0.1, "gripper": 0.1}
"""How often a question that is not about finding is of which kind."""

FINDING = 0.8
"""Share of the questions that ask for one or two things, a place beside one, or what is absent."""

FORM_SHARES = {"beside": 0.5, "absent": 0.12, "two": 0.13, "bare": 0.1, "one": 0.15}
"""How often a question about finding asks for what; places beside things take the most practice."""

SHIFTED = "shifted"
"""The kind of question whose answer is not in the list but follows from it."""

DIRECTION_SHARES = (0.2, 0.2, 0.3, 0.3)
"""Sideways more often: there, numbers have signs, and adding to them is harder to learn."""

SUMS = 0.7
"""Share of the reading exercises, once lists are long, that ask for sums alone."""
DRILL_LENGTH = 3
"""Objects in the longest list of such an exercise: most of its tokens are sums."""

SHORTEST = 2
PASS_MARK = 0.95
"""The made-up lists grow by one object whenever the running accuracy passes this."""


@dataclass
class Reading:
    """How far the reading exercises have come: from lists of two objects to lists of eight.

    Attributes:
        length: objects in the longest lists.
        accuracy: running share of answer tokens that were right at this length.
    """

    length: int = SHORTEST
    accuracy: float = 0.0

    def update(self, accuracy: float) -> None:
        """Counts one batch's share of right answer tokens."""
        self.accuracy = 0.9 * self.accuracy + 0.1 * accuracy
        if self.accuracy > PASS_MARK and self.length < MAX_OBJECTS:
            self.length += 1
            self.accuracy = 0.85

    def state_dict(self) -> dict[str, float]:
        """Returns what a resumed run needs."""
        return {"length": self.length, "accuracy": self.accuracy}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Restores what `state_dict` returned."""
        self.length, self.accuracy = int(state["length"]), state["accuracy"]


@dataclass(frozen=True)
class MadeUpTable:
    """What a reading exercise is about: of any length, perhaps overlapping, never rendered."""

    objects: tuple[SceneObject, ...]
    end_effector: EndEffector = field(default_factory=EndEffector)


def sample_visual_row(
    scene: Table,
    owners: NDArray[np.int64],
    chat: ChatTokenizer,
    rng: np.random.Generator,
    count: int,
) -> Row:
    """Asks `count` questions about a rendered scene in a random context.

    Args:
        scene: what is on the table.
        owners: int64, shape (image tokens,): index of the object that a token shows, or -1.
        chat: tokenizes.
        rng: draws context and questions.
        count: how many questions.
    """
    context = str(rng.choice(list(CONTEXT_SHARES), p=list(CONTEXT_SHARES.values())))
    asked = [
        _find_in_picture(scene, rng) if rng.random() < FINDING else _any_question(scene, rng)
        for _ in range(count)
    ]
    if rng.random() < 0.2:
        asked.append((caption(scene), ()))
    return _encode(scene, context, asked, chat, rng, owners)


def sample_reading_row(
    reading: Reading, chat: ChatTokenizer, rng: np.random.Generator, count: int
) -> Row:
    """Asks about a made-up table, text only: places, and all kinds once lists are long."""
    is_long = reading.length == MAX_OBJECTS
    is_drill = is_long and rng.random() < SUMS
    longest = DRILL_LENGTH if is_drill else MAX_OBJECTS
    length = int(rng.integers(SHORTEST, longest + 1)) if is_long else reading.length
    table = sample_table(length, rng)
    if is_drill:
        asked = [_ask_sum(table.objects[int(rng.integers(length))], rng) for _ in range(count)]
    elif is_long:
        asked = [
            _find_in_list(table, rng) if rng.random() < FINDING else _any_question(table, rng)
            for _ in range(count)
        ]
    else:
        items = [table.objects[i] for i in rng.permutation(length)[:count]]
        asked = [(where_is(item), (item,)) for item in items]
    return _encode(table, "named", asked, chat, rng, owners=None)


def sample_table(length: int, rng: np.random.Generator) -> MadeUpTable:
    """Makes up a table: any names at any places."""
    colors, shapes = list(COLORS), list(SHAPES)
    objects = []
    for pair in rng.permutation(len(colors) * len(shapes))[:length]:
        color, shape = colors[pair // len(shapes)], shapes[pair % len(shapes)]
        place = (rng.uniform(0.28, 0.68), rng.uniform(-0.3, 0.3), rng.uniform(0.005, 0.08))
        objects.append(SceneObject(f"{color} {shape}", color, shape, 0.05, place))
    return MadeUpTable(tuple(objects))


Asked = tuple[Question, tuple[SceneObject, ...]]
"""A question and the objects that its answer tells of, in order; none if that is not taught."""


def _any_question(table: Table, rng: np.random.Generator) -> Asked:
    while True:
        kind = rng.choice(list(KIND_SHARES), p=list(KIND_SHARES.values()))
        if questions := sample_questions(table, rng, [str(kind)]):
            return questions[0], ()


def _call(
    table: Table, item: SceneObject, rng: np.random.Generator, kinds: Sequence[str] | None
) -> str:
    """Calls a thing by its name every second time, else as people do in instructions.

    The words that instructions of `test_wordings` keep from training are among them: a base knows
    its language, and tuning is where they are held out.
    """
    if rng.integers(2):
        return f"the {item.name}"
    style: Style = "unseen" if rng.integers(2) else "seen"
    return refer(Speaker(rng, style), table, item, kinds).text


def _find_in_list(
    table: Table, rng: np.random.Generator, kinds: Sequence[str] | None = PLAIN
) -> Asked:
    """Asks for the place of one thing or of two, a place beside one, or for what is absent.

    Args:
        table: what is asked about.
        rng: draws.
        kinds: how things may be referred to; None for all ways, which need a look at the places.
    """
    first, second = (table.objects[i] for i in rng.permutation(len(table.objects))[:2])
    form = str(rng.choice(list(FORM_SHARES), p=list(FORM_SHARES.values())))
    if form == "beside":
        question, items = _ask_sum(first, rng)
        called = _call(table, first, rng, PLAIN)
        text = question.question.replace(f"the {first.name}", called)
        return replace(question, question=text), items
    if form == "absent":
        text = TEMPLATES["place"].format(a=sample_absent_name(table, rng))
        return Question("place", text, ABSENT), ()
    if form == "two":
        both = "; ".join(format_place(item.name, item.position) for item in (first, second))
        text = TEMPLATES["place_two"].replace("the {a}", _call(table, first, rng, kinds))
        text = text.replace("the {b}", _call(table, second, rng, kinds))
        return Question("place", text, both), (first, second)
    if form == "bare":
        text = TEMPLATES["place_bare"].replace("the {a}", _call(table, first, rng, kinds))
        return Question("place", text, format_position(first.position)), (first,)
    text = TEMPLATES["place"].replace("the {a}", _call(table, first, rng, kinds))
    return Question("place", text, format_place(first.name, first.position)), (first,)


def _ask_sum(item: SceneObject, rng: np.random.Generator) -> Asked:
    direction = str(rng.choice(list(DIRECTIONS), p=DIRECTION_SHARES))
    return Question(SHIFTED, *ask_beside(item, direction, rng)), (item,)


def _find_in_picture(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks for the place of one thing or of two, or for the name of what is at a place."""
    if rng.random() < 0.7:
        return _find_in_list(scene, rng, kinds=None)
    item = scene.objects[int(rng.integers(len(scene.objects)))]
    x, y, _ = map(to_millimetres, item.position)
    text = TEMPLATES["name"].format(place=f"{x}, {y}")
    return Question("name", text, item.name), (item,)


def where_is(item: SceneObject) -> Question:
    """Asks for a place; the answer echoes the name before the numbers."""
    text = TEMPLATES["place"].format(a=item.name)
    return Question("place", text, format_place(item.name, item.position))


def _encode(
    table: Table,
    context: str,
    asked: Sequence[Asked],
    chat: ChatTokenizer,
    rng: np.random.Generator,
    owners: NDArray[np.int64] | None,
) -> Row:
    observation = observe(table, None, context, rng)
    texts = [build_prompt(observation, question.question) for question, _ in asked]
    has_image = owners is not None
    prompts = chat.prompt_ids(texts, has_image)
    answers = chat.answer_ids([question.answer for question, _ in asked])
    if owners is None or context == "named":  # the list alone should do
        owners = np.empty(0, np.int64)
    shown = {i: np.flatnonzero(owners == i) for i in range(len(table.objects))}
    looks = [
        tuple(_looks(question.kind, items, table, prompt, answer, shown, chat, rng))
        for (question, items), prompt, answer in zip(asked, prompts, answers, strict=True)
    ]
    return factor_prefix(prompts, answers, looks)


def _looks(
    kind: str,
    items: Sequence[SceneObject],
    table: Table,
    prompt: list[int],
    answer: list[int],
    shown: dict[int, NDArray[np.int64]],
    chat: ChatTokenizer,
    rng: np.random.Generator,
) -> list[Look]:
    """Says where to look for each token of an answer that tells of `items`."""
    looks: list[Look] = []
    pairs: list[tuple[int, int | None, int | None]]
    picture = prompt.index(chat.image_token_id) if chat.image_token_id in prompt else 0
    done = 0
    digits = chat.text_ids("0123456789")
    for item in items:
        number = chat.text_ids(format_position(item.position))
        source = _find(number, prompt)
        if kind == "name":
            pairs = [(token, None, None) for token in range(len(answer) - 1)]
        elif kind == SHIFTED:
            if step := Steps(chat).find(prompt):
                looks += [Look(token, step[0], STEP) for token in range(len(answer) - 1)]
            read = _runs(digits, number)
            written = _runs(digits, answer)
            pairs = _digit_by_digit(written, read * (len(written) // len(read)))
        else:
            start = _find(number, answer, done)
            ends = [run[-1] for run in _runs(digits, number)]
            pairs = [(start + i, i, next(e for e in ends if e >= i)) for i in range(len(number))]
            done = start + len(number)
        tokens = shown[table.objects.index(item)]
        for token, digit, end in pairs:
            if source >= 0 and digit is not None:
                looks.append(Look(token, source + digit, LIST))
            if source >= 0 and end is not None:
                looks.append(Look(token, source + end, NUMBER))
            if len(tokens):
                looks.append(Look(token, picture + int(rng.choice(tokens)), PICTURE))
    return looks


def _digit_by_digit(
    written: list[list[int]], read: list[list[int]]
) -> list[tuple[int, int | None, int | None]]:
    """Pairs numbers units with units, as indices of answer token, digit read, and its number's end.

    What stands before a number holds its sign, and so depends on the whole number.
    """
    pairs: list[tuple[int, int | None, int | None]] = []
    for tokens, number in zip(written, read, strict=True):
        if tokens[0] > 0:
            pairs.append((tokens[0] - 1, None, number[-1]))
        for i, token in enumerate(reversed(tokens)):
            pairs.append((token, number[max(-1 - i, -len(number))], number[-1]))
    return pairs


def _runs(digits: list[int], tokens: list[int]) -> list[list[int]]:
    """Returns the indices of neighbouring digits, number by number."""
    runs: list[list[int]] = []
    for i, token in enumerate(tokens):
        if token in digits:
            if not i or tokens[i - 1] not in digits:
                runs.append([])
            runs[-1].append(i)
    return runs


def _find(part: list[int], whole: list[int], start: int = 0) -> int:
    """Returns where a sequence first stands in another one, from `start` on; -1 if nowhere."""
    last = len(whole) - len(part)
    return next((i for i in range(start, last + 1) if whole[i : i + len(part)] == part), -1)
