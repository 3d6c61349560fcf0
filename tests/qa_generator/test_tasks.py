from dataclasses import replace

import numpy as np
import pytest

from qa_generator.goals import is_free
from qa_generator.tasks import TASKS, Goal, read_goal
from scene_renderer.episode import execute
from scene_renderer.errors import DatasetError, SceneError
from scene_renderer.piles import put_on
from scene_renderer.plan import format_plan
from scene_renderer.sampler import sample_scene

PLANS = [
    (
        {"task": "pick_and_place", "object": "red cube", "target": "blue bowl"},
        "pick(412, -127, 25)\nplace(540, 80, 28)",
    ),
    ({"task": "lift", "object": "red ball"}, "pick(560, -150, 25)\nmove_to(560, -150, 175)"),
    (
        {"task": "move_forward", "object": "red cube", "distance_mm": 80},
        "pick(412, -127, 25)\nplace(492, -127, 25)",
    ),
    ({"task": "move_backward", "object": "red ball"}, "pick(560, -150, 25)\nplace(460, -150, 25)"),
    ({"task": "move_left", "object": "red cube"}, "pick(412, -127, 25)\nplace(412, -27, 25)"),
    ({"task": "move_right", "object": "red cube"}, "pick(412, -127, 25)\nplace(412, -227, 25)"),
    (
        {"task": "stack", "object": "red cube", "target": "green cube"},
        "pick(412, -127, 25)\nplace(400, 200, 25)",
    ),
    ({"task": "refuse", "reason": "absent"}, "refuse(absent)"),
]

BASIC = [*(goal["task"] for goal, _ in PLANS)]
"""Tasks that the tiny scene allows."""


def texts(scene, task, style="seen", count=300):
    rng = np.random.default_rng(1)
    return [TASKS[task].sample(scene, rng, style).text for _ in range(count)]


@pytest.mark.parametrize(("goal", "plan"), PLANS)
def test_oracle_plan_of_each_task(scene, goal, plan):
    assert format_plan(read_goal(goal, scene).oracle(scene)) == plan


@pytest.mark.parametrize("task", BASIC)
def test_sampled_goals_round_trip_through_json(scene, task):
    rng = np.random.default_rng(0)
    for _ in range(20):
        goal = TASKS[task].sample(scene, rng, "seen").goal
        assert read_goal(goal.to_dict(), scene) == goal


def test_half_of_the_moves_name_no_distance(scene):
    sentences = texts(scene, "move_left")
    silent = [t for t in sentences if not any(c.isdigit() for c in t)]
    assert 0.3 < len(silent) / len(sentences) < 0.6
    assert any("5 cm" in t for t in sentences)


def test_moves_end_on_a_free_and_reachable_spot(scene):
    rng = np.random.default_rng(2)
    for task in ("move_forward", "move_backward", "move_left", "move_right"):
        for _ in range(50):
            slots = TASKS[task].sample(scene, rng, "seen").goal.slots
            item = scene[slots["object"]]
            assert is_free(scene, item, TASKS[task].spot(item, slots["distance_mm"]))


def test_stack_never_asks_for_a_ball_or_a_thing_on_itself(scene):
    for slots in TASKS["stack"].choices(scene, np.random.default_rng(0)):
        assert "ball" not in slots["object"] + slots["target"]
        assert slots["object"] != slots["target"]


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        ([], "must be a JSON object with the key 'task'"),
        ({"task": "pick_place"}, "Unknown task 'pick_place'. Did you mean 'pick_and_place'"),
        ({"task": "lift"}, "needs the key 'object'"),
        ({"task": "lift", "object": "red cube", "targt": "x"}, "has no key 'targt'"),
        ({"task": "lift", "object": "blue bowl"}, "'blue bowl' cannot be the object of 'lift'"),
        (
            {"task": "stack", "object": "red cube", "target": "red cube"},
            "cannot put 'red cube' onto itself",
        ),
        (
            {"task": "pick_and_place", "object": "red cube", "target": "red ball"},
            "that must be a plate or bowl or tray",
        ),
        ({"task": "move_left", "object": "red cube", "distance_mm": 20}, "whole mm, 30 to 500"),
        ({"task": "refuse", "reason": "abset"}, "Did you mean 'absent'"),
    ],
)
def test_a_wrong_goal_is_told_what_is_wrong(scene, goal, message):
    with pytest.raises(DatasetError, match=message):
        read_goal(goal, scene)


def test_a_goal_about_a_missing_object_lists_the_present_ones(scene):
    with pytest.raises(SceneError, match="it has: red cube, blue bowl"):
        read_goal({"task": "lift", "object": "blue cube"}, scene)


def test_goal_keeps_its_slots_in_json():
    goal = Goal("lift", {"object": "red cube"})
    assert goal.to_dict() == {"task": "lift", "object": "red cube"}


@pytest.fixture
def pile(scene):
    """The same table with the red ball on the blue bowl's floor, as the sampler would put it."""
    ball = put_on(scene["red ball"], scene["blue bowl"])
    return replace(scene, objects=tuple(ball if o.name == ball.name else o for o in scene.objects))


def test_what_bears_something_is_neither_taken_nor_filled(pile):
    for task in ("pick_and_place", "stack", "lift"):
        for slots in TASKS[task].choices(pile, np.random.default_rng(0)):
            assert "blue bowl" not in slots.values()


def test_what_stands_on_something_is_lifted_but_not_moved_by_a_distance(pile):
    assert {"object": "red ball"} in TASKS["lift"].choices(pile, np.random.default_rng(0))
    moved = {
        slots["object"] for slots in TASKS["move_left"].choices(pile, np.random.default_rng(0))
    }
    assert "red ball" not in moved
    assert "red cube" in moved


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        (
            {"task": "pick_and_place", "object": "red cube", "target": "blue bowl"},
            "'blue bowl' cannot be the target of 'pick_and_place', because 'red ball' stands in",
        ),
        (
            {"task": "move_left", "object": "red ball"},
            "'red ball' stands on 'blue bowl'; 'move_left' moves what stands on the table",
        ),
    ],
)
def test_goals_that_a_pile_rules_out_are_refused(pile, goal, message):
    with pytest.raises(DatasetError, match=message):
        read_goal(goal, pile)


@pytest.mark.parametrize("index", range(4))
def test_the_oracle_reaches_goals_among_piles(index):
    table = sample_scene(8, "test_piles", index)
    rng = np.random.default_rng(index)
    for task in TASKS.values():
        drawn = task.sample(table, rng, "seen")
        if drawn is not None:
            assert drawn.goal.reached(table, execute(table, drawn.goal.oracle(table)))
