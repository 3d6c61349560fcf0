import dataclasses
import json
from pathlib import Path

import pytest

import grader.sitting
from grader.__main__ import main
from grader.baselines import oracle_plan
from grader.cases import Case, Question
from grader.metrics import Outcome
from grader.oracle_check import as_control, check_oracle, find_excluded, list_checks
from qa_generator.tasks import Goal
from scene_renderer.errors import OracleError
from scene_renderer.plan import Action, Plan
from scene_renderer.scene import Scene


def outcome(case: str, success: bool | None) -> Outcome:
    words = "0", "test", "lift", "image", "lift it", "refuse(absent)"
    return Outcome(case, *words, True, False, success, "" if success else "wrong place")


def test_more_than_one_in_a_hundred_missed_is_no_report() -> None:
    check_oracle([outcome("a", True), outcome("b", None)], 2)
    check_oracle([outcome("a", False), outcome("b", False)], 200)
    with pytest.raises(OracleError, match=r"missed 1 of 2: 'b' \(wrong place\)\.") as caught:
        check_oracle([outcome("a", True), outcome("b", False)], 2)
    assert caught.value.exit_code == 3
    with pytest.raises(OracleError, match=r"missed 5 of 499: .* and 2 more"):
        check_oracle([outcome(str(i), False) for i in range(5)], 499)


@pytest.fixture
def cases(lift: Case, scene: Scene) -> list[Case]:
    """A case in two contexts, its look, its layout, and another goal on its table."""
    image = dataclasses.replace(lift, id="image", context="image")
    moved = dataclasses.replace(scene, objects=scene.objects[::-1])
    return [
        lift,
        image,
        lift.vary("looks", "dark", pictured=moved),
        image.vary("layout", "hard", scene=moved),
        lift.vary("say", "other", goal=Goal("lift", {"object": "green cube"})),
    ]


def test_what_differs_in_scene_or_goal_is_checked_for_itself(cases: list[Case]) -> None:
    assert list_checks(cases) == [cases[0], cases[3], cases[4]]


def test_what_the_oracle_missed_is_left_out_in_every_context_and_look(cases: list[Case]) -> None:
    missed = [outcome(cases[0].id, False), outcome(cases[3].id, True), outcome(cases[4].id, None)]
    assert find_excluded(cases, missed) == [c.id for c in cases[:3]]
    assert find_excluded(cases, [outcome(cases[3].id, False)]) == [cases[3].id]
    assert find_excluded(cases, [outcome(c.id, True) for c in cases]) == []


def test_the_oracles_row_is_what_the_check_found(cases: list[Case]) -> None:
    row = as_control(cases[:2], [outcome(cases[0].id, True)], list_checks(cases))
    assert [(o.case, o.context, o.success) for o in row] == [
        (cases[0].id, "named", True), ("image", "image", True)
    ]  # fmt: skip


def test_a_case_that_the_oracle_misses_is_listed_and_counts_nowhere(
    scene: Scene,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A baseline has no controls, and is checked all the same."""
    goals = {"ours": "red cube", "missed": "green cube"}
    lines = [
        json.dumps(
            {
                "id": name,
                "scene": json.loads(scene.to_json()),
                "instruction": f"lift the {item}",
                "context": "named",
                "goal": {"task": "lift", "object": item},
            }
        )
        for name, item in goals.items()
    ]
    (tmp_path / "cases.jsonl").write_text("\n".join(lines))

    def fail_one(question: Question) -> Plan:
        missed = question.case.id == "missed"
        return Plan((Action("open_gripper"),)) if missed else oracle_plan(question)

    monkeypatch.setattr(grader.sitting, "oracle_plan", fail_one)
    arguments = ["baseline", "--cases", str(tmp_path / "cases.jsonl"), "--workers", "1", "--quiet"]
    arguments += ["--json", "--overwrite", "--output", str(tmp_path / "r")]
    with pytest.raises(OracleError, match="missed 1 of 2: 'missed'"):
        main(arguments)
    monkeypatch.setattr("grader.oracle_check.MOST_MISSED", 0.5)
    main(arguments)
    report = json.loads(capsys.readouterr().out)
    assert report["check"]["excluded"] == {"n": 1, "cases": ["missed"]}
    assert (report["check"]["goals"]["k"], report["check"]["goals"]["n"]) == (1, 2)
    assert (report["n"], report["controls"]) == (1, {})
    assert "1 case of these is left out of every rate" in report["verdict"]
    answered = (tmp_path / "r" / "answers.jsonl").read_text()
    assert answered.count('"role": "model"') == 2, "it was asked, and is kept"
