import os
from pathlib import Path

import pytest

from grader.find import ADAPTER, display_name, find_checkpoint
from scene_renderer.errors import CheckpointError
from vlm.config import BASE_MODELS


def make_run(folder: Path, age: float) -> Path:
    folder.mkdir(parents=True)
    (folder / ADAPTER).write_text("{}")
    os.utime(folder / ADAPTER, (1e9 - age, 1e9 - age))
    return folder


def test_the_newest_run_is_found_and_the_shipped_one_comes_last(tmp_path: Path) -> None:
    shipped = make_run(tmp_path / "tiny-tuned", age=0)
    assert find_checkpoint(tmp_path, shipped) == str(shipped)
    make_run(tmp_path / "old", age=200)
    newest = make_run(tmp_path / "new", age=100)
    assert find_checkpoint(tmp_path, shipped) == str(newest)


def test_a_blind_twin_is_never_the_newest_run(tmp_path: Path) -> None:
    shipped = make_run(tmp_path / "tiny-tuned", age=0)
    sighted = make_run(tmp_path / "run-001", age=300)
    twin = make_run(tmp_path / "run-001-blind", age=100)
    for folder, blind in ((sighted, "false"), (twin, "true")):
        (folder / "tablehand.json").write_text(f'{{"base": "tiny", "blind": {blind}}}')
    assert find_checkpoint(tmp_path, shipped) == str(sighted)


def test_without_any_checkpoint_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="python -m finetune train"):
        find_checkpoint(tmp_path, tmp_path / "tiny-tuned")


def test_a_model_is_called_by_its_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "a").mkdir(parents=True)
    assert display_name(str(tmp_path / "runs" / "a")) == "runs/a"
    assert display_name("HuggingFaceTB/SmolVLM-256M-Instruct").startswith("HuggingFaceTB/")
    assert display_name("/") == "/"
    assert display_name(BASE_MODELS["tiny"]) == "tiny"
