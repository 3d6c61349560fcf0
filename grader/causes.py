"""`explain`: why an executed plan did not reach its goal, by the first thing that went wrong.

    went for something that the goal does not ask for      wrong object
    an action failed                                       what the arm says
    nothing moved                                          missed grasp, or nothing moved
    holds what should have been put down                   not released
    took fewer objects than it takes                       unfinished
    took them in the wrong order                           wrong order
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
    if case.must_be_refused:
        refused = episode.plan.refusal is not None
        return Failure.WRONG_REASON if refused else Failure.SHOULD_HAVE_REFUSED
    if episode.plan.refusal is not None:
        return Failure.NEEDLESS_REFUSAL
    if not set(episode.aimed) <= set(case.goal.moved(case.scene)):
        return Failure.WRONG_OBJECT
    if episode.failure not in _SETTLED:
        return episode.failure or Failure.WRONG_PLACE
    return _explain_end(case, episode)


def _explain_end(case: Case, episode: "Episode") -> Failure:
    """Names the cause where every action was done."""
    if not episode.placed and episode.held is None and not _has_moved(case, episode):
        return Failure.MISSED_GRASP if episode.aimed else Failure.NOTHING_MOVED
    if episode.held not in (None, case.goal.in_hand):
        return Failure.NOT_RELEASED
    if not _is_complete(case, episode):
        return episode.failure or Failure.UNFINISHED
    if not case.goal.is_in_order(case.scene, episode):
        return Failure.WRONG_ORDER
    if episode.placed and not _holds_as_released(case, episode):
        return Failure.WRONG_PLACE
    return episode.failure or Failure.WRONG_PLACE


def _is_complete(case: Case, episode: "Episode") -> bool:
    """Whether as many objects were handled as the goal needs, where it needs several."""
    needed = len(set(case.goal.solve(case.scene).taken))
    return needed < 2 or len(set(episode.aimed)) >= needed


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
    kept = {name: pose for name, pose in episode.final.items() if name == episode.held}
    still = dataclasses.replace(episode, final={**start, **episode.placed, **kept})
    return case.goal.reached(case.scene, still)
