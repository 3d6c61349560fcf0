from dataclasses import replace

import pytest

from grader.metrics import (
    Outcome,
    Rate,
    accuracy,
    causes,
    find_worst,
    partial_credit,
    percentile,
    reliability,
    success_rate,
)
from scene_renderer.intervals import wilson

REACHED = Outcome(
    case="0:named",
    scene="0",
    split="test",
    task="lift",
    context="named",
    instruction="lift the red cube",
    answer="pick(400, 0, 25)",
    valid=True,
    exact=True,
    success=True,
)
MISSED = replace(REACHED, exact=False, success=False, cause="missed grasp")
INVALID = replace(REACHED, answer="pik(", valid=False, exact=False, success=False, cause="invalid")
NOT_RUN = replace(REACHED, exact=False, success=None, cause="worker crashed")
MENDED = replace(INVALID, mended="pick(400, 0, 25)", mended_success=True)
REFUSED = replace(MISSED, answer="refuse(absent)", cause="refused")
REFUSAL = replace(REFUSED, task="refuse", success=True, cause="")


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 1, 0.0, 0.79345),  # z^2 / (1 + z^2)
        (1, 1, 0.20655, 1.0),  # 1 / (1 + z^2)
        (0, 10, 0.0, 0.27753),  # z^2 / (10 + z^2)
        (8, 10, 0.49016, 0.94331),
        (50, 100, 0.40383, 0.59617),
    ],
)
def test_wilson_equals_the_hand_computed_interval(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=1e-5)


def test_a_rate_of_nothing_has_no_value_and_knows_nothing() -> None:
    assert Rate(0, 0).to_dict() == {"value": None, "low": 0.0, "high": 1.0, "k": 0, "n": 0}


def test_a_rate_is_inside_its_interval() -> None:
    for n in range(1, 60):
        for k in range(n + 1):
            low, high = wilson(k, n)
            assert 0.0 <= low <= k / n <= high <= 1.0


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([7.0], 0.95, 7.0),
        ([4.0, 1.0, 3.0, 2.0], 0.5, 2.5),
        ([10.0, 20.0], 0.95, 19.5),
        ([1.0, 2.0, 3.0], 1.0, 3.0),
    ],
)
def test_percentile_interpolates(values: list[float], share: float, expected: float | None) -> None:
    assert percentile(values, share) == pytest.approx(expected)


def test_an_invalid_plan_counts_as_a_miss_and_a_case_not_run_counts_not_at_all() -> None:
    found = success_rate([REACHED, REACHED, MISSED, INVALID, NOT_RUN])
    assert (found.k, found.n) == (2, 4)
    assert reliability([REACHED, INVALID, NOT_RUN])["not_run"] == 1
    assert reliability([REACHED, INVALID, NOT_RUN])["valid_plans"]["k"] == 1


def test_mended_answers_are_counted_apart_and_never_as_successes() -> None:
    outcomes = [REACHED, INVALID, MENDED, replace(MENDED, mended_success=False)]
    unrun = replace(MENDED, mended_success=None)
    assert success_rate([*outcomes, unrun]).k == 1
    found = reliability([*outcomes, unrun])
    assert (found["valid_plans"]["k"], found["valid_plans"]["n"]) == (1, 5)
    assert (found["mended_plans"]["k"], found["mended_plans"]["n"]) == (3, 5)
    assert (found["mended_success"]["k"], found["mended_success"]["n"]) == (1, 2)


def test_accuracy_is_told_by_task_context_and_both() -> None:
    unnamed = replace(MISSED, context="unnamed", task="stack")
    found = accuracy([REACHED, REACHED, unnamed])
    assert (found["success"]["k"], found["success"]["n"]) == (2, 3)
    assert found["by_task"]["stack"]["value"] == 0.0
    assert found["by_context"]["named"]["value"] == 1.0
    assert found["by_context_and_task"]["unnamed"]["stack"]["n"] == 1
    assert found["exact"]["k"] == 2


def test_refusals_are_judged_where_they_are_due_and_where_they_are_not() -> None:
    found = reliability([REACHED, REFUSED, REFUSAL, replace(REFUSAL, success=False)])
    assert (found["refusal_recall"]["k"], found["refusal_recall"]["n"]) == (2, 2)
    assert (found["right_reason"]["k"], found["right_reason"]["n"]) == (1, 2)
    assert (found["over_refusal"]["k"], found["over_refusal"]["n"]) == (1, 2)


def test_causes_are_counted_most_frequent_first() -> None:
    assert list(causes([INVALID, MISSED, REACHED, MISSED]).items()) == [
        ("missed grasp", 2),
        ("invalid", 1),
    ]


def test_causes_are_told_by_context_too() -> None:
    found = reliability([MISSED, replace(MISSED, context="image", cause="dropped"), REACHED])
    assert found["causes_by_context"] == {"named": {"missed grasp": 1}, "image": {"dropped": 1}}


def test_fields_leave_out_cases_that_do_not_have_them_or_were_not_run() -> None:
    right = replace(REACHED, equivalent=True, object_right=True, place_right=True)
    half = replace(MISSED, object_right=True, place_right=False, order_right=False)
    found = accuracy([right, half, REFUSAL, replace(right, success=None)])
    fields = {name: (r["k"], r["n"]) for name, r in found["fields"].items()}
    assert fields == {"object": (2, 2), "place": (1, 2), "order": (0, 1)}
    assert (found["plan_equivalent"]["k"], found["plan_equivalent"]["n"]) == (1, 3)


def test_partial_credit_is_a_mean_with_scenes_as_clusters() -> None:
    one, other = replace(MISSED, partial=0.5), replace(MISSED, scene="1", partial=0.25)
    found = partial_credit([one, other, replace(NOT_RUN, partial=1.0)])
    assert (found["mean"], found["n"]) == (0.375, 2)
    assert (found["low"], found["high"]) == pytest.approx(wilson(0.75, 2))
    alone = partial_credit([one])
    assert (alone["low"], alone["high"]) == pytest.approx(wilson(0.5, 1))
    assert partial_credit([]) == {"mean": None, "low": 0.0, "high": 1.0, "n": 0}


def test_contexts_of_one_scene_count_as_one_in_the_clustered_interval() -> None:
    reached = [replace(REACHED, context=c, scene=s) for c in ("named", "image") for s in "abc"]
    found = accuracy(reached)["clustered"]
    assert (found["low"], found["high"]) == pytest.approx(wilson(3, 3))
    assert found["clusters"] == 3
    assert accuracy([])["clustered"] == {"low": 0.0, "high": 1.0, "clusters": 0}


def test_the_worst_stratum_is_the_lowest_of_those_with_enough_cases() -> None:
    lift, few = [REACHED] * 4 + [MISSED], [replace(MISSED, task="stack")] * 4
    image = [replace(MISSED, context="image", task="sort")] * 5
    more = [replace(MISSED, context="image", task="swap")] * 6
    assert find_worst(lift + few) == {"stratum": "named, lift", "rate": Rate(4, 5).to_dict()}
    worst = find_worst(lift + image + more)
    assert worst is not None
    assert worst["stratum"] == "image, swap"  # six misses say more than five
    assert find_worst(few[:4]) is None
    assert "worst" not in accuracy(few[:4])


def test_the_worst_task_is_told_where_no_context_has_enough_cases_of_one() -> None:
    """As in a quick grade: two draws of each task."""
    swap, lift = (
        [replace(o, context=c, task=t) for c in ("named", "unnamed", "image") for o in part]
        for t, part in (("swap", [MISSED, REACHED]), ("lift", [REACHED, REACHED]))
    )
    worst = {"stratum": "swap in all contexts", "rate": Rate(3, 6).to_dict()}
    assert find_worst(lift + swap) == worst


def test_numbers_of_objects_and_actions_are_told_in_order_without_the_unknown() -> None:
    outcomes = [replace(REACHED, objects=o, actions=a) for o, a in ((8, 2), (5, 10), (8, 0))]
    found = accuracy(outcomes)
    assert {k: r["n"] for k, r in found["by_objects"].items()} == {"5": 1, "8": 2}
    assert list(found["by_actions"]) == ["2", "10"]
