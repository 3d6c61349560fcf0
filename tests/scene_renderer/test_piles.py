from dataclasses import replace

import pytest

from scene_renderer.catalogue import SHAPES
from scene_renderer.episode import execute
from scene_renderer.grasping import find_target
from scene_renderer.piles import bears, put_on
from scene_renderer.plan import parse_plan
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.simulator import Simulator
from scene_renderer.splits import SPLITS


def put(shape: str, x: float = 0.5, y: float = 0.0) -> SceneObject:
    size = SHAPES[shape].sizes[0]
    return SceneObject(shape, "red", shape, size, (x, y, SHAPES[shape].extents(size)[2] / 2))


def test_a_cube_on_a_plate_is_borne_by_it_alone():
    plate, other = put("plate"), put("plate", 0.3)
    cube = put_on(put("cube", 0.4), plate)
    assert cube is not None
    assert bears(plate, cube)
    assert not bears(cube, plate)
    assert not bears(other, cube)
    assert not bears(cube, cube)


def test_neighbours_on_the_table_bear_nothing():
    assert not bears(put("plate"), put("cube", 0.58))


@pytest.mark.parametrize(
    ("shape", "base"), [("ball", "cube"), ("brick", "bowl"), ("cube", "cone"), ("cube", "ball")]
)
def test_what_would_roll_or_not_fit_is_not_put_there(shape, base):
    assert put_on(put(shape), put(base)) is None


def test_a_pick_takes_what_is_on_top():
    plate = put("plate")
    cube = put_on(put("cube"), plate)
    assert cube is not None
    assert find_target(0.5, 0.0, [plate, cube]) is cube
    assert find_target(0.505, 0.0, [cube, plate]) is cube
    far = replace(cube, position=(0.55, 0.0, cube.position[2]))
    assert find_target(0.5, 0.0, [plate, far]) is plate
    near = replace(cube, position=(0.48, 0.03, cube.position[2]))
    assert find_target(0.525, 0.0, [plate, far, near]) is far


def test_footprints_decide_what_is_borne():
    brick = put("brick")
    end = replace(put("cube"), position=(0.535, 0.0, brick.extents[2] + 0.025))
    assert bears(brick, end)
    beside = replace(end, position=(0.5, 0.035, end.position[2]))
    assert not bears(brick, beside)


def test_a_pushed_plate_takes_its_load_along():
    plate = put("plate", 0.45)
    cube = put_on(put("cube"), plate)
    assert cube is not None
    others = put("bottle", 0.36, 0.25), put("ball", 0.62, 0.25)
    episode = execute(Scene("push", (plate, cube, *others)), parse_plan("push(340, 0, 12, 400, 0)"))
    assert episode.aimed == ("plate",)
    assert episode.failure is None
    assert episode.final["cube"].position[0] > 0.47


@pytest.mark.parametrize("index", range(6))
def test_sampled_piles_hold_one_object_and_stand_still(index):
    scene = sample_scene(2, "test_piles", index)
    pairs = [(a, b) for a in scene.objects for b in scene.objects if bears(a, b)]
    assert len(pairs) == 1
    base, rider = pairs[0]
    assert rider.kind.role == "graspable"
    simulator = Simulator()
    simulator.load(scene)
    poses = simulator.object_poses()
    for item in (base, rider):
        assert poses[item.name].position == pytest.approx(item.position, abs=0.0015)


def test_other_splits_have_piles_where_they_say_so():
    for split in ("train", "test", "test_counts"):
        for index in range(6):
            objects = sample_scene(2, split, index).objects
            is_piled = any(bears(a, b) for a in objects for b in objects)
            assert is_piled == SPLITS[split].is_piled(index)


@pytest.mark.parametrize("every", [1, 4, 8, 20, 21])
def test_a_quarter_of_all_scenes_are_piled_however_tasks_take_turns(every):
    for start in range(every):
        piled = [SPLITS["train"].is_piled(index) for index in range(start, 400 * every, every)]
        assert 0.22 < sum(piled) / len(piled) < 0.28


def test_all_scenes_of_the_split_of_piles_are_piled():
    assert all(SPLITS["test_piles"].is_piled(index) for index in range(1000))
