"""Checks pairs in physics: the oracle's plan must reach the goal."""

from typing import Any

from qa_generator.pairs import PLAN, Pair
from qa_generator.tasks import Goal
from scene_renderer.plan import parse_plan


class Verifier:
    """Counts as it checks.

    Attributes:
        executed: how many plans it has executed.
        failed: how many of them did not reach the goal.
    """

    def __init__(self) -> None:
        self.executed = self.failed = 0
        self._last: tuple[str, str, bool] | None = None

    def passes(self, pair: Pair) -> bool:
        """Whether a pair's plan reaches its goal; a question always passes.

        Neighbours that ask the same in other contexts share one execution.
        """
        if pair.kind != PLAN or pair.goal is None:
            return True
        if self._last is None or self._last[:2] != (pair.scene.id, pair.answer):
            reached = _is_reached(pair, pair.goal)
            self.executed += 1
            self.failed += not reached
            self._last = (pair.scene.id, pair.answer, reached)
        return self._last[2]


def _is_reached(pair: Pair, goal: dict[str, Any]) -> bool:
    from scene_renderer.episode import execute

    slots = {key: value for key, value in goal.items() if key != "task"}
    episode = execute(pair.scene, parse_plan(pair.answer), instruction=pair.instruction)
    return Goal(goal["task"], slots).reached(pair.scene, episode)
