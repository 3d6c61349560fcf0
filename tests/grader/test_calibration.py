from dataclasses import replace

import pytest

from grader.calibration import (
    BINS,
    brier_score,
    calibration_error,
    describe_confidence,
    expected_risks,
    failure_auroc,
    reliability_bins,
    risk_coverage,
)
from grader.metrics import Outcome

CONFIDENCES, SUCCESSES = [0.9, 0.8, 0.7, 0.2], [True, True, False, False]
OUTCOME = Outcome(
    "0", "0", "test", "lift", "named", "lift it", "pick(1, 2, 3)", True, False, True, confidence=0.9
)


def test_calibration_error_weighs_the_gap_of_each_bin() -> None:
    # Four bins of one answer: (0.1 + 0.2 + 0.7 + 0.2) / 4.
    assert calibration_error(CONFIDENCES, SUCCESSES) == pytest.approx(0.3)
    # One bin of two answers: mean confidence 0.91, success 0.5.
    assert calibration_error([0.90, 0.92], [True, False]) == pytest.approx(0.41)
    assert calibration_error([], []) is None


def test_bins_end_with_their_upper_edge_and_hold_the_extremes() -> None:
    bins = reliability_bins([0.0, 1 / BINS, 1.0, 1.0], [False, False, True, False])
    assert [b["n"] for b in bins] == [2, *[0] * 13, 2]
    assert (bins[-1]["confidence"], bins[-1]["success"]["value"]) == (1.0, 0.5)
    assert bins[5]["confidence"] is None
    assert bins[5]["success"]["n"] == 0


def test_brier_is_the_mean_squared_distance() -> None:
    assert brier_score(CONFIDENCES, SUCCESSES) == pytest.approx((0.01 + 0.04 + 0.49 + 0.04) / 4)
    assert brier_score([1.0], [True]) == 0.0
    assert brier_score([], []) is None


@pytest.mark.parametrize(
    ("confidences", "successes", "expected"),
    [
        (CONFIDENCES, SUCCESSES, 1.0),
        (CONFIDENCES, [False, False, True, True], 0.0),
        ([0.5, 0.5], [True, False], 0.5),
        ([0.9, 0.5, 0.5, 0.1], [True, True, False, False], 3.5 / 4),
        ([0.9, 0.1], [True, True], None),
        ([0.9, 0.1], [False, False], None),
        ([0.9], [True], None),
        ([], [], None),
    ],
)
def test_auroc_counts_pairs_in_the_right_order_and_ties_half(
    confidences: list[float], successes: list[bool], expected: float | None
) -> None:
    assert failure_auroc(confidences, successes) == pytest.approx(expected)


def test_risk_is_the_share_of_failures_among_the_most_confident() -> None:
    assert expected_risks(CONFIDENCES, SUCCESSES) == pytest.approx([0, 0, 1 / 3, 1 / 2])
    tied = expected_risks([0.9, 0.5, 0.5], [True, False, True])
    assert tied == pytest.approx([0, 0.25, 1 / 3])
    assert tied == expected_risks([0.5, 0.9, 0.5], [True, True, False])


def test_the_curve_ends_with_all_answers_and_has_few_points() -> None:
    curve = risk_coverage([0.25] * 1000)
    assert len(curve) == 50
    assert curve[0] == {"coverage": 0.02, "risk": 0.25}
    assert curve[-1]["coverage"] == 1.0
    assert risk_coverage([1.0]) == [{"coverage": 1.0, "risk": 1.0}]
    assert risk_coverage([]) == []


def test_only_answers_that_were_run_and_say_how_sure_they_are_count() -> None:
    unrun, mute = replace(OUTCOME, success=None), replace(OUTCOME, confidence=None)
    wrong = replace(OUTCOME, success=False, confidence=0.3)
    found = describe_confidence([OUTCOME, wrong, unrun, mute])
    assert found is not None
    assert (found["n"], found["auroc"], found["aurc"]) == (2, 1.0, 0.25)
    assert describe_confidence([unrun, mute]) is None


@pytest.mark.parametrize("success", [True, False])
def test_policies_that_are_always_right_or_wrong_have_figures(success: bool) -> None:
    found = describe_confidence([replace(OUTCOME, success=success, confidence=1.0)])
    assert found is not None
    gap = 0.0 if success else 1.0
    assert (found["ece"], found["brier"], found["aurc"]) == (gap, gap, gap)
    assert found["auroc"] is None
