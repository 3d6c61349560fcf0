"""How many of the tests' sentences become scenes, how fast, and whether the arm lifts things.

python benchmarks/compose.py
python benchmarks/compose.py --seeds 3

Lays out every sentence of `tests/data/composed.txt` with each seed; of the last seed's scenes the
oracle lifts two objects, in physics.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # works without an install

from qa_generator.slots import of_shapes
from qa_generator.tasks import Goal
from scene_renderer.catalogue import GRASPABLE
from scene_renderer.compose_grammar import parse_description
from scene_renderer.compose_layout import lay_out
from scene_renderer.console import EXIT_THRESHOLD, positive
from scene_renderer.episode import execute
from scene_renderer.errors import SceneError
from scene_renderer.sampler import find_untakeable
from scene_renderer.scene import Scene

LIFTED = 2


def main() -> int:
    """Runs the measurement and prints what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=positive, default=20, help="default: 20")
    options = parser.parse_args()
    lines = (ROOT / "tests" / "data" / "composed.txt").read_text(encoding="utf-8").splitlines()
    sentences = [line.partition("|")[0] for line in lines if not line.startswith("#")]
    seconds, scenes = [], {}
    for sentence in sentences:
        for seed in range(options.seeds):
            start = time.perf_counter()
            try:
                scenes[sentence, seed] = lay_out(parse_description(sentence), seed)
            except SceneError as error:
                print(f"{sentence}: {error}")
            seconds.append(time.perf_counter() - start)
    median, p99 = statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]
    print(
        f"{len(scenes)}/{len(seconds)} laid out; median {1000 * median:.0f} ms, "
        f"p99 {1000 * p99:.0f} ms, slowest {max(seconds):.1f} s"
    )
    lifts = [
        reached
        for (_, seed), scene in scenes.items()
        if seed == options.seeds - 1
        for reached in lift_some(scene)
    ]
    print(f"{sum(lifts)}/{len(lifts)} lifted")
    return 0 if all(lifts) and len(scenes) == len(seconds) else EXIT_THRESHOLD


def lift_some(scene: Scene) -> list[bool]:
    """Lifts the first objects that can be taken; returns whether each was."""
    stuck = list(find_untakeable(scene.objects))
    goals = [
        Goal("lift", {"object": item.name})
        for item in of_shapes(scene, GRASPABLE)
        if item not in stuck
    ]
    return [goal.reached(scene, execute(scene, goal.oracle(scene))) for goal in goals[:LIFTED]]


if __name__ == "__main__":
    sys.exit(main())
