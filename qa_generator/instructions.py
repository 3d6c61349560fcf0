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
            if drawn is not None:
                _add(scene, drawn, instructions, count)
    return list(instructions.values())


def _add(
    scene: Scene, drawn: Instruction, instructions: dict[Plan, Instruction], count: int
) -> None:
    """Adds an instruction whose plan is new; one with a twin only together with it.

    Where one instruction of a scene is wanted, a twin has no place.
    """
    group = [drawn, drawn.twin] if drawn.twin is not None and count > 1 else [drawn]
    plans = {each.goal.oracle(scene): each for each in group if each is not None}
    has_room = len(instructions) + len(group) <= count
    if has_room and len(plans) == len(group) and not plans.keys() & instructions.keys():
        instructions.update(plans)
