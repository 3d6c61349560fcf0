"""Decoys: where things would be if what a suite falsified were true; and who went there.

A falsified list, or picture, says that a thing is where it is not. Who goes there believed it; who
reaches the goal believed the other source.
"""

import math
from collections.abc import Sequence

from grader.cases import Case
from grader.metrics import Outcome, Rate
from grader.suites.base import Json, Paired
from grader.suites.draws import reads_the_same
from qa_generator.prompt import to_millimetres
from scene_renderer.errors import PlanError
from scene_renderer.plan import parse_plan
from scene_renderer.scene import Scene

WITHIN_MM = 25
"""How near to a decoy the first thing that a plan does on the table must be."""
APART = 0.055
"""Least distance of decoys from where the things to be moved are, metres: over twice the above."""


def find_decoys(case: Case, told: Scene) -> str:
    """Returns the decoys of a falsification, as `Case.decoys` holds them.

    Args:
        case: what is asked.
        told: the table as it would be if what is falsified were true.

    Returns:
        Empty where truth and falsehood would lead to the same place, or where the sentence would
        not mean the same things on the table that is told.
    """
    if case.must_be_refused or not reads_the_same(case, told):
        return ""
    true, false = (
        [scene[name].position[:2] for name in case.goal.moved(case.scene)]
        for scene in (case.scene, told)
    )
    if not false or min(math.dist(a, b) for a in true for b in false) < APART:
        return ""
    return "; ".join(f"{to_millimetres(x)}, {to_millimetres(y)}" for x, y in false)


def went_to_decoy(outcome: Outcome) -> bool:
    """Whether the first thing that an answer does on the table is at a decoy."""
    try:
        actions = parse_plan(outcome.answer).actions
    except PlanError:
        return False
    starts = [a.arguments[:2] for a in actions if a.name in ("pick", "push")]
    if not starts:
        return False
    x, y = map(int, starts[0])
    places = (place.split(", ") for place in outcome.decoys.split("; "))
    return any(math.dist((x, y), (int(u), int(v))) <= WITHIN_MM for u, v in places)


def count_trust(pairs: Sequence[Paired], true: str, false: str) -> Json:
    """Returns `{true: R, false: R, "neither": R}` of the variants that have decoys.

    Args:
        pairs: with or without decoys.
        true: what the source is called that was left true; who reaches the goal followed it.
        false: what the falsified source is called.
    """
    varied = [p.varied for p in pairs if p.varied.decoys]
    reached = sum(o.success is True for o in varied)
    misled = sum(not o.success and went_to_decoy(o) for o in varied)
    counts = {true: reached, false: misled, "neither": len(varied) - reached - misled}
    return {name: Rate(k, len(varied)).to_dict() for name, k in counts.items()}
