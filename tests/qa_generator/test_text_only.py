import numpy as np
import pytest

from qa_generator.prompt import build_prompt, observe
from qa_generator.questions import sample_questions
from qa_generator.text_only import Text, count_right
from scene_renderer.sampler import sample_scene

KINDS = ("count", "name", "place", "relation", "gripper")


@pytest.fixture(scope="module")
def scenes():
    return [sample_scene(3, "valid", index) for index in range(120)]


def read(scenes, context, kind):
    rng = np.random.default_rng(2)
    texts = []
    for number, scene in enumerate(scenes):
        for asked in sample_questions(scene, rng, [kind] * 2):
            prompt = build_prompt(observe(scene, None, context, rng), asked.question)
            texts.append(Text(prompt, asked.answer, number % 2))
    return texts


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_with_names_is_read(scenes, kind):
    texts = read(scenes, "named", kind)
    assert count_right(texts) > 0.6 * len(texts)  # few scenes, and all forms at once


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_list_nothing_is_known(scenes, kind):
    texts = read(scenes, "image", kind)
    assert count_right(texts) < 0.4 * len(texts)


def test_heights_alone_tell_some_places(scenes):
    unnamed, image = (read(scenes, context, "place") for context in ("unnamed", "image"))
    assert count_right(unnamed) > count_right(image) + 0.15 * len(image)


def test_what_one_half_does_not_teach_the_other_half_is_not_asked_for():
    prompt = "gripper: 320, 0, 420\nis the red cube left of the blue bowl?"
    texts = [Text(prompt, answer, fold) for fold, answer in ((0, "yes"), (1, "no")) for _ in "abcd"]
    assert count_right(texts) == 0
    assert count_right([]) == 0


def test_a_habit_of_the_texts_is_found():
    texts = [
        Text(f"gripper: 1, 2, 3\nis the {color} cube left of the gripper?", answer, fold)
        for color, answer in (("red", "yes"), ("blue", "no"))
        for fold in (0, 1)
        for _ in range(5)
    ]
    assert count_right(texts) == len(texts) == 20
