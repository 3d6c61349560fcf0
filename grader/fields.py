"""`compare_plans`: which parts of an answer are right, from its plan alone, without physics.

Both plans are read on paper (`reading.py`) and compared by what they do, never by their text:

- object: it takes the oracle's objects and no others.
- place: what it takes ends where the oracle leaves it: in or on the same thing, or as near to the
  oracle's spot on the table as the task asks for (`WITHIN`), or held, raised. A wrong object is
  compared with the object in whose stead it was taken, so the two fields are told apart.
- order: where there are several objects, it takes them all, and none before one that must be gone,
  or stand, or be done with by then. The order of independent ones does not matter.
- equivalent: all of these at once, places better than they need be by what physics scatters, and
  every pick near its object's centre. For what must be refused: the same reason.
- partial: of the objects that must be taken and the places where they must end, the share that is
  right; whatever else is taken counts as two more. A refusal is right or not.

Some goals (`line_up`, `gather`, `sort`, `clear`, ...) have other right plans than the oracle's.
So these figures are lower bounds, and success is judged in physics alone.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from grader.reading import End, Reading, read_plan
from qa_generator.goals import AWAY, LIFTED, SPOT, YAW_DEG, period
from qa_generator.tasks import Goal
from scene_renderer.episode import Episode
from scene_renderer.footprint import covers, outline_distance
from scene_renderer.piles import bears
from scene_renderer.plan import Plan
from scene_renderer.scene import Scene

REGION = 0.03
"""How far from the oracle's spot something may end where a goal is a region, metres."""

WITHIN: Mapping[str, float] = MappingProxyType(
    {
        "swap": AWAY,
        "rotate": AWAY,
        "place_beside": REGION,
        "gather": REGION,
        "clear": REGION,
    }
)
"""Task to how far from the oracle's spot on the table something may end, metres; else `SPOT`."""

BALANCE = 0.015
"""How far from the oracle's spot on another object something may end, metres."""
DROP = 0.02
"""How much higher than the oracle something may be let go, metres."""
SCATTER = 0.006
"""How far from where a plan says things may end in physics, metres."""


@dataclass(frozen=True)
class Fields:
    """Which parts of an answer are right; None where the goal has no such part.

    Attributes:
        equivalent: whether it does what the oracle does.
        object: whether it takes what it should.
        place: whether that ends where it should.
        order: whether several objects are taken in a right order.
        partial: the share that is right, 0 to 1.
    """

    equivalent: bool
    object: bool | None = None
    place: bool | None = None
    order: bool | None = None
    partial: float = 0.0


def compare_plans(goal: Goal, scene: Scene, plan: Plan | None) -> Fields:
    """Compares an answer with the oracle's plan.

    Args:
        goal: what is wanted.
        scene: the table before.
        plan: the answer's; None if it is no plan.
    """
    oracle = oracle_of(goal, scene)
    if oracle.refusal is not None:
        is_same = plan is not None and plan.refusal == oracle.refusal
        return Fields(is_same, partial=float(is_same))
    wanted = _read_oracle(_key(goal), scene)
    has_order = len(wanted.ends) > 1
    if plan == oracle:
        return Fields(True, True, True, True if has_order else None, 1.0)
    found = read_plan(scene, plan) if plan is not None else Reading(is_sound=False)
    ends = _in_stead(wanted, found)
    is_object_right = wanted.ends.keys() == found.ends.keys()
    order = _is_in_order(goal, scene, wanted, found) if has_order else None
    taken = wanted.ends.keys() & found.ends.keys()
    right = [n for n in taken if _ends_alike(goal, scene, n, wanted.ends[n], found.ends[n])]
    return Fields(
        equivalent=found.is_sound
        and is_object_right
        and order is not False
        and _all_alike(goal, scene, wanted, found.ends, SCATTER),
        object=is_object_right,
        place=_all_alike(goal, scene, wanted, ends),
        order=order,
        partial=(len(taken) + len(right)) / (2 * max(len(wanted.ends), len(found.ends))),
    )


def oracle_of(goal: Goal, scene: Scene) -> Plan:
    """Returns the plan that reaches a goal; many cases ask for the same."""
    return _solve(_key(goal), scene)


def _key(goal: Goal) -> str:
    return json.dumps(goal.to_dict())  # in its own order: some oracles keep to it


@functools.lru_cache(maxsize=1024)
def _solve(goal: str, scene: Scene) -> Plan:
    slots = json.loads(goal)
    return Goal(slots.pop("task"), slots).oracle(scene)


@functools.lru_cache(maxsize=1024)
def _read_oracle(goal: str, scene: Scene) -> Reading:
    return read_plan(scene, _solve(goal, scene))


def _in_stead(wanted: Reading, found: Reading) -> dict[str, End]:
    """Returns the wanted objects' ends; of what was left out, those of what was taken in stead."""
    others = [end for name, end in found.ends.items() if name not in wanted.ends]
    missing = [name for name in wanted.ends if name not in found.ends]
    return {**found.ends, **dict(zip(missing, others, strict=False))}


def _all_alike(
    goal: Goal, scene: Scene, wanted: Reading, ends: Mapping[str, End], spare: float = 0.0
) -> bool:
    return all(
        name in ends and _ends_alike(goal, scene, name, end, ends[name], spare)
        for name, end in wanted.ends.items()
    )


def _ends_alike(
    goal: Goal, scene: Scene, name: str, wanted: End, found: End, spare: float = 0.0
) -> bool:
    """Whether something ends where it should, by `spare` metres nearer than it must."""
    if wanted.is_held or found.is_held:
        return wanted.is_held and found.is_held and found.rise >= LIFTED + spare
    if wanted.beneath != found.beneath or found.spot[2] > wanted.spot[2] + DROP:
        return False
    if not _is_turned_alike(scene[name].shape, wanted.yaw_deg, found.yaw_deg):
        return False
    spots = [found.spot[:2]]
    if spare:
        spots.append((found.spot[0] + found.shift[0], found.spot[1] + found.shift[1]))
    off = max(math.dist(spot, wanted.spot[:2]) for spot in spots)
    if not wanted.beneath:
        return off <= WITHIN.get(goal.task, SPOT) - spare
    base = scene[wanted.beneath]
    if base.kind.role != "receiver":
        return off <= BALANCE - spare
    if spare and base.kind.deep:
        spare += min(scene[name].extents[:2]) / 2  # clear of the walls
    return float(outline_distance(np.array(spots), base).max()) <= -spare


def _is_turned_alike(shape: str, wanted_deg: int | None, found_deg: int | None) -> bool:
    """Whether an object points where it should, if it was to be turned at all."""
    if wanted_deg is None or found_deg is None:
        return wanted_deg is None
    return abs(math.remainder(found_deg - wanted_deg, period(shape))) <= YAW_DEG


def _is_in_order(goal: Goal, scene: Scene, wanted: Reading, found: Reading) -> bool:
    """Whether all objects are taken, and none before one that it has to wait for."""
    if not wanted.ends.keys() <= found.ends.keys():
        return False
    still = Episode(scene, "", Plan(()), (), {}, None, None, 0.0, aimed=tuple(found.taken))
    return goal.is_in_order(scene, still) and all(
        _has_waited(scene, wanted, found.taken, first, second)
        for first in wanted.ends
        for second in wanted.ends
        if first != second
    )


def _has_waited(scene: Scene, wanted: Reading, taken: list[str], first: str, second: str) -> bool:
    """Whether `second` was taken late enough, if `first` must be on its way by then."""
    begun = taken.index(first)
    last = len(taken) - 1 - taken[::-1].index(second)
    if wanted.ends[second].beneath == first:
        return len(taken) - 1 - taken[::-1].index(first) < last
    if bears(scene[second], scene[first]) and begun > taken.index(second):
        return False
    return begun < last or not covers(scene[first], wanted.ends[second].spot)
