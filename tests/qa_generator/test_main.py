import json
import subprocess
import sys
from pathlib import Path

import pytest

from qa_generator.__main__ import main
from qa_generator.check import answer_points
from qa_generator.dataset import read_pairs
from scene_renderer.errors import DatasetError, OutputError, UsageError
from scene_renderer.shards import render_split, scenes_folder


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A data folder with three rendered scenes and their pairs."""
    folder = tmp_path_factory.mktemp("data")
    render_split(scenes_folder(folder, "test"), "test", 5, 3, 64)
    main(["generate", "--data", str(folder), "--split", "test", "--questions", "5", "--quiet"])
    return folder


def run_module(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qa_generator", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_generate_makes_pairs_of_every_scene(data):
    pairs = list(read_pairs(data / "test" / "pairs"))
    assert len(pairs) == 3 * (4 + 5) * 3
    assert len({pair.scene.id for pair in pairs}) == 3


def test_generate_refuses_existing_output(data):
    with pytest.raises(OutputError, match="exists already"):
        main(["generate", "--data", str(data), "--split", "test"])


def copy_scenes(data: Path, target: Path, split: str = "test") -> None:
    (target / split).mkdir()
    (target / split / "scenes").symlink_to(data / "test" / "scenes")


def test_generate_executes_every_plan_and_tells(data, tmp_path):
    copy_scenes(data, tmp_path)
    words = ["generate", "--data", str(tmp_path), "--split", "test", "--per-scene", "2"]
    made = json.loads(run_module(*words, "--json").stdout)["test"]
    assert made["pairs"] == 3 * 2 * 3
    assert sum(made["executed"].values()) == 6
    assert made["rejected_share"] == 0
    assert made["pairs_per_second"] > 0
    said = run_module(*words, "--overwrite", "--no-verify").stdout
    assert said.startswith("18 pairs in ")
    assert said.endswith("a second; no plan was executed\n")


def test_generate_makes_several_splits_or_all_that_have_scenes(data, tmp_path, capsys):
    copy_scenes(data, tmp_path)
    copy_scenes(data, tmp_path, "valid")
    main(["generate", "--data", str(tmp_path), "--split", "all", "--no-verify", "--json"])
    assert list(json.loads(capsys.readouterr().out)) == ["valid", "test"]
    assert next(read_pairs(tmp_path / "valid" / "pairs"))


def test_check_draws_a_picture_with_the_answer_s_places(data, tmp_path, capsys):
    output = tmp_path / "pair.png"
    pairs = list(read_pairs(data / "test" / "pairs"))
    index = next(i for i, pair in enumerate(pairs) if answer_points(pair))
    chosen = ["--index", str(index), "--output", str(output)]
    main(["check", "--data", str(data), "--split", "test", *chosen])
    pair = pairs[index]
    assert pair.answer in capsys.readouterr().out
    assert output.read_bytes().startswith(b"\x89PNG")
    pixels = pair.scene.camera.project([place for _, place in answer_points(pair)], 64)
    assert pixels.min() > 0
    assert pixels.max() < 64


def test_check_names_its_picture_after_the_pair_and_keeps_an_earlier_one(
    data, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    picture = tmp_path / f"pair-{next(read_pairs(data / 'test' / 'pairs')).id}.png"
    picture.write_text("mine")
    with pytest.raises(OutputError, match=r"exists already\. Give --overwrite"):
        main(["check", "--data", str(data), "--split", "test"])
    main(["check", "--data", str(data), "--split", "test", "--overwrite"])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_sheet_shows_a_pair_of_each_scene(data, tmp_path, capsys):
    output = tmp_path / "sheet.png"
    place = ["--data", str(data), "--split", "test"]
    main(["check", *place, "--sheet", "9", "--output", str(output), "--json"])
    shown = json.loads(capsys.readouterr().out)["pairs"]
    assert len({name.split("-")[2] for name in shown}) == len(shown) == 3
    assert output.read_bytes().startswith(b"\x89PNG")


def test_strict_stats_tell_by_their_exit_code(data, monkeypatch):
    place = ["--data", str(data), "--split", "test"]
    assert main(["stats", *place, "--strict"]) == 0
    monkeypatch.setattr("qa_generator.balance.HIGHEST_RATIO", 0.1)
    monkeypatch.setattr("qa_generator.balance._SIGMAS", 0.0)
    monkeypatch.setattr("qa_generator.balance._LEAST", 0)
    assert main(["stats", *place, "--strict"]) == 3
    assert main(["stats", *place]) == 0


def test_check_names_the_last_pair_if_there_is_no_such_one(data):
    with pytest.raises(DatasetError, match="--index from 0 to 80"):
        main(["check", "--data", str(data), "--split", "test", "--index", "81"])


def test_stats_prints_one_json_document(data, capsys):
    main(["stats", "--data", str(data), "--split", "test", "--json"])
    summary = json.loads(capsys.readouterr().out)
    assert summary["by_kind"] == {"plan": 36, "question": 45}
    assert set(summary["leaks"].values()) == {0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "--split", "tset"], "Unknown split 'tset'. Did you mean 'test'"),
        (["generate", "--contexts", "nmaed"], "Unknown context 'nmaed'. Did you mean 'named'"),
        (["generate", "--tasks", "lfit"], "Unknown task 'lfit'. Did you mean 'lift'"),
        (["generate", "--per-scene", "0"], "at least 1, got 0"),
        (["generate", "--questions", "-1"], "at least 0"),
        (["generate", "--resume", "--overwrite"], "exclude each other"),
        (["genrate"], "Unknown command 'genrate'. Did you mean 'generate'"),
    ],
)
def test_wrong_usage_is_told_in_one_sentence(arguments, message):
    with pytest.raises(UsageError, match=message.replace(".", r"\.")):
        main(arguments)


def test_missing_scenes_say_how_to_render_them(tmp_path):
    result = run_module("generate", "--data", str(tmp_path))
    assert result.returncode == 1
    assert "python -m scene_renderer render" in result.stderr
    assert "Traceback" not in result.stderr


def test_ctrl_c_tells_how_to_go_on(data, tmp_path):
    copy_scenes(data, tmp_path)
    code = (
        "import os, signal, sys; from qa_generator import __main__, verify;"
        "verify.reaches_goal = lambda pair: os.kill(os.getpid(), signal.SIGINT);"
        "sys.argv[0] = __main__.__file__; __main__.run(__main__.main)"
    )
    words = ["generate", "--data", str(tmp_path), "--split", "test"]
    result = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False
    )
    assert result.returncode == 130
    assert f"python -m qa_generator {' '.join(words)} --resume" in result.stderr


def test_help_needs_no_heavy_import():
    code = (
        "import sys; from qa_generator.__main__ import _build_parser; _build_parser();"
        "import qa_generator.dataset, qa_generator.check, qa_generator.stats, qa_generator.verify;"
        "print([m for m in ('torch', 'pybullet', 'pyarrow', 'datasets', 'matplotlib')"
        " if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
