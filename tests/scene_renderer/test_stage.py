import dataclasses

import numpy as np
import pytest

from scene_renderer.camera import Camera
from scene_renderer.episode import Episode
from scene_renderer.failures import Failure
from scene_renderer.kinematics import forward
from scene_renderer.scene import Scene
from scene_renderer.stage import Stage, describe_end, photograph
from scene_renderer.video import Picture
from scene_renderer.vocabulary import COLORS

SIZE = 120


def count_pixels(picture: Picture, color: str) -> int:
    rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(picture.astype(int) - rgb).max(axis=-1) < 30).sum())


def pixel_on_map(stage: Stage, x_mm: float, y_mm: float) -> tuple[int, int]:
    axes = stage._figure.axes[0]
    u, v = axes.transData.transform((y_mm, x_mm))
    return round(u), round(stage._figure.bbox.height - v)


@pytest.mark.parametrize("behind", [False, True])
def test_the_map_is_oriented_as_the_camera_sees_the_table(
    full_table: Scene, lifted: Episode, behind: bool
) -> None:
    camera = Camera((-0.6, 0.0, 1.3), (0.45, 0.0, 0.0), 40) if behind else full_table.camera
    scene = dataclasses.replace(full_table, camera=camera)
    stage = Stage(dataclasses.replace(lifted, scene=scene), SIZE)
    at = {item.name: item.position for item in scene.objects}
    corners = [at[name] for name in ("red cube", "white bowl", "pink plate", "cyan bottle")]
    seen = camera.project(np.array(corners), SIZE)
    mapped = np.array([pixel_on_map(stage, 1000 * x, 1000 * y) for x, y, _ in corners])
    for axis in (0, 1):
        assert (np.argsort(seen[:, axis]) == np.argsort(mapped[:, axis])).all()


def test_every_object_has_its_colour_where_it_is_on_the_map(lifted: Episode) -> None:
    stage = Stage(lifted, 480)
    picture = stage.draw(lifted.frames[0])
    for item in lifted.scene.objects:
        radius = 0.47 * min(item.extents[:2]) * (0.9 if item.kind.role == "graspable" else 1)
        x, y, _ = item.position
        away = np.array([np.cos(item.yaw), np.sin(item.yaw)]) * radius
        if item.shape == "tray":
            away = np.array([-np.sin(item.yaw), np.cos(item.yaw)]) * radius
        u, v = pixel_on_map(stage, 1000 * (x + away[0]), 1000 * (y + away[1]))
        found = picture[v, u] / 255
        nearest = min(COLORS, key=lambda name: float(np.abs(found - COLORS[name]).sum()))
        assert nearest == item.color, item.name


def test_the_fingers_are_where_the_gripper_has_them(lifted: Episode) -> None:
    stage = Stage(lifted, 400)
    for frame in (lifted.frames[0], lifted.frames[-1]):
        picture, base_from_tip = stage.draw(frame), forward(np.array(frame.joints))
        for side in (-1, 1):
            x, y = base_from_tip[:2, 3] + side * (frame.opening + 0.004) * base_from_tip[:2, 1]
            u, v = pixel_on_map(stage, 1000 * x, 1000 * y)
            assert picture[v, u].max() < 90


def test_a_reached_goal_is_green_and_a_missed_one_red(lifted: Episode) -> None:
    stage, last = Stage(lifted, SIZE), lifted.frames[-1]
    good, bad = (
        stage.draw(last, describe_end(dataclasses.replace(lifted, verdict=verdict)))
        for verdict in ("success", "wrong place")
    )
    foot = slice(-15, None)
    assert count_pixels(good[foot], "#1a7f37") > 20 > count_pixels(bad[foot], "#1a7f37")
    assert count_pixels(bad[foot], "#c62828") > 20 > count_pixels(good[foot], "#c62828")


@pytest.mark.parametrize(
    ("verdict", "failure", "words"),
    [
        ("success", None, "goal reached"),
        ("wrong place", None, "goal missed: wrong place"),
        ("wrong object", Failure.DROPPED, "goal missed: wrong object"),
        (None, Failure.DROPPED, "dropped"),
        (None, None, "end of the plan"),
    ],
)
def test_the_end_of_the_motions_is_no_goal_reached(
    lifted: Episode, verdict: str | None, failure: Failure | None, words: str
) -> None:
    episode = dataclasses.replace(lifted, verdict=verdict, failure=failure)
    assert describe_end(episode).text == words


@pytest.mark.parametrize(
    "instruction",
    ["", "a $dollar and 100% ^ _ \\frac{", "put " + 30 * "the very red cube ", "\u7ea2 cube\n\tup"],
)
def test_any_instruction_makes_a_title(lifted: Episode, instruction: str) -> None:
    stage = Stage(dataclasses.replace(lifted, instruction=instruction), SIZE)
    head = stage.draw(lifted.frames[0])[: SIZE // 6]
    assert (head.min() < 200) == bool(instruction)
    assert (head[:, 0] == 255).all() and (head[:, -1] == 255).all()


def test_a_camera_on_the_wrist_goes_along_and_another_stays(lifted: Episode) -> None:
    first, last = lifted.frames[0], lifted.frames[-1]
    for name, does_move in (("wrist", True), ("top", False)):
        stage = Stage(lifted, SIZE, name)
        before, after = (photograph(stage._episode, frame, 64) for frame in (first, last))
        corner = np.abs(before[-6:].astype(int) - after[-6:]).mean()
        assert (corner > 3) == does_move
