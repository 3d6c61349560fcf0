from collections import Counter

import numpy as np
import pytest

from qa_generator.language.resolver import meaning_of, understand
from qa_generator.tasks import TASKS
from scene_renderer.episode import execute
from scene_renderer.sampler import sample_scene
from scene_renderer.vocabulary import REFUSAL_REASONS


@pytest.fixture(scope="module")
def drawn():
    """Refusals of many scenes: scene and instruction."""
    found = []
    for index in range(60):
        scene = sample_scene(17, "train", index)
        instruction = TASKS["refuse"].sample(scene, np.random.default_rng(index), "seen")
        if instruction is not None:
            found.append((scene, instruction))
    return found


def test_every_reason_is_given(drawn):
    reasons = Counter(instruction.goal.slots["reason"] for _, instruction in drawn)
    assert set(reasons) == set(REFUSAL_REASONS)
    assert max(reasons.values()) < 0.4 * len(drawn)


def test_each_has_a_twin_that_can_be_done(drawn):
    for scene, instruction in drawn:
        twin = instruction.twin
        reason = instruction.goal.slots["reason"]
        assert understand(scene, instruction.text) == ("refuse", reason)
        assert twin.goal.task != "refuse"
        assert understand(scene, twin.text) == meaning_of(scene, twin.goal.task, twin.goal.slots)


def test_a_twin_differs_in_few_words(drawn):
    reasons = ("absent", "ambiguous", "unreachable", "occupied")
    for _, instruction in drawn:
        if instruction.goal.slots["reason"] in reasons:
            own, other = Counter(instruction.text.split()), Counter(instruction.twin.text.split())
            assert (own - other).total() <= 4


@pytest.mark.parametrize("number", range(6))
def test_the_twin_s_oracle_reaches_its_goal(drawn, number):
    scene, instruction = drawn[number * 7]
    goal = instruction.twin.goal
    assert goal.reached(scene, execute(scene, goal.oracle(scene)))
