"""The open gripper fits where it says it fits."""

import math

import pytest

from scene_renderer.catalogue import SHAPES
from scene_renderer.grasping import (
    LOWEST,
    PALM,
    TIP_DEPTH,
    equivalent_yaws,
    find_grasp,
    find_target,
    free_height,
    support_height,
    top_of,
)
from scene_renderer.scene import SceneObject


def thing(shape: str, x: float, y: float, yaw: float = 0.0, size: float = 0.05) -> SceneObject:
    item = SceneObject(f"{shape} {x} {y}", "red", shape, size, (x, y, 0.0), yaw)
    return SceneObject(item.name, "red", shape, size, (x, y, item.extents[2] / 2), yaw)


CUBE = thing("cube", 0.5, 0.0)


def test_target_is_the_nearest_centre_near_enough():
    other = thing("cube", 0.56, 0.0)
    assert find_target(0.52, 0.0, [other, CUBE]) is CUBE
    assert find_target(0.5, 0.05, [CUBE]) is None
    assert find_target(0.5, 0.0, []) is None


def test_a_lone_cube_is_taken_at_its_centre():
    grasp = find_grasp(CUBE.position, [CUBE])
    assert grasp.is_clear
    assert grasp.height == pytest.approx(0.025)


def test_a_brick_is_taken_across_its_narrow_side():
    brick = thing("brick", 0.5, 0.0, yaw=0.5, size=0.04)
    assert math.remainder(find_grasp(brick.position, [brick]).yaw - 0.5, math.pi) == pytest.approx(
        0
    )


def test_fingers_go_where_no_neighbour_stands():
    beside = thing("cube", 0.5, 0.075)
    grasp = find_grasp(CUBE.position, [CUBE, beside])
    assert grasp.is_clear
    assert abs(math.remainder(grasp.yaw, math.pi)) == pytest.approx(math.pi / 2)


def test_a_brick_between_neighbours_has_no_clear_grasp():
    brick = thing("brick", 0.5, 0.0, size=0.04)
    walls = [thing("cube", 0.5, 0.07), thing("cube", 0.5, -0.07)]
    assert not find_grasp(brick.position, [brick, *walls]).is_clear


@pytest.mark.parametrize(("off", "is_over"), [(0.012, False), (0.020, False), (0.030, True)])
def test_a_finger_that_would_stand_on_the_object_stays_above_it(off, is_over):
    grasp = find_grasp((0.5, off, 0.025), [CUBE])
    assert grasp.is_clear
    assert (grasp.height > top_of(CUBE)) is is_over


def test_the_palm_stays_above_a_tall_object():
    bottle = thing("bottle", 0.5, 0.0)
    grasp = find_grasp(bottle.position, [bottle])
    assert grasp.is_clear
    assert grasp.height == pytest.approx(top_of(bottle) - PALM)


def test_the_palm_stays_above_the_neighbours_too():
    bowl = thing("bowl", 0.5, 0.15, size=0.14)
    low = thing("brick", 0.5, 0.0, size=0.036)
    grasp = find_grasp(low.position, [low, bowl])
    assert grasp.height == pytest.approx(top_of(bowl) - PALM)


def test_fingers_never_reach_into_the_table():
    assert find_grasp((0.5, 0.0, -9.0), []).height == LOWEST > TIP_DEPTH


def test_over_nothing_every_height_is_free():
    assert free_height((0.5, 0.0), 0.0, 0.04, []) == -math.inf
    assert free_height((0.5, 0.3), 0.0, 0.04, [CUBE]) == -math.inf


def test_a_finger_over_a_cube_must_stay_above_it():
    assert free_height((0.5, 0.05), 0.0, 0.04, [CUBE]) == pytest.approx(0.05 + TIP_DEPTH)


@pytest.mark.parametrize(("shape", "count"), [("cube", 2), ("brick", 1), ("ball", 12)])
def test_equivalent_yaws_lie_within_a_quarter_turn_nearest_first(shape, count):
    yaws = equivalent_yaws(thing(shape, 0.5, 0.0, yaw=2.0), 0.3)
    turns = [abs(yaw - 0.3) for yaw in yaws]
    assert len(yaws) == count
    assert turns == sorted(turns)
    assert max(turns) <= math.pi / 2 + 1e-9


def test_support_is_the_highest_top_below_the_footprint():
    plate = thing("plate", 0.5, 0.0, size=0.15)
    assert support_height(thing("ball", 0.55, 0.0), [plate]) == pytest.approx(top_of(plate))
    assert support_height(thing("ball", 0.6, 0.1), [plate]) == 0.0


@pytest.mark.parametrize(("shape", "is_clear"), [("mug", True), ("duck", False), ("prism", False)])
def test_fingers_hold_a_shape_no_higher_than_it_can_be_gripped(shape, is_clear):
    size = SHAPES[shape].sizes[1]
    item = SceneObject(shape, "red", shape, size, (0.5, 0.0, SHAPES[shape].extents(size)[2] / 2))
    beside = SceneObject("brick", "red", "brick", 0.043, (0.5, 0.075, 0.0172))
    grasp = find_grasp(item.position, [item, beside])
    assert grasp.height == pytest.approx(beside.extents[2] + 0.008)
    assert grasp.is_clear == is_clear


def test_room_to_spare_can_be_asked_for():
    cube = SceneObject("cube", "red", "cube", 0.05, (0.5, 0.0, 0.025), 0.0)
    walls = [SceneObject(f"w{k}", "red", "brick", 0.0444, (0.5 + x, y, 0.01776), yaw)
             for k, (x, y, yaw) in enumerate(((0, 0.075, 0), (0.075, 0, 1.5708)))]  # fmt: skip
    assert find_grasp(cube.position, [cube, *walls]).is_clear
    assert not find_grasp(cube.position, [cube, *walls], spare=0.002).is_clear
