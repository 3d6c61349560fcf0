"""Each impostor gets what it deserves, and a grader that is fooled is found out."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import pytest

from grader import selftest
from grader.__main__ import main
from grader.cases import Case, Question, ask, draw_cases
from grader.impostors import Impostor, Liar, Stranger, always, build_impostors, never
from grader.lies import truth
from grader.metrics import Outcome
from grader.rollout import Arena
from grader.selftest import ROUND, Trial, find_faults, format_trials, try_impostor
from qa_generator.tasks import Goal
from scene_renderer.console import EXIT_THRESHOLD
from scene_renderer.errors import PlanError
from scene_renderer.plan import parse_plan
from scene_renderer.plan_mending import mend_plan
from vlm.policy import Answer

PLAN = "pick(420, -120, 25)\nmove_to(420, -120, 175)"


@pytest.fixture(scope="module")
def sample() -> list[Question]:
    """What the command asks by default."""
    draws = range(selftest.COUNT)
    return [ask(draw_cases("test", 0, i, ROUND, ("named",))[0], None) for i in draws]


@pytest.fixture(scope="module")
def impostors(sample: list[Question]) -> dict[str, Impostor]:
    return {i.policy.name: i for i in build_impostors(sample)}


@pytest.fixture
def question(lift: Case) -> Question:
    return ask(lift, None)


def tell(impostor: Impostor, question: Question) -> str | None:
    assert isinstance(impostor.policy, Liar)
    return impostor.policy.tell(question)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("the oracle", PLAN),
        ("wrong object", "pick(450, 20, 25)\nmove_to(420, -120, 175)"),
        ("one action dropped", "move_to(420, -120, 175)"),
        ("8 cm off", "pick(420, -40, 25)\nmove_to(420, -40, 175)"),
        ("sign flipped", "pick(420, 120, 25)\nmove_to(420, 120, 175)"),
        ("half the plan", None),
        ("doubled", f"{PLAN}\n{PLAN}"),
        ("metres", "pick(0.42, -0.12, 0.025)\nmove_to(0.42, -0.12, 0.175)"),
        ("and more", f"{PLAN}0"),
        ("and more lines", f"{PLAN}\nThat is the plan."),
        ("always refuses", "refuse(absent)"),
        ("silent", ""),
    ],
)
def test_a_liar_says_what_its_name_says(
    impostors: dict[str, Impostor], question: Question, name: str, text: str | None
) -> None:
    assert tell(impostors[name], question) == text


def test_who_lifts_the_first_object_deserves_the_lifts_of_it(
    impostors: dict[str, Impostor], question: Question
) -> None:
    first = question.listing[0][0]
    deserves = impostors["first object"].reaches
    assert deserves is not None
    for name, due in ((first, True), (question.listing[1][0], False)):
        case = dataclasses.replace(question.case, goal=Goal("lift", {"object": name}))
        assert deserves(dataclasses.replace(question, case=case), "") == due


def test_every_lie_is_told_and_none_is_the_truth(
    impostors: dict[str, Impostor], sample: list[Question]
) -> None:
    for name, impostor in impostors.items():
        asked = [q for q in sample if impostor.answers(q)]
        assert asked, f"{name} has nothing to say"
        if impostor.reaches is never and isinstance(impostor.policy, Liar):
            assert not [q for q in asked if tell(impostor, q) == truth(q)], name


def test_what_is_no_plan_is_none_and_what_can_be_mended_can_be(
    impostors: dict[str, Impostor], sample: list[Question]
) -> None:
    for name in ("metres", "and more", "and more lines", "cut", "silent", "echo", "code", "flood"):
        for question in (q for q in sample[:8] if impostors[name].answers(q)):
            text = tell(impostors[name], question) or ""
            with pytest.raises(PlanError):
                parse_plan(text)
            if impostors[name].mends:
                assert mend_plan(text).plan == parse_plan(truth(question))


def test_who_refuses_always_meets_reasons_that_match_and_reasons_that_do_not(
    sample: list[Question],
) -> None:
    reasons = [q.case.goal.slots["reason"] for q in sample if q.case.goal.task == "refuse"]
    assert 0 < reasons.count("absent") < len(reasons)


def outcome(question: Question, **changes: Any) -> Outcome:
    case = question.case
    known = {
        "case": case.id, "scene": case.scene.id, "split": "test", "task": "lift",
        "context": "named", "instruction": case.instruction, "answer": PLAN, "valid": True,
        "exact": True, "success": True,
    }  # fmt: skip
    return Outcome(**{**known, **changes})


WRONG = {"answer": "pick(450, 20, 25)", "exact": False, "success": False, "cause": "wrong object"}


@pytest.mark.parametrize(
    ("reaches", "valid", "changes", "words"),
    [
        (always, True, {}, None),
        (never, True, WRONG, None),
        (never, True, WRONG | {"success": True}, "reached a goal that it does not deserve: one:"),
        (always, True, WRONG, "deserves its goal and missed it: one:lift:named"),
        (always, True, {"success": None}, "was not run"),
        (never, True, WRONG | {"exact": True}, "is called exact and is not"),
        (never, False, WRONG, "is called a plan and is none"),
        (never, None, WRONG | {"success": True, "valid": False}, "reached a goal without a plan"),
        (always, True, {"confidence": float("nan")}, "has a confidence that is no share"),
    ],
)
def test_a_grader_that_is_fooled_is_found_out(
    question: Question, reaches: Any, valid: bool | None, changes: dict[str, Any], words: str | None
) -> None:
    impostor = Impostor(Liar("x", truth), "x", reaches, valid=valid)
    faults = find_faults(impostor, [question], [outcome(question, **changes)])
    if words is None:
        assert faults == []
    else:
        assert any(words in fault for fault in faults), faults


def test_luck_is_allowed_as_far_as_it_is_said(question: Question) -> None:
    asked = [question] * 20
    lucky = [outcome(question, case=str(i), **WRONG | {"success": i < 2}) for i in range(20)]
    for luck, faults in ((0.0, 1), (0.05, 1), (0.1, 0)):
        assert (
            len(find_faults(Impostor(Liar("x", truth), "x", never, luck), asked, lucky)) == faults
        )


def test_what_only_mends_must_reach_its_goal_then(question: Question) -> None:
    impostor = Impostor(Liar("x", truth), "x", never, valid=False, mends=True)
    for reached, faults in ((True, 0), (False, 1), (None, 1)):
        miss = outcome(
            question, **WRONG | {"valid": False, "mended": PLAN, "mended_success": reached}
        )
        assert len(find_faults(impostor, [question], [miss])) == faults


class Idle:
    """A crew that must not be needed."""

    def submit(self, *work: Any) -> Any:
        raise AssertionError("nothing is to be executed")


@pytest.mark.parametrize("name", ["breaks down", "too few", "too many"])
def test_who_cannot_be_graded_is_told_in_one_sentence(
    impostors: dict[str, Impostor], question: Question, name: str
) -> None:
    trial = try_impostor(impostors[name], [question] * 2, Arena(Idle()))  # type: ignore[arg-type]
    assert (trial.expected, trial.got, trial.faults) == ("a sentence", "a sentence", ())


def test_who_must_not_be_gradable_and_is_is_a_fault(question: Question) -> None:
    silent = Stranger("quiet", lambda seen: [Answer("", 0, 0.0) for _ in seen])
    trial = try_impostor(
        Impostor(silent, "x", None, stops=True),
        [question],
        Arena(Idle()),  # type: ignore[arg-type]
    )
    assert trial.faults == ("It was graded, although it cannot be.",)


def test_who_must_be_gradable_and_is_not_is_a_fault(question: Question) -> None:
    none = Stranger("none", lambda seen: [])
    trial = try_impostor(Impostor(none, "x", always), [question], Arena(Idle()))  # type: ignore[arg-type]
    assert "It could not be graded: 'none' gave 0 answers" in trial.faults[0]


def test_who_has_nothing_to_say_is_not_tried(question: Question) -> None:
    mute = Impostor(Liar("mute", lambda q: None), "nothing", never)
    trial = try_impostor(mute, [question], Arena(Idle()))  # type: ignore[arg-type]
    assert not trial.is_tried and not trial.faults
    assert format_trials([trial]).endswith("0 of 0 got what they deserve.")


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> list[Trial]:
    """Trials that the command reports instead of its own."""
    trials = [Trial("oracle", "the right plan", 2, "2/2", "2/2")]
    monkeypatch.setattr(selftest, "try_impostors", lambda *a, **k: trials)
    monkeypatch.setattr("grader.crew._open_pool", lambda workers: None)
    return trials


def test_the_command_fails_if_one_gets_what_it_does_not_deserve(
    fixed: list[Trial], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["selftest"]) is None
    assert capsys.readouterr().out.endswith("1 of 1 got what they deserve.\n")
    fixed.append(Trial("echo", "the prompt", 2, "0/2", "1/2", ("reached a goal: a.",)))
    assert main(["selftest"]) == EXIT_THRESHOLD
    said = capsys.readouterr()
    assert "echo: reached a goal: a.\n" in said.out
    assert "1 of 2 got what they deserve." in said.out
    assert "cannot be trusted" in said.err


def run_small(arguments: Sequence[str]) -> int | None:
    return main(["selftest", "--count", "2", "--workers", "1", "--quiet", *arguments])


def test_impostors_get_what_they_deserve_in_physics(capsys: pytest.CaptureFixture[str]) -> None:
    code = run_small(["--json"])
    report = json.loads(capsys.readouterr().out)
    faults = [i for i in report["impostors"] if i["faults"]]
    assert (code, report["ok"], faults) == (None, True, [])
    found = {i["name"]: i["got"] for i in report["impostors"]}
    assert found["the oracle"] == found["not sure"] == "2/2"
    assert found["and more"] == "0/2, 2 mended"
    assert found["reads the case"] == "0/2"
