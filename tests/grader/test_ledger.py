import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.ledger import ANSWERS, QUESTIONS, Ledger
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


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"blind_twin": "runs/b-blind"}, "another blind twin: runs/a-blind, not runs/b-blind"),
        ({"blind_twin_sha256": "2"}, "another version of the blind twin: 1, not 2"),
        ({"device": "cuda:0"}, "another device: cpu, not cuda:0"),
        ({"threads": 4}, "another number of threads: 1, not 4. To go on, set OMP_NUM_THREADS=1 or"),
    ],
)
def test_whatever_changes_answers_must_be_the_same(
    changed: dict[str, Any], words: str, tmp_path: Path
) -> None:
    told = {"blind_twin": "runs/a-blind", "blind_twin_sha256": "1", "device": "cpu", "threads": 1}
    Ledger(tmp_path / "r", told, overwrite=False, resume=False)
    with pytest.raises(OutputError) as caught:
        Ledger(tmp_path / "r", told | changed, overwrite=False, resume=True)
    assert words in str(caught.value)


def test_what_changes_no_answer_is_written_down_and_may_change(tmp_path: Path) -> None:
    for workers in (1, 2):
        Ledger(tmp_path / "r", SETTINGS, {"workers": workers}, overwrite=False, resume=True)
    told = json.loads((tmp_path / "r" / "settings.json").read_text())
    assert told == SETTINGS | {"conditions": {"workers": 2}}


def test_answers_to_questions_are_kept_once_and_a_torn_one_is_forgotten(tmp_path: Path) -> None:
    open_ledger(tmp_path / "r").notebook.add({"a": "yes", "b": "2"})
    path = tmp_path / "r" / QUESTIONS
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    notebook = open_ledger(tmp_path / "r", resume=True).notebook
    assert notebook.answers == {"a": "yes"}
    notebook.add({"a": "no", "b": "2"})
    assert notebook.answers == {"a": "yes", "b": "2"}
    assert path.read_bytes() == whole
    path.write_text("{}\n")
    with pytest.raises(OutputError, match=r"questions.jsonl', line 1 is damaged"):
        open_ledger(tmp_path / "r", resume=True)


def test_damage_is_named_by_its_line(tmp_path: Path) -> None:
    open_ledger(tmp_path / "r").add("model", [FOUND])
    (tmp_path / "r" / ANSWERS).write_text("{}\n")
    with pytest.raises(OutputError, match="line 1 is damaged"):
        open_ledger(tmp_path / "r", resume=True)


def test_a_place_that_cannot_be_written_is_an_error() -> None:
    with pytest.raises(OutputError):
        open_ledger(Path("/proc/none/r"))
