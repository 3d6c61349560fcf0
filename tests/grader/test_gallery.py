from dataclasses import replace

from grader.cases import Case
from grader.gallery import MISSES, SUCCESSES, animate_answer, choose
from grader.metrics import Outcome

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
