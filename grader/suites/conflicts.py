"""The list of coordinates is taken away, or contradicts the picture, which stays true.

    absent              no list: whoever reaches the goal can see
    renamed             things have exchanged their places, what can be taken and what receives
    6 cm off            everything stands 6 cm further in one direction
    another layout's    everything stands elsewhere, as in another scene

The goal is what the picture shows, so success says that the picture was followed.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from types import MappingProxyType

import numpy as np

from grader.cases import Case, Listing, listing_of
from grader.metrics import grouped
from grader.suites.base import Json, Paired, Suite
from grader.suites.decoys import count_trust, find_decoys
from grader.suites.draws import stream
from grader.suites.layouts import rearrange
from grader.suites.listings import shifted, with_list
from scene_renderer.piles import base_of, load_of
from scene_renderer.scene import REACH_X, REACH_Y, Scene, SceneObject, Vector

OFFSET = 0.06
"""How far from the truth a displaced list is, metres: too far for the fingers."""
ABSENT, RENAMED, DISPLACED, REARRANGED = "absent", "renamed", "6 cm off", "another layout's"

_DIRECTIONS = ((0.0, 1.0), (0.0, -1.0), (1.0, 0.0), (-1.0, 0.0))
_TRIES = 20


def vary_conflict(cases: Sequence[Case], seed: int) -> list[Case]:
    """Returns each case that has a list with none, and with lists that contradict the picture.

    A false list is told only where it leads elsewhere: see `find_decoys`. Without names only a
    list that is a little off contradicts: of one that fits nothing nobody knows which line is what.
    """
    listed = with_list(cases)
    if not listed:
        return []
    varied = [case.vary("conflict", ABSENT, listing=()) for case in listed]
    for variant, draw in _FALSEHOODS.items():
        rng = stream(f"conflict {variant}", listed[0], seed)
        found = _falsify(listed[0], (draw(listed[0], rng) for _ in range(_TRIES)))
        if found is None:
            continue
        told, decoys = found
        for case in listed:
            if variant == DISPLACED or case.context == "named":
                listing = _tell(case, told)
                varied.append(case.vary("conflict", variant, listing=listing, decoys=decoys))
    return varied


def figure_conflict(pairs: Sequence[Paired]) -> Json:
    """Returns `{"trust": {context: {variant: {"picture": R, "list": R, "neither": R}}}}`.

    Who reaches the goal followed the picture; who goes for where the list has what is asked for
    followed the list.
    """
    told = [p for p in pairs if p.varied.decoys]
    return {
        "trust": {
            context: {
                variant: count_trust(arm, "picture", "list")
                for variant, arm in grouped(part, lambda p: p.varied.variant).items()
            }
            for context, part in grouped(told, lambda p: p.varied.context).items()
        }
    }


def _falsify(case: Case, drawn: Iterable[Scene | None]) -> tuple[Scene, str] | None:
    """Returns the first false table that leads elsewhere, with where it leads."""
    if case.must_be_refused:
        return None
    for told in drawn:
        decoys = find_decoys(case, told) if told is not None else ""
        if told is not None and decoys:
            return told, decoys
    return None


def _rename(case: Case, rng: np.random.Generator) -> Scene | None:
    """Lets what can be taken change places, and what receives; what is piled stays."""
    scene = case.scene
    places: dict[str, Vector] = {}
    for role in ("graspable", "receiver"):
        items = [o for o in scene.objects if o.kind.role == role and not _is_piled(scene, o)]
        names = [o.name for o in items]
        places |= {names[i]: items[k].position for i, k in enumerate(rng.permutation(len(items)))}
    return _moved(scene, places)


def _displace(case: Case, rng: np.random.Generator) -> Scene | None:
    """Lets everything stand a few centimetres further in one direction, in reach."""
    x, y = _DIRECTIONS[int(rng.integers(len(_DIRECTIONS)))]
    shift = np.array([x, y]) * OFFSET
    return _moved(case.scene, {o.name: shifted(o.position, shift) for o in case.scene.objects})


def _rearrange(case: Case, rng: np.random.Generator) -> Scene | None:
    """Lets everything stand elsewhere, as another scene would have it."""
    return rearrange(case.scene, rng)


_FALSEHOODS = MappingProxyType({RENAMED: _rename, DISPLACED: _displace, REARRANGED: _rearrange})


def _is_piled(scene: Scene, item: SceneObject) -> bool:
    return base_of(scene, item) is not None or bool(load_of(scene, item))


def _moved(scene: Scene, places: dict[str, Vector]) -> Scene | None:
    """Returns the scene with things at other places, each at its own height; None out of reach."""
    objects = []
    for item in scene.objects:
        x, y, _ = places.get(item.name, item.position)
        if not (REACH_X[0] <= x <= REACH_X[1] and REACH_Y[0] <= y <= REACH_Y[1]):
            return None
        objects.append(dataclasses.replace(item, position=(x, y, item.position[2])))
    return dataclasses.replace(scene, objects=tuple(objects))


def _tell(case: Case, told: Scene) -> Listing:
    """Returns a case's list with the places of another table, in the order of its own."""
    names = {item.position: item.name for item in case.scene.objects}
    return tuple((label, told[names[place]].position) for label, place in listing_of(case))


CONFLICT_SUITE = Suite(
    "conflict",
    "The list is taken away, has names exchanged, or has false places; the picture stays true.",
    vary_conflict,
    draws=60,
    figures=figure_conflict,
)
