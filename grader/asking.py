"""Asks a policy, and makes sure that what it says can be graded.

Only our own rules get to read the case. A model gets what a person would show it, a picture and a
list, so there is nothing to be had from an id, a scene or a goal.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from grader.baselines import Baseline, Policy
from qa_generator.prompt import Observation
from scene_renderer.errors import CheckpointError, TablehandError
from vlm.model import first_line
from vlm.policy import Answer


def ask_policy(
    policy: Policy,
    observations: Sequence[Observation],
    instructions: Sequence[str],
    batch_size: int,
) -> list[Answer]:
    """Returns one answer to each instruction or question.

    A confidence that is no share is left out: it says nothing.

    Raises:
        CheckpointError: if the policy breaks down, or does not give one text to each question.
    """
    shown = observations if isinstance(policy, Baseline) else [_bare(o) for o in observations]
    try:
        answers = policy.answer(shown, instructions, batch_size=batch_size)
    except TablehandError:
        raise
    except Exception as error:  # a model's library may raise anything; it is no result
        raise CheckpointError(
            f"'{policy.name}' broke down over {len(instructions)} questions: "
            f"{type(error).__name__}: {first_line(error).rstrip('.')}."
        ) from error
    if len(answers) != len(instructions):
        raise CheckpointError(
            f"'{policy.name}' gave {len(answers)} answers to {len(instructions)} questions; "
            "each needs exactly one."
        )
    return [_checked(policy, answer) for answer in answers]


@contextmanager
def hold_to_plans(policy: Policy, constrained: bool) -> Iterator[None]:
    """Holds a model to plans, or lets it say anything, for a while; a rule stays as it is."""
    model: Any = policy
    before = getattr(model, "constrained", None)
    if before is None:
        yield
        return
    model.constrained = constrained
    try:
        yield
    finally:
        model.constrained = before


def is_want_of_memory(error: Exception) -> bool:
    """Whether an error says that memory is short, as torch says it on a GPU or on a CPU."""
    told = [e for e in (error, error.__cause__) if e is not None]
    return any(
        type(e).__name__ in ("MemoryError", "OutOfMemoryError") or "can't allocate memory" in str(e)
        for e in told
    )


def _bare(observation: Observation) -> Observation:
    """Returns what is to be seen, without the case that a `Question` carries."""
    return Observation(observation.image, observation.end_effector, observation.listing)


def _checked(policy: Policy, answer: Answer) -> Answer:
    if not isinstance(answer.text, str):
        raise CheckpointError(
            f"'{policy.name}' answered with {type(answer.text).__name__} where a text belongs."
        )
    sure = answer.confidence
    if sure is None or (math.isfinite(sure) and 0 <= sure <= 1):
        return answer
    return replace(answer, confidence=None)
