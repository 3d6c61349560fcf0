"""Whether the grader says why: plans spoilt on purpose, what they must be called, what they are.

python benchmarks/sabotage.py
python benchmarks/sabotage.py --quick --json

Each of the sabotages of `grader/sabotage.py` is applied to the oracle's plan of each case, executed
and judged. Exit code 3 if one reaches its goal, or if fewer than 95 % of the causes are right.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # works without an install

from grader.cases import draw_cases
from grader.crew import Crew
from grader.metrics import Rate
from grader.sabotage import Trial, confusion_table, try_case
from qa_generator.tasks import USUAL
from scene_renderer.console import EXIT_THRESHOLD, natural, positive
from scene_renderer.environment import describe_environment

ENOUGH = 0.95


def main() -> int:
    """Runs the trials and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=positive, default=200, help="cases (default: 200)")
    parser.add_argument("--seed", type=natural, default=0, help="of the cases (default: 0)")
    parser.add_argument("--quick", action="store_true", help="16 cases")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    trials = collect(16 if options.quick else options.count, options.seed)
    right = Rate(sum(t.found == t.right for t in trials), len(trials))
    reached = sum(t.found == "success" for t in trials)
    if options.json:
        result = {
            "name": "causes of spoilt plans",
            "right": right.to_dict(),
            "reached_their_goal": reached,
            "trials": [vars(trial) for trial in trials],
            "environment": describe_environment(),
        }
        print(json.dumps([result], indent=2))
    else:
        print(confusion_table(trials))
    return EXIT_THRESHOLD if reached or right.k < ENOUGH * right.n else 0


def collect(count: int, seed: int) -> list[Trial]:
    """Tries all sabotages on so many cases, the tasks in turn."""
    with Crew() as crew:
        tickets = [crew.submit(try_draw, seed, i) for i in range(count)]
        return [trial for ticket in tickets for trial in crew.result(ticket)]


def try_draw(seed: int, index: int) -> list[Trial]:
    """Draws a case and tries all sabotages on it."""
    return try_case(draw_cases("test", seed, index, USUAL, ("named",))[0])


if __name__ == "__main__":
    sys.exit(main())
