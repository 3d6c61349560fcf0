import math

import pytest

from qa_generator.goals import is_free, is_within
from qa_generator.tasks import TASKS, read_goal
from scene_renderer.episode import Episode
from scene_renderer.plan import parse_plan
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.simulator import Pose

UPRIGHT = (0.0, 0.0, 0.0, 1.0)
CUBE_TO_BOWL = {"task": "pick_and_place", "object": "red cube", "target": "blue bowl"}
LIFT = {"task": "lift", "object": "red cube"}
LEFT = {"task": "move_left", "object": "red cube"}
STACK = {"task": "stack", "object": "red cube", "target": "green cube"}
REFUSE = {"task": "refuse", "reason": "absent"}


def is_reached(
    scene: Scene, goal: dict, *, held: str | None = None, plan: str = "open_gripper()", **moved
) -> bool:
    """Judges an end in which the objects of `moved` (red_cube=...) stand where it says."""
    places = {o.name: moved.get(o.name.replace(" ", "_"), o.position) for o in scene.objects}
    final = {name: Pose(place, UPRIGHT) for name, place in places.items()}
    episode = Episode(scene, "", parse_plan(plan), (), final, held, None, 1.0)
    return read_goal(goal, scene).reached(scene, episode)


@pytest.mark.parametrize("goal", [CUBE_TO_BOWL, LIFT, LEFT, STACK, REFUSE])
def test_doing_nothing_reaches_no_goal(scene, goal):
    assert not is_reached(scene, goal)


@pytest.mark.parametrize("goal", [CUBE_TO_BOWL, LIFT, LEFT, STACK])
def test_what_is_flung_far_away_reaches_no_goal(scene, goal):
    assert not is_reached(scene, goal, red_cube=(0.028, 28.602, 0.028))


@pytest.mark.parametrize(
    ("place", "reached"),
    [
        ((0.54, 0.08, 0.035), True),
        ((0.60, 0.08, 0.035), True),
        ((0.62, 0.08, 0.035), False),  # beyond the rim
        ((0.54, 0.08, -0.01), False),  # below the bowl
    ],
)
def test_placed_means_over_the_footprint_and_above_the_base(scene, place, reached):
    assert is_reached(scene, CUBE_TO_BOWL, red_cube=place) is reached


def test_a_held_object_is_not_placed(scene):
    assert not is_reached(scene, CUBE_TO_BOWL, held="red cube", red_cube=(0.54, 0.08, 0.035))


def test_a_knocked_bystander_spoils_success(scene):
    inside = (0.54, 0.08, 0.035)
    assert is_reached(scene, CUBE_TO_BOWL, red_cube=inside, red_ball=(0.56, -0.135, 0.025))
    assert not is_reached(scene, CUBE_TO_BOWL, red_cube=inside, red_ball=(0.56, -0.125, 0.025))


@pytest.mark.parametrize(
    ("height", "held", "reached"),
    [
        (0.175, "red cube", True),
        (0.076, "red cube", True),
        (0.074, "red cube", False),
        (0.175, None, False),
        (0.175, "red ball", False),
    ],
)
def test_lifted_means_five_centimetres_up_and_held(scene, height, held, reached):
    assert is_reached(scene, LIFT, held=held, red_cube=(0.412, -0.127, height)) is reached


@pytest.mark.parametrize(("y", "reached"), [(-0.027, True), (-0.045, True), (-0.048, False)])
def test_moved_means_within_two_centimetres_of_the_spot(scene, y, reached):
    assert is_reached(scene, LEFT, red_cube=(0.412, y, 0.025)) is reached


@pytest.mark.parametrize(
    ("place", "reached"),
    [
        ((0.40, 0.20, 0.075), True),
        ((0.42, 0.20, 0.082), True),
        ((0.43, 0.20, 0.075), False),  # beside it
        ((0.40, 0.20, 0.095), False),  # tipped, or in the air
    ],
)
def test_stacked_means_resting_flat_on_top(scene, place, reached):
    assert is_reached(scene, STACK, red_cube=place) is reached


def test_refused_means_the_right_reason_and_nothing_moved(scene):
    assert is_reached(scene, REFUSE, plan="refuse(absent)")
    assert not is_reached(scene, REFUSE, plan="refuse(occupied)")
    assert not is_reached(scene, REFUSE, plan="refuse(absent)", red_cube=(0.44, -0.127, 0.025))


def test_footprint_of_a_tray_turns_with_it():
    tray = SceneObject("red tray", "red", "tray", 0.16, (0.4, 0.0, 0.013), math.pi / 2)
    assert is_within(tray, tray.position, (0.4, 0.075, 0.03))
    assert not is_within(tray, tray.position, (0.475, 0.0, 0.03))


def test_occupied_unreachable_and_unseen_spots_are_not_free(scene):
    cube = scene["red cube"]
    assert is_free(scene, cube, (0.412, -0.03, 0.025))
    assert not is_free(scene, cube, (0.54, 0.0, 0.025))  # on the rim of the bowl
    assert not is_free(scene, cube, (0.66, -0.1, 0.025))  # beyond reach
    assert not is_free(scene, cube, (0.412, -0.39, 0.025))  # outside the picture


@pytest.mark.parametrize("task", ["pick_and_place", "lift", "move_left", "stack", "refuse"])
def test_oracle_reaches_its_goal_in_physics(scene, rng, task):
    from scene_renderer.episode import execute

    goal = TASKS[task].sample(scene, rng, "seen").goal
    assert goal.reached(scene, execute(scene, goal.oracle(scene)))
