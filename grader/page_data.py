"""What a page tells beside its figures, and the order it tells them in.

A report's JSON has whatever was measured; here it is sorted into what the templates draw.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finetune.runs import BLIND
from grader.exam import BATCH_SIZE
from grader.roles import BLIND_TWIN
from qa_generator.tasks import tasks_of
from scene_renderer.splits import SPLITS

Json = dict[str, Any]

CONTEXTS = {
    "named": "the prompt lists every object's name and coordinates",
    "unnamed": "it lists coordinates in random order; only the picture tells which is which",
    "image": "the picture alone, no list",
}
"""What each context tells beside the picture, for readers."""

CONTROLS = {
    "oracle": "knows the goal; must be 100 %",
    "blank_image": "this model, shown a grey picture",
    "blind_twin": "tuned in the same way, on grey pictures",
    "untuned_base": "the model before it was tuned",
    "majority": "the right kind of plan, always for the first things listed",
    "random": "valid plans at random",
}
"""What each control is, for readers."""

GROUPS = {
    "The same wish, told differently": (
        "The instruction in other words, the prompt's list in another order or with noise. Success "
        "should stay.",
        ("paraphrase", "order", "noise"),
    ),
    "The same wish, seen differently": (
        "Another camera, light, table top or noise, another layout, or another pose to start from. "
        "Success should stay.",
        ("looks", "layout", "start"),
    ),
    "Another wish": (
        "Another instruction for the same table: success is what that one asks for, and to refuse "
        "where nothing can or may be done. High is good.",
        ("instruction", "refusals"),
    ),
    "What the model goes by": (
        "The picture or the list is taken away or made false, and success still is what the true "
        "table asks for. A picture that costs nothing when it is gone was not looked at: here a "
        "high bar is no merit.",
        ("pictures", "conflict"),
    ),
}
"""Heading to what readers should know, and to the names of its suites."""

OTHERS = "More"


@dataclass(frozen=True)
class Cause:
    """Why goals were missed: how often, and in which context how often."""

    name: str
    count: int
    by_context: Mapping[str, int]


@dataclass(frozen=True)
class Group:
    """Suites that ask the same kind of question."""

    title: str
    hint: str
    suites: Mapping[str, Json]


def group_suites(suites: Mapping[str, Json]) -> list[Group]:
    """Sorts suites into `GROUPS`; those in none come last, those without a pair nowhere."""
    told = {name: s for name, s in suites.items() if s.get("variants") or s.get("figures")}
    known = {name for _, names in GROUPS.values() for name in names}
    groups = [
        Group(title, hint, {name: told[name] for name in names if name in told})
        for title, (hint, names) in GROUPS.items()
    ]
    groups.append(Group(OTHERS, "", {n: s for n, s in told.items() if n not in known}))
    return [group for group in groups if group.suites]


def count_arms(groups: Sequence[Group]) -> int:
    """Returns how many comparisons the suites make; where another wish is asked, none is made."""
    return sum(
        arm.get("p") is not None
        for group in groups
        for suite in group.suites.values()
        for arm in suite.get("variants") or ()
    )


def find_command(report: Json) -> str:
    """Returns the command that makes a report again, as far as its settings tell it.

    What a grade does of its own accord is left out.
    """
    settings = report.get("settings") or {}
    if settings.get("command"):
        return str(settings["command"])
    name = str(report.get("checkpoint", ""))
    words = ["python", "-m", "grader", *_subject(name)]
    if settings.get("mode") in ("quick", "full"):
        words.append(f"--{settings['mode']}")
    seed = "seed" if settings.get("fresh") is None else "fresh"
    for flag in ("cases", "split", "count", seed, "limit"):
        if settings.get(flag) is not None:
            words += [f"--{flag}", str(settings[flag])]
    words += _choices(settings)
    return shlex.join([*words, *_circumstances(name, settings, report.get("environment") or {})])


def _choices(settings: Json) -> list[str]:
    """Returns the words that choose among contexts, tasks and suites."""
    words = []
    usual: Json = {"contexts": list(CONTEXTS)}
    if settings.get("split") in SPLITS:
        usual["tasks"] = list(tasks_of(settings["split"]))
    for flag in ("contexts", "tasks"):
        if settings.get(flag) and settings[flag] != usual.get(flag):
            words += [f"--{flag}", *map(str, settings[flag])]
    if "suites" in settings:
        words += ["--suites", *(map(str, settings["suites"] or ["none"]))]
    return words


def _circumstances(name: str, settings: Json, environment: Json) -> list[str]:
    """Returns the words that tell how was asked, beside whom and where."""
    words = []
    if settings.get("batch_size") not in (None, BATCH_SIZE):
        words += ["--batch-size", str(settings["batch_size"])]
    words += ["--free"] if settings.get("free") else []
    if "device" in settings:  # so it is a model
        words += [] if settings.get("controls") else ["--no-controls"]
        twin = settings.get(BLIND_TWIN)
        words += ["--blind-twin", twin] if twin and twin != name + BLIND else []
        words += ["--device", str(settings["device"]).partition(":")[0]]
    if environment.get("workers") not in (None, environment.get("cpus")):
        words += ["--workers", str(environment["workers"])]
    return words


def _subject(name: str) -> list[str]:
    if name == "oracle":
        return [name]
    return ["baseline", "--kind", name] if name in ("majority", "random") else ["checkpoint", name]


def list_causes(report: Json) -> list[Cause]:
    """Returns why goals were missed, the most frequent cause first."""
    found = report.get("reliability") or {}
    per_context = found.get("causes_by_context")
    if not per_context:
        counts = found.get("causes") or {}
        causes = [Cause(name, n, {"all contexts": n}) for name, n in counts.items()]
    else:
        names = dict.fromkeys(name for counts in per_context.values() for name in counts)
        split = {n: {c: k[n] for c, k in per_context.items() if k.get(n)} for n in names}
        causes = [Cause(name, sum(parts.values()), parts) for name, parts in split.items()]
    return sorted(causes, key=lambda cause: -cause.count)
