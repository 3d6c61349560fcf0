import json

import numpy as np
import pytest

from grader.calibration import calibration_error
from scene_renderer.errors import CheckpointError
from vlm.calibration import LARGEST, Calibration, fit_calibration, read_calibration
from vlm.model import METADATA
from vlm.policy import load_policy


def answers(seed, count, truth):
    rng = np.random.default_rng(seed)
    sure = 1 / (1 + np.exp(-rng.normal(0, 3, count)))
    odds = np.log(sure / (1 - sure))
    right = rng.random(count) < 1 / (1 + np.exp(-truth.slope * odds - truth.shift))
    return sure.tolist(), right.tolist()


def test_the_error_falls_on_answers_that_it_was_not_fitted_on():
    truth = Calibration(0.5, -1.5, 0)
    found = fit_calibration(*answers(0, 600, truth))
    sure, right = answers(1, 600, truth)
    before, after = (
        calibration_error(sure, right),
        calibration_error([found.confidence(c) for c in sure], right),
    )
    assert after < before / 2
    assert found.slope == pytest.approx(truth.slope, abs=0.15)


def test_the_order_of_answers_stays():
    found = fit_calibration(*answers(2, 100, Calibration(1.0, 0.0, 0)))
    told = [found.confidence(c) for c in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert told == sorted(told) and 0 < told[0] < told[-1] < 1


def test_confidence_that_says_nothing_becomes_the_share_of_successes():
    found = fit_calibration([0.1, 0.9] * 50, [True, False] * 50)
    assert found.slope == 0
    assert found.confidence(0.9) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("right", [True, False])
def test_a_handful_of_answers_makes_nobody_sure(right):
    told = fit_calibration([0.5, 0.6], [right] * 2).confidence(0.55)
    assert told == pytest.approx(0.75 if right else 0.25, abs=0.02)


@pytest.mark.parametrize("sure", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("right", [True, False])
def test_answers_that_are_all_equally_probable_tell_nothing_of_others(sure, right):
    found = fit_calibration([sure] * 240, [right] * 240)
    assert found.slope == pytest.approx(0, abs=1e-9)
    assert found.confidence(1 - sure) == pytest.approx(241 / 242 if right else 1 / 242, abs=1e-6)


@pytest.mark.parametrize(
    "told",
    [
        3,
        {},
        {"slope": 1, "shift": 0},
        {"slope": "1", "shift": 0, "answers": 3},
        {"slope": True, "shift": 0, "answers": 3},
        {"slope": [1], "shift": 0, "answers": 3},
        {"slope": 1, "shift": float("nan"), "answers": 3},
        {"slope": float("inf"), "shift": 0, "answers": 3},
        {"slope": -1, "shift": 0, "answers": 3},
        {"slope": 10**400, "shift": 0, "answers": 3},
        {"slope": 1, "shift": -1e308, "answers": 3},
        {"slope": 1, "shift": 0, "answers": 10**400},
        {"slope": 1, "shift": 0, "answers": 2.5},
    ],
)
def test_what_makes_no_sense_is_no_calibration(told):
    with pytest.raises(CheckpointError, match=r"^its calibration "):
        read_calibration(told)


def test_where_nothing_is_told_nothing_is_calibrated():
    assert read_calibration(None) is None


@pytest.mark.parametrize("shift", [-LARGEST, LARGEST])
def test_the_largest_numbers_still_make_shares(shift):
    told = Calibration(LARGEST, shift, 1)
    assert all(0 <= told.confidence(p) <= 1 for p in (0.0, 0.5, 1.0))


def test_a_calibration_survives_its_text():
    made = Calibration(0.7, -1.25, 30)
    assert read_calibration(json.loads(json.dumps(made.to_dict()))) == made


def test_a_policy_applies_what_its_checkpoint_says(adapter, lessons):
    seen, said, _ = lessons[0]
    plain = load_policy(str(adapter), "cpu").answer([seen], [said])[0].confidence
    path = adapter / METADATA
    made = Calibration(0.5, 1.0, 30)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"calibration": made.to_dict()}))
    told = load_policy(str(adapter), "cpu").answer([seen], [said])[0].confidence
    assert told == pytest.approx(made.confidence(plain), abs=1e-6)


def test_a_checkpoint_with_a_broken_calibration_is_told(adapter):
    path = adapter / METADATA
    path.write_text(json.dumps(json.loads(path.read_text()) | {"calibration": {"slope": 1}}))
    with pytest.raises(CheckpointError, match=r"is broken: its calibration is not slope, shift"):
        load_policy(str(adapter), "cpu")
