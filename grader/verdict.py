"""`verdict`: what a report means, in a few plain sentences that begin with the worst news.

A model is called blind if its success does not drop with a blank picture in any context where the
picture matters. An exact test decides that, and whether a control is beaten: both arms answered
the same cases, so intervals of two rates would be blunter (`suites.base.tell_apart`).
"""

from collections.abc import Sequence
from typing import Any

from grader.cases import BLANK as BLANK_PICTURE
from grader.roles import BLANK, BLIND_TWIN, ORACLE
from grader.suites.base import LEVEL
from grader.suites.pictures import NAME as PICTURES

WEAK = 0.5
"""A context is called weak if less than this share of its goals was reached."""
SEEING = ("unnamed", "image")
"""The contexts in which only the picture tells which place is whose."""

_SEEN = {
    "train": ", as training draws its own",
    "valid": ", by which training is watched",
}
"""What readers should know of a split that is no test."""
_MOST_UNBEATEN = 4

Json = dict[str, Any]


def percent(rate: Json) -> str:
    """Returns '91.2 % [87, 94]', or 'not measured' without cases."""
    if rate["value"] is None:
        return "not measured"
    return f"{number(rate['value'])} % [{bound(rate['low'])}, {bound(rate['high'])}]"


def number(share: float) -> str:
    """Returns a share as a percentage with one decimal; a full or empty one without."""
    return f"{100 * share:.0f}" if share in (0.0, 1.0) else f"{100 * share:.1f}"


def bound(share: float) -> str:
    """Returns an interval's end as a percentage: whole, unless that would make it 0 or 100."""
    texts = [f"{100 * share:.{digits}f}" for digits in range(4)]
    if share in (0.0, 1.0):
        return texts[0]
    return next((text for text in texts if 0 < float(text) < 100), texts[0])


def verdict(report: Json) -> str:
    """Returns what the figures mean."""
    contexts = report["accuracy"]["by_context"]
    figures = ", ".join(f"{c} {percent(r)}" for c, r in contexts.items())
    head = (
        f"On {report['scenes']} {_where(report['settings'])}, {report['checkpoint']} "
        f"reached its goal in physics: {figures or 'nothing was measured'}."
    )
    parts = [
        _oracle(report),
        head,
        _sight(report),
        _weakness(report["accuracy"]),
        _rivals(report["controls"]),
        _not_run(report),
    ]
    return " ".join(part for part in parts if part)


def _where(settings: Json) -> str:
    """Says which scenes were graded; only a test split's are known to be unseen."""
    if settings.get("cases"):
        return f"given scenes of {settings['cases']}"
    if "split" not in settings:
        return "scenes"
    split, fresh = settings["split"], settings.get("fresh")
    hidden = "" if fresh is None else f", drawn afresh from {fresh}"
    kind = "unseen scenes" if split.startswith("test") else "scenes"
    return f"{kind} of '{split}'{hidden}{_SEEN.get(split, '')}"


def _oracle(report: Json) -> str:
    """Warns if the grader's own plans fail, and tells what was left out for it."""
    left_out = report.get("check", {}).get("excluded", {"n": 0})["n"]
    if left_out:
        goals = report["check"]["goals"]
        noun, verb = ("case", "is") if left_out == 1 else ("cases", "are")
        return (
            f"The oracle itself missed {goals['n'] - goals['k']} of {goals['n']} goals: {left_out} "
            f"{noun} of these {verb} left out of every rate."
        )
    return ""


def _sight(report: Json) -> str:
    """Says whether the picture matters, context by context."""
    arms = _blank_arms(report)
    if not arms:
        return ""
    figures = ", ".join(
        f"{c} {percent(blank)} against {_bare(clean)}" for c, (clean, blank) in arms.items()
    )
    sentence = f"With a blank image, against the picture on the same cases: {figures}."
    sees = {c: drops(report, c) for c in arms}
    seeing = [c for c in arms if c in SEEING]
    if seeing and not sum(arms[c][0]["k"] for c in seeing):
        return f"{sentence} It is blind as far as can be told: it reaches no goal to lose."
    if seeing and all(sees[c] is False for c in seeing):
        return f"{sentence} It is blind: the picture makes no measurable difference."
    unseeing = [c for c in seeing if sees[c] is False]
    if unseeing:
        sentence += f" In {_join(unseeing)} the picture makes no measurable difference."
    untold = [c for c in arms if sees[c] is None]
    if untold:
        sentence += f" In {_join(untold)} too few goals are reached to tell."
    if sees.get("named") is False:
        sentence += " In named the list of coordinates suffices."
    return sentence


def _bare(rate: Json) -> str:
    return "nothing" if rate["value"] is None else f"{number(rate['value'])} %"


def _blank_arms(report: Json) -> dict[str, tuple[Json, Json]]:
    """Returns each context's success with the picture and without, as far as it was measured."""
    control = report["controls"].get(BLANK)
    if control is not None:
        clean = control["model_by_context"]
        return {c: (clean[c], rate) for c, rate in control["by_context"].items() if c in clean}
    for arm in report["reliability"].get("suites", {}).get(PICTURES, {}).get("variants", []):
        if arm["variant"] == BLANK_PICTURE:
            return {c: (pair["clean"], pair["varied"]) for c, pair in arm["by_context"].items()}
    return {}


def drops(report: Json, context: str) -> bool | None:
    """Whether success is measurably lower without the picture.

    None if that cannot be told: losing every goal would not be measurable either.
    """
    control = report["controls"].get(BLANK)
    if control is not None:
        beaten: bool | None = control["paired_by_context"].get(context, {}).get("is_beaten")
        return beaten
    figures = report["reliability"]["suites"][PICTURES]["figures"]
    is_blind = figures["falls_by"][context]["is_blind"]
    return None if is_blind is None else not is_blind


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
    """Whether the model reaches measurably more of the same cases; a blind twin may read a list."""
    if name != BLIND_TWIN:
        return _is_more(control["paired"])
    shared = control["paired_by_context"]
    seeing = [c for c in shared if c in SEEING] or list(shared)
    return any(_is_more(shared[c]) for c in seeing)


def _is_more(pairs: Json) -> bool:
    return bool(pairs["lost"] > pairs["gained"] and pairs["p"] <= LEVEL)


def _not_run(report: Json) -> str:
    """Says what is missing from the figures."""
    found, sentences = report["reliability"], []
    beside = [*found.get("suites", {}).values(), *report["controls"].values()]
    count = found["not_run"] + sum(part.get("not_run", 0) for part in beside)
    if count:
        noun, verb = ("case", "is") if count == 1 else ("cases", "are")
        sentences.append(f"{count} {noun} could not be run and {verb} left out of every rate.")
    if unproved := report.get("check", {}).get("not_run", 0):
        sentences.append(f"The oracle's check of {unproved} goals could not be run.")
    # Policies without a model are not asked for any of this.
    if "device" in report["settings"] or "inference" in report:
        missing = {
            "speed": "inference" not in report,
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
