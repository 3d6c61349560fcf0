"""`Suite`: what every way of varying cases is made of, and the paired figures that each reports.

A variant is compared with the very case that it was made of, so that scenes, goals and wordings
are the same in both arms.

Pairs of one scene, in several contexts, are not independent. So a scene counts once in every test:
as lost if more of its goals were lost than gained, as gained the other way round. Within a context,
where a scene has one pair, that is McNemar's test.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.cases import Case
from grader.metrics import Outcome, grouped, success_rate

Json = dict[str, Any]

LEVEL = 0.05
"""Of every test: a difference with a larger p is not called measurable."""


@dataclass(frozen=True)
class Paired:
    """One varied case and its origin, both answered and run.

    Attributes:
        clean: what became of the case as it is.
        varied: what became of its variant.
    """

    clean: Outcome
    varied: Outcome


@dataclass(frozen=True)
class Suite:
    """One way of varying cases.

    Attributes:
        name: what the command line and reports call it.
        what: one sentence for readers of a report.
        vary: makes the variants of the cases of one draw (one scene and instruction in every
            context); the result depends on the cases and the seed alone; empty where the suite
            has nothing to vary.
        draws: how many draws of the main sample it varies in a full grade.
        figures: its own figures, from all of its pairs; None if the paired table says everything.
        needs_picture: whether it means nothing for a policy that sees no picture.
        same_wish: whether a variant wants what its origin wants. If not, another answer is right
            and nothing can be lost or kept: its arms have no retention and no test.
    """

    name: str
    what: str
    vary: Callable[[Sequence[Case], int], list[Case]]
    draws: int
    figures: Callable[[Sequence[Paired]], Json] | None = None
    needs_picture: bool = False
    same_wish: bool = True


def pair_up(clean: Mapping[str, Outcome], varied: Sequence[Outcome]) -> list[Paired]:
    """Returns the variants that were run, each with its origin, where that was run too."""
    pairs = [Paired(clean[v.origin], v) for v in varied if v.origin in clean]
    return [p for p in pairs if p.clean.success is not None and p.varied.success is not None]


def report_suite(suite: Suite, pairs: Sequence[Paired]) -> Json:
    """Returns `{"what", "n", "variants": [arm, ...], "figures": {...}}`.

    Each arm is `{"variant", "clean": R, "varied": R, "retention", "lost", "gained", "p",
    "by_context": {c: {"clean": R, "varied": R, "lost", "gained", "p"}}}`; retention is varied over
    clean success, None where clean success is 0; the next three are as `tell_apart` tells. An arm
    of another wish has rates alone.
    """
    tell = arm if suite.same_wish else arm_of_another_wish
    arms = grouped(pairs, lambda p: p.varied.variant)
    return {
        "what": suite.what,
        "n": len(pairs),
        "variants": [{"variant": variant, **tell(part)} for variant, part in arms.items()],
        "figures": suite.figures(pairs) if suite.figures else {},
    }


def arm(pairs: Sequence[Paired]) -> Json:
    """Returns the paired figures of one variant."""
    kept, clean = (
        success_rate(of).k for of in ([p.varied for p in pairs], [p.clean for p in pairs])
    )
    return {
        **_rates(pairs),
        "retention": kept / clean if clean else None,
        **tell_apart(pairs),
        "by_context": {
            context: _rates(part) | tell_apart(part) for context, part in by_context(pairs).items()
        },
    }


def arm_of_another_wish(pairs: Sequence[Paired]) -> Json:
    """Returns the rates of a variant that wants something else than its origin."""
    contexts = by_context(pairs).items()
    return {**_rates(pairs), "by_context": {context: _rates(part) for context, part in contexts}}


def by_context(pairs: Sequence[Paired]) -> dict[str, list[Paired]]:
    """Returns the pairs of each context."""
    return grouped(pairs, lambda p: p.varied.context)


def _rates(pairs: Sequence[Paired]) -> Json:
    return {
        "clean": success_rate(p.clean for p in pairs).to_dict(),
        "varied": success_rate(p.varied for p in pairs).to_dict(),
    }


def tell_apart(pairs: Sequence[Paired]) -> Json:
    """Returns `{"lost", "gained", "p"}` of pairs that were run.

    Lost and gained are pairs that only the first, and only the second arm reached; p is exact and
    two-sided, over scenes.
    """
    changes = [
        (p.clean.scene, int(p.varied.success is True) - int(p.clean.success is True)) for p in pairs
    ]
    nets = Counter[str]()
    for scene, change in changes:
        nets[scene] += change
    return {
        "lost": sum(change < 0 for _, change in changes),
        "gained": sum(change > 0 for _, change in changes),
        "p": mcnemar(sum(net < 0 for net in nets.values()), sum(net > 0 for net in nets.values())),
    }


def falls(pairs: Sequence[Paired]) -> bool | None:
    """Whether success is measurably lower in the second arm.

    None if that cannot be told: losing every goal would not be measurable either.
    """
    could_lose = len({p.clean.scene for p in pairs if p.clean.success})
    if mcnemar(could_lose, 0) > LEVEL:
        return None
    found = tell_apart(pairs)
    return bool(found["lost"] > found["gained"] and found["p"] <= LEVEL)


def mcnemar(lost: int, gained: int) -> float:
    """Returns the exact two-sided p-value of McNemar's test for so many pairs that differ.

    Source: McNemar, Psychometrika 12 (1947); the exact form is the sign test on the pairs that
    differ.
    """
    n = lost + gained
    tail = sum(math.comb(n, k) for k in range(min(lost, gained) + 1))
    return float(min(1.0, 2 * tail / 2**n))
