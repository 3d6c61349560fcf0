"""Whether the same episode is the same bits: alone in a process of its own, and after many others.

python benchmarks/repeat.py
python benchmarks/repeat.py --others 50

Compares the SHA-256 of whole recordings, every step of them. Exit code 3 if one differs.
"""

import argparse
import hashlib
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # works without an install

from grader.cases import draw_cases
from qa_generator.tasks import USUAL
from scene_renderer.console import EXIT_THRESHOLD, positive
from scene_renderer.episode import execute
from scene_renderer.simulator import PHYSICS_HZ

WATCHED = 8


def main() -> int:
    """Runs the comparison and prints what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--others", type=positive, default=1000, help="episodes in between (default: 1000)"
    )
    options = parser.parse_args()
    before = [digest(1, i) for i in range(WATCHED)]
    for i in range(options.others):
        run(2, i, None)
    after = [digest(1, i) for i in reversed(range(WATCHED))][::-1]
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as pool:
        alone = list(pool.map(digest, [1] * WATCHED, range(WATCHED)))
    same = sum(a == b == c for a, b, c in zip(before, after, alone, strict=True))
    print(
        f"{same} of {WATCHED} episodes the same bits: alone, first, after {options.others} others"
    )
    return 0 if same == WATCHED else EXIT_THRESHOLD


def digest(seed: int, index: int) -> str:
    """Returns the hash of an episode with a frame at every step."""
    return hashlib.sha256(run(seed, index, PHYSICS_HZ).encode()).hexdigest()


def run(seed: int, index: int, record_hz: float | None) -> str:
    """Executes the oracle's plan of one case; the tasks take turns."""
    case = draw_cases("test", seed, index, USUAL, ("named",))[0]
    return execute(case.scene, case.goal.oracle(case.scene), record_hz=record_hz).to_json()


if __name__ == "__main__":
    sys.exit(main())
