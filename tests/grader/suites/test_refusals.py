import dataclasses
from collections import Counter
from collections.abc import Callable

import pytest

from grader.cases import Case, draw_cases
from grader.suites.base import Paired
from grader.suites.refusals import REFUSALS, REFUSED, TWIN, figures
from qa_generator.language.resolver import meaning_of, understand
from qa_generator.tasks import USUAL, Goal, Instruction
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import REFUSAL_REASONS

Pair = Callable[..., Paired]


def ratio(rate: dict[str, int]) -> tuple[int, int]:
    return rate["k"], rate["n"]


def test_a_refusal_and_its_twin_are_said_the_same_in_every_context() -> None:
    cases = draw_cases("test", 3, 1, USUAL, ("named", "image"))
    varied = REFUSALS.vary(cases, 5)
    assert [v.variant for v in varied] == [REFUSED, TWIN] * 2
    assert [v.instruction for v in varied[:2]] == [v.instruction for v in varied[2:]]
    alone = REFUSALS.vary(cases[1:], 5)
    assert [(v.id, v.instruction) for v in alone] == [(v.id, v.instruction) for v in varied[2:]]


def test_a_refusal_that_brings_its_twin_is_asked_with_it(refuse: Case) -> None:
    twin = Instruction("lift the red cube", Goal("lift", {"object": "red cube"}))
    refused, solvable = REFUSALS.vary([dataclasses.replace(refuse, twin=twin)], 0)
    assert (refused.instruction, refused.goal) == (refuse.instruction, refuse.goal)
    assert (solvable.instruction, solvable.goal) == (twin.text, twin.goal)


def test_any_other_case_gets_a_pair_of_its_own_scene(scene: Scene, lift: Case) -> None:
    for seed in range(20):
        refused, twin = REFUSALS.vary([lift], seed)
        reason = refused.goal.slots["reason"]
        assert understand(scene, refused.instruction) == ("refuse", reason)
        meaning = meaning_of(scene, twin.goal.task, twin.goal.slots)
        assert understand(scene, twin.instruction) == meaning


def test_a_refusal_without_a_twin_gets_a_pair_of_its_own_scene_too(refuse: Case) -> None:
    assert [v.variant for v in REFUSALS.vary([refuse], 0)] == [REFUSED, TWIN]


def test_every_reason_has_its_share() -> None:
    reasons: Counter[str] = Counter()
    for index in range(42):
        cases = draw_cases("test", 3, index, ("lift",), ("named",))
        reasons[REFUSALS.vary(cases, 5)[0].goal.slots["reason"]] += 1
    assert set(reasons) == set(REFUSAL_REASONS)
    assert 3 <= min(reasons.values()) <= max(reasons.values()) <= 12  # 7 each on average


@pytest.mark.parametrize(
    ("refused", "twin", "expected"),
    [
        ("refuse(absent)", "refuse(absent)", (1, 1, 1, 0)),  # always refuses
        ("pick(1, 2, 3)", "pick(1, 2, 3)", (0, 0, 0, 0)),  # never refuses
        ("refuse(unsafe)", "pick(1, 2, 3)", (1, 0, 0, 0)),  # refuses for another reason
        ("refuse(absent)", "pick(1, 2, 3)", (1, 1, 0, 1)),
    ],
)
def test_only_who_tells_one_from_the_other_has_both_right(
    pair: Pair, refused: str, twin: str, expected: tuple[int, ...]
) -> None:
    right, solved = refused == "refuse(absent)", expected[3] == 1
    found = figures(
        [
            pair(REFUSED, True, right, said=refused, reason="absent"),
            pair(TWIN, True, solved, said=twin),
        ]
    )
    keys = ("recall", "right_reason", "over_refusal", "both_right")
    assert tuple(found[key]["k"] for key in keys) == expected
    assert all(found[key]["n"] == 1 for key in keys)
    assert list(found["by_reason"]) == ["absent"]
    assert found["by_reason"]["absent"] == {key: found[key] for key in keys}


def test_a_pair_of_which_one_was_not_run_is_no_pair(pair: Pair) -> None:
    found = figures([pair(TWIN, True, True)])
    assert (ratio(found["over_refusal"]), ratio(found["recall"])) == ((0, 1), (0, 0))
    assert ratio(found["both_right"]) == (0, 0)
    assert found["by_reason"] == {}
