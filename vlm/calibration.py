"""From how probable an answer was to how probably it is right.

A model's probability of its own plan says how sure it is of every token, not how often such plans
reach their goals. Two numbers, fitted on answers whose end is known, turn the one into the other:

    confidence = sigmoid(slope * log-odds of the probability + shift)

The order of answers stays as it is, so only the scale of what is told changes; but where probable
answers are not more often right, all are told the same.

Source: J. Platt, Probabilistic outputs for support vector machines (1999), with his targets, which
keep a handful of answers from being told to be sure.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scene_renderer.errors import CheckpointError

LEAST = 1e-6
"""Probabilities are taken to be no nearer to 0 and 1 than this."""

LARGEST = 10_000.0
"""No slope or shift is larger; those that are fitted stay far below."""

_STEPS = 100
_RIDGE = 1e-6
"""Keeps Newton's steps finite where all answers have one confidence."""


@dataclass(frozen=True)
class Calibration:
    """How a model's probabilities are read.

    Attributes:
        slope: of the log-odds, not negative; 1 leaves them as they are.
        shift: of the log-odds.
        answers: how many it was fitted on.
    """

    slope: float
    shift: float
    answers: int

    def confidence(self, probability: float) -> float:
        """Returns how probably an answer of this probability is right, 0 to 1."""
        return float(_sigmoid(self.slope * _log_odds(probability) + self.shift))

    def to_dict(self) -> dict[str, Any]:
        """Returns it as `tablehand.json` keeps it; `read_calibration` is the inverse."""
        return asdict(self)


def read_calibration(told: Any) -> Calibration | None:
    """Returns what `to_dict` told; None where nothing is told.

    Raises:
        CheckpointError: if it makes no sense.
    """
    if told is None:
        return None
    is_whole = isinstance(told, dict) and told.keys() == {"slope", "shift", "answers"}
    if not is_whole or any(type(value) not in (int, float) for value in told.values()):
        raise CheckpointError("its calibration is not slope, shift and answers, three numbers.")
    slope, shift, answers = told["slope"], told["shift"], told["answers"]
    is_sane = 0 <= slope <= LARGEST and -LARGEST <= shift <= LARGEST  # NaN is not
    if not is_sane or type(answers) is not int or not 0 < answers < 10**9:
        raise CheckpointError(
            f"its calibration has no slope from 0 to {LARGEST:.0f}, shift up to {LARGEST:.0f} or "
            "number of answers."
        )
    return Calibration(float(slope), float(shift), answers)


def fit_calibration(probabilities: Sequence[float], successes: Sequence[bool]) -> Calibration:
    """Fits slope and shift by Newton's method.

    Where more probable answers are not more often right, or all are equally probable, the slope
    is 0: the confidence is then the share of answers that are right.

    Args:
        probabilities: of the answers, 0 to 1; one at least.
        successes: whether each was right.
    """
    right = np.array(successes, dtype=float)
    wins, misses = right.sum(), (1 - right).sum()
    target = np.where(right > 0, (wins + 1) / (wins + 2), 1 / (misses + 2))
    odds = _log_odds(np.array(probabilities, dtype=float))
    slope, height = _fit(np.stack([odds - odds.mean(), np.ones_like(odds)], axis=1), target)
    if slope <= 0:
        return Calibration(0.0, float(_log_odds(target.mean())), len(right))
    return Calibration(float(slope), float(height - slope * odds.mean()), len(right))


def _fit(inputs: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the weights of a logistic regression: shape (inputs,)."""
    weights = np.zeros(inputs.shape[1])
    for _ in range(_STEPS):
        said = _sigmoid(inputs @ weights)
        curve = inputs.T * (said * (1 - said)) @ inputs + _RIDGE * np.eye(len(weights))
        step = np.linalg.solve(curve, inputs.T @ (target - said) - _RIDGE * weights)
        weights = weights + step * min(1.0, 2.0 / np.abs(step).max(initial=1e-12))
        if np.abs(step).max() < 1e-9:
            break
    return weights


def _log_odds(probability: Any) -> Any:
    clipped = np.clip(probability, LEAST, 1 - LEAST)
    return np.log(clipped) - np.log1p(-clipped)


def _sigmoid(odds: Any) -> Any:
    return (1 + np.tanh(odds / 2)) / 2  # cannot overflow
