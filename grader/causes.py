"""`explain`: why an executed plan did not reach its goal, by the first thing that went wrong.

    went for something that the goal does not ask for      wrong object
    an action failed                                       what the arm says
    nothing moved                                          missed grasp, or nothing moved
    holds what should have been put down                   not released
    let go where the goal would not hold                   wrong place
    let go in the right place, and then                    what the simulator says

Whether a place is right is asked of the goal itself: would it hold if everything had stayed as it
was let go, and nothing else had moved?
"""

import dataclasses
import math
from typing import TYPE_CHECKING

from grader.cases import Case
from scene_renderer.failures import Failure

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

MOVED = 0.03
"""What ends further from its start than this was moved, metres."""

_SETTLED = (Failure.UNSTABLE, Failure.KNOCKED_ANOTHER, None)
"""What an episode says when every action was done."""


def explain(case: Case, episode: "Episode") -> Failure:
    """Names the cause of a failure from what was wanted and from the simulator's state."""
    if case.goal.task == "refuse":
        refused = episode.plan.refusal is not None
        return Failure.WRONG_REASON if refused else Failure.SHOULD_HAVE_REFUSED
    if episode.plan.refusal is not None:
        return Failure.NEEDLESS_REFUSAL
    if not set(episode.aimed) <= _wanted(case):
        return Failure.WRONG_OBJECT
    if episode.failure not in _SETTLED:
        return episode.failure or Failure.WRONG_PLACE
    return _explain_end(case, episode)


def _explain_end(case: Case, episode: "Episode") -> Failure:
    """Names the cause where every action was done."""
    if not episode.placed and episode.held is None and not _has_moved(case, episode):
        return Failure.MISSED_GRASP if episode.aimed else Failure.NOTHING_MOVED
    releases = case.goal.oracle(case.scene).actions[-1].name == "place"
    if releases and episode.held is not None:
        return Failure.NOT_RELEASED
    if episode.placed and not _holds_as_released(case, episode):
        return Failure.WRONG_PLACE
    return episode.failure or Failure.WRONG_PLACE


def _wanted(case: Case) -> set[str]:
    """The object that the goal is about."""
    return {case.goal.slots["object"]}


def _has_moved(case: Case, episode: "Episode") -> bool:
    return any(
        math.dist(item.position, episode.final[item.name].position) > MOVED
        for item in case.scene.objects
    )


def _holds_as_released(case: Case, episode: "Episode") -> bool:
    from scene_renderer.simulator import Pose

    start = {
        item.name: Pose(item.position, (0.0, 0.0, math.sin(item.yaw / 2), math.cos(item.yaw / 2)))
        for item in case.scene.objects
    }
    still = dataclasses.replace(episode, final={**start, **episode.placed})
    return case.goal.reached(case.scene, still)
