"""The figures of a grade, each defined here once, each rate with its n and interval.

- success: the task's goal holds in physics after the plan was executed. The headline.
- exact: the answer is the oracle's text, character by character.
- plan-equivalent; object, place and order right; partial credit: see `fields.py`. They are read off
  the plans, and never mixed into success.
- worst: the context and task with the lowest success, among those with `LEAST` cases or more; the
  task over all contexts, if none of them has so many.
- valid: the answer parses as a plan, strictly.
- mended: the answer is not valid, but the lenient reading understood a plan; how many of those
  plans reached their goal is told beside it. Neither counts as a success.
- refusal recall: of the tasks that cannot be done, the share that was refused, for any reason.
- right reason: of the same tasks, the share that was refused for the right reason. Only that is a
  success.
- over-refusal: of the tasks that can be done, the share that was refused.

An answer that is no valid plan counts as no success. A case whose execution broke down (a crashed
worker, never a fault of the plan) is *not run*: it is reported and left out of every rate.

Rates have Wilson's interval, as if cases were independent. Where one scene is asked about several
times, the *clustered* interval beside the headline is the honest one (`intervals.clustered`).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from qa_generator.tasks.refuse import Refuse
from scene_renderer.intervals import clustered, wilson

Item = TypeVar("Item")

LEAST = 5
"""A stratum of fewer cases is not called the worst one: chance alone makes some of them 0."""

MAIN = "main"
"""The suite of the cases that are asked as they are; every other suite varies some of them."""


@dataclass(frozen=True)
class Rate:
    """A share `k` of `n` with Wilson's 95 % interval.

    Attributes:
        k: how many had the property.
        n: how many were looked at.
    """

    k: int
    n: int

    def __post_init__(self) -> None:
        assert 0 <= self.k <= self.n, f"{self.k} of {self.n} is no share"

    @property
    def value(self) -> float | None:
        """k / n, or None without cases."""
        return self.k / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """Lowest and highest true rate that fits, 95 %; (0, 1) without cases."""
        return wilson(self.k, self.n)

    def to_dict(self) -> dict[str, Any]:
        """Returns `{"value", "low", "high", "k", "n"}`."""
        low, high = self.interval
        return {"value": self.value, "low": low, "high": high, "k": self.k, "n": self.n}


def percentile(values: Sequence[float], share: float) -> float | None:
    """Returns the value below which `share` (0 to 1) of the values lie, or None without values.

    Between two values it interpolates linearly, as numpy does.
    """
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


@dataclass(frozen=True)
class Outcome:
    """What became of one answer to one case.

    Attributes:
        case: the case's id.
        scene: the scene's id.
        split: where the scene is from.
        task: the task's name.
        context: what the prompt told beside the picture.
        instruction: the person's sentence.
        answer: the text that was given.
        valid: whether it parses as a plan.
        exact: whether it is the oracle's text.
        success: whether the goal was reached in physics; None if it was not run.
        cause: why not, in a few words; empty for a success.
        mended: the plan that the lenient reading understood in an answer that is not valid.
        mended_success: whether that plan reached the goal; None if there is none or it was not run.
        suite: `MAIN`, or the suite that varied the case.
        variant: what the suite did to it, e.g. `5 mm`.
        origin: id of the case that was varied; its own in `MAIN`.
        objects: how many objects are on the table.
        actions: how many actions the oracle needs.
        reason: why it must be refused; empty if it can be done.
        confidence: the policy's own, 0 to 1; None if it has none.
        tokens: how many were generated.
        equivalent: whether its plan does what the oracle's does; this and the next four are read
            off the plans (`fields.py`).
        object_right: whether it takes what it should; None if there is nothing to take.
        place_right: whether that ends where it should; None likewise.
        order_right: whether several things are taken in a right order; None for fewer than two.
        partial: the share of all this that is right, 0 to 1.
        decoys: where who believes what a suite falsified would take things; see `Case`.
    """

    case: str
    scene: str
    split: str
    task: str
    context: str
    instruction: str
    answer: str
    valid: bool
    exact: bool
    success: bool | None
    cause: str = ""
    mended: str = ""
    mended_success: bool | None = None
    suite: str = MAIN
    variant: str = ""
    origin: str = ""
    objects: int = 0
    actions: int = 0
    reason: str = ""
    confidence: float | None = None
    tokens: int = 0
    equivalent: bool = False
    object_right: bool | None = None
    place_right: bool | None = None
    order_right: bool | None = None
    partial: float = 0.0
    decoys: str = ""

    @property
    def is_refusal(self) -> bool:
        """Whether the answer declines the task."""
        return self.valid and self.answer.strip().startswith("refuse(")


def share_of(flags: Iterable[bool]) -> Rate:
    """Returns the share of what is true."""
    listed = list(flags)
    return Rate(sum(listed), len(listed))


def rate(outcomes: Iterable[Outcome], has: Callable[[Outcome], bool]) -> Rate:
    """Returns the share of the outcomes that were run for which `has` holds."""
    return share_of(has(o) for o in outcomes if o.success is not None)


def success_rate(outcomes: Iterable[Outcome]) -> Rate:
    """Returns the share of reached goals."""
    return rate(outcomes, lambda o: o.success is True)


def mended_success_rate(outcomes: Iterable[Outcome]) -> Rate:
    """Returns the share of reached goals among the plans that had to be mended."""
    return share_of(o.mended_success for o in outcomes if o.mended_success is not None)


def grouped(items: Iterable[Item], key: Callable[[Item], str]) -> dict[str, list[Item]]:
    """Sorts outcomes, or pairs of them, into groups in order of first appearance."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def success_by(outcomes: Sequence[Outcome], key: Callable[[Outcome], str]) -> dict[str, Any]:
    """Returns the success rate of each group as JSON."""
    return {k: success_rate(g).to_dict() for k, g in grouped(outcomes, key).items()}


def success_by_number(outcomes: Sequence[Outcome], number: Callable[[Outcome], int]) -> Any:
    """Returns the success rate for each number as JSON, in ascending order; 0 is unknown."""
    known = sorted((o for o in outcomes if number(o)), key=number)
    return success_by(known, lambda o: str(number(o)))


def accuracy(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Returns the `accuracy` part of a report."""
    by_context = grouped(outcomes, lambda o: o.context)
    found = {
        "success": success_rate(outcomes).to_dict(),
        "clustered": clustered_success(outcomes),
        "exact": rate(outcomes, lambda o: o.exact).to_dict(),
        "plan_equivalent": rate(outcomes, lambda o: o.equivalent).to_dict(),
        "fields": {
            "object": field_rate(outcomes, lambda o: o.object_right).to_dict(),
            "place": field_rate(outcomes, lambda o: o.place_right).to_dict(),
            "order": field_rate(outcomes, lambda o: o.order_right).to_dict(),
        },
        "partial_credit": partial_credit(outcomes),
        "by_task": success_by(outcomes, lambda o: o.task),
        "by_context": success_by(outcomes, lambda o: o.context),
        "by_split": success_by(outcomes, lambda o: o.split),
        "by_objects": success_by_number(outcomes, lambda o: o.objects),
        "by_actions": success_by_number(outcomes, lambda o: o.actions),
        "by_context_and_task": {c: success_by(g, lambda o: o.task) for c, g in by_context.items()},
        "exact_by_context": {
            c: rate(g, lambda o: o.exact).to_dict() for c, g in by_context.items()
        },
    }
    worst = find_worst(outcomes)
    return found if worst is None else {**found, "worst": worst}


def field_rate(outcomes: Iterable[Outcome], is_right: Callable[[Outcome], bool | None]) -> Rate:
    """Returns the share of answers with a field right, of the cases that have this field."""
    flags = [is_right(o) for o in outcomes if o.success is not None]
    return share_of(flag for flag in flags if flag is not None)


def clustered_success(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Returns `{"low", "high", "clusters"}` of success, with scenes as clusters."""
    run = [o for o in outcomes if o.success is not None]
    scenes = [o.scene for o in run]
    low, high = clustered([float(o.success is True) for o in run], scenes)
    return {"low": low, "high": high, "clusters": len(set(scenes))}


def partial_credit(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Returns `{"mean", "low", "high", "n"}` of partial credit, with scenes as clusters."""
    run = [o for o in outcomes if o.success is not None]
    low, high = clustered([o.partial for o in run], [o.scene for o in run])
    mean = math.fsum(o.partial for o in run) / len(run) if run else None
    return {"mean": mean, "low": low, "high": high, "n": len(run)}


def find_worst(outcomes: Sequence[Outcome]) -> dict[str, Any] | None:
    """Returns the context and task with the lowest success; of equals the surest to be low.

    Where every one of them has too few cases, as in a quick grade, it is the task, over all
    contexts; None where that has too few as well.
    """
    for stratum in (lambda o: f"{o.context}, {o.task}", lambda o: f"{o.task} in all contexts"):
        strata = {k: success_rate(part) for k, part in grouped(outcomes, stratum).items()}
        large = {name: found for name, found in strata.items() if found.n >= LEAST}
        if large:
            name = min(large, key=lambda s: (large[s].value, large[s].interval[1]))
            return {"stratum": name, "rate": large[name].to_dict()}
    return None


def reliability(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Returns the `reliability` part of a report, as far as one policy's outcomes tell it."""
    impossible = [o for o in outcomes if o.task == Refuse.name]
    possible = [o for o in outcomes if o.task != Refuse.name]
    return {
        "valid_plans": rate(outcomes, lambda o: o.valid).to_dict(),
        "mended_plans": rate(outcomes, lambda o: bool(o.mended)).to_dict(),
        "mended_success": mended_success_rate(outcomes).to_dict(),
        "refusal_recall": rate(impossible, lambda o: o.is_refusal).to_dict(),
        "right_reason": success_rate(impossible).to_dict(),
        "over_refusal": rate(possible, lambda o: o.is_refusal).to_dict(),
        "not_run": sum(o.success is None for o in outcomes),
        "causes": causes(outcomes),
        "causes_by_context": {
            c: causes(part) for c, part in grouped(outcomes, lambda o: o.context).items()
        },
    }


def causes(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Counts why outcomes were no success, the most frequent cause first."""
    failed = grouped([o for o in outcomes if o.success is False], lambda o: o.cause)
    return dict(sorted(((c, len(g)) for c, g in failed.items()), key=lambda pair: -pair[1]))
