"""`verdict`: what a report means, in a few plain sentences that begin with the worst news.

A model is called blind if its success does not drop with a blank picture in any context where the
picture matters. Where the suite `pictures` was run, McNemar's test on the same cases decides, as
that suite tells; else the interval of the difference between two rates.
"""

from collections.abc import Sequence
from typing import Any

from grader.roles import BLANK, BLIND_TWIN, ORACLE
from scene_renderer.intervals import newcombe

WEAK = 0.5
"""A context is called weak if less than this share of its goals was reached."""
SEEING = ("unnamed", "image")
"""The contexts in which only the picture tells which place is whose."""

_MOST_UNBEATEN = 4

Json = dict[str, Any]


def percent(rate: Json) -> str:
    """Returns '91.2 % [87, 94]', or 'not measured' without cases."""
    if rate["value"] is None:
        return "not measured"
    return f"{number(rate['value'])} % [{100 * rate['low']:.0f}, {100 * rate['high']:.0f}]"


def number(share: float) -> str:
    """Returns a share as a percentage with one decimal; a full or empty one without."""
    return f"{100 * share:.0f}" if share in (0.0, 1.0) else f"{100 * share:.1f}"


def verdict(report: Json) -> str:
    """Returns what the figures mean."""
    contexts = report["accuracy"]["by_context"]
    figures = ", ".join(f"{c} {percent(r)}" for c, r in contexts.items())
    head = (
        f"On {report['scenes']} unseen scenes{_where(report['settings'])}, {report['checkpoint']} "
        f"reached its goal in physics: {figures or 'nothing was measured'}."
    )
    parts = [
        _oracle(report["controls"]),
        head,
        _sight(report),
        _weakness(report["accuracy"]),
        _rivals(report["controls"]),
        _not_run(report),
    ]
    return " ".join(part for part in parts if part)


def _where(settings: Json) -> str:
    if settings.get("cases"):
        return f" of {settings['cases']}"
    fresh = settings.get("fresh")
    hidden = "" if fresh is None else f", drawn afresh from {fresh},"
    return f" of '{settings['split']}'{hidden}" if "split" in settings else ""


def _oracle(controls: Json) -> str:
    """Warns if the grader's own plans fail."""
    found = controls.get(ORACLE, {}).get("success")
    if not found or found["k"] == found["n"]:
        return ""
    missed = found["n"] - found["k"]
    return f"Do not trust these figures: the oracle itself missed {missed} of {found['n']} goals."


def _sight(report: Json) -> str:
    """Says whether the picture matters, context by context."""
    arms = _blank_arms(report)
    if not arms:
        return ""
    figures = ", ".join(f"{c} {percent(blank)}" for c, (_, blank) in arms.items())
    sentence = f"With a blank image: {figures}."
    sees = {c: drops(report, c, clean, blank) for c, (clean, blank) in arms.items()}
    seeing = [c for c in arms if c in SEEING]
    if seeing and not sum(arms[c][0]["k"] for c in seeing):
        return f"{sentence} It is blind as far as can be told: it reaches no goal to lose."
    if seeing and all(sees[c] is False for c in seeing):
        return f"{sentence} It is blind: the picture makes no measurable difference."
    unseeing = [c for c in seeing if sees[c] is False]
    if unseeing:
        sentence += f" In {_join(unseeing)} the picture makes no measurable difference."
    untold = [c for c in seeing if sees[c] is None]
    if untold:
        sentence += f" In {_join(untold)} too few goals are reached to tell."
    if "named" in sees and not sees["named"]:
        sentence += " In named the list of coordinates suffices."
    return sentence


def _blank_arms(report: Json) -> dict[str, tuple[Json, Json]]:
    """Returns each context's success with the picture and without, as far as it was measured.

    The control answers more cases than a small share of the suite.
    """
    suite = _blank_of_suite(report)
    control = report["controls"].get(BLANK, {"model_by_context": {}, "by_context": {}})
    clean = control["model_by_context"]
    asked = {c: (clean[c], r) for c, r in control["by_context"].items() if c in clean}
    return max(suite, asked, key=lambda arms: sum(blank["n"] for _, blank in arms.values()))


def _blank_of_suite(report: Json) -> dict[str, tuple[Json, Json]]:
    for arm in report["reliability"].get("suites", {}).get("pictures", {}).get("variants", []):
        if arm["variant"] == "blank":
            return {c: (pair["clean"], pair["varied"]) for c, pair in arm["by_context"].items()}
    return {}


def drops(report: Json, context: str, clean: Json, blank: Json) -> bool | None:
    """Whether success is measurably lower without the picture.

    None if that cannot be told: losing every goal would not be measurable either.
    """
    suite = report["reliability"].get("suites", {}).get("pictures", {})
    fall = suite.get("figures", {}).get("falls_by", {}).get(context)
    if fall is not None and _blank_of_suite(report).get(context) == (clean, blank):
        return None if fall["is_blind"] is None else not fall["is_blind"]
    if newcombe(clean["k"], clean["n"], blank["k"], blank["n"])[0] > 0:
        return True
    can_be_told = newcombe(clean["k"], clean["n"], 0, blank["n"])[0] > 0
    return False if can_be_told else None


def _weakness(accuracy: Json) -> str:
    """Names the contexts below a half, and the worst stratum."""
    contexts = accuracy["by_context"]
    weak = [c for c, r in contexts.items() if r["value"] is not None and r["value"] < WEAK]
    sentences = []
    if weak:
        verb = "is" if len(weak) == 1 else "are"
        sentences.append(
            f"{_join(weak).capitalize()} {verb} weak: more goals are missed than reached."
        )
    worst = accuracy.get("worst")
    if worst and worst["rate"]["value"] < 1:
        sentences.append(f"Worst: {worst['stratum']}, {percent(worst['rate'])}.")
    return " ".join(sentences)


def _rivals(controls: Json) -> str:
    """Names the controls that the model does not clearly beat on the cases they answered."""
    rivals = [
        name.replace("_", " ")
        for name, control in controls.items()
        if name not in (ORACLE, BLANK) and not _is_beaten(name, control)
    ]
    return f"It is not clearly above {_join(rivals[:_MOST_UNBEATEN])}." if rivals else ""


def _is_beaten(name: str, control: Json) -> bool:
    """Whether the model's interval lies above the control's; a blind twin may read any list."""
    if name != BLIND_TWIN:
        return is_above(control["model_success"], control["success"])
    clean, blind = control["model_by_context"], control["by_context"]
    shared = [c for c in blind if c in clean]
    seeing = [c for c in shared if c in SEEING] or shared
    return any(is_above(clean[c], blind[c]) for c in seeing)


def _not_run(report: Json) -> str:
    """Says what is missing from the figures."""
    found, sentences = report["reliability"], []
    if found["not_run"]:
        noun, verb = ("case", "is") if found["not_run"] == 1 else ("cases", "are")
        sentences.append(
            f"{found['not_run']} {noun} could not be run and {verb} left out of every rate."
        )
    # Policies without a model are not asked for any of this.
    if "inference" in report:
        missing = {
            "sight": not _blank_arms(report),
            "controls": not report["controls"],
            "robustness": not found.get("suites"),
            "confidence": "confidence" not in found,
        }
        names = [name for name, is_missing in missing.items() if is_missing]
        if names:
            sentences.append(f"Not measured: {_join(names)}.")
    return " ".join(sentences)


def _join(words: Sequence[str]) -> str:
    """Returns 'a', 'a and b', 'a, b and c'."""
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])


def is_above(one: Json, other: Json) -> bool:
    """Whether one rate's interval lies wholly above the other's."""
    return bool(one["low"] > other["high"])
