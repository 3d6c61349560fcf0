"""Several instructions about one scene, each with another plan as its answer."""

from collections.abc import Iterable

import numpy as np

from qa_generator.language.words import Style
from qa_generator.tasks import TASKS, USUAL, Instruction
from scene_renderer.plan import Plan
from scene_renderer.scene import Scene

ROUNDS = 4
"""How often each task is tried before a scene is taken to allow no more instructions."""


def sample_instructions(
    scene: Scene,
    rng: np.random.Generator,
    count: int,
    style: Style = "seen",
    tasks: Iterable[str] = USUAL,
) -> list[Instruction]:
    """Draws instructions of different tasks with different answers.

    Args:
        scene: what they are about.
        rng: draws tasks, slots and words.
        count: how many are wanted.
        style: `seen` or `unseen` wordings.
        tasks: words from `TASKS`; every task comes once before one comes twice.

    Returns:
        At most `count` instructions: fewer where the scene allows no more. What must be refused is
        followed by its solvable twin.
    """
    known = [TASKS[name] for name in tasks]
    instructions: dict[Plan, Instruction] = {}
    for _ in range(ROUNDS):
        for _, index in sorted((rng.exponential() / t.weight, i) for i, t in enumerate(known)):
            if len(instructions) == count:
                return list(instructions.values())
            drawn = known[index].sample(scene, rng, style)
            for each in (drawn, drawn and drawn.twin):
                if each is not None and len(instructions) < count:
                    instructions.setdefault(each.goal.oracle(scene), each)
    return list(instructions.values())
