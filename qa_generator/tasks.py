"""The tasks: for each one its slots, its wordings, its oracle plan and its goal, side by side.

    pick_and_place  object, target       put a graspable object into or onto a receiver
    lift            object               take it up and hold it
    move_DIRECTION  object, distance_mm  put it down that much further forward, backward, left or
                                         right
    stack           object, target       put it on top of another graspable object
    refuse          reason               say no: the instruction names something that is not there

A goal's JSON form, which data sets and `--cases` files carry, is `{"task": NAME, SLOT: VALUE...}`:

    {"task": "pick_and_place", "object": "red cube", "target": "blue bowl"}
    {"task": "lift", "object": "red cube"}
    {"task": "move_left", "object": "red cube", "distance_mm": 100}
    {"task": "stack", "object": "red cube", "target": "green brick"}
    {"task": "refuse", "reason": "absent"}

Success is the goal on the final state of the world, never a comparison of texts. To add a task:
its wordings in `wordings.py`, one class here, one entry in `TASKS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qa_generator import wordings
from qa_generator.goals import LIFTED, is_at, is_contained, is_free, is_stacked, is_undisturbed
from qa_generator.prompt import to_millimetres
from qa_generator.questions import ABSENT, DISTANCES_MM, absent_names, format_distance, pick
from qa_generator.slots import check_slot, of_shapes
from qa_generator.wordings import INTO, ONTO, WAYS, Style, Wordings
from scene_renderer.catalogue import GRASPABLE, RECEIVERS, SHAPES, STANDING, SUPPORTS
from scene_renderer.errors import DatasetError, did_you_mean
from scene_renderer.piles import base_of
from scene_renderer.plan import Action, Plan
from scene_renderer.scene import Scene, SceneObject, Vector
from scene_renderer.vocabulary import DIRECTIONS, REFUSAL_REASONS

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

Slots = Mapping[str, Any]

DEFAULT_DISTANCE_MM = 100
NAMED_DISTANCES_MM = tuple(d for d in DISTANCES_MM if d >= 50)
"""Distances that instructions name: well above the tolerance on where an object ends."""
SHORTEST_MM = 30
"""Least distance of a `move_*` goal: what was not moved at all must be clearly off the spot."""
LIFT_MM = 150


@dataclass(frozen=True)
class Goal:
    """What is wanted of a scene: a task and its slots."""

    task: str
    slots: Slots

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON form; `read_goal` is its inverse."""
        return {"task": self.task, **self.slots}

    def oracle(self, scene: Scene) -> Plan:
        """Returns a plan that reaches the goal."""
        return TASKS[self.task].oracle(scene, self.slots)

    def reached(self, scene: Scene, episode: Episode) -> bool:
        """Whether the episode ended with the goal reached and nothing else disturbed."""
        return TASKS[self.task].reached(scene, self.slots, episode)


@dataclass(frozen=True)
class Instruction:
    """A sentence and what it wants.

    Attributes:
        text: the sentence.
        goal: what it wants.
        template: id of its wording.
        lexical: the synonyms that it uses.
        twin: of a refusal: the solvable instruction that it differs from in one thing.
    """

    text: str
    goal: Goal
    template: str = ""
    lexical: tuple[str, ...] = ()
    twin: str = ""


class Task(ABC):
    """One kind of instruction.

    Attributes:
        name: what goals and reports call it.
        slots: the keys of its goal, beside `task`.
    """

    name: str
    slots: tuple[str, ...] = ("object", "target")
    objects: ClassVar[tuple[str, ...]] = GRASPABLE
    """Shapes that the slot `object` takes."""
    targets: ClassVar[tuple[str, ...]] = ()
    """Shapes that the slot `target` takes."""
    wordings: ClassVar[Wordings]
    weight: ClassVar[float] = 1.0
    """How often it is tried: more than once for a task that not every scene allows."""

    @abstractmethod
    def oracle(self, scene: Scene, slots: Slots) -> Plan:
        """Returns a plan that reaches the goal."""

    @abstractmethod
    def reached(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Whether the goal holds in the final state, with everything else undisturbed."""

    def choices(self, scene: Scene) -> list[dict[str, Any]]:
        """Returns the slots of every instruction of this kind that the scene allows."""
        targets = of_shapes(scene, self.targets)
        return [
            {"object": a.name, "target": b.name}
            for a in of_shapes(scene, self.objects)
            for b in targets
            if a is not b
        ]

    def say(self, slots: Slots, rng: np.random.Generator, style: Style) -> str:
        """Words the slots as a person might."""
        target = str(slots.get("target", ""))
        shape = SHAPES.get(target.rsplit(" ", 1)[-1])
        into, within = INTO if shape and shape.deep else ONTO
        template = pick(rng, self.wordings.of(style))
        return template.format(**{"a": slots["object"], "b": target, "into": into, "in": within})

    def sample(self, scene: Scene, rng: np.random.Generator, style: Style) -> Instruction | None:
        """Draws an instruction, or None where the scene allows none."""
        choices = self.choices(scene)
        if not choices:
            return None
        slots = pick(rng, choices)
        return Instruction(self.say(slots, rng, style), Goal(self.name, slots))

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks the slots of a goal that somebody wrote.

        Raises:
            DatasetError: if the object or target cannot take its part.
            SceneError: if one is not in the scene.
        """
        check_slot(scene, slots["object"], self.objects, f"the object of '{self.name}'")
        if "target" in self.slots:
            check_slot(scene, slots["target"], self.targets, f"the target of '{self.name}'")
            if slots["object"] == slots["target"]:
                raise DatasetError(f"A goal cannot put '{slots['object']}' onto itself.")


class PickAndPlace(Task):
    """Put an object into a bowl or onto a plate or tray."""

    name = "pick_and_place"
    targets = RECEIVERS
    wordings = wordings.PLACE

    def oracle(self, scene: Scene, slots: Slots) -> Plan:
        """Places at the target's own centre; the guarded descent stops at contact."""
        return _carry(scene[slots["object"]].position, scene[slots["target"]].position)

    def reached(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Released, over the target's footprint and above its base."""
        name, target = slots["object"], slots["target"]
        return (
            episode.held is None
            and is_contained(scene, episode, name, target)
            and is_undisturbed(scene, episode, name)
        )


class Stack(Task):
    """Put a flat-bottomed object on top of a flat-topped one."""

    name = "stack"
    objects = STANDING
    targets = SUPPORTS
    wordings = wordings.STACK
    weight = 1.2

    def oracle(self, scene: Scene, slots: Slots) -> Plan:
        """Places at the lower object's own centre; the guarded descent stops at contact."""
        return _carry(scene[slots["object"]].position, scene[slots["target"]].position)

    def reached(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Released, and resting upright on the lower object."""
        name, target = slots["object"], slots["target"]
        return (
            episode.held is None
            and is_stacked(scene, episode, name, target)
            and is_undisturbed(scene, episode, name)
        )


class Lift(Task):
    """Take an object off the table and hold it."""

    name = "lift"
    slots = ("object",)
    wordings = wordings.LIFT

    def choices(self, scene: Scene) -> list[dict[str, Any]]:
        """Every graspable object."""
        return [{"object": item.name} for item in of_shapes(scene, self.objects)]

    def oracle(self, scene: Scene, slots: Slots) -> Plan:
        """Picks the object and carries it straight up."""
        x, y, z = _millimetres(scene[slots["object"]].position)
        return Plan((Action("pick", (x, y, z)), Action("move_to", (x, y, z + LIFT_MM))))

    def reached(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Held, and at least 5 cm higher than before."""
        name = slots["object"]
        rise = episode.final[name].position[2] - scene[name].position[2]
        return episode.held == name and rise >= LIFTED and is_undisturbed(scene, episode, name)


class Move(Task):
    """Put an object down a distance further in one direction."""

    slots = ("object", "distance_mm")
    wordings = wordings.MOVE_BY

    def __init__(self, direction: str) -> None:
        self.direction = direction
        self.name = f"move_{direction}"

    def spot(self, item: SceneObject, distance_mm: int) -> Vector:
        """Returns where the object is to end, metres, base frame."""
        step_x, step_y = DIRECTIONS[self.direction]
        x, y, z = item.position
        return x + step_x * distance_mm / 1000, y + step_y * distance_mm / 1000, z

    def choices(self, scene: Scene) -> list[dict[str, Any]]:
        """Every graspable object on the table and distance whose spot is free and reachable."""
        return [
            {"object": item.name, "distance_mm": distance}
            for item in of_shapes(scene, self.objects)
            if base_of(scene, item) is None
            for distance in NAMED_DISTANCES_MM
            if is_free(scene, item, self.spot(item, distance))
        ]

    def sample(self, scene: Scene, rng: np.random.Generator, style: Style) -> Instruction | None:
        """Draws the default distance in every second instruction."""
        choices = self.choices(scene)
        default = [c for c in choices if c["distance_mm"] == DEFAULT_DISTANCE_MM]
        if not choices:
            return None
        slots = pick(rng, default if default and rng.integers(2) else choices)
        return Instruction(self.say(slots, rng, style), Goal(self.name, slots))

    def say(self, slots: Slots, rng: np.random.Generator, style: Style) -> str:
        """Names the distance, except for three of four default ones."""
        distance = slots["distance_mm"]
        silent = distance == DEFAULT_DISTANCE_MM and rng.integers(4) > 0
        template = pick(rng, (wordings.MOVE if silent else wordings.MOVE_BY).of(style))
        way, length = pick(rng, WAYS[self.direction]), format_distance(distance, rng)
        return template.format(a=slots["object"], way=way, distance=length)

    def oracle(self, scene: Scene, slots: Slots) -> Plan:
        """Adds the distance to the object's millimetres."""
        start = scene[slots["object"]].position
        x, y, z = _millimetres(start)
        step_x, step_y = DIRECTIONS[self.direction]
        distance = slots["distance_mm"]
        end = (x + step_x * distance, y + step_y * distance, z)
        return Plan((Action("pick", (x, y, z)), Action("place", end)))

    def reached(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Released, within 2 cm of the wanted spot."""
        name = slots["object"]
        spot = self.spot(scene[name], slots["distance_mm"])
        return (
            episode.held is None
            and is_at(episode, name, spot)
            and is_undisturbed(scene, episode, name)
        )

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks the object and the distance."""
        super().check(scene, slots)
        base = base_of(scene, scene[slots["object"]])
        if base is not None:
            raise DatasetError(
                f"'{slots['object']}' stands on '{base.name}'; "
                f"'{self.name}' moves what stands on the table."
            )
        distance = slots["distance_mm"]
        if not isinstance(distance, int) or not SHORTEST_MM <= distance <= 500:
            raise DatasetError(
                f"'distance_mm' of '{self.name}' is {distance!r}; "
                f"give whole mm, {SHORTEST_MM} to 500."
            )


class Refuse(Task):
    """Say no to what cannot be done, and leave everything where it is."""

    name = "refuse"
    slots = ("reason",)
    weight = 2.0  # what is absent takes more pairs to learn than what is there

    def sample(self, scene: Scene, rng: np.random.Generator, style: Style) -> Instruction | None:
        """Draws a solvable instruction and exchanges one name for that of an absent thing.

        Every second time, if there is one, for a name whose colour and whose shape are on the
        table, though not together.
        """
        twin = pick(rng, [task for task in TASKS.values() if task is not self])
        choices = twin.choices(scene)
        if not choices:
            return None
        slots = pick(rng, choices)
        key = pick(rng, [k for k in ("object", "target") if k in slots])
        shapes = twin.objects if key == "object" else twin.targets
        names = _absent_like(scene, scene[slots[key]], shapes)
        if not names:
            return None
        near = [n for n in names if all(any(w in o.name for o in scene.objects) for w in n.split())]
        name = pick(rng, near if near and rng.integers(2) else names)
        goal = Goal(self.name, {"reason": ABSENT})
        return Instruction(twin.say({**slots, key: name}, rng, style), goal)

    def oracle(self, scene: Scene, slots: Slots) -> Plan:
        """Refuses, giving the reason."""
        return Plan((Action("refuse", (slots["reason"],)),))

    def reached(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Refused for the right reason, and nothing moved."""
        return episode.plan.refusal == slots["reason"] and is_undisturbed(scene, episode)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks the reason."""
        reason = str(slots["reason"])
        if reason not in REFUSAL_REASONS:
            raise DatasetError(f"Unknown reason '{reason}'.{did_you_mean(reason, REFUSAL_REASONS)}")


TASKS: MappingProxyType[str, Task] = MappingProxyType(
    {
        task.name: task
        for task in (PickAndPlace(), Lift(), *(Move(d) for d in DIRECTIONS), Stack(), Refuse())
    }
)
"""Name to task."""


def read_goal(data: Any, scene: Scene) -> Goal:
    """Reads a goal's JSON form and checks it against its scene; `Goal.to_dict` is its inverse.

    Raises:
        DatasetError: if the task, a key or a value is unknown, missing or out of place.
        SceneError: if an object is not in the scene.
    """
    if not isinstance(data, dict) or "task" not in data:
        raise DatasetError("A goal must be a JSON object with the key 'task'.")
    name = str(data["task"])
    if name not in TASKS:
        raise DatasetError(f"Unknown task '{name}'.{did_you_mean(name, TASKS)}")
    task = TASKS[name]
    slots = {key: value for key, value in data.items() if key != "task"}
    if "distance_mm" in task.slots:
        slots.setdefault("distance_mm", DEFAULT_DISTANCE_MM)
    for key in (*task.slots, *slots):
        if key not in slots:
            raise DatasetError(f"A goal of task '{name}' needs the key '{key}'.")
        if key not in task.slots:
            hint = did_you_mean(key, ("task", *task.slots))
            raise DatasetError(f"A goal of task '{name}' has no key '{key}'.{hint}")
    task.check(scene, slots)
    return Goal(name, slots)


def _carry(start: Vector, end: Vector) -> Plan:
    return Plan((Action("pick", _millimetres(start)), Action("place", _millimetres(end))))


def _millimetres(position: Vector) -> tuple[int, ...]:
    return tuple(to_millimetres(value) for value in position)


def _absent_like(scene: Scene, item: SceneObject, shapes: Sequence[str]) -> list[str]:
    """Returns names of absent things with the object's colour or its shape, of these shapes."""
    same_color, same_shape = (
        absent_names(scene, color=item.color),
        absent_names(scene, shape=item.shape),
    )
    return [name for name in (*same_color, *same_shape) if name.rsplit(" ", 1)[-1] in shapes]
