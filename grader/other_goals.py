"""Sabotages of what only some goals have: the oracle's plan for another goal, or for a part of it.

See `sabotage.py`, which lists them.
"""

from grader.cases import Case
from qa_generator.tasks import Goal
from scene_renderer.failures import Failure
from scene_renderer.plan import Action, Plan, format_plan

Spoilt = tuple[str, Failure] | None

_OPPOSITE = {
    **{"left": "right", "right": "left", "front": "behind", "behind": "front"},
    **{"forward": "backward", "backward": "forward"},
}


def put_on_opposite_side(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """On the other side of the thing that something is to stand beside."""
    if "side" not in case.goal.slots:
        return None
    return _aim_at(case, side=_OPPOSITE[case.goal.slots["side"]])


def push_the_other_way(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """As far, but in the opposite direction."""
    if "direction" not in case.goal.slots:
        return None
    return _aim_at(case, direction=_OPPOSITE[case.goal.slots["direction"]])


def confuse_the_bins(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """Each kind into the receiver of the other."""
    bins = case.goal.slots.get("bins", {})
    if len(bins) != 2:
        return None
    return _aim_at(case, bins=dict(zip(bins, reversed(bins.values()), strict=True)))


def never_turn(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """Picks up what is to be turned, and puts it back."""
    if case.goal.task != "rotate":
        return None
    rest = tuple(action for action in actions if action.name != "rotate")
    return format_plan(Plan(rest)), Failure.WRONG_PLACE


def leave_the_last(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """Does not touch the last of several objects."""
    *others, last = case.goal.solve(case.scene).taken or [""]
    if not others or last in others:
        return None
    ends = [i for i, action in enumerate(actions) if action.name in ("pick", "push")]
    return format_plan(Plan(actions[: ends[-1]])), Failure.UNFINISHED


def reverse_the_steps(case: Case, actions: tuple[Action, ...]) -> Spoilt:
    """The last step first."""
    steps = case.goal.slots.get("steps", [])
    if not steps or case.goal.in_hand or any(step["task"] == "push" for step in steps):
        return None
    return _aim_at(case, Failure.WRONG_ORDER, steps=steps[::-1])


def _aim_at(case: Case, cause: Failure = Failure.WRONG_PLACE, **slots: object) -> Spoilt:
    """The plan for the goal with other slots, where the table has room for it."""
    other = Goal(case.goal.task, {**case.goal.slots, **slots})
    if not other.is_possible(case.scene):
        return None
    return format_plan(other.oracle(case.scene)), cause
