"""Checks pairs in physics: the oracle's plan must reach the goal."""

from qa_generator.pairs import PLAN, Pair
from qa_generator.tasks import Goal


class Verifier:
    """Counts as it checks.

    Attributes:
        executed: how many plans it has executed.
        failed: how many of them did not reach the goal.
    """

    def __init__(self) -> None:
        self.executed = self.failed = 0

    def passes(self, pair: Pair) -> bool:
        """Whether a pair's plan reaches its goal; a question always passes."""
        if pair.kind != PLAN or pair.goal is None:
            return True
        from scene_renderer.episode import execute
        from scene_renderer.plan import parse_plan

        goal = {**pair.goal}
        episode = execute(pair.scene, parse_plan(pair.answer), instruction=pair.instruction)
        reached = Goal(goal.pop("task"), goal).reached(pair.scene, episode)
        self.executed += 1
        self.failed += not reached
        return reached
