"""Every task, in the order in which reports list them."""

from qa_generator.tasks.arrange import LineUp, Swap, Tower
from qa_generator.tasks.base import register
from qa_generator.tasks.carry import LIFT_MM, Lift, PickAndPlace, PutIn, Stack
from qa_generator.tasks.move import DEFAULT_DISTANCE_MM, Move, PlaceBeside, Rotate
from qa_generator.tasks.push import Push
from qa_generator.tasks.refuse import Refuse
from qa_generator.tasks.several import Clear, Gather, PutAll, Sort
from qa_generator.tasks.steps import Steps
from scene_renderer.vocabulary import DIRECTIONS

__all__ = ["DEFAULT_DISTANCE_MM", "LIFT_MM"]

_MOVES = tuple(Move(direction) for direction in DIRECTIONS)
_BASIC = (PickAndPlace(), Lift(), *_MOVES, Stack())
_SINGLE = (PutIn(), PlaceBeside(), Push(), Rotate())
_SEVERAL = (Swap(), Tower(), PutAll(), Sort(), Gather(), LineUp(), Clear())
_PARTS = (*_BASIC, *_SINGLE, Swap(), Clear())

register((*_BASIC, *_SINGLE, *_SEVERAL, Steps(task.name for task in _PARTS), Refuse()))
