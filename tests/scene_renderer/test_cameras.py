import numpy as np
import pytest

from scene_renderer.camera import Camera
from scene_renderer.cameras import view_from, wrist_camera
from scene_renderer.errors import UsageError
from scene_renderer.kinematics import forward, start_joints
from scene_renderer.renderer import Renderer
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import Scene
from scene_renderer.splits import SPLITS
from scene_renderer.vocabulary import CAMERAS

SCENES = [sample_scene(5, split, index) for split in SPLITS for index in range(4)]
ELSEWHERE = [name for name in CAMERAS if name != "front"]


@pytest.mark.parametrize("name", CAMERAS)
def test_a_camera_has_its_name_and_changes_nothing_else(name: str) -> None:
    scene = view_from(SCENES[0], name)
    assert scene.camera.name == name
    assert (scene.id, scene.objects, scene.light) == (
        SCENES[0].id,
        SCENES[0].objects,
        SCENES[0].light,
    )
    assert Scene.from_json(scene.to_json()) == scene


@pytest.mark.parametrize("name", ["top", "left", "room"])
def test_going_to_another_camera_and_back_is_where_one_was(name: str) -> None:
    for scene in SCENES:
        assert view_from(view_from(scene, name), "front") == scene


def test_a_scenes_own_camera_stays_whatever_its_name() -> None:
    own = Camera((1.0, 0.2, 1.0), (0.5, 0.0, 0.0), 30.0, "mine")
    scene = Scene("own", SCENES[0].objects, camera=own)
    assert view_from(scene, "mine") is scene
    assert view_from(scene, "top").camera.position == (0.48, 0.0, 1.55)


def test_an_unknown_camera_is_named() -> None:
    with pytest.raises(UsageError, match=r"Unknown camera 'rist'\. Did you mean 'wrist'"):
        view_from(SCENES[0], "rist")


@pytest.mark.parametrize("name", ["front", "top", "left", "room"])
def test_every_fixed_camera_shows_every_object(name: str) -> None:
    for scene in SCENES:
        camera = view_from(scene, name).camera
        for item in scene.objects:
            radius = max(item.extents[:2]) / 2
            x, y, _ = item.position
            around = [(x + a, y + b, z) for a in (-radius, radius) for b in (-radius, radius)
                      for z in (0.0, item.extents[2])]  # fmt: skip
            pixels = camera.project(np.array(around), 1)
            assert pixels.min() > -0.04 and pixels.max() < 1.04, (scene.id, item.name)


def test_pictures_from_other_cameras_are_labelled_too() -> None:
    renderer = Renderer()
    for name in ELSEWHERE:
        scene = view_from(SCENES[0], name)
        rendering = renderer.render(scene, 96)
        for number, item in enumerate(scene.objects):
            if rendering.visible[number] < 0.95 or item.kind.role == "receiver":
                continue
            u, v = scene.camera.project(np.array([item.position]), 96)[0].astype(int)
            if 0 <= u < 96 and 0 <= v < 96:
                assert rendering.mask[v, u] == number + 1, (name, item.name)


def test_the_wrist_camera_is_screwed_to_the_hand() -> None:
    places = []
    for position, yaw in (((0.35, 0.1, 0.3), 0.5), ((0.5, -0.2, 0.15), -0.4)):
        joints = start_joints(position, yaw)
        camera = wrist_camera(joints)
        ee_from_base = np.linalg.inv(forward(joints))
        places.append(ee_from_base @ [*camera.position, 1])
        tips = camera.project(np.array([position]), 1)[0]
        assert 0 < tips[1] < 0.2 and tips[0] == pytest.approx(0.5, abs=0.01)
    np.testing.assert_allclose(*places, atol=2e-4)
