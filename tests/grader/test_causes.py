"""The first thing that went wrong is the cause."""

import pytest

from grader.cases import Case
from grader.causes import explain
from qa_generator.tasks import Goal
from scene_renderer.episode import execute
from scene_renderer.plan import parse_plan
from scene_renderer.scene import Scene

STACK = {"object": "red cube", "target": "green cube"}


def cause_of(scene: Scene, task: str, slots: dict, text: str) -> str:
    case = Case("one", scene, "", "named", Goal(task, slots), "test")
    episode = execute(scene, parse_plan(text))
    assert not case.goal.reached(scene, episode)
    return explain(case, episode)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("pick(450, 20, 25)\nplace(420, -120, 25)", "wrong object"),
        ("pick(550, 160, 28)\nplace(450, 20, 25)", "wrong object"),  # a bowl cannot be taken
        ("pick(420, -120, 25)\nplace(550, 160, 28)", "wrong place"),
        ("pick(420, -120, 25)\nplace(580, -120, 25)", "wrong place"),  # falls off the ball
        ("pick(420, -120, 25)\nmove_to(450, 20, 200)", "not released"),
        ("pick(420, -120, 25)\nmove_to(500, -40, 250)\nopen_gripper()", "dropped"),
        ("pick(420, -120, 95)\nplace(450, 20, 25)", "missed grasp"),
        ("move_to(420, -120, 25)\nmove_to(450, 20, 200)", "nothing moved"),
        ("move_to(420, -120, 95)\nclose_gripper()\nmove_to(450, 20, 200)", "missed grasp"),
        ("pick(350, 200, 25)\nplace(450, 20, 25)", "unknown place"),
        ("push(420, -180, 20, 460, 40)", "knocked another"),
        ("refuse(absent)", "refused what can be done"),
    ],
)
def test_a_stack_fails_for_a_named_cause(scene, text, cause):
    assert cause_of(scene, "stack", STACK, text) == cause


def test_going_for_the_wrong_thing_precedes_what_comes_of_it(scene):
    text = "pick(450, 20, 25)\npick(420, -120, 25)"
    assert cause_of(scene, "stack", STACK, text) == "wrong object"


def test_a_lift_that_stays_low_is_in_the_wrong_place(scene):
    text = "pick(420, -120, 25)\nmove_to(420, -120, 45)"
    assert cause_of(scene, "lift", {"object": "red cube"}, text) == "wrong place"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("pick(420, -120, 25)", "should have refused"),
        ("refuse(unsafe)", "wrong reason to refuse"),
    ],
)
def test_refusals_have_causes_of_their_own(scene, text, cause):
    assert cause_of(scene, "refuse", {"reason": "absent"}, text) == cause


SWAP = {"object": "red cube", "target": "green cube"}
CUBES = [
    {"task": "stack", "object": "red cube", "target": "green cube"},
    {"task": "lift", "object": "white ball"},
]
TO_STACK = "pick(420, -120, 25)\nplace(450, 20, 25)"


@pytest.mark.parametrize(
    ("task", "slots", "text", "cause"),
    [
        ("swap", SWAP, "pick(420, -120, 25)\nplace(350, -120, 25)", "unfinished"),
        ("swap", SWAP, "pick(580, -120, 25)\nplace(350, -120, 25)", "wrong object"),
        ("steps", {"steps": CUBES}, TO_STACK, "unfinished"),
        ("steps", {"steps": CUBES}, "pick(580, -120, 25)\nplace(580, -200, 25)", "unfinished"),
        (
            "steps",
            {"steps": CUBES},
            TO_STACK + "\npick(580, -120, 25)\nmove_to(580, -120, 40)",
            "wrong place",
        ),
        (
            "steps",
            {
                "steps": [
                    *CUBES[:1],
                    {"task": "move_left", "object": "white ball", "distance_mm": 80},
                ]
            },
            "pick(580, -120, 25)\nplace(580, -40, 25)\n" + TO_STACK,
            "wrong order",
        ),
    ],
)
def test_goals_about_several_objects_have_causes_of_their_own(scene, task, slots, text, cause):
    assert cause_of(scene, task, slots, text) == cause
