import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from grader.cases import Case
from grader.gallery import (
    MISSES,
    STILL_PX,
    SUCCESSES,
    animate_answer,
    choose,
    choose_worst,
    draw_still,
    mark_plan,
    show_worst,
)
from grader.metrics import Outcome
from scene_renderer.plan import parse_plan

MISS = Outcome(
    case="a",
    scene="0",
    split="test",
    task="lift",
    context="named",
    instruction="lift the red cube",
    answer="pick(400, 0, 25)",
    valid=True,
    exact=False,
    success=False,
    cause="missed grasp",
)


def test_every_cause_is_shown_before_one_is_shown_twice() -> None:
    common = [replace(MISS, case=str(i), scene=str(i)) for i in range(50)]
    rare = [replace(MISS, case=c, scene=c, cause=c) for c in ("dropped", "wrong object")]
    causes = [o.cause for o in choose([*common, *rare])]
    assert set(causes) == {"missed grasp", "dropped", "wrong object"}
    assert len(causes) == MISSES


def test_misses_come_before_successes_and_refusals_are_no_show() -> None:
    reached = [
        replace(MISS, success=True, cause="", scene=f"{c}{i}", context=c)
        for i in range(4)
        for c in ("named", "image")
    ]
    refused = replace(MISS, success=True, answer="refuse(absent)")
    chosen = choose([refused, *reached, MISS])
    assert [o.success for o in chosen] == [False] + [True] * SUCCESSES
    assert {o.context for o in chosen[1:]} == {"named", "image"}


def test_a_scene_is_shown_once() -> None:
    chosen = choose([replace(MISS, context=c) for c in ("named", "unnamed", "image")])
    assert len(chosen) == 1


def test_invalid_plans_and_cases_that_were_not_run_cannot_be_shown() -> None:
    assert choose([replace(MISS, valid=False), replace(MISS, success=None)]) == []


def test_an_answer_becomes_an_animation(lift: Case) -> None:
    gif = animate_answer(lift.scene, replace(MISS, answer="refuse(absent)"))
    assert gif.startswith(b"GIF89a")


def test_the_surest_misses_are_the_worst_and_without_confidence_the_simplest() -> None:
    def miss(name: str, sure: float | None, actions: int, cause: str = "dropped") -> Outcome:
        return replace(
            MISS, case=name, scene=name, confidence=sure, actions=actions, cause=cause, origin=name
        )

    unsure, sure, simple = miss("unsure", 0.2, 1), miss("sure", 0.9, 9), miss("simple", None, 1)
    long, other = miss("long", None, 5), miss("other", None, 9, "wrong place")
    named = [o.case for o in choose_worst([long, simple, unsure, sure, other], 5)]
    assert named == ["sure", "unsure", "simple", "long", "other"]
    assert [o.case for o in choose_worst([unsure, sure, other], 2)] == ["sure", "other"]


def test_answers_to_varied_cases_are_not_shown() -> None:
    varied = replace(MISS, suite="noise")
    assert choose([varied]) == choose_worst([varied]) == []


def test_an_invalid_answer_may_be_the_worst_and_shows_what_was_right(lift: Case) -> None:
    (invalid,) = choose_worst([replace(MISS, valid=False, answer="pick up", cause="parse")])
    shown = show_worst(lift, invalid, b"jpeg")
    assert shown.oracle.startswith("pick(420, -120, 25)")
    assert shown.aims == ()
    assert [mark.kind for mark in shown.wanted] == ["pick", "move"]


def test_marks_lie_where_the_camera_sees_the_place(lift: Case) -> None:
    plan = parse_plan("pick(420, -120, 25)\npush(420, -120, 25, 550, 160)\nopen_gripper()")
    marks = mark_plan(lift.scene, plan)
    assert [mark.kind for mark in marks] == ["pick", "pick", "push"]
    (seen,) = lift.scene.camera.project(np.array([[0.42, -0.12, 0.025]]), 100)
    assert (marks[0].x, marks[0].y) == pytest.approx(tuple(seen), abs=0.1)


def test_places_that_the_picture_does_not_hold_are_not_marked(lift: Case) -> None:
    eye, target = lift.scene.camera.position, lift.scene.camera.target
    behind = [round(1000 * (2 * e - t)) for e, t in zip(eye, target, strict=True)]
    plan = parse_plan(f"pick({', '.join(map(str, behind))})\nplace(-3000, 9000, 0)")
    assert mark_plan(lift.scene, plan) == ()


def test_a_still_is_what_the_camera_sees(lift: Case) -> None:
    with Image.open(io.BytesIO(draw_still(lift))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (STILL_PX, STILL_PX))
