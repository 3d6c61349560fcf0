"""Puts a grade into the stable JSON shape.

    {"version": 2, "checkpoint": NAME, "verdict": TEXT, "n": cases judged, "scenes": how many,
     "settings": {split, seed, count, ..., weights_sha256, controls, free,
                  calibration, untuned_base, blind_twin,
                  device, threads},
     "accuracy": {"success": R, "clustered": {"low", "high", "clusters"}, "exact": R,
                  "plan_equivalent": R, "fields": {"object": R, "place": R, "order": R},
                  "partial_credit": {"mean", "low", "high", "n"},
                  "by_task": {t: R}, "by_context": {c: R}, "by_split": {s: R},
                  "by_objects": {"4": R, ...}, "by_actions": {"1": R, ...},
                  "by_context_and_task": {c: {t: R}}, "exact_by_context": {c: R},
                  "worst": {"stratum": "image, sort", "rate": R}},
     "reliability": {"valid_plans": R, "mended_plans": R, "mended_success": R,
                     "refusal_recall": R, "right_reason": R, "over_refusal": R, "twins": {...},
                     "paraphrase_agreement": R, "paraphrase_all_succeed": R,
                     "paraphrase_drop": as `suites.wordings.success_drop` tells,
                     "order_agreement": R, "blank_image_success": R,
                     "swapped_image_success": R, "ece": x, "noise_curve": [{"mm", "success": R}],
                     "not_run": int, "causes": {cause: count}, "causes_by_context": {c: {...}},
                     "suites": {name: as `suites.base.report_suite` tells},
                     "confidence": as `calibration.describe_confidence` tells,
                     "sameness": {"batch_size": R, "threads": R, "runs": R},
                     "form": {"constrained": R, "free": R, "same": R}},
     "check": as `oracle_check.describe_check` tells,
     "controls": {name: {"success": R, "not_run": int, "model_success": R,
                         "valid_plans": R, "by_context": {c: R},
                         "model_by_context": {c: R}, "paired": {"lost", "gained", "p"},
                         "paired_by_context": {c: {"lost", "gained", "p", "is_beaten"}}}},
     "questions": {"points": x, "of": 100, "split": s, "not_run": int,
                   "kinds": {kind: {"exact": R, "points": x}}},
     "inference": {"latency_ms": {"n", "p50", "p95", "p99"}, ...}, "execution": {...},
     "environment": {...}}

where `model_success` and `model_by_context` are the graded policy's on the cases that the control
answered; `lost` are those of them that only the graded policy reached, `gained` those that only the
control did, and `p` is as `suites.base.tell_apart` tells. Every rate R is `{"value", "low", "high",
"k", "n"}` with Wilson's 95 % interval. A key that was not measured is absent. Only cases that are
asked as they are count outside of `suites`, and those that the oracle missed count nowhere.
`metrics.py`, `fields.py` and `calibration.py` define the figures.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from grader.calibration import describe_confidence
from grader.metrics import (
    MAIN,
    Outcome,
    accuracy,
    rate,
    reliability,
    success_by,
    success_rate,
)
from grader.roles import BASE, BLANK, BLIND_TWIN, MODEL, ORACLE
from grader.suites.base import Paired, by_context, falls, tell_apart
from grader.verdict import number, verdict

__all__ = ["BASE", "BLANK", "BLIND_TWIN", "MODEL", "ORACLE", "build_report", "number"]

VERSION = 2

MEASURED = ("check", "questions", "inference", "execution", "environment")
"""What a report tells beside accuracy, reliability and controls, as far as it was measured: what
the oracle proved, points in the benchmark of questions, how fast the model answered, how fast the
simulator executed, and versions, machine, commit, workers."""

Json = dict[str, Any]

_OF_SUITES = {
    "paraphrase_agreement": ("paraphrase", "agreement"),
    "paraphrase_all_succeed": ("paraphrase", "all_succeed"),
    "paraphrase_drop": ("paraphrase", "success_drop"),
    "order_agreement": ("order", "agreement"),
}
"""Figure to the suite, and to which of its figures it is."""
_PICTURES = {"blank_image_success": "blank", "swapped_image_success": "another scene"}
"""Figure to the variant of the suite `pictures` whose success it is."""


def build_report(
    name: str,
    outcomes: Mapping[str, Sequence[Outcome]],
    *,
    settings: Json,
    suites: Mapping[str, Json] | None = None,
    sameness: Json | None = None,
    form: Json | None = None,
    **parts: Json | None,
) -> Json:
    """Returns the report of one grade.

    Args:
        name: what was graded, as people call it.
        outcomes: role to its outcomes; `MODEL` is there, the other roles are controls. Those of
            suites are passed over.
        settings: what was asked for, and all else that answers depend on.
        suites: name to what `report_suite` told of it.
        sameness: how often answers stayed the same on another way to get them.
        form: how often answers were plans, held to the grammar and free.
        parts: those of `MEASURED` that were measured.
    """
    plain = {role: [o for o in of if o.suite == MAIN] for role, of in outcomes.items()}
    graded = plain[MODEL]
    report: Json = {
        "version": VERSION,
        "checkpoint": name,
        "verdict": "",
        "n": success_rate(graded).n,
        "scenes": len({o.scene for o in graded}),
        "settings": settings,
        "accuracy": accuracy(graded),
        "reliability": _reliability(
            plain, dict(suites or {}), {"sameness": sameness, "form": form}
        ),
        "controls": {role: control(o, graded) for role, o in plain.items() if role != MODEL},
    }
    assert parts.keys() <= set(MEASURED)
    report |= {key: parts[key] for key in MEASURED if parts.get(key) is not None}
    report["verdict"] = verdict(report)
    return report


def control(outcomes: Sequence[Outcome], graded: Sequence[Outcome]) -> Json:
    """Returns what a report tells of a control beside what is graded."""
    asked = {o.case for o in outcomes}
    beside = [o for o in graded if o.case in asked]
    pairs = _pair(beside, outcomes)
    return {
        "success": success_rate(outcomes).to_dict(),
        "not_run": sum(o.success is None for o in outcomes),
        "model_success": success_rate(beside).to_dict(),
        "valid_plans": rate(outcomes, lambda o: o.valid).to_dict(),
        "by_context": success_by(outcomes, lambda o: o.context),
        "model_by_context": success_by(beside, lambda o: o.context),
        "paired": tell_apart(pairs),
        "paired_by_context": {
            context: {**tell_apart(part), "is_beaten": falls(part)}
            for context, part in by_context(pairs).items()
        },
    }


def _pair(graded: Sequence[Outcome], outcomes: Sequence[Outcome]) -> list[Paired]:
    """Returns what the graded policy and a control made of the same cases, where both were run."""
    clean = {o.case: o for o in graded if o.success is not None}
    run = [o for o in outcomes if o.success is not None]
    return [Paired(clean[o.case], o) for o in run if o.case in clean]


def _reliability(
    plain: Mapping[str, Sequence[Outcome]],
    suites: dict[str, Json],
    measured: Mapping[str, Json | None],
) -> Json:
    """Returns the `reliability` part: of the graded policy alone, and what the suites add."""
    found = reliability(plain[MODEL])
    figures = {name: suite.get("figures", {}) for name, suite in suites.items()}
    for key, (name, figure) in _OF_SUITES.items():
        if figure in figures.get(name, {}):
            found[key] = figures[name][figure]
    for arm in suites.get("pictures", {}).get("variants", []):
        found |= {k: arm["varied"] for k, v in _PICTURES.items() if v == arm["variant"]}
    blank = success_rate(plain.get(BLANK, [])).to_dict()
    if blank["n"] > found.get("blank_image_success", {"n": 0})["n"]:
        found["blank_image_success"] = blank
    confidence = describe_confidence(plain[MODEL])
    parts = {
        "twins": figures.get("refusals"),
        "noise_curve": figures.get("noise", {}).get("noise_curve") or None,
        "ece": confidence and confidence["ece"],
        "suites": suites or None,
        "confidence": confidence,
        **measured,
    }
    return found | {key: part for key, part in parts.items() if part is not None}
