import os
import shutil
import subprocess
from pathlib import Path

import pytest

from finetune import runs
from finetune.runs import choose_output, display_name, find_checkpoint
from grader.rivals import find_twin
from scene_renderer.errors import CheckpointError, UsageError
from vlm.bundle_adapter import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from vlm.config import BASE_MODELS

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def checkpoints(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "CHECKPOINTS", tmp_path)
    return tmp_path


def test_runs_are_numbered(checkpoints):
    assert choose_output("run", resume=False) == checkpoints / "run-001"
    (checkpoints / "run-001").mkdir()
    (checkpoints / "run-007").mkdir()
    (checkpoints / "demo-009").mkdir()
    (checkpoints / "run-mine").mkdir()
    assert choose_output("run", resume=False) == checkpoints / "run-008"
    assert choose_output("demo", resume=False) == checkpoints / "demo-010"


def test_the_newest_run_goes_on(checkpoints):
    for name in ("run-001", "run-002", "demo-003"):
        (checkpoints / name).mkdir()
    assert choose_output("run", resume=True) == checkpoints / "run-002"


def test_nothing_to_resume_is_told(checkpoints):
    (checkpoints / "demo-001").mkdir()
    with pytest.raises(UsageError, match=r"There is no run to resume; start one without --resume"):
        choose_output("run", resume=True)


def test_a_run_below_the_working_folder_has_a_short_name(checkpoints, monkeypatch):
    monkeypatch.chdir(checkpoints.parent)
    assert str(choose_output("run", resume=False)) == f"{checkpoints.name}/run-001"


def test_a_blind_run_is_called_like_the_newest_run_that_has_no_twin(checkpoints):
    assert choose_output("run", resume=False, blind=True) == checkpoints / "run-001-blind"
    for name in ("run-002", "run-004"):
        (checkpoints / name).mkdir()
    twin = choose_output("run", resume=False, blind=True)
    assert twin == checkpoints / "run-004-blind"
    twin.mkdir()
    assert choose_output("run", resume=False, blind=True) == checkpoints / "run-005-blind"
    assert choose_output("run", resume=True, blind=True) == twin
    assert choose_output("run", resume=False) == checkpoints / "run-005"


def test_before_there_is_a_run_a_blind_one_stands_beside_the_shipped_checkpoint(checkpoints):
    (checkpoints / "tiny-tuned").mkdir()
    with pytest.raises(UsageError, match="There is no run to resume"):
        choose_output("run", resume=True, blind=True)
    twin = choose_output("run", resume=False, blind=True)
    assert twin == checkpoints / "tiny-tuned-blind"
    twin.mkdir()
    assert choose_output("run", resume=True, blind=True) == twin
    assert choose_output("run", resume=False, blind=True) == checkpoints / "run-001-blind"
    (checkpoints / "run-003").mkdir()
    assert choose_output("run", resume=False, blind=True) == checkpoints / "run-003-blind"


def test_make_blind_tunes_what_the_grader_takes_for_the_twin(checkpoints):
    said = subprocess.run(
        ["make", "-n", "blind", "--assume-old=.venv/installed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (command,) = [line for line in said.stdout.splitlines() if "finetune" in line]
    words = command.partition(" -m finetune ")[2].split()
    assert words == ["train", "--blind"], "with nothing said, it goes where `choose_output` says"
    run = make_run(checkpoints / "run-002", age=0)
    twin = choose_output("run", resume=False, blind=True)
    shutil.copytree(run, twin)
    for folder, blind in ((run, "false"), (twin, "true")):
        (folder / "tablehand.json").write_text(f'{{"base": "tiny", "blind": {blind}}}')
        (folder / ADAPTER_WEIGHTS).touch()
    assert find_twin(find_checkpoint(checkpoints, checkpoints / "tiny-tuned")) == str(twin)


def test_a_sighted_run_is_no_blind_run_to_resume(checkpoints):
    (checkpoints / "run-001").mkdir()
    with pytest.raises(UsageError, match="There is no run to resume"):
        choose_output("run", resume=True, blind=True)


def make_run(folder: Path, age: float) -> Path:
    folder.mkdir(parents=True)
    (folder / ADAPTER_CONFIG).write_text("{}")
    os.utime(folder / ADAPTER_CONFIG, (1e9 - age, 1e9 - age))
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
