import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from scene_renderer.__main__ import main
from scene_renderer.errors import DatasetError, OutputError, SceneError, UsageError
from scene_renderer.sampler import sample_scene
from scene_renderer.shards import SCENES_PER_SHARD, render_split, scenes_folder

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "scene_renderer"]
SMALL = ["--image-size", "32", "--workers", "1", "--quiet"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def scene_file(folder: Path, **changes: Any) -> str:
    path = folder / "scene.json"
    path.write_text(json.dumps(json.loads(sample_scene(0, "train", 0).to_json()) | changes))
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["render", "--count", "0"],
            "argument --count: Expected a number of at least 1, got 0. See",
        ),
        (["render", "--count", "-4"], "at least 1, got -4"),
        (["render", "--count", "many"], "Expected a whole number, got 'many'"),
        (["render", "--seed", "-1"], "at least 0, got -1"),
        (["render", "--workers", "0"], "at least 1, got 0"),
        (
            ["render", "--image-size", "9"],
            "--image-size: A picture is 32 to 2048 pixels wide, not 9.",
        ),
        (
            ["render", "--split", "tset"],
            "--split: Unknown split 'tset'. Did you mean 'test'?",
        ),
        (["render", "--resume", "--overwrite"], "exclude each other"),
        (["render", "--camera", "lefft"], "Unknown camera 'lefft'. Did you mean 'left'?"),
        (["check", "--camera", "al"], "Unknown camera 'al'. Did you mean 'all'?"),
        (["check", "--output", "a.bmp"], "'a.bmp' is no picture that can be written; end it in"),
        (["sheet", "--split", "test_lok"], "Unknown split 'test_lok'. Did you mean 'test_look'?"),
        (["catalogue", "--output", "a"], "'a' is no picture that can be written; end it in .png"),
        (["rendre"], "Unknown command 'rendre'. Did you mean 'render'?"),
        ([], "required: COMMAND"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(arguments: list[str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        main(arguments)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_render_prints_one_json_document_and_check_draws_one_of_its_scenes(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    done = run("render", "--seed", "7", "--count", "3", "--output", data, "--json", *SMALL)
    assert (done.returncode, done.stderr) == (0, "")
    manifest = json.loads(done.stdout)
    assert manifest["scenes"] == 3
    picture = tmp_path / "check.png"
    done = run("check", "train-7-000002", "--data", data, "--output", str(picture), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["scene"]["id"] == "train-7-000002"
    with Image.open(picture) as drawn:
        assert 768 < drawn.width < 768 + 50


def test_render_says_what_to_run_next(tmp_path: Path) -> None:
    done = run("render", "--count", "2", "--output", str(tmp_path), "--image-size", "32")
    assert done.stdout.startswith("2 scenes of 'train' in ")
    assert f"python -m scene_renderer check train-0-000000 --data {tmp_path}" in done.stderr


@pytest.mark.parametrize("count", [3, 9])
def test_check_refuses_too_few_or_too_many_objects(tmp_path: Path, count: int) -> None:
    some = json.loads(sample_scene(0, "test_counts", 0).to_json())["objects"]
    objects = [item | {"name": str(i)} for i, item in enumerate((some + some)[:count])]
    with pytest.raises(SceneError, match=f"has {count} objects; it needs 4 to 8"):
        main(["check", scene_file(tmp_path, objects=objects)])


def test_check_refuses_two_objects_with_one_name(tmp_path: Path) -> None:
    objects = json.loads(sample_scene(0, "train", 0).to_json())["objects"]
    objects[1]["name"] = objects[0]["name"]
    done = run("check", scene_file(tmp_path, objects=objects))
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"has 2 objects named '{objects[0]['name']}'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_check_refuses_values_that_are_no_scene(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match="'position' must hold three numbers"):
        main(["check", scene_file(tmp_path, end_effector={"position": [0.3, 0.1]})])
    with pytest.raises(SceneError, match="below the table"):
        main(["check", scene_file(tmp_path, light={"direction": [0, 0, -1]})])
    (tmp_path / "scene.json").write_text('{"id": ')
    with pytest.raises(SceneError, match="must be JSON"):
        main(["check", str(tmp_path / "scene.json")])
    with pytest.raises(DatasetError, match=r"Cannot read '.*missing\.json': No such file"):
        main(["check", str(tmp_path / "missing.json")])


def test_check_names_an_unknown_scene(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"has the id 'train-1-2' \(0 were looked through\)"):
        main(["check", "train-1-2", "--data", str(tmp_path)])


def test_render_refuses_a_filled_or_unwritable_output(tmp_path: Path) -> None:
    folder = tmp_path / "train" / "scenes"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("keep me")
    with pytest.raises(OutputError, match=r"exists already\. Give --resume"):
        main(["render", "--count", "1", "--output", str(tmp_path), *SMALL])
    assert (folder / "mine.txt").exists()
    (tmp_path / "file").write_text("")
    done = run("render", "--count", "1", "--output", str(tmp_path / "file"), *SMALL)
    assert done.returncode == 1
    assert done.stderr.startswith("error: Cannot write")
    assert "Traceback" not in done.stderr


def test_check_names_its_picture_after_the_scene_and_keeps_an_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture = tmp_path / "check-train-0-000001.png"
    small = ["check", "--index", "1", "--image-size", "32"]
    main(small)
    picture.write_text("mine")
    with pytest.raises(OutputError, match=r"exists already\. Give --overwrite"):
        main(small)
    assert picture.read_text() == "mine"
    main([*small, "--overwrite"])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_sheets_are_written_whole_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "sheet.jpg"
    small = ["--output", str(path), "--image-size", "32", "--json"]
    done = run("sheet", "--count", "2", *small)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"picture": str(path)}
    with Image.open(path) as drawn:
        assert drawn.format == "JPEG"
        assert drawn.height > 7 * 32 > 2 * drawn.width
    with pytest.raises(OutputError, match="exists already"):
        main(["catalogue", *small])
    main(["catalogue", *small, "--overwrite"])
    with Image.open(path) as drawn:
        assert drawn.width > 2 * 32


def test_check_refuses_an_unwritable_picture(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write"):
        main(["check", "--output", str(tmp_path / "file" / "check.png"), "--image-size", "64"])


@pytest.mark.parametrize(
    ("how", "workers"), [(signal.SIGINT, 1), (signal.SIGINT, 2), (signal.SIGKILL, 2)]
)
def test_a_stopped_render_goes_on_to_the_same_bytes(
    tmp_path: Path, how: signal.Signals, workers: int
) -> None:
    count = 3 * SCENES_PER_SHARD
    folder, whole = scenes_folder(tmp_path, "train"), tmp_path / "whole"
    options = ["render", "--count", str(count), "--image-size", "32", "--workers", str(workers)]
    arguments = [*COMMAND, *options, "--output", str(tmp_path)]
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        while not list(folder.glob("*.parquet")) and process.poll() is None:
            time.sleep(0.01)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(how)
        _, words = process.communicate(timeout=200)
    assert not (folder / "manifest.json").exists()
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert f"python -m scene_renderer {' '.join(options)}" in words
        assert words.rstrip().endswith("--resume")
        assert "Traceback" not in words
    assert _have_ended(children)
    render_split(folder, "train", 0, count, 32, resume=True)
    render_split(whole, "train", 0, count, 32)
    for path in sorted(whole.iterdir()):
        assert (folder / path.name).read_bytes() == path.read_bytes()


def _have_ended(processes: list[str]) -> bool:
    deadline = time.monotonic() + 20
    while any(_is_running(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(_is_running(process) for process in processes)


def _is_running(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_help_needs_no_heavy_import() -> None:
    code = (
        "import sys; from scene_renderer.__main__ import main\n"
        "try: main(['render', '--help'])\n"
        "finally: print(sorted({'pybullet', 'pyarrow', 'datasets', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=os.environ
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert "examples:" in done.stdout
