"""Other lists for the same pairs: what varies between two sights of a training pair.

    as it is written              drawn in another step
    gripper: 320, 0, 420          gripper: 320, 0, 420
    red cube: 412, -127, 25       blue bowl: 518, 81, 30          another order, always
    blue bowl: 520, 80, 30                                        a line dropped
    lift the red cube             lift the red cube               numbers a little off
    pick(412, -127, 25) ...       pick(412, -127, 25) ...         the answer to what is listed

What stays true in all of them: the picture, the instruction, and that the answer follows from
what is read. Order carries nothing. An object whose line is dropped has to be found in the
picture, and the answer still names its true place; a list without lines is what the context
`image` reads, and is called so.

**Noise moves the answer along.** The plan is the oracle's for the places as they are listed. A list
is off by millimetres where a model sees to a centimetre or two, so to ask for the true place would
be to ask for digits that nothing in the input tells, and would teach to doubt the better source. A
grasp forgives about a centimetre, so the plan for listed places works on the true ones
(docs/tiny-model.md). Heights are not moved: they follow from what stands on what. A list keeps its
true places where a plan would become another one, not the same a few millimetres off, and where a
question is asked, as its answer says what is there.

**Nothing is ever mirrored**, and there is no option for it. Behind a mirrored picture each left and
right in each wording would have to be exchanged, and y negated in list and answer; one word that is
forgotten teaches the wrong side without a sound, and the renderer makes a hundred true scenes a
second. Pictures are not turned, shifted or cropped either: every pixel stands for a place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qa_generator.pairs import Pair
from qa_generator.prompt import build_prompt, observe
from qa_generator.tasks import Goal
from scene_renderer.errors import DatasetError, UsageError
from scene_renderer.plan import Plan, format_plan, parse_plan
from scene_renderer.scene import EndEffector, Scene, SceneObject

MOST_NOISE_MM = 5
"""Half of what a grasp forgives."""


@dataclass(frozen=True)
class Augmentation:
    """How much training pairs vary; lists come in another order in any case.

    Attributes:
        drop_lines: share of the lists that lose some or all of their lines.
        noise_mm: most that a listed x or y is off, whole millimetres.
        mask_digits: share of an answer's digits that the model does not read while it writes the
            rest; it has to write all of them (`finetune/variation.py`).
    """

    drop_lines: float = 0.0
    noise_mm: int = 3
    mask_digits: float = 0.0

    def __post_init__(self) -> None:
        for what, share in (
            ("lists that lose lines", self.drop_lines),
            ("digits that are hidden", self.mask_digits),
        ):
            if not 0 <= share <= 1:
                raise UsageError(f"The share of {what} is {share}; give one from 0 to 1.")
        if not 0 <= self.noise_mm <= MOST_NOISE_MM:
            raise UsageError(
                f"Listed coordinates cannot be {self.noise_mm} mm off; give 0 to {MOST_NOISE_MM}, "
                "half of what a grasp forgives."
            )


@dataclass(frozen=True)
class _Listed:
    """The part of a table that a list tells of."""

    objects: tuple[SceneObject, ...]
    end_effector: EndEffector


def augment(pairs: Sequence[Pair], how: Augmentation, rng: np.random.Generator) -> list[Pair]:
    """Draws another list for pairs that share one. For training alone.

    Args:
        pairs: what is asked about one scene in one context; they share a list again.
        how: how much varies.
        rng: draws; the same state gives the same pairs.

    Returns:
        As many pairs, of the same ids; of context `image` if the list has lost every line.
    """
    scene, context, noise = pairs[0].scene, pairs[0].context, how.noise_mm
    if context == "image":
        return list(pairs)
    kept = _thin(scene.objects, how.drop_lines, rng)
    listed = {item.name: _move(item, noise, rng) for item in kept}
    view = observe(_Listed(tuple(listed.values()), scene.end_effector), None, context, rng)
    believed = replace(scene, objects=tuple(listed.get(o.name, o) for o in scene.objects))
    answers = [_answer(pair, believed, noise) if noise else pair.answer for pair in pairs]
    if None in answers:
        return augment(pairs, replace(how, noise_mm=0), rng)
    return [
        replace(
            pair,
            context=context if listed else "image",
            prompt=build_prompt(view, pair.instruction),
            answer=answer or pair.answer,
        )
        for pair, answer in zip(pairs, answers, strict=True)
    ]


def _thin(
    objects: Sequence[SceneObject], share: float, rng: np.random.Generator
) -> list[SceneObject]:
    """Returns all objects or, in a share of the cases, so many: none to all but one, evenly."""
    count = int(rng.integers(len(objects))) if rng.random() < share else len(objects)
    return [objects[i] for i in rng.permutation(len(objects))[:count]]


def _move(item: SceneObject, most_mm: int, rng: np.random.Generator) -> SceneObject:
    x, y, z = item.position
    step_x, step_y = rng.integers(-most_mm, most_mm + 1, size=2) / 1000
    return replace(item, position=(x + float(step_x), y + float(step_y), z))


def _answer(pair: Pair, believed: Scene, most_mm: int) -> str | None:
    """Returns the oracle's plan for the places as listed; None if it is another plan."""
    if pair.goal is None:
        return None
    slots = {key: value for key, value in pair.goal.items() if key != "task"}
    try:
        plan = Goal(pair.goal["task"], slots).oracle(believed)
    except DatasetError:  # no room left for it
        return None
    return format_plan(plan) if _is_near(plan, parse_plan(pair.answer), most_mm) else None


def _is_near(plan: Plan, other: Plan, most_mm: int) -> bool:
    """Whether two plans take the same actions, their numbers so far apart at most."""
    if [action.name for action in plan.actions] != [action.name for action in other.actions]:
        return False
    numbers = [
        pair
        for ours, theirs in zip(plan.actions, other.actions, strict=True)
        for pair in zip(ours.arguments, theirs.arguments, strict=True)
    ]
    return all(
        abs(a - b) <= most_mm if isinstance(a, int) and isinstance(b, int) else a == b
        for a, b in numbers
    )
