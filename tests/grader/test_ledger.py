import json
from dataclasses import replace
from pathlib import Path

import pytest

from grader.ledger import ANSWERS, Ledger
from grader.metrics import Outcome
from scene_renderer.errors import OutputError

SETTINGS = {"split": "test", "seed": 0}
FOUND = Outcome("a", "0", "test", "lift", "named", "lift it", "refuse(absent)", True, False, False)


def open_ledger(folder: Path, *, resume: bool = False, overwrite: bool = False) -> Ledger:
    return Ledger(folder, SETTINGS, overwrite=overwrite, resume=resume)


def test_a_grade_goes_on_where_it_stopped(tmp_path: Path) -> None:
    open_ledger(tmp_path / "r").add("model", [FOUND])
    again = open_ledger(tmp_path / "r", resume=True)
    assert again.outcomes == {"model": {"a": FOUND}}
    assert again.has("model", "a")
    assert not again.has("model", "b")
    assert not again.has("majority", "a")


def test_an_answer_of_before_mending_is_read(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "r")
    ledger.add("model", [FOUND])
    line = json.loads(ledger.path.read_text())
    del line["mended"], line["mended_success"]
    ledger.path.write_text(json.dumps(line) + "\n")
    assert open_ledger(tmp_path / "r", resume=True).outcomes["model"]["a"] == FOUND


def test_a_torn_last_line_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "r")
    ledger.add("model", [FOUND, replace(FOUND, case="b")])
    text = ledger.path.read_text()
    ledger.path.write_text(text[:-20])
    again = open_ledger(tmp_path / "r", resume=True)
    assert list(again.outcomes["model"]) == ["a"]
    again.add("model", [replace(FOUND, case="b")])
    assert ledger.path.read_text() == text


def test_a_case_that_was_not_run_is_tried_again_and_stands_there_once(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "r")
    ledger.add("model", [replace(FOUND, success=None), replace(FOUND, case="b")])
    assert ledger.has("model", "a"), "not twice in one go"
    again = open_ledger(tmp_path / "r", resume=True)
    assert not again.has("model", "a")
    again.add("model", [FOUND])
    assert open_ledger(tmp_path / "r", resume=True).outcomes["model"]["a"] == FOUND
    cases = [json.loads(line)["case"] for line in ledger.path.read_text().splitlines()]
    assert cases == ["b", "a"]


def test_what_a_killed_write_left_is_cleared(tmp_path: Path) -> None:
    open_ledger(tmp_path / "r").add("model", [FOUND])
    (tmp_path / "r" / ".report.json.17.tmp").write_text("half")
    open_ledger(tmp_path / "r", resume=True)
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == [ANSWERS, "settings.json"]


def test_an_earlier_grade_is_not_overwritten_unasked(tmp_path: Path) -> None:
    open_ledger(tmp_path / "r").add("model", [FOUND])
    with pytest.raises(OutputError, match="--resume"):
        open_ledger(tmp_path / "r")
    assert open_ledger(tmp_path / "r", overwrite=True).outcomes == {}


def test_other_settings_cannot_be_mixed_in(tmp_path: Path) -> None:
    open_ledger(tmp_path / "r").add("model", [FOUND])
    with pytest.raises(OutputError, match="another seed: 0, not 1"):
        Ledger(tmp_path / "r", SETTINGS | {"seed": 1}, overwrite=False, resume=True)


def test_damage_is_named_by_its_line(tmp_path: Path) -> None:
    open_ledger(tmp_path / "r").add("model", [FOUND])
    (tmp_path / "r" / ANSWERS).write_text("{}\n")
    with pytest.raises(OutputError, match="line 1 is damaged"):
        open_ledger(tmp_path / "r", resume=True)


def test_a_place_that_cannot_be_written_is_an_error() -> None:
    with pytest.raises(OutputError):
        open_ledger(Path("/proc/none/r"))
