"""Puts a grade into the stable JSON shape, and says in words what it means.

    {"version": 1, "checkpoint": NAME, "verdict": TEXT, "n": cases judged, "scenes": how many,
     "settings": {split, seed, count, ...},
     "accuracy": {"success": R, "exact": R, "by_task": {t: R}, "by_context": {c: R},
                  "by_split": {s: R}, "by_context_and_task": {c: {t: R}}, "exact_by_context": ...},
     "reliability": {"valid_plans": R, "mended_plans": R, "mended_success": R,
                     "refusal_recall": R, "over_refusal": R, "blank_image_success": R,
                     "not_run": int, "causes": {cause: count}},
     "controls": {name: {"success": R, "model_success": R, "valid_plans": R, "by_context": {c: R}}},
     "inference": {"latency_ms": {"n", "p50", "p95", "p99"}, ...}, "execution": {...},
     "environment": {...}}

where `model_success` is the graded policy's on the cases that the control answered, and every
rate R is `{"value", "low", "high", "k", "n"}` with Wilson's 95 % interval. A key that
was not measured is absent. `mended_plans` are answers that only the lenient reading could read,
`mended_success` the share of those that reached their goal; neither counts as success.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from grader.metrics import Outcome, accuracy, rate, reliability, success_by, success_rate

VERSION = 1

MODEL = "model"
"""The role of the policy that is graded; every other role is a control."""

BLANK = "blank_image"
BASE = "untuned_base"
WEAK = 0.5
"""A context is called weak if its success is surely or probably below this."""

Json = dict[str, Any]


def build_report(
    name: str,
    outcomes: Mapping[str, Sequence[Outcome]],
    *,
    settings: Json,
    suites: Json | None = None,
    inference: Json | None = None,
    execution: Json | None = None,
    environment: Json | None = None,
) -> Json:
    """Returns the report of one grade.

    Args:
        name: what was graded, as people call it.
        outcomes: role to its outcomes; `MODEL` is there, the other roles are controls.
        settings: what was asked for: split, seed, count.
        suites: name to what `report_suite` told of it.
        inference: how fast the model answered.
        execution: how fast the simulator executed.
        environment: versions, device, commit.
    """
    graded = outcomes[MODEL]
    report: Json = {
        "version": VERSION,
        "checkpoint": name,
        "verdict": "",
        "n": success_rate(graded).n,
        "scenes": len({o.scene for o in graded}),
        "settings": settings,
        "accuracy": accuracy(graded),
        "reliability": reliability(graded),
        "controls": {role: control(o, graded) for role, o in outcomes.items() if role != MODEL},
    }
    if BLANK in outcomes:
        report["reliability"]["blank_image_success"] = success_rate(outcomes[BLANK]).to_dict()
    if suites:
        report["reliability"]["suites"] = suites
    parts = {"inference": inference, "execution": execution, "environment": environment}
    report |= {key: part for key, part in parts.items() if part is not None}
    report["verdict"] = verdict(report)
    return report


def control(outcomes: Sequence[Outcome], graded: Sequence[Outcome]) -> Json:
    """Returns what a report tells of a control beside what is graded."""
    asked = {o.case for o in outcomes}
    return {
        "success": success_rate(outcomes).to_dict(),
        "model_success": success_rate([o for o in graded if o.case in asked]).to_dict(),
        "valid_plans": rate(outcomes, lambda o: o.valid).to_dict(),
        "by_context": success_by(outcomes, lambda o: o.context),
    }


def percent(rate: Json) -> str:
    """Returns '91.2 % [87, 94]', or 'not measured' without cases."""
    if rate["value"] is None:
        return "not measured"
    return f"{number(rate['value'])} % [{100 * rate['low']:.0f}, {100 * rate['high']:.0f}]"


def number(share: float) -> str:
    """Returns a share as a percentage with one decimal; a full or empty one without."""
    return f"{100 * share:.0f}" if share in (0.0, 1.0) else f"{100 * share:.1f}"


def verdict(report: Json) -> str:
    """Returns what the figures mean, in a few plain sentences."""
    contexts = report["accuracy"]["by_context"]
    where = _where(report["settings"])
    head = (
        f"On {report['scenes']} unseen scenes{where}, {report['checkpoint']} reached its goal in "
        f"physics: {', '.join(f'{c} {percent(r)}' for c, r in contexts.items())}."
    )
    parts = [head, _sight(report), _weakness(contexts), _rivals(report), _not_run(report)]
    return " ".join(part for part in parts if part)


def _where(settings: Json) -> str:
    if settings.get("cases"):
        return f" of {settings['cases']}"
    fresh = settings.get("fresh")
    hidden = "" if fresh is None else f", drawn afresh from {fresh},"
    return f" of '{settings['split']}'{hidden}" if "split" in settings else ""


def _sight(report: Json) -> str:
    """Says whether the picture matters, context by context."""
    if BLANK not in report["controls"]:
        return ""
    blank = report["controls"][BLANK]["by_context"]
    seen = report["accuracy"]["by_context"]
    figures = ", ".join(f"{c} {percent(r)}" for c, r in blank.items())
    sentence = f"With a blank image: {figures}."
    blind = [c for c in blank if c in seen and not is_above(seen[c], blank[c])]
    if len(blind) == len(blank):
        return f"{sentence} It is blind: the picture makes no measurable difference."
    unseeing = [c for c in blind if c != "named"]
    if unseeing:
        sentence += f" In {_join(unseeing)} the picture makes no measurable difference."
    if "named" in blind:
        sentence += " In named the list of coordinates suffices."
    return sentence


def _weakness(contexts: Json) -> str:
    weak = [c for c, r in contexts.items() if r["value"] is not None and r["value"] < WEAK]
    if not weak:
        return ""
    verb = "is" if len(weak) == 1 else "are"
    return f"{_join(weak).capitalize()} {verb} weak: more goals are missed than reached."


def _rivals(report: Json) -> str:
    """Names the controls that the model does not clearly beat on the cases they answered."""
    rivals = [
        name.replace("_", " ")
        for name, figures in report["controls"].items()
        if name not in ("oracle", BLANK)
        and not is_above(figures["model_success"], figures["success"])
    ]
    return f"It is not clearly above {_join(rivals)}." if rivals else ""


def _join(words: Sequence[str]) -> str:
    """Returns 'a', 'a and b', 'a, b and c'."""
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])


def _not_run(report: Json) -> str:
    count = report["reliability"]["not_run"]
    if not count:
        return ""
    return f"{count} cases could not be run and are left out of every rate."


def is_above(one: Json, other: Json) -> bool:
    """Whether one rate's interval lies wholly above the other's."""
    return bool(one["low"] > other["high"])
