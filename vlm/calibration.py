"""From how probable an answer was to how probably it is right.

A model's probability of its own plan says how sure it is of every token, not how often such plans
reach their goals. Two numbers, fitted on answers whose end is known, turn the one into the other:

    confidence = sigmoid(slope * log-odds of the probability + shift)

The order of answers stays as it is, so only the scale of what is told changes.

Source: J. Platt, Probabilistic outputs for support vector machines (1999), with his targets, which
keep a handful of answers from being told to be sure.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-6
"""Probabilities are taken to be no nearer to 0 and 1 than this."""

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
    """Returns what `to_dict` told; None where there is nothing, or nothing sensible."""
    if not isinstance(told, dict) or told.keys() != {"slope", "shift", "answers"}:
        return None
    if any(type(value) not in (int, float) or not np.isfinite(value) for value in told.values()):
        return None
    return Calibration(float(told["slope"]), float(told["shift"]), int(told["answers"]))


def fit_calibration(probabilities: Sequence[float], successes: Sequence[bool]) -> Calibration:
    """Fits slope and shift by Newton's method.

    Where more probable answers are not more often right, the slope is 0: the confidence is then
    the share of answers that are.

    Args:
        probabilities: of the answers, 0 to 1; one at least.
        successes: whether each was right.
    """
    right = np.array(successes, dtype=float)
    wins, misses = right.sum(), (1 - right).sum()
    target = np.where(right > 0, (wins + 1) / (wins + 2), 1 / (misses + 2))
    odds = _log_odds(np.array(probabilities, dtype=float))
    slope, shift = _fit(np.stack([odds, np.ones_like(odds)], axis=1), target)
    if slope < 0:
        share = target.mean()
        slope, shift = 0.0, float(np.log(share / (1 - share)))
    return Calibration(float(slope), float(shift), len(right))


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
    return 1 / (1 + np.exp(-odds))
