"""Every entry of the catalogue stands still, can be taken or receives, in physics."""

import dataclasses
import math

import pytest

from scene_renderer.catalogue import GRASPABLE, RECEIVERS, SHAPES, STANDING, SUPPORTS, plural
from scene_renderer.episode import Episode, execute
from scene_renderer.plan import parse_plan
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.simulator import Simulator


def put(color: str, shape: str, x: float, y: float, *, large: bool = True) -> SceneObject:
    size = SHAPES[shape].sizes[large]
    height = SHAPES[shape].extents(size)[2]
    return SceneObject(f"{color} {shape}", color, shape, size, (x, y, height / 2), 0.4)


def table(shape: str, target: str, *, large: bool = True) -> Scene:
    """A thing to take, what it goes to, and two bystanders."""
    corners = put("blue", "cube", 0.36, 0.24), put("green", "bottle", 0.62, 0.24)
    item, onto = put("red", shape, 0.40, -0.20, large=large), put("pink", target, 0.56, 0.0)
    return Scene(f"{shape}-{target}", (item, onto, *corners))


def carry(scene: Scene) -> Episode:
    places = ["{}, {}, {}".format(*(round(v * 1000) for v in o.position)) for o in scene.objects]
    return execute(scene, parse_plan(f"pick({places[0]})\nplace({places[1]})"))


def test_there_is_enough_to_take_and_to_receive():
    assert len(GRASPABLE) >= 10
    assert len(RECEIVERS) >= 4


@pytest.mark.parametrize("shape", GRASPABLE)
def test_no_shape_is_wider_across_than_the_hand_opens(shape):
    x, y, _ = SHAPES[shape].extents(SHAPES[shape].sizes[1])
    assert y <= min(x, 0.070)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_stands_still_from_the_start(shape):
    item = put("red", shape, 0.40, -0.24)
    simulator = Simulator()
    scene = Scene("one", (item, *table("cube", "plate").objects[1:]))
    simulator.load(scene)
    pose = simulator.object_poses()[item.name]
    assert math.dist(pose.position, item.position) < 0.0005
    assert pose.upwards[2] > math.cos(math.radians(0.5))


@pytest.mark.parametrize("large", [True, False])
@pytest.mark.parametrize("shape", GRASPABLE)
def test_every_graspable_shape_can_be_put_on_a_plate(shape, large):
    scene = table(shape, "plate", large=large)
    episode = carry(scene)
    assert episode.failure is None
    on = episode.final[scene.objects[0].name].position
    assert math.dist(on[:2], scene.objects[1].position[:2]) < 0.02
    assert on[2] > scene.objects[0].position[2]


@pytest.mark.parametrize("target", RECEIVERS)
@pytest.mark.parametrize("shape", ["brick", "mug", "ball"])
def test_every_receiver_holds_what_is_put_into_it(shape, target):
    scene = table(shape, target)
    episode = carry(scene)
    assert episode.failure is None
    final = episode.final[scene.objects[0].name].position
    assert math.dist(final[:2], scene.objects[1].position[:2]) < 0.04
    if (shape, target) != ("brick", "bowl"):  # which is as long as the bowl is wide
        assert final[2] < scene.objects[0].position[2] + 0.012


@pytest.mark.parametrize("shape", ["cube", "brick", "mug"])
def test_the_open_hand_does_not_wedge_a_box(shape):
    scene = table(shape, "box")
    item, box = (dataclasses.replace(o, yaw=0.0) for o in scene.objects[:2])
    small = dataclasses.replace(box, size=SHAPES["box"].sizes[0])
    episode = carry(Scene("wedge", (item, small, *scene.objects[2:])))
    assert episode.failure is None
    assert math.dist(episode.final[box.name].position[:2], box.position[:2]) < 0.003


@pytest.mark.parametrize("target", SUPPORTS)
@pytest.mark.parametrize("shape", STANDING)
def test_what_stands_can_be_stacked_on_what_is_flat(shape, target):
    scene = table(shape, target)
    item, below = scene.objects[:2]
    episode = carry(scene)
    assert episode.failure is None
    rise = episode.final[item.name].position[2] - item.position[2]
    assert rise == pytest.approx(below.extents[2], abs=0.004)


def test_words_for_several():
    assert [plural(shape) for shape in ("mug", "box")] == ["mugs", "boxes"]
