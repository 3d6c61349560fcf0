"""`read_plan`: what a plan says it does, worked out on paper, without physics.

An object is what the arm would take for it: the nearest one at the place that a pick names. What
was put down stands there for the rest of the plan. An action that the arm would refuse is passed
over, so that one mistake does not hide what comes after it; the reading is then not *sound*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from qa_generator.tasks.bench import floor_of
from scene_renderer.footprint import covers, outline_distance
from scene_renderer.grasping import LIFT, LOWEST, TIP_DEPTH, find_target, top_of
from scene_renderer.path import HandPose, pose_at
from scene_renderer.plan import Action, Plan
from scene_renderer.scene import MAX_DISTANCE, Scene, SceneObject, Vector

PICKED, ABOVE = 0.010, 0.010
"""How far off an object's centre, sideways and above it, a pick surely takes it, metres."""
AIMED = 0.005
"""How far off an object's centre, and off its own way, a push surely moves it straight, metres."""

_FINGERS, _STEP = 0.0125, 0.005
_STRAIGHT = HandPose(0, 0, 0, 0)


@dataclass(frozen=True)
class End:
    """Where a plan leaves one object.

    Attributes:
        spot: where it lets go of it, or holds it, or stops pushing it, metres, base frame.
        beneath: name of what it is put on or into; empty for the table and for what is held.
        is_held: whether it is in the hand at the end.
        rise: how much higher than it was taken it is then, metres.
        yaw_deg: where the hand was turned with it last, degrees; None if it was not.
        shift: how far its centre was from where it was taken, x and y in metres; if the fingers do
            not centre it, it is put down as much beside `spot`.
    """

    spot: Vector
    beneath: str = ""
    is_held: bool = False
    rise: float = 0.0
    yaw_deg: int | None = None
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass
class Reading:
    """What a plan says it does.

    Attributes:
        taken: names of what it takes or pushes, in order; `?0`, `?1` where nothing is.
        ends: name to where it leaves that, in the order of `taken`.
        is_sound: whether the arm could begin every action, and would surely take what is meant.
    """

    taken: list[str] = field(default_factory=list)
    ends: dict[str, End] = field(default_factory=dict)
    is_sound: bool = True


def read_plan(scene: Scene, plan: Plan) -> Reading:
    """Returns what a plan says it does on a scene."""
    reader = _Reader(scene)
    for action in plan.actions:
        reader.read(action)
    return reader.reading


class _Reader:
    """A table on which actions are thought through, one method for each that matters."""

    def __init__(self, scene: Scene) -> None:
        self.reading = Reading()
        self._objects = {item.name: item for item in scene.objects}
        self._hand = scene.end_effector.position
        self._held: str | None = None
        self._yaw_deg: int | None = None
        self._taken_at = 0.0
        self._shift = (0.0, 0.0)

    def read(self, action: Action) -> None:
        """Thinks one action through."""
        if action.name == "place":
            self._let_go(_metres(action.arguments[:3]))
        elif action.name == "open_gripper":
            if self._held is not None:
                self._let_go(self._hand)
        elif action.name == "close_gripper":
            if self._held is None:
                self._take(self._hand)
        elif action.name == "rotate":
            self._yaw_deg = int(action.arguments[0])
            self._hold()
        elif action.name == "move_to":
            self._move_to(_metres(action.arguments))
        elif action.name == "pick":
            self._require(self._held is None)
            self._take(_metres(action.arguments))
            self._move_to((*self._hand[:2], self._hand[2] + LIFT))
        elif action.name == "push":
            self._push(*(int(value) / 1000 for value in action.arguments))

    def _require(self, is_met: bool) -> None:
        self.reading.is_sound = self.reading.is_sound and bool(is_met)

    def _move_to(self, spot: Vector) -> None:
        self._hand = spot
        self._require(_is_reachable(spot))
        self._hold()

    def _hold(self) -> None:
        """Notes where the held object is now."""
        if self._held is not None:
            self.reading.ends[self._held] = self._end(self._hand, "", True)

    def _end(self, spot: Vector, under: str, is_held: bool) -> End:
        rise = spot[2] - self._taken_at
        return End(spot, under, is_held, rise, self._yaw_deg, self._shift)

    def _take(self, spot: Vector) -> None:
        target = find_target(*spot[:2], self._objects.values())
        self._require(target is not None and _is_centred(spot, target) and _is_reachable(spot))
        self._held = target.name if target is not None else self._nameless()
        self.reading.taken.append(self._held)
        x, y, _ = target.position if target is not None else spot
        self._shift = x - spot[0], y - spot[1]
        self._hand, self._taken_at, self._yaw_deg = spot, spot[2], None
        self._hold()

    def _nameless(self) -> str:
        return f"?{len(self.reading.taken)}"

    def _let_go(self, spot: Vector) -> None:
        self._require(self._held is not None and _is_reachable(spot))
        name = self._held or self._nameless()
        others = [o for o in self._objects.values() if o.name != name and covers(o, spot)]
        base = max(others, key=top_of, default=None)
        under = base.name if base is not None else ""
        self.reading.ends[name] = self._end(spot, under, False)
        item = self._objects.get(name)
        if item is not None:
            height = (floor_of(base) if base is not None else 0.0) + item.extents[2] / 2
            self._leave(item, (*spot[:2], height))
        self._hand, self._held = spot, None

    def _push(self, x: float, y: float, z: float, x2: float, y2: float) -> None:
        self._require(self._held is None and _is_reachable((x, y, z)))
        self._require(_is_reachable((x2, y2, z)))
        length = math.dist((x, y), (x2, y2))
        steps = np.linspace(0.0, 1.0, max(2, math.ceil(length / _STEP) + 1))
        way = np.array([x, y]) + steps[:, None] * np.array([x2 - x, y2 - y])
        met = {
            name: steps[hits[0]]
            for name, item in self._objects.items()
            if top_of(item) > z - TIP_DEPTH
            and len(hits := np.flatnonzero(outline_distance(way, item) <= _FINGERS))
        }
        name = min(met, key=met.__getitem__, default=self._nameless())
        self.reading.taken.append(name)
        self.reading.ends[name] = End((x2, y2, z))
        item = self._objects.get(name)
        self._require(min(abs(x2 - x), abs(y2 - y)) <= AIMED)  # goals go along the axes
        self._require(item is not None and _distance_to_line(item, (x, y), (x2, y2)) <= AIMED)
        if item is not None:
            share = 1 - float(met[name])
            px, py, pz = item.position
            self._leave(item, (px + (x2 - x) * share, py + (y2 - y) * share, pz))

    def _leave(self, item: SceneObject, spot: Vector) -> None:
        """Notes where an object is now; farther off than scenes reach, no plan takes one."""
        if max(map(abs, spot)) <= MAX_DISTANCE:
            self._objects[item.name] = replace(item, position=spot)


def _is_centred(spot: Vector, item: SceneObject) -> bool:
    """Whether a pick there surely takes an object; too low is as good, as the arm stops higher."""
    is_near = math.dist(spot[:2], item.position[:2]) <= PICKED
    return item.kind.role == "graspable" and is_near and spot[2] <= item.position[2] + ABOVE


def _is_reachable(spot: Vector) -> bool:
    return pose_at((*spot[:2], max(spot[2], LOWEST)), 0.0, _STRAIGHT).is_reachable


def _distance_to_line(
    item: SceneObject, start: tuple[float, float], end: tuple[float, float]
) -> float:
    """How far an object's centre is off the straight line through two points, metres."""
    (x, y), (x2, y2), (px, py) = start, end, item.position[:2]
    length = math.dist(start, end)
    if length == 0:
        return math.dist(start, (px, py))
    return abs((x2 - x) * (py - y) - (y2 - y) * (px - x)) / length


def _metres(arguments: tuple[int | str, ...]) -> Vector:
    x, y, z = (int(value) / 1000 for value in arguments)
    return x, y, z
