"""Checks pairs in physics: the oracle's plan must reach the goal."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from qa_generator.pairs import PLAN, Pair
from qa_generator.tasks import read_goal
from scene_renderer.plan import parse_plan


@dataclass
class Tally:
    """What came of executing plans, each instruction counted once.

    Attributes:
        executed: task to how many of its plans were executed.
        rejected: task to how many of them did not reach their goal.
    """

    executed: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, dict[str, int]]:
        """Returns the JSON form."""
        return {
            "executed": dict(sorted(self.executed.items())),
            "rejected": dict(sorted(self.rejected.items())),
        }

    def __str__(self) -> str:
        if not self.executed:
            return "no plan was executed"
        spoilt = ", ".join(
            f"{task} {n} of {self.executed[task]}" for task, n in sorted(self.rejected.items()) if n
        )
        rejected = f"{self.rejected.total()} of {self.executed.total()} plans ({self.share:.2%})"
        return f"{rejected} were rejected in physics{spoilt and ': '}{spoilt}"

    @property
    def share(self) -> float:
        """The share of plans that were rejected; 0 of none."""
        return self.rejected.total() / max(self.executed.total(), 1)

    @staticmethod
    def add(tallies: Iterable[dict[str, dict[str, int]]]) -> "Tally":
        """Adds up JSON forms."""
        total = Tally()
        for tally in tallies:
            total.executed.update(tally["executed"])
            total.rejected.update(tally["rejected"])
        return total


class Verifier:
    """Executes plans, and counts as it does.

    Attributes:
        tally: what came of them.
    """

    def __init__(self) -> None:
        self.tally = Tally()
        self._last: tuple[Pair, bool] | None = None

    def passes(self, pair: Pair) -> bool:
        """Whether a pair's plan reaches its goal; a question always passes.

        Neighbours that ask the same in other contexts share one execution.
        """
        if pair.kind != PLAN:
            return True
        if self._last is None or not _is_same(self._last[0], pair):
            reached = reaches_goal(pair)
            self.tally.executed[pair.task] += 1
            self.tally.rejected[pair.task] += not reached
            self._last = (pair, reached)
        return self._last[1]


def reaches_goal(pair: Pair) -> bool:
    """Whether a pair's plan, executed, reaches the goal; a refusal too is executed."""
    from scene_renderer.episode import execute

    goal = read_goal(pair.goal, pair.scene)
    episode = execute(pair.scene, parse_plan(pair.answer), instruction=pair.instruction)
    return goal.reached(pair.scene, episode)


def _is_same(one: Pair, other: Pair) -> bool:
    keys = ("scene", "goal", "instruction", "answer")
    return all(getattr(one, key) == getattr(other, key) for key in keys)
