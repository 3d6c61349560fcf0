"""`lay_out`: from a description to a scene, by search.

    what      colours, shapes and sizes that the description leaves open are drawn
    where     groups one after the other, what others stand around or between first; formations as
              a whole, all else at random, where all that is said of it holds
    rules     those of `sampler.py`: gaps, wholly in the picture, seen, and room for the fingers,
              for which only what is in something may be too deep

A dead end starts afresh. What has found no place in `ATTEMPTS` tries is said.
"""

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scene_renderer.catalogue import SHAPES
from scene_renderer.compose import FORMATIONS, PILES, Description
from scene_renderer.compose_formations import circle, line_up, surround
from scene_renderer.compose_kinds import Kind, draw_kinds, name_all
from scene_renderer.compose_relations import DIRECTED, holds
from scene_renderer.compose_rules import base_group, check_description
from scene_renderer.errors import SceneError
from scene_renderer.footprint import has_gap
from scene_renderer.piles import put_on
from scene_renderer.sampler import (
    AREA_X,
    AREA_Y,
    GAP,
    VISIBLE,
    Setup,
    drop,
    find_outline,
    find_untakeable,
    sample_setup,
    uncovered,
)
from scene_renderer.scene import Scene, SceneObject

ATTEMPTS = 400
"""How often a layout is begun before it is given up."""

_TRIES = 80
_SPLIT = "test"
"""Composed scenes look as mild as those of this split."""
_BELOW = 0.35
"""Least share of an outline that is uncovered where something stands on it."""
_CENTRAL = 0.4
"""Share of the area's sides within which something stands that others stand around."""


@dataclass(frozen=True)
class _Wish:
    """A relation of a group on the table to other groups on the table."""

    kind: str
    others: tuple[int, ...]
    is_slanted: bool


@dataclass(frozen=True)
class _Unit:
    """Groups that find their places together.

    Attributes:
        groups: their indices.
        formation: a kind in which they stand, "around", or None.
        anchor: the group that they stand around.
        needs: groups that must have their places before.
        wants: groups that better have.
    """

    groups: tuple[int, ...]
    formation: str | None
    anchor: int | None
    needs: frozenset[int]
    wants: frozenset[int]


def lay_out(description: Description, seed: int) -> Scene:
    """Finds a scene that is as described.

    Args:
        description: what it shall hold.
        seed: one description and seed give one scene.

    Raises:
        SceneError: if it contradicts itself, or found no place.
    """
    check_description(description)
    blamed: Counter[int] = Counter()
    setup = sample_setup(seed, _SPLIT, 0)
    objects = _search(description, setup, seed, blamed)
    if objects is None:
        raise SceneError(_explain(description, setup, seed, blamed))
    mark = zlib.crc32(repr(description).encode())
    return setup.furnish(f"composed-{seed}-{mark:08x}", objects)


def _search(
    description: Description, setup: Setup, seed: int, blamed: Counter[int]
) -> tuple[SceneObject, ...] | None:
    rng = np.random.default_rng([seed, zlib.crc32(b"compose")])
    for _ in range(ATTEMPTS):
        attempt = _Attempt(description, setup, rng)
        objects = attempt.run()
        if objects is not None:
            return objects
        blamed.update(attempt.blamed)
    return None


def _explain(description: Description, setup: Setup, seed: int, blamed: Counter[int]) -> str:
    """Says what found no place: all together, or one group because of its relations."""
    free = [
        replace(group, relations=tuple(r for r in group.relations if r.kind in PILES))
        for group in description.groups
    ]
    everything = ", ".join(str(group) for group in description.groups)
    if _search(Description(tuple(free)), setup, seed, Counter()) is None:
        return f"These do not fit on the table: {everything}. Ask for fewer or smaller things."
    worst = description.tell(blamed.most_common(1)[0][0])
    return (
        f"There is room for {everything}, but not as you say; {worst} found no place most often. "
        "Say less about where, or ask for fewer things."
    )


class _Attempt:
    """One layout that is begun.

    Attributes:
        blamed: groups that found no place.
    """

    def __init__(self, description: Description, setup: Setup, rng: np.random.Generator) -> None:
        self.blamed: tuple[int, ...] = ()
        self._setup, self._rng = setup, rng
        self._groups = description.groups
        self._base = [base_group(description, n) for n in range(len(self._groups))]
        self._wishes = _wishes(description, self._base)
        self._units = _units(description, self._base, self._wishes)
        self._kinds = draw_kinds(description, rng)
        self._placed: dict[int, list[SceneObject]] = {}

    def run(self) -> tuple[SceneObject, ...] | None:
        """Returns the objects in the order of the description, or None at a dead end."""
        waiting = list(self._units)
        while waiting:
            unit = min(waiting, key=self._urgency)
            waiting.remove(unit)
            if not self._place(unit):
                self.blamed = unit.groups
                return None
        if not self._pile_up():
            return None
        objects = [o for n in range(len(self._groups)) for o in self._placed[n]]
        if not self._are_seen(objects) or not self._can_be_taken(objects):
            self.blamed = tuple(n for n in self._placed if self._groups[n].relations)
            return None
        return name_all(objects, self._kinds)

    def _are_seen(self, objects: Sequence[SceneObject]) -> bool:
        """Whether all are in the picture, and enough of each uncovered."""
        outlines = [find_outline(item, self._setup) for item in objects]
        seen = [outlined for outlined in outlines if outlined is not None]
        if len(seen) < len(objects):
            return False
        distances = [math.dist(item.position, self._setup.camera.position) for item in objects]
        shares = uncovered(seen, distances)
        bases = {id(o) for n, b in enumerate(self._base) if n != b for o in self._placed[b]}
        return all(
            share >= (_BELOW if id(item) in bases else VISIBLE)
            for item, share in zip(objects, shares, strict=True)
        )

    def _can_be_taken(self, objects: Sequence[SceneObject]) -> bool:
        """Whether the hand fits around all, but for what may be too deep in something."""
        riders = {id(o) for n, b in enumerate(self._base) if n != b for o in self._placed[n]}
        return all(id(item) in riders for item in find_untakeable(objects))

    def _urgency(self, unit: _Unit) -> tuple[bool, bool, float]:
        ready = self._placed.keys()
        widest = max(math.hypot(*SHAPES[k.shape].extents(k.size)[:2]) for k in self._of(unit))
        return not unit.needs <= ready, not unit.wants <= ready, -widest

    def _of(self, unit: _Unit) -> list[Kind]:
        return [kind for kind in self._kinds if kind.group in unit.groups]

    def _place(self, unit: _Unit) -> bool:
        """Finds places for a unit, and looks whether what was said of it before holds."""
        kinds = self._of(unit)
        found = self._form(unit, kinds) if unit.formation else self._scatter(kinds)
        if found is None:
            return False
        for number in unit.groups:
            members = zip(kinds, found, strict=True)
            self._placed[number] = [item for kind, item in members if kind.group == number]
        return all(
            self._keeps_wishes(number, item)
            for number, items in self._placed.items()
            if any(set(unit.groups) & set(wish.others) for wish in self._wishes[number])
            for item in items
        )

    def _form(self, unit: _Unit, kinds: list[Kind]) -> list[SceneObject] | None:
        for _ in range(_TRIES):
            items: list[SceneObject] | None = [self._drop(kind) for kind in kinds]
            assert items is not None
            if unit.anchor is not None:
                items = surround(items, self._placed[unit.anchor][0], self._rng)
            elif unit.formation == "circle":
                items = circle(items, self._rng)
            else:
                items = line_up(str(unit.formation), items, self._rng)
            if items is not None and all(
                self._fits(kind.group, item, items[:index])
                for index, (kind, item) in enumerate(zip(kinds, items, strict=True))
            ):
                return items
        return None

    def _scatter(self, kinds: list[Kind]) -> list[SceneObject] | None:
        items: list[SceneObject] = []
        for kind in kinds:
            for _ in range(_TRIES):
                item = self._drop(kind)
                if self._fits(kind.group, item, items):
                    items.append(item)
                    break
            else:
                return None
        return items

    def _drop(self, kind: Kind) -> SceneObject:
        item = drop(kind.color, kind.shape, kind.size, self._rng)
        if all(unit.anchor != kind.group for unit in self._units):
            return item
        middle = np.array([sum(AREA_X) / 2, sum(AREA_Y) / 2])
        x, y = (middle + _CENTRAL * (np.array(item.position[:2]) - middle)).round(3).tolist()
        return replace(item, position=(x, y, item.position[2]))

    def _fits(self, number: int, item: SceneObject, beside: Sequence[SceneObject]) -> bool:
        """Whether a place is free, in the picture, and where the group is said to be."""
        x, y, _ = item.position
        return (
            AREA_X[0] <= x <= AREA_X[1]
            and AREA_Y[0] <= y <= AREA_Y[1]
            and self._keeps_wishes(number, item)
            and all(has_gap(item, o, GAP) for items in self._placed.values() for o in items)
            and all(has_gap(item, o, GAP) for o in beside)
            and find_outline(item, self._setup) is not None
        )

    def _keeps_wishes(self, number: int, item: SceneObject) -> bool:
        """Whether all holds that can be told by now."""
        count = self._groups[number].count
        for wish in self._wishes[number]:
            if all(other in self._placed for other in wish.others):
                others = [o for other in wish.others for o in self._placed[other] if o is not item]
                if not holds(wish.kind, item, others, count, wish.is_slanted):
                    return False
        return True

    def _pile_up(self) -> bool:
        """Puts what stands in or on something there."""
        for number, base in enumerate(self._base):
            if base == number:
                continue
            kinds = [kind for kind in self._kinds if kind.group == number]
            spots = [
                put_on(self._drop(kind), below)
                for kind, below in zip(kinds, self._placed[base], strict=True)
            ]
            items = [spot for spot in spots if spot is not None]
            if len(items) < len(kinds):
                self.blamed = (number,)
                return False
            self._placed[number] = items
        return True


def _wishes(description: Description, base: Sequence[int]) -> list[list[_Wish]]:
    """Returns what is said of each group on the table, or of what stands on it."""
    wishes: list[list[_Wish]] = [[] for _ in base]
    for number, group in enumerate(description.groups):
        for relation in group.relations:
            if relation.kind in (*PILES, *FORMATIONS, "around"):
                continue
            others = tuple(dict.fromkeys(base[other] for other in relation.of))
            is_slanted = any(
                r.kind in DIRECTED and r.kind != relation.kind and set(r.of) & set(relation.of)
                for r in group.relations
            )
            wishes[base[number]].append(_Wish(relation.kind, others, is_slanted))
    return wishes


def _units(description: Description, base: Sequence[int], wishes: list[list[_Wish]]) -> list[_Unit]:
    """Returns the groups on the table, those together that stand in order together."""
    formed: dict[tuple[int, ...], tuple[str, int | None]] = {}
    for number, group in enumerate(description.groups):
        for relation in group.relations:
            if relation.kind == "around":
                around = (n for n, g in enumerate(description.groups) if relation in g.relations)
                formed[tuple(around)] = ("around", base[relation.of[0]])
            elif relation.kind in FORMATIONS:
                formed[tuple(sorted({number, *relation.of}))] = (relation.kind, None)
    in_order = {number for groups in formed for number in groups}
    alone = ((n,) for n in range(len(base)) if base[n] == n and n not in in_order)
    units = []
    for groups in (*formed, *alone):
        formation, anchor = formed.get(groups, (None, None))
        own = [wish for number in groups for wish in wishes[number]]
        needs = {o for wish in own if wish.kind == "between" for o in wish.others}
        wants = {o for wish in own for o in wish.others}
        anchors = {anchor} if anchor is not None else set()
        units.append(
            _Unit(groups, formation, anchor, frozenset(needs | anchors), frozenset(wants | anchors))
        )
    return units
