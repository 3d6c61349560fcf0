import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from grader.__main__ import main
from grader.baselines import Baseline, oracle_plan
from grader.cases import BLANK, Case
from grader.exam import Draw, Exam
from grader.grade import (
    as_blanks,
    leave_out_blanks,
    name_controls,
    with_blank_control,
    without_times,
)
from grader.metrics import Outcome
from grader.suites.base import Suite
from qa_generator.lexicon import lexicon
from scene_renderer.errors import OutputError


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA adapter that changes nothing, over a tiny base with fresh weights."""
    from peft import LoraConfig, get_peft_model

    from vlm.tiny import build_model, build_processor

    folder = tmp_path_factory.mktemp("models")
    processor = build_processor(lexicon())
    model = build_model(processor.tokenizer)
    processor.save_pretrained(folder / "base")
    model.save_pretrained(folder / "base")
    adapter = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"]))
    adapter.save_pretrained(folder / "tuned")
    (folder / "tuned" / "tablehand.json").write_text(json.dumps({"base": str(folder / "base")}))
    return folder / "tuned"


def grade(tuned: Path, output: Path, *more: str) -> None:
    which = ["--count", "2", "--contexts", "unnamed", "image", "--tasks", "lift", "--workers", "1"]
    main([str(tuned), *which, "--quiet", "--json", "--output", str(output), *more])


def blanks(cases: Sequence[Case], seed: int) -> list[Case]:
    return [case.vary("pictures", "blank", picture=BLANK) for case in cases]


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """One real suite of our own, and few tokens, as fresh weights would not stop by themselves."""
    suites = {"pictures": Suite("pictures", "The picture is blank.", blanks, draws=9)}
    monkeypatch.setattr("grader.exam.SUITES", suites)
    monkeypatch.setattr("grader.grade.SUITES", suites)
    monkeypatch.setattr("vlm.policy.MAX_NEW_TOKENS", 8)


@pytest.mark.slow
@pytest.mark.usefixtures("suite")
def test_a_model_is_graded_beside_its_controls_and_a_grade_goes_on(
    tuned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "r"
    grade(tuned, output, "--blind-twin", str(tuned.parent / "base"))
    report = json.loads(capsys.readouterr().out)
    assert report["n"] == 4
    assert report["checkpoint"] == str(tuned)
    assert set(report["controls"]) == {
        "blank_image",
        "blind_twin",
        "untuned_base",
        "majority",
        "random",
        "oracle",
    }
    assert report["controls"]["oracle"]["success"]["k"] == 4
    assert report["controls"]["blank_image"]["success"]["n"] == 4
    assert report["reliability"]["suites"]["pictures"]["n"] == 4
    assert report["accuracy"]["success"]["k"] == 0, "fresh weights know nothing"
    assert "It is blind" in report["verdict"]
    assert report["inference"]["latency_ms"]["p50"] > 0
    assert report["inference"]["peak_memory_mib"] > 50

    answers = (output / "answers.jsonl").read_text()
    assert len(answers.splitlines()) == 4 * (2 + 4) + 2, "main, blank, four controls, two checks"
    assert report["check"]["goals"]["n"] == 2, "one of each draw, for all its contexts"
    assert report["check"]["excluded"] == {"n": 0, "cases": []}
    with pytest.raises(OutputError, match="--resume"):
        grade(tuned, output)
    (output / "answers.jsonl").write_text(answers[: len(answers) // 3])
    (output / "report.json").unlink()
    grade(tuned, output, "--resume", "--blind-twin", str(tuned.parent / "base"))
    assert (output / "answers.jsonl").read_text() == answers
    again = json.loads(capsys.readouterr().out)
    assert json.dumps(without_times(again)) == json.dumps(without_times(report))


def outcome(case: str, success: bool | None, **more: Any) -> Outcome:
    words = "0", "test", "lift", "image", "lift it", "refuse(absent)"
    return Outcome(case, *words, True, False, success, "" if success else "wrong place", **more)


def test_what_differs_from_run_to_run_is_left_out_of_comparisons() -> None:
    report = {"n": 1, "inference": 2, "reliability": {"not_run": 0, "sameness": {}}}
    assert without_times(report) == {"n": 1, "reliability": {"not_run": 0}}
    assert report["inference"] == 2


def test_the_blank_control_comes_from_the_suite_if_there_is_none() -> None:
    main = [outcome("a", True, origin="a")]
    suite = {"suite": "pictures", "origin": "a"}
    varied = [
        outcome("a~b", False, variant="blank", **suite),
        outcome("a~m", True, variant="mirrored", **suite),
    ]
    found = with_blank_control({"model": main}, main + varied)
    (blank,) = found["blank_image"]
    assert (blank.case, blank.suite, blank.success) == ("a", "main", False)
    own = {"model": main, "blank_image": main}
    assert with_blank_control(own, main + varied) == own
    assert with_blank_control({"model": main}, main) == {"model": main}


def test_a_blank_control_is_asked_for_unless_the_suite_shows_it_for_all(lift: Case) -> None:
    class Seeing(Baseline):
        image_size = 32  # type: ignore[assignment]

    exam = Exam("test", 0, 1, ("lift",), ("named",), mode="full")
    model = Seeing("seeing", oracle_plan)
    bare = Draw([lift], [])
    varied = Draw([lift], [lift.vary("pictures", "blank", picture="blank")])
    rules = ["majority", "random"]
    assert name_controls(exam, [bare], model, {}) == ["blank_image", *rules]
    assert name_controls(exam, [varied], model, {}) == rules
    blindfolded = Baseline("rule", oracle_plan)
    assert name_controls(exam, [bare], blindfolded, {}) == rules


def test_a_blank_picture_that_is_a_control_is_not_asked_in_the_suite_too(lift: Case) -> None:
    """There is one figure: the suite's blank arm is what the control found."""
    mirrored = lift.vary("pictures", "mirrored", picture="mirrored")
    draw = Draw([lift], [lift.vary("pictures", "blank", picture="blank"), mirrored])
    (left,) = leave_out_blanks([draw])
    assert left.variants == [mirrored]
    (blank,) = as_blanks([outcome("a", False, origin="a")])
    assert (blank.suite, blank.variant, blank.origin) == ("pictures", "blank", "a")
