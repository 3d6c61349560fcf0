import numpy as np
import pytest

from finetune.curriculum import (
    SHORTEST,
    Reading,
    sample_reading_row,
    sample_table,
    sample_visual_row,
)
from finetune.gaze import LIST, NUMBER, PICTURE, STEP
from finetune.numeracy import Steps
from scene_renderer.plan import ACTIONS
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import MAX_OBJECTS
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


LENGTHS = range(SHORTEST, MAX_OBJECTS + 1)


def test_lists_grow_by_one_once_answers_are_right():
    reading = Reading()
    lengths = []
    for _ in range(100 * MAX_OBJECTS):
        reading.update(1.0)
        lengths.append(reading.length)
    assert lengths[0] == SHORTEST
    assert set(np.diff(lengths)) == {0, 1}
    assert lengths[-1] == MAX_OBJECTS


def test_lists_stay_short_while_answers_are_wrong():
    reading = Reading(length=3, accuracy=0.9)
    for _ in range(200):
        reading.update(0.9)
    assert reading.length == 3
    assert reading.accuracy == pytest.approx(0.9)


def test_reading_goes_on_where_it_was():
    reading = Reading()
    for _ in range(90):
        reading.update(0.999)
    other = Reading()
    other.load_state_dict(reading.state_dict())
    assert other == reading != Reading()


def test_a_made_up_table_has_the_length_asked_for_and_no_name_twice(rng):
    for length in (1, 2, 8):
        names = [item.name for item in sample_table(length, rng).objects]
        assert len(set(names)) == length


@pytest.mark.parametrize("length", LENGTHS[:-1])
def test_while_lists_are_short_every_answer_is_an_entry_of_the_list(chat, rng, length):
    for _ in range(5):
        for prompt, answer in texts(sample_reading_row(Reading(length), chat, rng, 3), chat):
            assert f"{answer}\n" in prompt
            asked = prompt.splitlines()[-2].removesuffix(END)
            assert asked == f"where is the {answer.split(':')[0]}?"


def test_long_lists_bring_questions_of_all_kinds(chat, rng):
    rows = [sample_reading_row(Reading(MAX_OBJECTS), chat, rng, 6) for _ in range(400)]
    asked = " ".join(prompt.splitlines()[-2] for row in rows for prompt, _ in texts(row, chat))
    for words in ("how many", "what is at", "where is the", "where are the", "nearest"):
        assert words in asked


def test_reading_shows_no_picture(chat, rng):
    image = chat.tokenizer.convert_tokens_to_ids(IMAGE)
    for length in LENGTHS:
        prefix, turns = sample_reading_row(Reading(length), chat, rng, 4)
        assert image not in prefix + [token for turn in turns for token in turn.prompt]


def test_a_look_at_the_list_finds_the_very_token_that_is_to_be_written(chat, rng):
    looks = 0
    for length in LENGTHS[:-1]:
        prefix, turns = sample_reading_row(Reading(length), chat, rng, 3)
        for turn in turns:
            for look in turn.looks:
                assert look.head in (LIST, NUMBER)
                if look.head == LIST:
                    assert prefix[look.key] == turn.answer[look.token]
                    looks += 1
    assert looks > 100


def test_a_place_beside_a_thing_is_calculated_from_its_digits_its_number_and_the_step(chat, rng):
    seen = {LIST: 0, NUMBER: 0, STEP: 0}
    for _ in range(40):
        prefix, turns = sample_reading_row(Reading(MAX_OBJECTS), chat, rng, 6)
        for turn in turns:
            tokens = [chat.tokenizer.decode([token]) for token in prefix + turn.prompt]
            if not any(look.head == STEP for look in turn.looks):
                continue
            for look in turn.looks:
                seen[look.head] += 1
                if look.head == STEP:
                    assert look.key == Steps(chat).find(prefix + turn.prompt)[0]
                else:
                    assert tokens[look.key].isdigit()
                if look.head == NUMBER:
                    assert not tokens[look.key + 1].isdigit()
    assert min(seen.values()) > 100


def test_a_look_at_the_picture_falls_on_a_token_of_the_object_asked_for(chat, rng):
    scene = sample_scene(0, "train", 0)
    owners = rng.permutation(np.arange(IMAGE_TOKENS) % (len(scene.objects) + 1) - 1)
    looks = 0
    for _ in range(30):
        prefix, turns = sample_visual_row(scene, owners, chat, rng, 4)
        start = prefix.index(chat.image_token_id)
        for turn in turns:
            answer = chat.tokenizer.decode(turn.answer)
            question = chat.tokenizer.decode(prefix + turn.prompt).splitlines()[-2]
            named = {item.name for item in scene.objects if item.name in answer + question}
            seen = [owners[look.key - start] for look in turn.looks if look.head == PICTURE]
            if named and seen:  # others are called by a synonym, an order or a relation
                assert named & {scene.objects[owner].name for owner in seen}
                assert -1 not in seen
                looks += 1
    assert looks > 20


def test_questions_about_a_scene_stand_behind_one_picture(chat, rng):
    scene = sample_scene(0, "train", 0)
    owners = np.full(IMAGE_TOKENS, -1)
    contexts = set()
    for _ in range(20):
        prefix, turns = sample_visual_row(scene, owners, chat, rng, 4)
        assert prefix.count(chat.image_token_id) == IMAGE_TOKENS
        assert 1 < len(turns) <= 5
        text = chat.tokenizer.decode(prefix)
        contexts.add((f"{scene.objects[0].name}: " in text, "object: " in text))
    assert contexts == {(True, False), (False, True), (False, False)}


def test_no_plan_is_ever_shown(chat, rng):
    scene = sample_scene(0, "train", 1)
    owners = np.full(IMAGE_TOKENS, -1)
    rows = [sample_visual_row(scene, owners, chat, rng, 6) for _ in range(20)]
    rows += [sample_reading_row(Reading(length), chat, rng, 6) for length in LENGTHS]
    for row in rows:
        for prompt, answer in texts(row, chat):
            assert not any(f"{action}(" in prompt + answer for action in ACTIONS)


def test_rows_depend_on_the_generator_alone(chat):
    first, second, other = (
        sample_reading_row(Reading(MAX_OBJECTS), chat, np.random.default_rng(seed), 4)
        for seed in (1, 1, 2)
    )
    assert first == second != other
