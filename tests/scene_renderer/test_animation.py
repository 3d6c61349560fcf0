import dataclasses
import io
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from scene_renderer import video
from scene_renderer.__main__ import main
from scene_renderer.animation import HOLD, animate, choose_frames, find_failure
from scene_renderer.stage import Stage
from scene_renderer.camera import Camera
from scene_renderer.episode import Episode, execute
from scene_renderer.errors import DatasetError, OutputError, PlanError, TablehandError, UsageError
from scene_renderer.kinematics import forward
from scene_renderer.plan import parse_plan
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import COLORS

ROOT = Path(__file__).parents[2]
SIZE = 120
SMALL = ["--size", "96", "--speed", "8", "--quiet"]


@pytest.fixture(scope="module")
def lifted(full_table: Scene) -> Episode:
    plan = parse_plan("pick(400, -120, 25)\nmove_to(400, -120, 175)")
    return execute(full_table, plan, instruction="lift the red cube", record_hz=30)


@pytest.fixture(scope="module")
def episode_file(lifted: Episode, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("episode") / "episode.json"
    path.write_text(lifted.to_json())
    return path


def play(path: Path) -> tuple[list[video.Picture], list[float]]:
    with Image.open(path) as film:
        shown = [
            (np.asarray(frame.convert("RGB")), frame.info["duration"] / 1000)
            for frame in ImageSequence.Iterator(film)
        ]
    return [frame for frame, _ in shown], [seconds for _, seconds in shown]


def pixel_on_map(stage: Stage, x_mm: float, y_mm: float) -> tuple[int, int]:
    axes = stage._figure.axes[0]
    u, v = axes.transData.transform((y_mm, x_mm))
    return round(u), round(stage._figure.bbox.height - v)


def count_pixels(picture: video.Picture, color: str) -> int:
    rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(picture.astype(int) - rgb).max(axis=-1) < 30).sum())


def test_a_gif_lasts_as_long_as_its_episode_and_the_hold(lifted: Episode, tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    animate(lifted, path, size_px=SIZE, fps=5)
    frames, seconds = play(path)
    assert sum(seconds) == pytest.approx(lifted.frames[-1].time + HOLD, abs=0.3)
    assert seconds[-1] == HOLD
    assert {frame.shape for frame in frames} == {(SIZE + 42, 2 * SIZE + 28, 3)}


def test_what_a_gif_shows_is_what_was_drawn(lifted: Episode) -> None:
    stage = Stage(lifted, SIZE)
    drawn = [stage.draw(frame) for frame in lifted.frames[::8]]
    data = video.encode_gif(drawn, [0.1] * len(drawn))
    shown = [
        np.asarray(frame.convert("RGB"), int)
        for frame in ImageSequence.Iterator(Image.open(io.BytesIO(data)))
    ]
    assert len(shown) == len(drawn) > 4
    for a, b in zip(drawn, shown, strict=True):
        assert np.abs(a - b).mean() < 2.5
        assert (b[(a == 255).all(axis=-1)] == 255).all()


def test_what_does_not_move_does_not_flicker(lifted: Episode, tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    animate(lifted, path, size_px=SIZE, fps=5)
    frames, _ = play(path)
    stage = Stage(lifted, SIZE)
    drawn = [stage.draw(frame) for frame in choose_frames(lifted, 5, 1)[0]]
    for (a, b), (shown_a, shown_b) in zip(pairwise(drawn), pairwise(frames), strict=False):
        still = (a == b).all(axis=-1)
        assert still.mean() > 0.5
        assert (shown_a == shown_b)[still].all()


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


def test_the_verdict_is_green_or_red(lifted: Episode) -> None:
    stage, last = Stage(lifted, SIZE), lifted.frames[-1]
    good, bad = stage.draw(last, "success"), stage.draw(last, "wrong place")
    foot = slice(-15, None)
    assert count_pixels(good[foot], "#1a7f37") > 20 > count_pixels(bad[foot], "#1a7f37")
    assert count_pixels(bad[foot], "#c62828") > 20 > count_pixels(good[foot], "#c62828")


def test_a_failed_episode_ends_with_its_cause(full_table: Scene, tmp_path: Path) -> None:
    plan = parse_plan("pick(470, -90, 25)\nplace(560, 200, 28)")
    episode = execute(full_table, plan, record_hz=10)
    assert episode.failure == "missed grasp"
    animate(episode, tmp_path / "film.gif", size_px=SIZE, speed=4)
    frames, _ = play(tmp_path / "film.gif")
    assert (
        count_pixels(frames[-1][-15:], "#c62828") > 20 > count_pixels(frames[-2][-15:], "#c62828")
    )


def test_a_refusal_is_filmed_too(full_table: Scene, tmp_path: Path) -> None:
    episode = execute(full_table, parse_plan("refuse(absent)"), record_hz=10)
    animate(episode, tmp_path / "film.gif", size_px=SIZE)
    assert len(play(tmp_path / "film.gif")[0]) >= 2


@pytest.mark.parametrize(
    "instruction",
    ["", "a $dollar and 100% ^ _ \\frac{", "put " + 30 * "the very red cube ", "\u7ea2 cube\n\tup"],
)
def test_any_instruction_makes_a_title(lifted: Episode, instruction: str) -> None:
    stage = Stage(dataclasses.replace(lifted, instruction=instruction), SIZE)
    head = stage.draw(lifted.frames[0])[: SIZE // 6]
    assert (head.min() < 200) == bool(instruction)
    assert (head[:, 0] == 255).all() and (head[:, -1] == 255).all()


@pytest.mark.parametrize("speed", [0.25, 1.0, 3.0])
def test_speed_divides_the_duration(lifted: Episode, speed: float) -> None:
    frames, seconds = choose_frames(lifted, 10, speed)
    assert sum(seconds) == pytest.approx(lifted.frames[-1].time / speed, abs=0.25)
    assert frames[0] is lifted.frames[0] and frames[-1] is lifted.frames[-1]
    assert all(a.time < b.time for a, b in pairwise(frames))


def test_an_episode_that_was_not_recorded_is_refused(lifted: Episode, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no frames; execute it again with record_hz"):
        animate(dataclasses.replace(lifted, frames=()), tmp_path / "film.gif")
    assert not list(tmp_path.iterdir())


def test_an_mp4_has_every_frame(lifted: Episode) -> None:
    pytest.importorskip("imageio_ffmpeg")
    frames = [np.full((31, 41, 3), grey, np.uint8) for grey in (0, 90, 200)]
    assert video.encode_mp4(frames, [0.1, 0.1, 0.5], 10)[4:8] == b"ftyp"


def test_an_mp4_without_an_encoder_is_one_sentence(
    episode_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutputError, match=r"pip install imageio-ffmpeg`, or write a \.gif"):
        main(["animate", str(episode_file), "--output", str(tmp_path / "film.mp4")])


def test_a_plan_is_filmed_or_kept_as_an_episode(tmp_path: Path) -> None:
    kept, plan = tmp_path / "kept.json", tmp_path / "plan"
    plan.write_text("open_gripper()\nrotate(20)\n")
    main(["animate", "--seed", "3", "--plan", "open_gripper()\\nrotate(20)", "--output", str(kept)])
    once = kept.read_text()
    options = ["--plan", str(plan), "--output", str(kept), "--overwrite", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "scene_renderer", "animate", "--seed", "3", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout) == {"output": str(kept), "bytes": len(once), "failure": None}
    assert (done.returncode, done.stderr, kept.read_text()) == (0, "", once)
    main(["animate", str(kept), "--output", str(tmp_path / "film.gif"), *SMALL])
    assert play(tmp_path / "film.gif")[0]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("pick(1, 2, 3)\\npikc(1, 2, 3)", "line 2, column 1: Unknown action 'pikc'. Did you mean"),
        ("pick 1, 2, 3)", "line 1, column 6: Expected '('"),
        ("pick(1, 2, 3", "line 1, column 13: Expected ')'"),
        ("pick(NaN, 2, 3)", "line 1, column 6: Expected an integer for 'x'"),
        (f"pick({'9' * 8000}, 2, 3)", "line 1, column 6: The number for 'x' has 8000 digits"),
        (f"pick({'9' * 10000}, 2, 3)", "line 1, column 1: The plan has 10012 characters"),
        ("", "line 1, column 1: The plan is empty"),
    ],
)
def test_a_malformed_plan_is_named_by_line_and_column(plan: str, words: str) -> None:
    with pytest.raises(PlanError) as caught:
        main(["animate", "--plan", plan])
    assert str(caught.value).startswith(words)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ([], UsageError, "Give an episode's JSON file, or a --plan"),
        (["none.json"], DatasetError, "Cannot read 'none.json': No such file"),
        (["--plan", "none.txt"], DatasetError, "Cannot read 'none.txt': No such file"),
        (["--output", "film.mov"], UsageError, "end it in .gif or .mp4"),
        (["--speed", "0"], UsageError, "above 0, got 0"),
        (["--speed", "1e9"], UsageError, "0.1 to 20.0 times the speed, not 1e9"),
        (["--size", "95"], UsageError, "96 to 1024 pixels wide, not 95"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(
    arguments: list[str], kind: type[TablehandError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        main(["animate", *arguments])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_existing_film_is_kept_unless_told(episode_file: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.gif"
    film.write_text("mine")
    command = ["animate", str(episode_file), "--output", str(film), *SMALL]
    with pytest.raises(OutputError, match=r"exists already. Give --overwrite to replace it, or"):
        main(command)
    assert film.read_text() == "mine"
    main([*command, "--overwrite"])
    assert play(film)[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"joints": [0.0] * 6}, "does not fit the arm or the plan"),
        ({"joints": [float("nan")] * 7}, "not finite"),
        ({"action": 2}, "does not fit the arm or the plan"),
        ({"time": 1e30}, "a frame's time is 1e+30 s"),
        ({"poses": {}}, "other objects than the scene"),
        ({"poses": {"red cube": [[0, 0], [0, 0, 0, 1]]}}, "not enough values"),
        ({"opening": None}, "NoneType"),
    ],
)
def test_a_broken_episode_is_named(
    lifted: Episode, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    data = json.loads(lifted.to_json())
    data["frames"][3] |= change
    (tmp_path / "broken.json").write_text(json.dumps(data))
    with pytest.raises(DatasetError, match="This is no episode") as caught:
        main(["animate", str(tmp_path / "broken.json"), "--output", str(tmp_path / "film.gif")])
    assert words in str(caught.value)
    assert not (tmp_path / "film.gif").exists()


def test_a_scene_is_no_episode(full_table: Scene, tmp_path: Path) -> None:
    (tmp_path / "scene.json").write_text(full_table.to_json())
    with pytest.raises(DatasetError, match="This is no episode: it lacks the key 'scene'"):
        main(["animate", str(tmp_path / "scene.json"), "--output", str(tmp_path / "film.gif")])
