"""Whether a policy knows when it is right: its confidence against its success.

- ECE: expected calibration error: over `BINS` equal bins of confidence, how far mean confidence and
  success are apart, weighted by how many answers a bin has. 0 is best.
- Brier: mean squared distance of confidence and success (1 or 0). 0 is best.
- AUROC: how likely a success has more confidence than a failure, where ties count half. 0.5 is
  chance. None if all answers, or none, are right.
- risk and coverage: if only the most confident share of answers (coverage) is acted upon, how many
  of these fail (risk). AURC is the mean risk over all coverages; 0 is best, and what confidence
  that says nothing gets is the failure rate.

Source: ECE and diagram: C. Guo and others, On calibration of modern neural networks, ICML 2017 ·
Brier: G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather
Review 78 (1950) · AUROC: J. A. Hanley and B. J. McNeil, Radiology 143 (1982), as the statistic of
Mann and Whitney; of failures: D. Hendrycks and K. Gimpel, ICLR 2017 · risk and coverage: Y. Geifman
and R. El-Yaniv, Selective classification for deep neural networks, NeurIPS 2017.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

from grader.metrics import Outcome, Rate

BINS = 15
"""Bins of confidence, each as wide as the others."""
POINTS = 50
"""At most so many points of the risk-coverage curve are told."""

Json = dict[str, Any]


def describe_confidence(outcomes: Iterable[Outcome]) -> Json | None:
    """Returns the `confidence` part of a report; None if no answer that was run has one."""
    told = [
        (o.confidence, o.success)
        for o in outcomes
        if o.confidence is not None and o.success is not None
    ]
    if not told:
        return None
    confidences, successes = [c for c, _ in told], [s for _, s in told]
    risks = expected_risks(confidences, successes)
    return {
        "n": len(told),
        "ece": calibration_error(confidences, successes),
        "brier": brier_score(confidences, successes),
        "auroc": failure_auroc(confidences, successes),
        "aurc": math.fsum(risks) / len(risks),
        "bins": reliability_bins(confidences, successes),
        "risk_coverage": risk_coverage(risks),
    }


def reliability_bins(confidences: Sequence[float], successes: Sequence[bool]) -> list[Json]:
    """Returns the bins of a reliability diagram; each ends with its upper edge, as in the source.

    Each is `{"low", "high", "n", "confidence", "success": R}`, where `confidence` is the bin's
    mean, None if it is empty.
    """
    members: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, success in zip(confidences, successes, strict=True):
        index = math.ceil(confidence * BINS) - 1
        members[min(max(0, index), BINS - 1)].append((confidence, success))
    return [
        {
            "low": index / BINS,
            "high": (index + 1) / BINS,
            "n": len(part),
            "confidence": math.fsum(c for c, _ in part) / len(part) if part else None,
            "success": Rate(sum(s for _, s in part), len(part)).to_dict(),
        }
        for index, part in enumerate(members)
    ]


def calibration_error(confidences: Sequence[float], successes: Sequence[bool]) -> float | None:
    """Returns the ECE; None without answers."""
    if not confidences:
        return None
    gaps = [
        b["n"] * abs(b["confidence"] - b["success"]["value"])
        for b in reliability_bins(confidences, successes)
        if b["n"]
    ]
    return math.fsum(gaps) / len(confidences)


def brier_score(confidences: Sequence[float], successes: Sequence[bool]) -> float | None:
    """Returns the mean squared distance; None without answers."""
    if not confidences:
        return None
    pairs = zip(confidences, successes, strict=True)
    return math.fsum((c - s) ** 2 for c, s in pairs) / len(confidences)


def failure_auroc(confidences: Sequence[float], successes: Sequence[bool]) -> float | None:
    """Returns how well low confidence tells failures; None if all answers have the same end."""
    failures, wins, won = 0, 0, 0.0
    for group in _tied(confidences, successes, descending=False):
        right = sum(group)
        wrong = len(group) - right
        won += right * (failures + wrong / 2)
        failures, wins = failures + wrong, wins + right
    return won / (wins * failures) if wins and failures else None


def expected_risks(confidences: Sequence[float], successes: Sequence[bool]) -> list[float]:
    """Returns the share of failures among the 1, 2, ... most confident answers.

    Among equally confident answers it is the mean over all of their orders.
    """
    risks: list[float] = []
    failed, passed = 0.0, 0
    for group in _tied(confidences, successes, descending=True):
        share = 1 - sum(group) / len(group)
        risks += [(failed + share * i) / (passed + i) for i in range(1, len(group) + 1)]
        failed, passed = failed + share * len(group), passed + len(group)
    return risks


def risk_coverage(risks: Sequence[float]) -> list[Json]:
    """Returns points of the curve, `{"coverage", "risk"}`, by rising coverage up to 1."""
    n = len(risks)
    counts = sorted({math.ceil(n * j / POINTS) for j in range(1, POINTS + 1)}) if n else []
    return [{"coverage": i / n, "risk": risks[i - 1]} for i in counts]


def _tied(
    confidences: Sequence[float], successes: Sequence[bool], descending: bool
) -> Iterable[list[bool]]:
    """Yields the successes of equally confident answers, one group after the other."""
    pairs = sorted(zip(confidences, successes, strict=True), reverse=descending)
    for _, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        yield [success for _, success in group]
