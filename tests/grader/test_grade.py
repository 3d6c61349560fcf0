import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from grader.__main__ import main
from grader.baselines import Baseline, oracle_plan
from grader.cases import BLANK, Case
from grader.crew import Crew
from grader.entry import Entry
from grader.exam import SIZES, Draw, Exam
from grader.grade import (
    as_blanks,
    leave_out_blanks,
    name_controls,
    set_work,
    with_blank_control,
    without_times,
)
from grader.grade import grade as run
from grader.ledger import Ledger
from grader.metrics import Outcome
from grader.rivals import Rival
from grader.suites.base import Suite
from qa_generator.lexicon import lexicon
from qa_generator.prompt import Observation
from scene_renderer.errors import OutputError
from vlm.model import weights_sha256
from vlm.policy import Answer


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
    shutil.copytree(folder / "tuned", folder / "tuned-blind")
    told = {"base": str(folder / "base"), "blind": True}
    (folder / "tuned-blind" / "tablehand.json").write_text(json.dumps(told))
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


class Seeing(Baseline):
    """Looks at pictures, if not closely, and says the same of each."""

    image_size = 24  # type: ignore[assignment]

    def __init__(self, log: list[str], name: str) -> None:
        super().__init__(name, oracle_plan)
        self.log = log

    def answer(
        self, observations: Sequence[Observation], instructions: Sequence[str], batch_size: int = 1
    ) -> list[Answer]:
        self.log += [self.name] * len(instructions)
        return [Answer("refuse(absent)", tokens=1, seconds=0.01) for _ in instructions]


class Beside(Rival):
    """Says when it is loaded."""

    log: ClassVar[list[str]] = []
    made: ClassVar[list[Any]] = []

    def load(self) -> Any:
        self.log.append("loaded")
        self.made.append(Seeing(self.log, "base"))
        return self.made[-1]


def test_a_rival_is_loaded_after_the_model_was_measured_and_questions_are_asked_once(
    lift: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.grade.COUNT", 2)
    exam = Exam("test", 3, 1, ("lift",), ("named",), mode="full")
    reports = []
    for resume in (False, True):
        Beside.log.clear()
        model = Seeing(Beside.log, "model")
        entry = Entry(model, controls=True, rivals={"untuned_base": Beside("b", "", "cpu")})
        ledger = Ledger(tmp_path / "r", {"seed": 3}, overwrite=False, resume=resume)
        with Crew(1) as crew:
            reports.append(run(entry, exam, [Draw([lift], [])], ledger, crew, quiet=True))
        before, after = split_at(Beside.log, "loaded")
        assert set(before) == {"model"}, "measured alone"
        assert after == ([] if resume else ["model", "model", "base", *["model"] * 10])
    assert without_times(reports[0]) == without_times(reports[1])
    assert reports[0]["inference"]["latency_ms"]["n"] >= 1
    assert (reports[0]["questions"]["n"], reports[0]["questions"]["split"]) == (10, "test")


@pytest.mark.parametrize("free", [True, False])
def test_rivals_answer_as_free_as_the_model(lift: Case, tmp_path: Path, free: bool) -> None:
    exam = Exam("test", 3, 1, ("lift",), ("named",), free=free)
    entry = Entry(Seeing([], "m"), controls=True, rivals={"untuned_base": Beside("b", "", "cpu")})
    ledger = Ledger(tmp_path / "r", exam.settings(), overwrite=False, resume=False)
    with Crew(1) as crew:
        run(entry, exam, [Draw([lift], [])], ledger, crew, quiet=True)
    assert Beside.made[-1].constrained is not free
    other = replace(exam, free=not free).settings()
    with pytest.raises(OutputError, match="another choice of --free"):
        Ledger(tmp_path / "r", other, overwrite=False, resume=True)


def split_at(log: Sequence[str], word: str) -> tuple[list[str], list[str]]:
    at = log.index(word)
    return list(log[:at]), list(log[at + 1 :])


def test_a_limit_bounds_cases_and_questions_together(lift: Case) -> None:
    named = [
        replace(lift, id=f"{i}:lift:named", scene=replace(lift.scene, id=str(i)))
        for i in range(100)
    ]
    draws = [Draw([case], []) for case in named]

    def work(limit: int | None, mode: str = "full") -> tuple[int, int, str]:
        exam = Exam("test_counts", 3, 100, ("lift",), ("named",), mode=mode, limit=limit)
        paper, quiz = set_work(exam, draws, 4, sees=True)
        assert len(paper.main) > 0
        answers = len(paper.main) + 4 * len(paper.controls)
        return answers, quiz.count if quiz else 0, quiz.split if quiz else ""

    whole = (100 + 4 * SIZES["full"].controls, 100, "test_counts")
    assert work(None) == work(1000) == whole
    answers, each, _ = work(100)
    assert (40 < answers <= 50, each) == (True, 10)
    answers, each, _ = work(9)
    assert (answers <= 9, each) == (True, 0), "no kind of question more than another"
    assert work(None, "normal")[1] == 0


@pytest.mark.slow
@pytest.mark.usefixtures("suite")
def test_a_model_is_graded_beside_its_controls_and_a_grade_goes_on(
    tuned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "r"
    grade(tuned, output)
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
    settings = report["settings"]
    assert settings["weights_sha256"] == settings["blind_twin_sha256"] == weights_sha256(tuned)
    assert settings["untuned_base_sha256"] == weights_sha256(tuned.parent / "base")
    assert settings["blind_twin"] == f"{tuned}-blind"
    assert (settings["controls"], settings["device"], settings["threads"]) == (True, "cpu", 1)
    assert report["environment"]["workers"] == 1

    answers = (output / "answers.jsonl").read_text()
    assert len(answers.splitlines()) == 4 * (2 + 4) + 2, "main, blank, four controls, two checks"
    assert report["check"]["goals"]["n"] == 2, "one of each draw, for all its contexts"
    assert report["check"]["excluded"] == {"n": 0, "cases": []}
    with pytest.raises(OutputError, match="--resume"):
        grade(tuned, output)
    with pytest.raises(OutputError, match=r"another blind twin: .*tuned-blind, not .*other"):
        other = shutil.copytree(f"{tuned}-blind", tmp_path / "other")
        grade(tuned, output, "--resume", "--blind-twin", str(other))
    (output / "answers.jsonl").write_text(answers[: len(answers) // 3])
    (output / "report.json").unlink()
    grade(tuned, output, "--resume")
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
    exam = Exam("test", 0, 1, ("lift",), ("named",), mode="full")
    model = Seeing([], "seeing")
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
