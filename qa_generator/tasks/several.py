"""All objects of a kind, or several, go to or leave one thing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_generator.goals import AROUND, BESIDE, at_end, is_contained, is_near, is_standing
from qa_generator.slots import check_names, check_slot, of_shapes, on_table
from qa_generator.tasks.arrange import check_on_table
from qa_generator.tasks.base import Slots, Task
from qa_generator.tasks.bench import Bench, has_room
from qa_generator.tasks.move import BESIDE_MM, check_word
from scene_renderer.catalogue import GRASPABLE, RECEIVERS
from scene_renderer.errors import DatasetError
from scene_renderer.footprint import covers, gap, turn
from scene_renderer.meshes import WALL
from scene_renderer.piles import load_of
from scene_renderer.scene import Scene, SceneObject, Vector
from scene_renderer.vocabulary import COLORS

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

WORDS: Mapping[str, Sequence[str]] = {"color": tuple(COLORS), "shape": GRASPABLE}
"""What objects are chosen by, and the words for it."""
MOST = 3
"""Objects in one receiver, or around one thing, that instructions ask for."""
APART_MM = 38
"""How far from a receiver's middle each of several objects is put."""
TIPPY = ("bottle", "domino")
"""Shapes that another one put down near them knocks over."""
_WAYS = [math.radians(degrees) for degrees in (0, 45, 135, 90)]
_BETWEEN, _TO_WALL = 0.010, 0.003


def members(scene: Scene, which: Mapping[str, str]) -> list[SceneObject]:
    """Returns the graspable objects of a colour or shape, in the scene's order."""
    ((key, word),) = which.items()
    return [o for o in scene.objects if o.shape in GRASPABLE and getattr(o, key) == word]


class PutAll(Task):
    """Put all objects of a colour or shape into or onto a receiver."""

    name = "put_all"
    slots = ("which", "target")

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few kinds of which two or three stand on the table, and receivers."""
        candidates = [
            {"which": which, "target": target.name}
            for which in _kinds(scene, 2)
            for target in of_shapes(scene, RECEIVERS)
        ]
        return self.some(scene, rng, candidates)

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """All of that kind."""
        return tuple(item.name for item in members(scene, slots["which"]))

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Spreads them about the receiver's middle, the lowest first."""
        fill(bench, members(bench.scene, slots["which"]), slots["target"])

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Each over the target's footprint and above its base."""
        names = self.moved(scene, slots)
        return all(is_contained(scene, episode, name, slots["target"]) for name in names)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks the kind and the target."""
        check_which(scene, slots["which"])
        check_slot(scene, slots["target"], RECEIVERS, f"the target of '{self.name}'")


class Sort(Task):
    """Put each colour or shape into a receiver of its own."""

    name = "sort"
    slots = ("by", "bins")
    weight = 1.5

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few pairs of kinds, with a receiver for each."""
        bins = of_shapes(scene, RECEIVERS)
        kinds = _kinds(scene, 1)
        candidates = [
            {"by": key, "bins": {a[key]: first.name, b[key]: second.name}}
            for a, b in itertools.combinations(kinds, 2)
            for key in WORDS
            if key in a and key in b
            for first, second in itertools.permutations(bins, 2)
        ]
        return self.some(scene, rng, candidates)

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """All of those kinds."""
        return tuple(o.name for word in slots["bins"] for o in members(scene, {slots["by"]: word}))

    def involved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """The receivers, too."""
        return (*self.moved(scene, slots), *slots["bins"].values())

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Fills one receiver after the other."""
        for word, target in slots["bins"].items():
            fill(bench, members(bench.scene, {slots["by"]: word}), target)

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Each over its receiver's footprint and above its base."""
        return all(
            is_contained(scene, episode, item.name, target)
            for word, target in slots["bins"].items()
            for item in members(scene, {slots["by"]: word})
        )

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks kinds and receivers."""
        check_word(slots["by"], WORDS, "by")
        bins = slots["bins"]
        if not isinstance(bins, dict) or not bins:
            raise DatasetError(f"'bins' is {bins!r}; give an object of receivers by {slots['by']}.")
        for word, target in bins.items():
            check_which(scene, {slots["by"]: word})
            check_slot(scene, target, RECEIVERS, f"the target of '{self.name}'")
        if len(set(bins.values())) < len(bins):
            raise DatasetError("'bins' names a receiver twice; give each kind one of its own.")


class Gather(Task):
    """Bring two or three objects around another one."""

    name = "gather"
    slots = ("target",)
    either = ("which", "objects")

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """A few sets of things that stand further off, named one by one or by their kind."""
        targets = on_table(scene, (*GRASPABLE, *RECEIVERS))
        items = on_table(scene, GRASPABLE)
        pairs = [sorted(p, key=lambda o: o.name) for p in itertools.combinations(items, 2)]
        named: list[dict[str, Any]] = [{"objects": [o.name for o in pair]} for pair in pairs]
        kinds = [{"which": which} for which in _kinds(scene, 2)]
        candidates = [
            {**group, "target": target.name}
            for group in (*named, *kinds, *kinds)
            for target in targets
            if all(o is not target and gap(o, target) > BESIDE for o in _group(scene, group))
        ]
        return self.some(scene, rng, candidates)

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """The objects."""
        return tuple(item.name for item in _group(scene, slots))

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Puts each at the first free spot at a fixed distance from the target.

        Raises:
            DatasetError: if there are too few.
        """
        target = bench.scene[slots["target"]]
        for item in _group(bench.scene, slots):
            spot = bench.first_free(item.name, _around(target, item))
            if spot is None:
                raise DatasetError(f"There is no room for '{item.name}' around '{target.name}'.")
            bench.carry(item.name, spot)

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """Each near the target, on the table."""
        target = at_end(scene, episode, slots["target"])
        items = [at_end(scene, episode, name) for name in self.moved(scene, slots)]
        return all(is_near(item, target, AROUND) and is_standing(item) for item in items)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks that all can be taken, and that the target is none of them."""
        if "which" in slots:
            check_which(scene, slots["which"])
        else:
            check_names(slots["objects"], "objects", 2)
        check_slot(scene, slots["target"], (*GRASPABLE, *RECEIVERS), f"the target of '{self.name}'")
        for name in self.moved(scene, slots):
            check_slot(scene, name, GRASPABLE, f"gathered by '{self.name}'")
            check_on_table(scene, name, self.name)
            if name == slots["target"]:
                raise DatasetError(f"'{name}' cannot be gathered around itself.")


class Clear(Task):
    """Put on the table what stands in or on something."""

    name = "clear"
    slots = ("target",)
    weight = 2.0

    def choices(self, scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Everything that bears something."""
        candidates = [{"target": o.name} for o in scene.objects if load_of(scene, o)]
        return self.some(scene, rng, candidates)

    def moved(self, scene: Scene, slots: Slots) -> tuple[str, ...]:
        """What stands in or on it."""
        return tuple(item.name for item in load_of(scene, scene[slots["target"]]))

    def solve(self, bench: Bench, slots: Slots) -> None:
        """Carries the load to the nearest free spots, the highest first."""
        target = bench.scene[slots["target"]]
        for item in sorted(load_of(bench.scene, target), key=lambda o: -o.position[2]):
            bench.put_aside(item.name, target)

    def holds(self, scene: Scene, slots: Slots, episode: Episode) -> bool:
        """All of it on the table, beside the target."""
        target = at_end(scene, episode, slots["target"])
        items = [at_end(scene, episode, name) for name in self.moved(scene, slots)]
        return all(is_standing(item) and not covers(target, item.position) for item in items)

    def check(self, scene: Scene, slots: Slots) -> None:
        """Checks that something stands there."""
        if not load_of(scene, scene[slots["target"]]):
            raise DatasetError(f"Nothing stands in or on '{slots['target']}'; it is clear already.")


def fill(bench: Bench, items: Sequence[SceneObject], target: str) -> None:
    """Carries objects into or onto an empty receiver, the lowest first.

    Several stand on a plate or tray. In a bowl they slide together, and between the walls of a box
    the fingers have no room to open beside its middle.

    Raises:
        DatasetError: if there is no room for all of them.
    """
    receiver = bench.scene[target]
    todo = sorted(items, key=lambda item: (item.extents[2], item.name))
    if len(todo) > 1 and any(item.shape in TIPPY for item in todo):
        raise DatasetError(
            f"Not several objects stand on '{target}' with a {' or '.join(TIPPY)} among them."
        )
    if len(todo) == 1:
        bench.carry(todo[0].name, receiver.position, onto=target)
        return
    for way in _WAYS if not receiver.kind.deep else ():
        spots = _spread(receiver, len(todo), receiver.yaw + way)
        if _try_fill(bench, receiver, todo, spots):
            return
    raise DatasetError(f"There is no room for {len(todo)} objects in or on '{target}'.")


def check_which(scene: Scene, which: Any) -> None:
    """Checks that a slot chooses objects by colour or shape, and that there are any.

    Raises:
        DatasetError: if not.
    """
    if not isinstance(which, dict) or len(which) != 1 or not set(which) <= set(WORDS):
        raise DatasetError(f'\'which\' is {which!r}; give {{"color": ...}} or {{"shape": ...}}.')
    ((key, word),) = which.items()
    check_word(word, WORDS[key], key)
    found = members(scene, which)
    if not found:
        raise DatasetError(f"Nothing in scene '{scene.id}' that can be taken is '{word}'.")
    for item in found:
        check_slot(scene, item.name, GRASPABLE, f"one of '{word}'")


def _kinds(scene: Scene, least: int) -> list[dict[str, str]]:
    """Colours and shapes of which at least so many can be taken, all of them from the table."""
    free = on_table(scene, GRASPABLE)
    kinds = [{key: word} for key, words in WORDS.items() for word in words]
    groups = [(which, members(scene, which)) for which in kinds]
    return [
        w for w, group in groups if least <= len(group) <= MOST and all(o in free for o in group)
    ]


def _group(scene: Scene, slots: Slots) -> list[SceneObject]:
    if "which" in slots:
        return members(scene, slots["which"])
    return [scene[name] for name in slots["objects"]]


def _around(target: SceneObject, item: SceneObject) -> list[Vector]:
    """Spots at a fixed distance from a thing: beside, before and behind it, and between these."""
    reach = BESIDE_MM[target.kind.role] / 1000
    x, y, _ = target.position
    turns = [math.radians(degrees) for degrees in (90, 270, 180, 0, 135, 225, 45, 315)]
    return [
        (x + reach * math.cos(turn), y + reach * math.sin(turn), item.extents[2] / 2)
        for turn in turns
    ]


def _spread(receiver: SceneObject, count: int, way: float) -> list[Vector]:
    """Spots about a receiver's middle, evenly turned."""
    x, y, z = receiver.position
    turns = [way + 2 * math.pi * k / count for k in range(count)]
    reach = APART_MM / 1000
    return [(x + reach * math.cos(turn), y + reach * math.sin(turn), z) for turn in turns]


def _is_within_rim(item: SceneObject, receiver: SceneObject) -> bool:
    """Whether an object stands wholly within a receiver's walls; a plate's rim is no wall."""
    if receiver.kind.round:
        return math.dist(item.position[:2], receiver.position[:2]) < receiver.extents[0] / 2
    offset = np.subtract(item.position[:2], receiver.position[:2]) @ turn(receiver.yaw)
    half = np.array(item.extents[:2]) / 2
    shadow = half if item.kind.round else np.abs(turn(item.yaw - receiver.yaw)) @ half
    inner = np.array(receiver.extents[:2]) / 2 - WALL - _TO_WALL
    return bool(np.all(np.abs(offset) + shadow <= inner))


def _try_fill(
    bench: Bench, receiver: SceneObject, items: Sequence[SceneObject], spots: Sequence[Vector]
) -> bool:
    """Carries objects to spots, if hand and objects have room."""
    trial, inside = Bench(bench.scene), list[SceneObject]()
    for item, spot in zip(items, spots, strict=True):
        trial.carry(item.name, spot, onto=receiver.name)
        there = trial.scene[item.name]
        if not _is_within_rim(there, receiver):
            return False
        if any(gap(there, other) < _BETWEEN for other in inside):
            return False
        inside.append(there)
        if not has_room(inside, there):
            return False
    if not trial.is_roomy:
        return False
    for item, spot in zip(items, spots, strict=True):
        bench.carry(item.name, spot, onto=receiver.name)
    return True
