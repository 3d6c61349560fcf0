"""`Suite`: what every way of varying cases is made of, and the paired figures that each reports.

A variant is compared with the very case that it was made of, so that scenes, goals and wordings
are the same in both arms.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.cases import Case
from grader.metrics import Outcome, grouped, success_rate

Json = dict[str, Any]


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
    """

    name: str
    what: str
    vary: Callable[[Sequence[Case], int], list[Case]]
    draws: int
    figures: Callable[[Sequence[Paired]], Json] | None = None
    needs_picture: bool = False


def pair_up(clean: Mapping[str, Outcome], varied: Sequence[Outcome]) -> list[Paired]:
    """Returns the variants that were run, each with its origin, where that was run too."""
    pairs = [Paired(clean[v.origin], v) for v in varied if v.origin in clean]
    return [p for p in pairs if p.clean.success is not None and p.varied.success is not None]


def report_suite(suite: Suite, pairs: Sequence[Paired]) -> Json:
    """Returns `{"what", "n", "variants": [arm, ...], "figures": {...}}`.

    Each arm is `{"variant", "clean": R, "varied": R, "retention", "lost", "gained", "p",
    "by_context": {c: {"clean": R, "varied": R}}}`; retention is varied over clean success, None
    where clean success is 0; `p` is McNemar's, exact.
    """
    arms = grouped(pairs, lambda p: p.varied.variant)
    return {
        "what": suite.what,
        "n": len(pairs),
        "variants": [{"variant": variant, **arm(part)} for variant, part in arms.items()],
        "figures": suite.figures(pairs) if suite.figures else {},
    }


def arm(pairs: Sequence[Paired]) -> Json:
    """Returns the paired figures of one variant."""
    clean, varied = success_rate(p.clean for p in pairs), success_rate(p.varied for p in pairs)
    lost = sum(p.clean.success is True and not p.varied.success for p in pairs)
    gained = sum(p.varied.success is True and not p.clean.success for p in pairs)
    return {
        "clean": clean.to_dict(),
        "varied": varied.to_dict(),
        "retention": varied.k / clean.k if clean.k else None,
        "lost": lost,
        "gained": gained,
        "p": mcnemar(lost, gained),
        "by_context": {
            context: {
                "clean": success_rate(p.clean for p in part).to_dict(),
                "varied": success_rate(p.varied for p in part).to_dict(),
            }
            for context, part in grouped(pairs, lambda p: p.varied.context).items()
        },
    }


def mcnemar(lost: int, gained: int) -> float:
    """Returns the exact two-sided p-value of McNemar's test for so many pairs that differ.

    Source: McNemar, Psychometrika 12 (1947); the exact form is the sign test on the pairs that
    differ.
    """
    n = lost + gained
    tail = sum(math.comb(n, k) for k in range(min(lost, gained) + 1))
    return float(min(1.0, 2 * tail / 2**n))
