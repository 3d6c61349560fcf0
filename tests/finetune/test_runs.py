import pytest

from finetune import runs
from finetune.runs import choose_output
from scene_renderer.errors import UsageError


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


def test_a_sighted_run_is_no_blind_run_to_resume(checkpoints):
    (checkpoints / "run-001").mkdir()
    with pytest.raises(UsageError, match="There is no run to resume"):
        choose_output("run", resume=True, blind=True)
