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
from scene_renderer.episode import Episode, execute
from scene_renderer.errors import DatasetError, OutputError, PlanError, TablehandError, UsageError
from scene_renderer.kinematics import forward
from scene_renderer.plan import parse_plan
from scene_renderer.scene import Scene
from scene_renderer.simulator import Pose
from scene_renderer.stage import Stage

ROOT = Path(__file__).parents[2]
SIZE = 120
NEVER = (np.inf, np.inf)
SMALL = ["--size", "96", "--speed", "8", "--quiet"]


@pytest.fixture(scope="module")
def missed(full_table: Scene) -> Episode:
    return execute(full_table, parse_plan("pick(400, -120, 90)\nplace(560, 200, 28)"), record_hz=30)


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


def count_pixels(picture: video.Picture, color: str) -> int:
    rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(picture.astype(int) - rgb).max(axis=-1) < 30).sum())


def test_a_gif_lasts_as_long_as_its_episode_and_the_hold(lifted: Episode, tmp_path: Path) -> None:
    path = tmp_path / "film.gif"
    animate([lifted], path, size_px=SIZE, fps=5)
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
    animate([lifted], path, size_px=SIZE, fps=5)
    frames, _ = play(path)
    stage = Stage(lifted, SIZE)
    times = np.array([frame.time for frame in lifted.frames])
    chosen = choose_frames(times, 5, 1, NEVER, 1)
    drawn = [stage.draw(lifted.frames[i]) for i in dict.fromkeys(chosen)]
    for (a, b), (shown_a, shown_b) in zip(pairwise(drawn), pairwise(frames), strict=False):
        still = (a == b).all(axis=-1)
        assert still.mean() > 0.5
        assert (shown_a == shown_b)[still].all()


def test_a_failed_episode_ends_with_its_cause(full_table: Scene, tmp_path: Path) -> None:
    plan = parse_plan("pick(400, -120, 90)\nplace(560, 200, 28)")
    episode = execute(full_table, plan, record_hz=10)
    assert episode.failure == "missed grasp"
    animate([episode], tmp_path / "film.gif", size_px=SIZE, speed=4)
    frames, _ = play(tmp_path / "film.gif")
    assert (
        count_pixels(frames[-1][-15:], "#c62828") > 20 > count_pixels(frames[-2][-15:], "#c62828")
    )


def test_a_missed_goal_is_slower_than_one_that_nobody_knows(
    lifted: Episode, tmp_path: Path
) -> None:
    path, lengths = tmp_path / "film.gif", []
    for verdict in (None, "success", "wrong object"):
        told = dataclasses.replace(lifted, verdict=verdict)
        animate([told], path, size_px=SIZE, fps=5, slowdown=4)
        lengths.append(sum(play(path)[1]))
    assert lengths[0] == lengths[1] < lengths[2] - 1


def test_a_failure_is_slower_and_named_while_it_happens(missed: Episode, tmp_path: Path) -> None:
    lengths = []
    for slowdown in (1, 4):
        path = tmp_path / "film.gif"
        animate([missed], path, size_px=SIZE, fps=10, speed=2, slowdown=slowdown)
        frames, seconds = play(path)
        red = [count_pixels(frame[-15:], "#c62828") > 20 for frame in frames]
        lengths.append(sum(seconds))
        assert red[-1] and (sum(red) > 3) == (slowdown == 4)
    assert 3 * 0.9 / 2 - 0.2 < lengths[1] - lengths[0] < 3 * 1.2 / 2 + 0.2


def test_a_missed_grasp_is_found_where_the_arm_moved_last(missed: Episode) -> None:
    moment = find_failure(missed)
    height = {frame.time: forward(np.array(frame.joints))[2, 3] for frame in missed.frames}
    assert height[moment] > 0.1 > min(height.values())
    assert all(time > moment - 3 for time, z in height.items() if z < 0.05)


def test_a_knocked_bystander_is_found_before_the_end(full_table: Scene, missed: Episode) -> None:
    """The yellow ball jumps away at the fifth frame, while a cube is being carried."""
    there = missed.frames[0].poses
    gone = Pose((0.9, 0.0, 0.02), (0.0, 0.0, 0.0, 1.0))
    frames = []
    for number, frame in enumerate(missed.frames[:30]):
        x = 0.4 + 0.01 * number
        moved = {"red cube": Pose((x, -0.12, 0.2), (0.0, 0.0, 0.0, 1.0))}
        knocked = {"yellow ball": gone} if number >= 5 else {}
        frames.append(dataclasses.replace(frame, poses={**there, **moved, **knocked}))
    plan = parse_plan("pick(400, -120, 25)\nplace(500, -120, 25)")
    episode = dataclasses.replace(missed, frames=tuple(frames), plan=plan)
    assert find_failure(episode) == frames[4].time


def test_several_episodes_share_a_grid_and_the_shorter_waits(
    lifted: Episode, missed: Episode, tmp_path: Path
) -> None:
    path, totals = tmp_path / "film.gif", []
    short = dataclasses.replace(lifted, frames=lifted.frames[:10])
    animate([missed, short, lifted], path, size_px=SIZE, fps=2, on_frame=totals.append)
    frames, seconds = play(path)
    height, width = SIZE + 42, 2 * SIZE + 28
    assert {frame.shape for frame in frames} == {(3 * height, width, 3)}
    assert sum(seconds) == pytest.approx(missed.frames[-1].time + HOLD, abs=1.1)
    assert set(totals) == {len(totals)} and len(totals) == len(frames)
    middle = [frame[height : 2 * height] for frame in frames]
    assert (middle[3] == middle[-1]).all()
    assert (frames[3][:height] != frames[-1][:height]).any()


def test_four_episodes_are_two_by_two(lifted: Episode, tmp_path: Path) -> None:
    short = dataclasses.replace(lifted, frames=lifted.frames[:2])
    animate([short] * 4, tmp_path / "film.gif", size_px=SIZE)
    assert play(tmp_path / "film.gif")[0][0].shape == (2 * (SIZE + 42), 2 * (2 * SIZE + 28), 3)


@pytest.mark.parametrize("count", [0, 10])
def test_a_film_of_no_or_too_many_episodes_is_refused(
    lifted: Episode, tmp_path: Path, count: int
) -> None:
    with pytest.raises(UsageError, match=f"shows 1 to 9 episodes, not {count}"):
        animate([lifted] * count, tmp_path / "film.gif")


def test_a_refusal_is_filmed_too(full_table: Scene, tmp_path: Path) -> None:
    episode = execute(full_table, parse_plan("refuse(absent)"), record_hz=10)
    animate([episode], tmp_path / "film.gif", size_px=SIZE)
    assert len(play(tmp_path / "film.gif")[0]) >= 2


@pytest.mark.parametrize("speed", [0.25, 1.0, 3.0])
def test_speed_divides_the_duration(speed: float) -> None:
    times = np.arange(0, 4, 1 / 30)
    chosen = choose_frames(times, 10, speed, NEVER, 4)
    assert len(chosen) / 10 == pytest.approx(times[-1] / speed, abs=0.25)
    assert (chosen[0], chosen[-1]) == (0, len(times) - 1)
    assert all(a <= b for a, b in pairwise(chosen))


def test_slow_motion_stretches_its_part_alone() -> None:
    times = np.arange(0, 4.01, 1 / 60)
    chosen = times[choose_frames(times, 20, 1, (1.0, 2.0), 4)]
    assert sum((chosen >= 1) & (chosen < 2)) == pytest.approx(80, abs=2)
    assert sum((chosen < 1) | (chosen >= 2)) == pytest.approx(60, abs=3)


def test_an_episode_that_was_not_recorded_is_refused(lifted: Episode, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no frames; execute it again with record_hz"):
        animate([dataclasses.replace(lifted, frames=())], tmp_path / "film.gif")
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
    assert json.loads(done.stdout) == {"output": str(kept), "bytes": len(once), "failures": [None]}
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
        (["--output", "still.png", "a.json", "b.json"], DatasetError, "Cannot read 'a.json'"),
        (["--camera", "tpo"], UsageError, "Unknown camera 'tpo'. Did you mean 'top'?"),
        (["--slow-motion", "0.5"], UsageError, "1 to 20 times slower, not 0.5"),
        (["--plan", "rotate(20)", "a.json", "b.json"], UsageError, "for one scene, not 2"),
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


def test_a_still_holds_one_episode(episode_file: Path, tmp_path: Path) -> None:
    one, options = ["animate", str(episode_file)], ["--output", str(tmp_path / "still.png")]
    main([*one, *options, "--size", "96", "--camera", "room"])
    with Image.open(tmp_path / "still.png") as still:
        assert still.width > 3 * 96 > still.height
    with pytest.raises(UsageError, match="holds one episode, not 2; name a film"):
        main([*one, str(episode_file), *options])


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
