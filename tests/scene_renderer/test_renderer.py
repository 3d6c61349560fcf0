import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from scene_renderer import renderer as renderer_module
from scene_renderer.errors import SceneError
from scene_renderer.ground import build_ground
from scene_renderer.kinematics import FINGER_OPEN, inverse, start_joints
from scene_renderer.lamp import hinder
from scene_renderer.panda import place_parts
from scene_renderer.renderer import ARM, Renderer, Rendering, View
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import EndEffector, Scene, SceneObject
from scene_renderer.vocabulary import COLORS


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    renderer = Renderer()
    yield renderer


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    splits = ("train", "test_counts", "test_look", "test_combinations")
    return [sample_scene(5, split, index) for split in splits for index in range(3)]


def same(a: Rendering, b: Rendering) -> bool:
    pairs = zip(vars(a).values(), vars(b).values(), strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)


def cubes(*colors: str) -> Scene:
    places = ((0.4, -0.12, 0.025), (0.4, 0.12, 0.025), (0.55, -0.12, 0.025), (0.55, 0.12, 0.025))
    items = [
        SceneObject(f"{color} cube", color, "cube", 0.05, place)
        for color, place in zip(colors, places, strict=True)
    ]
    return Scene("cubes", tuple(items), table="plain")


def test_a_picture_does_not_depend_on_what_was_rendered_before(
    renderer: Renderer, scenes: list[Scene]
) -> None:
    first = [renderer.render(scene, 64) for scene in scenes]
    again = [renderer.render(scene, 64) for scene in reversed(scenes)]
    other = Renderer()
    fresh = other.render(scenes[-1], 64)
    assert all(same(a, b) for a, b in zip(first, reversed(again), strict=True))
    assert same(fresh, first[-1])
    assert not same(first[0], first[1])


def render_whole(scene: Scene, size: int) -> Rendering:
    """Paints all pixels of arm and objects at once, where `render` paints those that change."""
    whole, start = Renderer(), scene.end_effector
    parts = place_parts(start_joints(start.position, start.yaw), FINGER_OPEN)
    solids = [whole._object(item) for item in scene.objects]
    frames = [renderer_module._frame(item, None) for item in scene.objects]
    arm_frames = [parts[part.frame] for part in whole._parts]
    seen, _ = renderer_module._look(scene, size, whole._arm + solids, arm_frames + frames, False)
    _, by_arm = renderer_module._look(scene, size, whole._arm, arm_frames, True)
    _, by_objects = renderer_module._look(scene, size, solids, frames, False)
    nothing = renderer_module._nothing(size)
    reach = hinder(hinder(nothing.reach, *by_objects), *by_arm)
    view = View(nothing.seen.draw(seen, 0), reach)
    colors = [part.color for part in whole._parts] + [COLORS[o.color] for o in scene.objects]
    albedo = np.array(colors, np.float32).T
    image = renderer_module._paint(scene, view, albedo, build_ground(scene, size)).layers
    mask = renderer_module._mask(view.seen, len(whole._parts), size)
    boxes = np.zeros((0, 4), np.int64)
    return Rendering(image.T.reshape(size, size, 3), mask, boxes, np.zeros(0))


def test_pictures_are_the_same_as_when_drawn_whole(renderer: Renderer, scenes: list[Scene]) -> None:
    for noisy in scenes:
        scene = dataclasses.replace(noisy, noise=0.0)
        composed, whole = renderer.render(scene, 96), render_whole(scene, 96)
        assert (composed.image == whole.image).all(axis=2).mean() >= 0.9999
        assert (composed.mask == whole.mask).mean() >= 0.9999


def test_scenes_that_share_a_setup_look_as_if_drawn_alone(renderer: Renderer) -> None:
    shared = [sample_scene(5, "train", index) for index in range(3)]
    together = [renderer.render(scene, 64) for scene in shared]
    assert shared[0].camera == shared[2].camera
    assert same(Renderer().render(shared[2], 64), together[2])


def test_labels_have_their_shapes_and_types(renderer: Renderer, scenes: list[Scene]) -> None:
    rendering = renderer.render(scenes[0], 96)
    count = len(scenes[0].objects)
    assert (rendering.image.shape, rendering.image.dtype) == ((96, 96, 3), np.uint8)
    assert (rendering.mask.shape, rendering.mask.dtype) == ((96, 96), np.uint8)
    assert set(np.unique(rendering.mask)) == {0, *range(1, count + 1), ARM}
    assert rendering.boxes.shape == (count, 4)
    assert rendering.visible.shape == (count,)


def test_projected_coordinates_fall_inside_the_mask(
    renderer: Renderer, scenes: list[Scene]
) -> None:
    for scene in scenes:
        rendering = renderer.render(scene, 128)
        for number, item in enumerate(scene.objects):
            if rendering.visible[number] < 0.95 or item.kind.role == "receiver":
                continue
            u, v = scene.camera.project(np.array([item.position]), 128)[0].astype(int)
            assert rendering.mask[v, u] == number + 1, (scene.id, item.name)


def test_boxes_enclose_the_mask_tightly(renderer: Renderer, scenes: list[Scene]) -> None:
    for scene in scenes[:6]:
        rendering = renderer.render(scene, 128)
        for number, (u0, v0, u1, v1) in enumerate(rendering.boxes.tolist()):
            rows, columns = np.nonzero(rendering.mask == number + 1)
            found = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert np.abs(np.array(found) - [u0, v0, u1, v1]).max() <= 1


def test_sampled_objects_are_at_least_60_percent_visible(
    renderer: Renderer, scenes: list[Scene]
) -> None:
    assert min(renderer.render(scene, 64).visible.min() for scene in scenes) >= 0.6


def test_an_object_in_front_hides_part_of_the_one_behind(renderer: Renderer) -> None:
    scene = cubes("red", "green", "blue", "yellow")
    upright = (0.0, 0.0, 0.0, 1.0)
    poses = {"blue cube": ((0.43, -0.12, 0.045), upright)}
    before, after = renderer.render(scene, 128), renderer.render(scene, 128, poses=poses)
    np.testing.assert_allclose(before.visible, 1.0)
    assert 0.05 < after.visible[0] < 0.8
    np.testing.assert_allclose(after.visible[1:], 1.0)


def test_an_object_outside_the_picture_has_no_box(renderer: Renderer) -> None:
    poses = {"red cube": ((3.0, 0.0, 0.025), (0.0, 0.0, 0.0, 1.0))}
    rendering = renderer.render(cubes("red", "green", "blue", "yellow"), 64, poses=poses)
    assert rendering.boxes[0].tolist() == [0, 0, 0, 0]
    assert rendering.visible[0] == 0.0


@pytest.mark.parametrize("colors", [tuple(COLORS)[:4], tuple(COLORS)[4:8], tuple(COLORS)[6:]])
def test_every_colour_looks_most_like_itself(renderer: Renderer, colors: tuple[str, ...]) -> None:
    rendering = renderer.render(cubes(*colors), 128)
    for number, color in enumerate(colors):
        seen = rendering.image[rendering.mask == number + 1].mean(axis=0) / 255
        nearest = min(COLORS, key=lambda name: float(np.abs(seen - COLORS[name]).sum()))
        assert nearest == color


def test_the_arm_follows_joints_and_fingers_the_opening(renderer: Renderer) -> None:
    scene = cubes("red", "green", "blue", "yellow")
    joints = inverse((0.5, 0.0, 0.25), 0.0)
    moved = renderer.render(scene, 96, joints=joints)
    closed = renderer.render(scene, 96, joints=joints, opening=0.0)
    usual = renderer.render(scene, 96)
    assert np.count_nonzero(moved.mask == ARM) > np.count_nonzero(usual.mask == ARM)
    assert not np.array_equal(moved.mask, closed.mask)


def test_a_gripper_out_of_reach_is_refused(renderer: Renderer) -> None:
    scene = cubes("red", "green", "blue", "yellow")
    far = dataclasses.replace(scene, end_effector=EndEffector((1.5, 0.0, 0.3)))
    with pytest.raises(SceneError, match="The arm cannot reach the end effector"):
        renderer.render(far, 64)


def test_shadow_falls_away_from_the_lamp(renderer: Renderer) -> None:
    scene = cubes("red", "green", "blue", "yellow")
    light = dataclasses.replace(scene.light, direction=(0.0, 1.0, 1.0))
    scene = dataclasses.replace(scene, light=light)
    image = renderer.render(scene, 128).image.astype(int).sum(axis=2)

    def brightness(y: float) -> int:
        u, v = scene.camera.project(np.array([[0.55, y, 0.0]]), 128)[0].astype(int)
        return int(image[v, u])

    assert brightness(-0.12 - 0.05) < 0.8 * brightness(-0.12 + 0.05)


def test_noise_is_part_of_the_scene() -> None:
    clean = dataclasses.replace(sample_scene(3, "test_look_hard", 1), noise=0.0)
    noisy = dataclasses.replace(clean, noise=12.0)
    renderer = Renderer()
    before, after, again = (renderer.render(s, 96) for s in (clean, noisy, noisy))
    assert np.array_equal(after.image, again.image)
    assert np.array_equal(before.mask, after.mask)
    spread = float((after.image.astype(float) - before.image).std())
    assert 9 < spread < 13
