import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.__main__ import main
from grader.compare import compare, difference, read_grade
from grader.metrics import Outcome
from grader.suites.base import Paired
from scene_renderer.errors import DatasetError
from scene_renderer.intervals import newcombe_paired


def outcome(case: int, success: bool | None, context: str = "named") -> Outcome:
    words = "lift the red cube", "pick(400, 0, 25)"
    cause = "" if success else "missed grasp"
    name = f"{case}:{context}"
    return Outcome(name, str(case), "test", "lift", context, *words, True, False, success, cause)


def write(folder: Path, outcomes: Sequence[Outcome], *others: dict[str, object]) -> Path:
    folder.mkdir()
    lines = [{"role": "model", **dataclasses.asdict(o)} for o in outcomes]
    text = "".join(json.dumps(line) + "\n" for line in [*lines, *others])
    (folder / "answers.jsonl").write_text(text)
    (folder / "report.json").write_text(json.dumps({"checkpoint": folder.name}))
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Of four cases both reach 0, only A 1, only B 2 and 3; B answered one that A did not."""
    a = [outcome(i, success) for i, success in enumerate((True, True, False, False))]
    b = [outcome(i, success) for i, success in enumerate((True, False, True, True, True))]
    blank = {"role": "blank_image", **dataclasses.asdict(outcome(0, False))}
    noise = dataclasses.replace(outcome(0, False), suite="noise")
    varied = {"role": "model", **dataclasses.asdict(noise)}
    return write(tmp_path / "a", a, blank, varied), write(tmp_path / "b", b)


def test_answers_to_the_same_cases_are_paired(folders: tuple[Path, Path]) -> None:
    found = compare(*map(read_grade, folders))
    assert (found["n"], found["unpaired"]) == (4, {"a": 0, "b": 1})
    total = found["all"]
    assert (total["a"]["k"], total["b"]["k"], total["lost"], total["gained"]) == (2, 3, 1, 2)
    assert total["difference"] == 0.25
    assert total["p"] == 1.0  # 2 * (1 + 3) / 2^3
    assert (total["low"], total["high"]) == pytest.approx(newcombe_paired(1, 2, 1, 0))
    assert found["by_context"] == {"named": total}
    assert found["by_task"] == {"lift": total}


def test_cases_that_the_oracle_missed_in_either_grade_are_not_compared(
    folders: tuple[Path, Path],
) -> None:
    check = {"excluded": {"n": 1, "cases": ["1:named"]}}
    (folders[1] / "report.json").write_text(json.dumps({"checkpoint": "b", "check": check}))
    found = compare(*map(read_grade, folders))
    assert (found["n"], found["all"]["lost"]) == (3, 0)


def test_a_scene_counts_once_in_p_over_contexts() -> None:
    """Two scenes gained in three contexts each: 2 * (1 / 2)^2, not 2 * (1 / 2)^6."""
    pairs = [
        Paired(outcome(i, False, c), outcome(i, True, c))
        for i in range(2)
        for c in ("named", "unnamed", "image")
    ]
    found = difference(pairs)
    assert (found["gained"], found["p"]) == (6, 0.5)


def test_cases_that_flipped_are_listed_with_the_cause_of_the_one_that_missed(
    folders: tuple[Path, Path],
) -> None:
    flips = compare(*map(read_grade, folders))["flipped"]
    assert [(f["case"], f["better"]) for f in flips] == [
        ("1:named", "a"), ("2:named", "b"), ("3:named", "b")
    ]  # fmt: skip
    assert {f["cause"] for f in flips} == {"missed grasp"}


def test_contexts_of_a_scene_that_change_together_count_as_one_change() -> None:
    def pairs(contexts: Sequence[str]) -> list[Paired]:
        return [
            Paired(outcome(i, False, c), outcome(i, i < 5, c)) for i in range(20) for c in contexts
        ]

    one, three = difference(pairs(["named"])), difference(pairs(["named", "unnamed", "image"]))
    assert (one["difference"], three["difference"]) == (0.25, 0.25)
    # 60 pairs of 20 scenes tell as much as 20; the unbiased variances differ by 60/59 and 20/19.
    assert three["low"] == pytest.approx(one["low"], abs=0.01)
    assert three["high"] == pytest.approx(one["high"], abs=0.01)


def test_no_pairs_have_a_difference_that_is_not_known() -> None:
    found = difference([])
    assert (found["difference"], found["low"], found["high"], found["p"]) == (None, -1.0, 1.0, 1.0)
    alone = difference([Paired(outcome(0, False), outcome(0, True))])
    assert (alone["difference"], alone["high"], alone["p"]) == (1.0, 1.0, 1.0)


def test_cases_that_one_could_not_run_are_left_out(tmp_path: Path) -> None:
    a = write(tmp_path / "a", [outcome(0, True), outcome(1, None)])
    b = write(tmp_path / "b", [outcome(0, True), outcome(1, True)])
    assert compare(read_grade(a), read_grade(b))["n"] == 1


def test_grades_of_other_cases_are_refused(tmp_path: Path) -> None:
    a = read_grade(write(tmp_path / "a", [outcome(0, True)]))
    b = read_grade(write(tmp_path / "b", [outcome(1, True)]))
    with pytest.raises(DatasetError, match="no case in common; grade both with the same --split"):
        compare(a, b)
    other = dataclasses.replace(outcome(0, True), instruction="lift the blue cube")
    c = read_grade(write(tmp_path / "c", [other]))
    with pytest.raises(DatasetError, match="Case '0:named' is not the same in both: 'lift the red"):
        compare(a, c)


def test_what_is_no_report_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Cannot read"):
        read_grade(tmp_path / "none")
    folder = write(tmp_path / "a", [], {"role": "model", "case": "0"})
    with pytest.raises(DatasetError, match=r"answers.jsonl', line 1 is damaged"):
        read_grade(folder)
    (folder / "report.json").write_text("[]")
    with pytest.raises(DatasetError, match="is no report of a grade"):
        read_grade(folder)


def test_the_command_prints_the_comparison(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = map(str, folders)
    assert main(["compare", a, f"{b}/report.json"]) is None
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    assert "4 cases that both answered; 0 only A, 1 only B." in text
    assert "+25.0 [" in text
    assert "Gained: B reached these, A did not (2)" in text
    assert "  1:named  missed grasp: lift the red cube" in text
    assert main(["compare", a, b, "--json"]) is None
    assert json.loads(capsys.readouterr().out)["all"]["gained"] == 2


@pytest.mark.parametrize(("least", "code"), [("25", None), ("25.1", 3), ("-10", None)])
def test_a_threshold_that_is_missed_gives_exit_code_3(
    folders: tuple[Path, Path], least: str, code: int | None
) -> None:
    a, b = map(str, folders)
    assert main(["compare", a, b, "--fail-below", least]) == code
