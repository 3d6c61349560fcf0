import numpy as np

from qa_generator.instructions import sample_instructions


def test_instructions_of_one_scene_have_different_answers(scene, rng):
    drawn = sample_instructions(scene, rng, 12)
    assert len({i.goal.oracle(scene) for i in drawn}) == len(drawn) == 12


def test_every_task_comes_once_before_one_comes_twice(scene, rng):
    tasks = ["lift", "stack", "pick_and_place", "move_left", "move_right"]
    drawn = sample_instructions(scene, rng, len(tasks), tasks=tasks)
    assert sorted(i.goal.task for i in drawn) == sorted(tasks)


def test_tasks_can_be_chosen(scene, rng):
    drawn = sample_instructions(scene, rng, 5, tasks=["lift", "stack"])
    assert {i.goal.task for i in drawn} == {"lift", "stack"}


def test_no_more_are_given_than_the_scene_allows(scene, rng):
    assert len(sample_instructions(scene, rng, 99, tasks=["lift"])) <= 3


def test_what_must_be_refused_is_followed_by_its_twin(scene, rng):
    drawn = sample_instructions(scene, rng, 2, tasks=["refuse"])
    assert drawn[0].goal.task == "refuse"
    assert drawn[1] == drawn[0].twin


def test_same_seed_same_instructions(scene):
    first, second = (sample_instructions(scene, np.random.default_rng(4), 8) for _ in range(2))
    assert first == second
