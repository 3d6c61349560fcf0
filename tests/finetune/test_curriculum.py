import numpy as np
import pytest

from finetune.curriculum import (
    LESSONS,
    Reading,
    sample_reading_row,
    sample_table,
    sample_visual_row,
)
from scene_renderer.plan import ACTIONS
from scene_renderer.sampler import sample_scene
from vlm.tiny import IMAGE, IMAGE_TOKENS

END = "<end_of_utterance>"


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def texts(row, chat):
    """Each turn's whole prompt and its answer, as text."""
    prefix, turns = row
    decode = chat.tokenizer.decode
    return [
        (decode(prefix + turn.prompt), decode(turn.answer).removesuffix(END).strip())
        for turn in turns
    ]


def test_reading_goes_on_lesson_by_lesson_once_answers_are_right():
    reading = Reading()
    lessons = []
    for _ in range(200 * len(LESSONS)):
        reading.update(1.0)
        lessons.append(reading.lesson)
    assert lessons[0] == 0
    assert set(np.diff(lessons)) == {0, 1}
    assert lessons[-1] == len(LESSONS)
    assert reading.is_over


def test_reading_stays_where_answers_are_wrong():
    reading = Reading(lesson=2, accuracy=0.9)
    for _ in range(200):
        reading.update(0.9)
    assert (reading.lesson, reading.is_over) == (2, False)
    assert reading.accuracy == pytest.approx(0.9)


def test_reading_goes_on_where_it_was():
    reading = Reading()
    for _ in range(90):
        reading.update(0.999)
    other = Reading()
    other.load_state_dict(reading.state_dict())
    assert other == reading != Reading()


def test_lessons_begin_with_copying_and_end_with_finding():
    kinds = [kind for kind, *_ in LESSONS]
    assert list(dict.fromkeys(kinds)) == ["repeat", "recall", "find"]
    assert LESSONS[-1][:2] == ("find", 8)


def test_a_made_up_table_has_the_length_asked_for_and_no_name_twice(rng):
    for length in (1, 2, 8):
        names = [item.name for item in sample_table(length, rng).objects]
        assert len(set(names)) == length


@pytest.mark.parametrize("lesson", range(len(LESSONS)))
def test_every_answer_of_a_lesson_stands_in_its_text(chat, rng, lesson):
    kind, longest, *_ = LESSONS[lesson]
    for _ in range(5):
        for prompt, answer in texts(sample_reading_row(lesson, chat, rng, 3), chat):
            assert f"{answer}\n" in prompt
            assert ("repeat the list" in prompt) == (kind == "repeat")
            assert prompt.count("\n") <= longest + 2  # and the gripper or request, and the end
            asked = prompt.splitlines()[-2].removesuffix(END)
            assert kind == "repeat" or asked == f"where is the {answer.split(':')[0]}?"


def test_behind_the_last_lesson_come_questions_of_all_kinds(chat, rng):
    rows = [sample_reading_row(len(LESSONS), chat, rng, 6) for _ in range(20)]
    asked = " ".join(prompt.splitlines()[-2] for row in rows for prompt, _ in texts(row, chat))
    for words in ("how many", "what is at", "where is the", "nearest"):
        assert words in asked


def test_reading_shows_no_picture(chat, rng):
    image = chat.tokenizer.convert_tokens_to_ids(IMAGE)
    for lesson in range(len(LESSONS) + 1):
        prefix, turns = sample_reading_row(lesson, chat, rng, 4)
        assert image not in prefix + [token for turn in turns for token in turn.prompt]


def test_questions_about_a_scene_stand_behind_one_picture(chat, rng):
    scene = sample_scene(0, "train", 0)
    image = chat.tokenizer.convert_tokens_to_ids(IMAGE)
    contexts = set()
    for _ in range(20):
        prefix, turns = sample_visual_row(scene, chat, rng, 4)
        assert prefix.count(image) == IMAGE_TOKENS
        assert 1 < len(turns) <= 5
        text = chat.tokenizer.decode(prefix)
        contexts.add((f"{scene.objects[0].name}: " in text, "object: " in text))
    assert contexts == {(True, False), (False, True), (False, False)}


def test_no_plan_is_ever_shown(chat, rng):
    scene = sample_scene(0, "train", 1)
    rows = [sample_visual_row(scene, chat, rng, 6) for _ in range(20)]
    rows += [sample_reading_row(n, chat, rng, 6) for n in range(len(LESSONS) + 1)]
    for row in rows:
        for prompt, answer in texts(row, chat):
            assert not any(f"{action}(" in prompt + answer for action in ACTIONS)


def test_rows_depend_on_the_generator_alone(chat):
    first, second, other = (
        sample_reading_row(len(LESSONS), chat, np.random.default_rng(seed), 4) for seed in (1, 1, 2)
    )
    assert first == second != other
