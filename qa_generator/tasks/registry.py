"""Every task, in the order in which reports list them."""

from qa_generator.tasks.arrange import LineUp, Swap, Tower
from qa_generator.tasks.base import TASKS, register
from qa_generator.tasks.carry import LIFT_MM, Lift, PickAndPlace, PutIn, Stack
from qa_generator.tasks.move import DEFAULT_DISTANCE_MM, Move, PlaceBeside, Rotate
from qa_generator.tasks.push import Push
from qa_generator.tasks.refuse import Refuse
from qa_generator.tasks.several import Clear, Gather, PutAll, Sort
from qa_generator.tasks.steps import MOST, Steps
from scene_renderer.splits import find_split
from scene_renderer.vocabulary import DIRECTIONS

__all__ = ["DEFAULT_DISTANCE_MM", "LIFT_MM", "USUAL", "tasks_of"]

_MOVES = tuple(Move(direction) for direction in DIRECTIONS)
_BASIC = (PickAndPlace(), Lift(), *_MOVES, Stack())
_SINGLE = (PutIn(), PlaceBeside(), Push(), Rotate())
_SEVERAL = (Swap(), Tower(), PutAll(), Sort(), Gather(), LineUp(), Clear())
_PARTS = (*_BASIC, *_SINGLE, Swap(), Clear())

_STEPS = (
    Steps(task.name for task in _PARTS),
    Steps((task.name for task in _PARTS), "long_steps", MOST),
)

LONG: tuple[str, ...] = ("long_steps",)
"""Tasks with more steps than training shows."""

register((*_BASIC, *_SINGLE, *_SEVERAL, *_STEPS, Refuse()))

USUAL: tuple[str, ...] = tuple(name for name in TASKS if name not in LONG)


def tasks_of(split: str) -> tuple[str, ...]:
    """Returns the names of the tasks that the instructions of a split are of.

    Raises:
        UsageError: if there is no such split.
    """
    return LONG if find_split(split).plans == "long" else USUAL
