"""Every family of tasks on a table that allows all of them: its plan, its goal, its errors."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qa_generator.tasks import TASKS, read_goal
from scene_renderer.catalogue import SHAPES
from scene_renderer.episode import execute
from scene_renderer.errors import TablehandError
from scene_renderer.piles import put_on
from scene_renderer.plan import format_plan, parse_plan
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import Scene, SceneObject

SWAP = {"task": "swap", "object": "red cube", "target": "green cube"}
BESIDE = {"task": "place_beside", "object": "red cube", "target": "white tray", "side": "front"}
PUSH = {"task": "push", "object": "red cylinder", "direction": "forward", "distance_mm": 80}
ROTATE = {"task": "rotate", "object": "green brick", "yaw_deg": 45}
TOWER = {"task": "tower", "objects": ["red cube", "green cube", "red cylinder"]}
PUT_ALL = {"task": "put_all", "which": {"color": "red"}, "target": "white tray"}
SORT = {"task": "sort", "by": "color", "bins": {"red": "white tray", "yellow": "black box"}}
AROUND = {"task": "gather", "objects": ["red cube", "green cube"], "target": "white tray"}
GATHER = {"task": "gather", "which": {"shape": "cube"}, "target": "red cylinder"}
ROW = {"task": "line_up", "objects": ["green cube", "red cylinder", "red cube"]}
CLEAR = {"task": "clear", "target": "blue plate"}
PUT_IN = {"task": "put_in", "object": "green cube", "target": "black box"}
LEFT = {"task": "move_left", "object": "green cube", "distance_mm": 80}
LIFT = {"task": "lift", "object": "red cube"}
STEPS = {"task": "steps", "steps": [LEFT, LIFT]}
TURN_AND_LEFT = {"task": "steps", "steps": [ROTATE, LEFT]}

TO_TRAY = "pick(350, -60, 26)\nplace(598, 160, 13)\npick(460, 0, 39)\nplace(522, 160, 13)"
PLANS = [
    (PUT_IN, "pick(360, 60, 26)\nplace(390, 280, 25)"),
    (BESIDE, "pick(350, -60, 26)\nplace(410, 160, 26)"),
    (PUSH, "push(394, 0, 30, 510, 0)"),
    (ROTATE, "pick(360, -190, 17)\nrotate(45)\nplace(360, -190, 17)"),
    (
        SWAP,
        "pick(350, -60, 26)\nplace(440, -80, 26)\npick(360, 60, 26)\nplace(350, -60, 26)\n"
        "pick(440, -80, 26)\nplace(360, 60, 26)",
    ),
    (TOWER, "pick(360, 60, 26)\nplace(350, -60, 26)\npick(460, 0, 39)\nplace(350, -60, 26)"),
    (PUT_ALL, TO_TRAY),
    (SORT, TO_TRAY + "\npick(540, -180, 33)\nplace(390, 280, 25)"),
    (AROUND, "pick(350, -60, 26)\nplace(560, 10, 26)\npick(360, 60, 26)\nplace(410, 160, 26)"),
    (GATHER, "pick(350, -60, 26)\nplace(570, 0, 26)\npick(360, 60, 26)\nplace(350, 0, 26)"),
    (ROW, "pick(360, 60, 26)\nplace(350, 160, 26)\npick(460, 0, 39)\nplace(350, 50, 39)"),
    (CLEAR, "pick(540, -180, 33)\nplace(580, -60, 27)"),
    (STEPS, "pick(360, 60, 26)\nplace(360, 140, 26)\npick(350, -60, 26)\nmove_to(350, -60, 176)"),
]

SPOILT = [
    (PUT_IN, "pick(360, 60, 26)\nplace(360, 160, 26)"),
    (BESIDE, "pick(350, -60, 26)\nplace(560, 10, 26)"),  # to the right of it
    (BESIDE, "pick(350, -60, 26)\nplace(330, 160, 26)"),  # too far off
    (PUSH, "push(394, 0, 30, 550, 0)"),
    (PUSH, "push(526, 0, 30, 410, 0)"),
    (ROTATE, "pick(360, -190, 17)\nplace(360, -190, 17)"),
    (ROTATE, "pick(360, -190, 17)\nrotate(-45)\nplace(360, -190, 17)"),
    (ROTATE, "pick(360, -190, 17)\nrotate(45)\nplace(400, -190, 17)"),
    (SWAP, "pick(350, -60, 26)\nplace(440, -80, 26)\npick(360, 60, 26)\nplace(350, -60, 26)"),
    (TOWER, "pick(360, 60, 26)\nplace(350, -60, 26)"),
    (TOWER, "pick(460, 0, 39)\nplace(350, -60, 26)\npick(360, 60, 26)\nplace(350, -60, 26)"),
    (PUT_ALL, "pick(350, -60, 26)\nplace(598, 160, 13)"),
    (SORT, TO_TRAY + "\npick(540, -180, 33)\nplace(580, -60, 27)"),
    (AROUND, "pick(350, -60, 26)\nplace(560, 10, 26)"),
    (AROUND, "pick(350, -60, 26)\nplace(560, 160, 26)\npick(360, 60, 26)\nplace(410, 160, 26)"),
    (ROW, "pick(360, 60, 26)\nplace(350, 160, 26)\npick(460, 0, 39)\nplace(410, 50, 39)"),
    (CLEAR, "pick(540, -180, 33)\nplace(540, -180, 33)"),
    (STEPS, "pick(360, 60, 26)\nplace(360, 140, 26)"),
    (STEPS, "pick(350, -60, 26)\nmove_to(350, -60, 176)"),
    (
        TURN_AND_LEFT,
        "pick(360, 60, 26)\nplace(360, 140, 26)\npick(360, -190, 17)\nrotate(45)\n"
        "place(360, -190, 17)",
    ),
]


def put(color: str, shape: str, x_mm: int, y_mm: int) -> SceneObject:
    size = round(sum(SHAPES[shape].sizes) / 2, 3)
    height = SHAPES[shape].extents(size)[2]
    place = (x_mm / 1000, y_mm / 1000, round(height / 2, 4))
    return SceneObject(f"{color} {shape}", color, shape, size, place)


@pytest.fixture(scope="module")
def busy() -> Scene:
    """Cubes, a cylinder, a brick, three receivers, and a ball on one of these."""
    plate = put("blue", "plate", 540, -180)
    ball = put_on(put("yellow", "ball", 0, 0), plate)
    assert ball is not None
    return Scene(
        "busy",
        (
            put("red", "cube", 350, -60),
            put("green", "cube", 360, 60),
            put("red", "cylinder", 460, 0),
            put("green", "brick", 360, -190),
            put("white", "tray", 560, 160),
            put("black", "box", 390, 280),
            plate,
            ball,
        ),
    )


def is_reached(scene: Scene, goal: dict[str, Any], text: str) -> bool:
    return read_goal(goal, scene).reached(scene, execute(scene, parse_plan(text)))


@pytest.mark.parametrize(("goal", "text"), PLANS)
def test_the_oracle_reaches_the_goal_with_this_plan(busy, goal, text):
    assert format_plan(read_goal(goal, busy).oracle(busy)) == text
    assert is_reached(busy, goal, text)


@pytest.mark.parametrize(("goal", "text"), SPOILT)
def test_a_plan_that_is_wrong_in_one_way_does_not_reach_the_goal(busy, goal, text):
    assert not is_reached(busy, goal, text)


@pytest.mark.parametrize("goal", [goal for goal, _ in PLANS])
def test_a_disturbed_bystander_spoils_success(busy, goal):
    episode = execute(busy, read_goal(goal, busy).oracle(busy))
    involved = TASKS[goal["task"]].involved(busy, read_goal(goal, busy).slots)
    bystander = next(o for o in busy.objects if o.name not in involved)
    x, y, z = episode.final[bystander.name].position
    there = episode.final[bystander.name]._replace(position=(x + 0.03, y, z))
    spoilt = replace(episode, final={**episode.final, bystander.name: there})
    assert not read_goal(goal, busy).reached(busy, spoilt)


@pytest.mark.parametrize("task", sorted(TASKS))
def test_sampled_goals_are_read_back_and_reached(task):
    rng, index = np.random.default_rng(0), 0
    while True:
        scene = sample_scene(4, "test", index)
        drawn = TASKS[task].sample(scene, rng, "seen")
        if drawn is not None:
            break
        index += 1
    goal = read_goal(drawn.goal.to_dict(), scene)
    assert goal == drawn.goal
    assert goal.reached(scene, execute(scene, goal.oracle(scene)))
    assert set(goal.solve(scene).taken) <= set(goal.moved(scene)) <= {o.name for o in scene.objects}


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        ({**PUT_IN, "target": "white tray"}, "cannot be the target of 'put_in'"),
        ({**BESIDE, "side": "above"}, "'side' is 'above'; give one of left, right"),
        ({**BESIDE, "target": "green cube"}, "There is no room for 'red cube'"),
        ({**BESIDE, "target": "red cube"}, "onto itself"),
        ({**PUSH, "direction": "up"}, "'direction' is 'up'"),
        ({**PUSH, "distance_mm": 300}, "something is in the way, or it is out of reach"),
        ({**PUSH, "distance_mm": 20}, "whole mm, 50 to 500"),
        ({**PUSH, "object": "green brick"}, "cannot be the object of 'push'"),
        ({**ROTATE, "yaw_deg": 200}, "give whole degrees, -180 to 180"),
        ({**ROTATE, "object": "red cube"}, "cannot be the object of 'rotate'"),
        ({**SWAP, "target": "red cube"}, "cannot change places with itself"),
        ({**SWAP, "target": "yellow ball"}, "stands on 'blue plate'; 'swap' takes what"),
        ({**TOWER, "objects": ["red cube", "green cube"]}, "must be a list of 3 or more names"),
        ({**TOWER, "objects": ["red cube", "red cube", "green cube"]}, "names 'red cube' twice"),
        ({**TOWER, "objects": "red cube"}, "must be a list"),
        ({**ROW, "objects": ["white tray", "red cube", "green cube"]}, "cannot be a part of"),
        ({**PUT_ALL, "which": {"color": "pink"}}, "that can be taken is 'pink'"),
        ({**PUT_ALL, "which": {"colour": "red"}}, "'which' is {'colour': 'red'}; give"),
        ({**PUT_ALL, "which": {"color": "rde"}}, "Did you mean 'red'"),
        ({**PUT_ALL, "target": "red cube"}, "that must be a plate or bowl"),
        ({**PUT_ALL, "target": "black box"}, "There is no room for 2 objects"),
        ({**PUT_ALL, "target": "blue plate"}, "because 'yellow ball' stands in or on it"),
        ({**SORT, "by": "size"}, "'by' is 'size'; give one of color, shape"),
        ({**SORT, "bins": {}}, "'bins' is {}"),
        ({**SORT, "bins": {"red": "white tray", "green": "white tray"}}, "names a receiver twice"),
        ({**GATHER, "objects": ["red cube"]}, "needs the key 'which' or 'objects', one of them"),
        ({"task": "gather", "target": "red cylinder"}, "needs the key 'which' or 'objects'"),
        ({**GATHER, "target": "red cube"}, "cannot be gathered around itself"),
        ({**CLEAR, "target": "white tray"}, "it is clear already"),
        ({"task": "steps", "steps": [LEFT]}, "must be a list of 2 or 3 goals"),
        ({"task": "steps", "steps": [LIFT, LEFT]}, "can only be the last step"),
        ({"task": "steps", "steps": [LEFT, SWAP]}, "'green cube' is in two of the 'steps'"),
        ({"task": "steps", "steps": [LEFT, STEPS]}, "'steps' cannot be one of the 'steps'"),
        ({"task": "steps", "steps": [LEFT, 3]}, "must be a JSON object"),
        ({**LIFT, "object": ["red cube"]}, "not in scene"),
    ],
)
def test_a_wrong_goal_is_told_what_is_wrong(busy, goal, message):
    with pytest.raises(TablehandError) as caught:
        read_goal(goal, busy)
    assert message in str(caught.value)


def test_steps_can_be_taken_apart_and_keep_their_order(busy):
    goal = read_goal(TURN_AND_LEFT, busy)
    first, second = (read_goal(step, busy) for step in TURN_AND_LEFT["steps"])
    assert goal.moved(busy) == (*first.moved(busy), *second.moved(busy))
    assert goal.oracle(busy).actions == first.oracle(busy).actions + second.oracle(busy).actions
    episode = execute(busy, goal.oracle(busy))
    assert goal.is_in_order(busy, episode)
    assert not goal.is_in_order(busy, replace(episode, aimed=episode.aimed[::-1]))


def test_a_later_step_is_planned_on_the_table_as_the_earlier_ones_leave_it(busy):
    goal = read_goal({"task": "steps", "steps": [{**PUSH, "distance_mm": 100}, CLEAR]}, busy)
    alone = read_goal(CLEAR, busy).oracle(busy).actions
    _, pick, place = goal.oracle(busy).actions
    assert pick == alone[0]
    assert place != alone[1]  # the cylinder is there by then
    assert goal.reached(busy, execute(busy, goal.oracle(busy)))
