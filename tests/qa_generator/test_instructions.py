import numpy as np

from qa_generator.instructions import sample_instructions
from qa_generator.tasks import TASKS


def test_instructions_of_one_scene_have_different_answers(scene, rng):
    drawn = sample_instructions(scene, rng, 12)
    assert len({i.goal.oracle(scene) for i in drawn}) == len(drawn) == 12


def test_every_task_comes_once_before_one_comes_twice(scene, rng):
    possible = [name for name in TASKS if TASKS[name].choices(scene, rng)]
    drawn = sample_instructions(scene, rng, len(possible))
    assert sorted(i.goal.task for i in drawn) == sorted(possible)


def test_tasks_can_be_chosen(scene, rng):
    drawn = sample_instructions(scene, rng, 5, tasks=["lift", "stack"])
    assert {i.goal.task for i in drawn} == {"lift", "stack"}


def test_no_more_are_given_than_the_scene_allows(scene, rng):
    assert len(sample_instructions(scene, rng, 99, tasks=["refuse"])) == 1


def test_same_seed_same_instructions(scene):
    first, second = (sample_instructions(scene, np.random.default_rng(4), 8) for _ in range(2))
    assert first == second
