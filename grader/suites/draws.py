"""What the suites share: the random stream of a draw, its style, and whether a table still asks.

A suite draws once for all contexts of a draw, so that they differ in their prompts alone.
"""

import math
import zlib

import numpy as np

from grader.cases import CUSTOM, Case
from qa_generator.language.resolver import meaning_of, understand
from qa_generator.language.words import Style
from qa_generator.tasks import read_goal
from scene_renderer.errors import TablehandError
from scene_renderer.plan import Action, Plan
from scene_renderer.scene import Scene
from scene_renderer.splits import find_split

SEVERITIES = "mild", "medium", "hard"


def stream(suite: str, case: Case, seed: int) -> np.random.Generator:
    """Returns the random stream of a suite for a draw: the same for each of its contexts."""
    draw = f"{suite} {case.scene.id} {case.instruction}"
    return np.random.default_rng([zlib.crc32(draw.encode()), seed])


def style_of(case: Case) -> Style:
    """Returns the style in which the instructions of a case's split are worded."""
    return "seen" if case.split == CUSTOM else find_split(case.split).wordings


def reads_the_same(case: Case, table: Scene) -> bool:
    """Whether a case's sentence means its goal on another table, as the independent reader sees it.

    It never does for a sentence that the reader takes for something else on the case's own table:
    nobody could say what it means elsewhere.
    """
    goal = case.goal
    return all(
        understand(scene, case.instruction) == meaning_of(scene, goal.task, goal.slots)
        for scene in (case.scene, table)
    )


def asks_the_same(case: Case, table: Scene) -> bool:
    """Whether a case's question fits another table: it means its goal there, which is open still.

    A goal is open if there is room for all that the oracle does, and it is not reached yet.
    """
    if not reads_the_same(case, table):
        return False
    try:
        read_goal(case.goal.to_dict(), table)
    except TablehandError:
        return False
    return case.goal.is_possible(table) and not _is_reached(case, table)


def _is_reached(case: Case, table: Scene) -> bool:
    """Whether the goal holds when nothing is done."""
    from scene_renderer.episode import Episode
    from scene_renderer.simulator import Pose

    poses = {
        o.name: Pose(o.position, (0.0, 0.0, math.sin(o.yaw / 2), math.cos(o.yaw / 2)))
        for o in table.objects
    }
    idle = Plan((Action("open_gripper"),))
    return case.goal.reached(table, Episode(table, "", idle, (), poses, None, None, 0.0))
