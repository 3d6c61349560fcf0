"""The oracle's check: whether every goal that is asked can be reached on its very table.

A case is drawn without being executed, and a suite may move its things or change its goal. So the
oracle's plan is executed once for each different scene and goal, variants included, whether or not
there are controls. What a plan that was made from the truth cannot reach says nothing about a
model: such cases are left out of every rate, and listed. If they are many, the grader is out of
order, or the cases are impossible, and there is no report.
"""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from typing import Any

from grader.cases import Case
from grader.metrics import MAIN, Outcome, rate
from scene_renderer.errors import OracleError
from scene_renderer.scene import Scene

MOST_MISSED = 0.01
"""The largest share of goals that may be left out. In draws of ours one in thousands is missed."""

HOW = (
    "the oracle's plan was executed once for each different scene and goal that was asked, "
    "variants included"
)

_NAMED_MISSES = 3

Json = dict[str, Any]


def list_checks(cases: Iterable[Case]) -> list[Case]:
    """Returns the first case of each different scene and goal: the others need no other check."""
    first: dict[tuple[Scene, str], Case] = {}
    for case in cases:
        first.setdefault(_matter(case), case)
    return list(first.values())


def _matter(case: Case) -> tuple[Scene, str]:
    """Returns all that the oracle's success depends on."""
    return case.scene, json.dumps(case.goal.to_dict(), sort_keys=True)


def check_oracle(outcomes: Sequence[Outcome], checks: int) -> None:
    """Makes sure that the oracle misses next to nothing; what was not run is no miss.

    Args:
        outcomes: what is known of it so far.
        checks: how many goals it is asked for in all.

    Raises:
        OracleError: if it missed too much: then nothing that this grader says can be trusted.
    """
    missed = [o for o in outcomes if o.success is False]
    if len(missed) <= MOST_MISSED * checks:
        return
    named = ", ".join(f"'{o.case}' ({o.cause})" for o in missed[:_NAMED_MISSES])
    more = len(missed) - _NAMED_MISSES
    raise OracleError(
        f"There is no report: the oracle, which knows the goals, missed {len(missed)} of "
        f"{checks}: {named}{f' and {more} more' if more > 0 else ''}. Leave out such "
        "cases if they are yours, or report a fault of the grader."
    )


def find_excluded(cases: Sequence[Case], checked: Iterable[Outcome]) -> list[str]:
    """Returns the ids of the cases whose scene and goal the oracle missed."""
    missed = {o.case for o in checked if o.success is False}
    matters = {_matter(case) for case in cases if case.id in missed}
    return [case.id for case in cases if _matter(case) in matters] if matters else []


def without(outcomes: Iterable[Outcome], excluded: Iterable[str]) -> list[Outcome]:
    """Returns the outcomes of the cases that count."""
    names = set(excluded)
    return [o for o in outcomes if o.case not in names]


def describe_check(checked: Sequence[Outcome], excluded: Sequence[str]) -> Json:
    """Returns the `check` part of a report.

    `{"how": TEXT, "goals": R, "not_run": how many, "excluded": {"n", "cases": [id, ...]}}`.
    """
    return {
        "how": HOW,
        "goals": rate(checked, lambda o: o.success is True).to_dict(),
        "not_run": sum(o.success is None for o in checked),
        "excluded": {"n": len(excluded), "cases": list(excluded)},
    }


def as_control(
    main: Iterable[Case], checked: Sequence[Outcome], checks: Iterable[Case]
) -> list[Outcome]:
    """Returns what the check says of each main case: the oracle's row among the controls."""
    by_case = {o.case: o for o in checked}
    known = {_matter(case): by_case[case.id] for case in checks if case.id in by_case}
    return [
        dataclasses.replace(
            known[_matter(case)],
            case=case.id,
            context=case.context,
            instruction=case.instruction,
            suite=MAIN,
            variant="",
            origin=case.id,
        )
        for case in main
        if _matter(case) in known
    ]
