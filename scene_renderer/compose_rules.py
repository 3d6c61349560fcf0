"""`check_description`: whether what is described could be on one table at all.

What is said here needs no search for places: too few for a ring, nothing to stand on, left and
right of the same thing at once. Whether there is room is `compose_layout.py`'s to find out.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from scene_renderer.catalogue import SHAPES
from scene_renderer.compose import (
    FORMATIONS,
    PILES,
    PLACES,
    RELATIONS,
    Description,
    Group,
    Relation,
    capital,
)
from scene_renderer.errors import SceneError
from scene_renderer.piles import put_on
from scene_renderer.scene import SceneObject
from scene_renderer.vocabulary import SIZE_WORDS

_OPPOSITES = (
    {"left_of", "right_of"},
    {"in_front_of", "behind"},
    {"next_to", "far_from"},
    {"near", "far_from"},
    {"at_left", "at_right"},
    {"at_front", "at_back"},
    *({"middle", edge} for edge in PLACES if edge != "middle"),
)
"""Kinds that exclude each other, if they are to the same group."""

_AXES = (("left_of", "right_of"), ("behind", "in_front_of"))


def check_description(description: Description) -> None:
    """Makes sure that a description contradicts neither itself nor the catalogue.

    Raises:
        SceneError: says in one sentence what cannot be built.
    """
    groups = description.groups
    for number, group in enumerate(groups):
        for relation in group.relations:
            _check_numbers(description, number, relation)
        _check_pile(description, number)
        _check_opposites(description, number)
    _check_formations(description)
    for axis in _AXES:
        _check_order(description, *axis)
    _check_anchors(description)


def base_group(description: Description, number: int) -> int:
    """Returns the group on which a group stands, or the group itself if that is the table."""
    pile = description.groups[number].relation(*PILES)
    return pile.of[0] if pile else number


def size_of(shape: str, word: str) -> float:
    """Returns the width that a size word means, metres."""
    return SHAPES[shape].sizes[SIZE_WORDS.index(word)]


def _check_numbers(description: Description, number: int, relation: Relation) -> None:
    others = description.members(relation.of)
    if relation.kind == "between" and others != 2:
        raise SceneError(
            f"{capital(description.tell(number))}: between means between two, not {others}."
        )
    if relation.kind == "around":
        around = [n for n, g in enumerate(description.groups) if relation in g.relations]
        if others != 1:
            raise SceneError(
                f"{capital(description.tell(number))}: things can stand around one, not {others}."
            )
        if description.members(around) < 2:
            raise SceneError(
                f"{capital(description.tell(number))}: it takes two or more to stand around it."
            )
    if relation.kind in FORMATIONS:
        members, least = (
            description.members({number, *relation.of}),
            2 + (relation.kind == "circle"),
        )
        if members < least:
            raise SceneError(
                f"{capital(description.tell(number))}: "
                f"it takes at least {least} to stand {RELATIONS[relation.kind]}, not {members}."
            )


def _check_pile(description: Description, number: int) -> None:
    group = description.groups[number]
    piles = [relation for relation in group.relations if relation.kind in PILES]
    if not piles:
        return
    told, bases = capital(description.tell(number)), description.members(piles[0].of)
    base = description.groups[piles[0].of[0]]
    if len(piles) > 1 or len(piles[0].of) > 1:
        raise SceneError(f"{told}: something stands in or on one thing only.")
    if group.count != bases:
        raise SceneError(
            f"{told}: one object can stand in or on another, so {bases} "
            f"cannot carry {group.count}; name as many as there are below."
        )
    if base.relation(*PILES):
        raise SceneError(f"{told}: piles are two high, and {base} stands on something already.")
    if any(r.of == piles[0].of for g in description.groups if g != group for r in _piles(g)):
        raise SceneError(f"{told}: {base} can carry one object, not several.")
    _check_stands(told, group, base, piles[0].kind)


def _piles(group: Group) -> list[Relation]:
    return [relation for relation in group.relations if relation.kind in PILES]


def _check_stands(told: str, group: Group, base: Group, kind: str) -> None:
    """Checks whether the smallest of a group would stand on the largest of its base."""
    if group.shape is None or base.shape is None:
        raise SceneError(f"{told}: say which shapes, since not all stand on all.")
    if SHAPES[group.shape].role == "receiver":
        raise SceneError(f"{told}: a {group.shape} stands on the table only.")
    if kind == "in" and SHAPES[base.shape].role != "receiver":
        raise SceneError(f"{told}: nothing can be put into a {base.shape}.")
    item = _example(group, group.shape, "small")
    if put_on(item, _example(base, base.shape, "large")) is None:
        is_tight = SHAPES[base.shape].role == "receiver"
        why = f"it is too {'wide' if is_tight else 'unsteady'} for a {base.shape}"
        raise SceneError(f"{told}: a {group.shape} would not stand there, {why}.")


def _example(group: Group, shape: str, size: str) -> SceneObject:
    width = size_of(shape, group.size or size)
    height = SHAPES[shape].extents(width)[2]
    return SceneObject("example", group.color or "red", shape, width, (0.5, 0.0, height / 2))


def _check_opposites(description: Description, number: int) -> None:
    relations = description.groups[number].relations
    for a in relations:
        for b in relations:
            if {a.kind, b.kind} in _OPPOSITES and (set(a.of) & set(b.of) or not (a.of or b.of)):
                raise SceneError(
                    f"{capital(description.tell(number))}: nothing is {RELATIONS[a.kind]} and "
                    f"{RELATIONS[b.kind]} at once."
                )


def _check_formations(description: Description) -> None:
    """Checks that nothing is to stand in order in two ways."""
    ordered: dict[int, Relation] = {}
    for number, group in enumerate(description.groups):
        for relation in group.relations:
            if relation.kind not in (*FORMATIONS, "around"):
                continue
            for member in {number} if relation.kind == "around" else {number, *relation.of}:
                told = capital(description.groups[member])
                if description.groups[member].relation(*PILES):
                    raise SceneError(
                        f"{told} cannot be {RELATIONS[relation.kind]}, since it stands in or on "
                        "something; say that of what is below."
                    )
                if ordered.setdefault(member, relation) != relation:
                    raise SceneError(
                        f"{told} cannot be {RELATIONS[ordered[member].kind]} and "
                        f"{RELATIONS[relation.kind]} at once."
                    )


def _check_order(description: Description, forth: str, back: str) -> None:
    """Checks that along one axis nothing comes before itself."""
    before: dict[int, set[int]] = {n: set() for n in range(len(description.groups))}
    for number, other, kind in _on_the_table(description):
        if kind == forth:
            before[other].add(number)
        elif kind == back:
            before[number].add(other)
    circle = _find_circle(before)
    if circle:
        names = ", ".join(str(description.groups[number]) for number in dict.fromkeys(circle))
        raise SceneError(
            f"These contradict each other about {RELATIONS[forth]} and {RELATIONS[back]}: {names}."
        )


def _check_anchors(description: Description) -> None:
    """Checks that what others stand around or between has a place without them."""
    needs: dict[int, set[int]] = {n: set() for n in range(len(description.groups))}
    for number, other, kind in _on_the_table(description):
        if kind in ("around", "between"):
            needs[number].add(other)
    circle = _find_circle(needs)
    if circle:
        names = ", ".join(str(description.groups[number]) for number in dict.fromkeys(circle))
        raise SceneError(f"Each of these waits for the other to have a place: {names}.")


def _on_the_table(description: Description) -> Iterator[tuple[int, int, str]]:
    """Yields (group, other group, kind) with what is in or on something as that."""
    for number, group in enumerate(description.groups):
        for relation in group.relations:
            for other in relation.of if relation.kind not in (*PILES, *FORMATIONS) else ():
                own, its = base_group(description, number), base_group(description, other)
                if own == its and number != other:
                    raise SceneError(
                        f"{capital(description.tell(number))}: the one stands in or on the other."
                    )
                yield own, its, relation.kind


def _find_circle(graph: dict[int, set[int]]) -> list[int]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        numbers: list[int] = error.args[1]
        return numbers
    return []
