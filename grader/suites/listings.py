"""The list of coordinates is in another order, noisy, taken away, or contradicts the picture.

The picture, the table and the goal stay. Contexts without a list have nothing to vary.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from types import MappingProxyType

import numpy as np

from grader.cases import Case, Listing, listing_of
from grader.metrics import Outcome, Rate, grouped, rate, success_rate
from grader.suites.base import Json, Paired, Suite
from grader.suites.decoys import REFUSE, count_trust, find_decoys
from grader.suites.draws import stream
from grader.suites.layouts import rearrange
from scene_renderer.errors import PlanError
from scene_renderer.piles import base_of, load_of
from scene_renderer.plan import format_plan, parse_plan
from scene_renderer.scene import REACH_X, REACH_Y, Scene, SceneObject, Vector

ORDERS = 5
"""How many other orders of its list each case is asked in."""

NOISES_MM = 2, 5, 10, 20
"""Standard deviations of the noise on each listed x and y, millimetres."""

OFFSET = 0.06
"""How far from the truth a displaced list is, metres: too far for the fingers."""
ABSENT, RENAMED, DISPLACED, REARRANGED = "absent", "renamed", "6 cm off", "another layout's"

_DIRECTIONS = ((0.0, 1.0), (0.0, -1.0), (1.0, 0.0), (-1.0, 0.0))
_TRIES = 20


def vary_order(cases: Sequence[Case], seed: int) -> list[Case]:
    """Returns each case that has a list with that in five other orders."""
    varied = []
    for case in _listed(cases):
        lines = listing_of(case)
        rng = stream("order", case, seed)
        orders: dict[tuple[int, ...], None] = {tuple(range(len(lines))): None}
        while len(orders) <= ORDERS:
            orders[tuple(rng.permutation(len(lines)).tolist())] = None
        for number, order in enumerate(list(orders)[1:], start=1):
            listing = tuple(lines[i] for i in order)
            varied.append(case.vary("order", f"order {number}", listing=listing))
    return varied


def figure_order(pairs: Sequence[Paired]) -> Json:
    """Returns `{"agreement": R, "flips": R}`.

    Agreement is of the cases that were run in every order: those with the same plan and verdict in
    all of them, their own included. Flips are of all variants: those with the other verdict.
    """
    groups = grouped(pairs, lambda p: p.varied.origin).values()
    whole = [group for group in groups if len(group) == ORDERS]
    same = sum(all(_verdict(p.clean) == _verdict(p.varied) for p in group) for group in whole)
    flips = sum(p.clean.success != p.varied.success for p in pairs)
    return {
        "agreement": Rate(same, len(whole)).to_dict(),
        "flips": Rate(flips, len(pairs)).to_dict(),
    }


def _verdict(outcome: Outcome) -> tuple[str, bool | None]:
    """Returns what was planned, whatever its spelling, and whether it reached the goal."""
    try:
        return format_plan(parse_plan(outcome.answer)), outcome.success
    except PlanError:
        return outcome.answer.strip(), outcome.success


def vary_noise(cases: Sequence[Case], seed: int) -> list[Case]:
    """Returns each case that has a list with noise of four strengths on its places.

    The noise is normal, of its own for each thing and axis. The strengths of one draw are the same
    noise many times over, and its contexts have it in common. Heights and the gripper's place stay.
    """
    listed = _listed(cases)
    if not listed:
        return []
    objects = listed[0].scene.objects
    noise = stream("noise", listed[0], seed).standard_normal((len(objects), 2)) / 1000
    by_place = {item.position: shift for item, shift in zip(objects, noise, strict=True)}
    varied = []
    for millimetres in NOISES_MM:
        for case in listed:
            listing = tuple(
                (label, _shifted(place, millimetres * by_place[place]))
                for label, place in listing_of(case)
            )
            varied.append(case.vary("noise", f"{millimetres} mm", listing=listing))
    return varied


def figure_noise(pairs: Sequence[Paired]) -> Json:
    """Returns `{"noise_curve": [{"mm", "success": R}, ...]}`; 0 mm is each clean case, once."""
    arms = grouped(pairs, lambda p: p.varied.variant)
    if not arms:
        return {"noise_curve": []}
    clean = {p.clean.case: p.clean for p in pairs}.values()
    strengths = {f"{mm} mm": mm for mm in NOISES_MM}
    curve = [{"mm": 0, "success": success_rate(clean).to_dict()}]
    for variant, part in sorted(arms.items(), key=lambda named: strengths[named[0]]):
        success = success_rate(p.varied for p in part).to_dict()
        curve.append({"mm": strengths[variant], "success": success})
    return {"noise_curve": curve}


def vary_conflict(cases: Sequence[Case], seed: int) -> list[Case]:
    """Returns each case that has a list with none, and with lists that contradict the picture.

    A false list is told only where it leads elsewhere: see `find_decoys`.
    """
    listed = _listed(cases)
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
            if variant != RENAMED or case.context == "named":
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
        },
        "absent": rate((p.varied for p in pairs if p.varied.variant == ABSENT), _reached).to_dict(),
    }


def _reached(outcome: Outcome) -> bool:
    return outcome.success is True


def _falsify(case: Case, drawn: Iterable[Scene | None]) -> tuple[Scene, str] | None:
    """Returns the first false table that leads elsewhere, with where it leads."""
    if case.goal.task == REFUSE:
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
    return _moved(case.scene, {o.name: _shifted(o.position, shift) for o in case.scene.objects})


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


def _listed(cases: Sequence[Case]) -> list[Case]:
    return [case for case in cases if listing_of(case)]


def _shifted(place: Vector, shift: np.ndarray) -> Vector:
    x, y = (np.array(place[:2]) + shift).round(4).tolist()
    return x, y, place[2]


ORDER = Suite(
    "order",
    "The list of coordinates is in five other orders; which one means nothing.",
    vary_order,
    draws=40,
    figures=figure_order,
)
NOISE = Suite(
    "noise",
    "Listed x and y have normal noise of 2, 5, 10 and 20 mm standard deviation.",
    vary_noise,
    draws=60,
    figures=figure_noise,
)
CONFLICT = Suite(
    "conflict",
    "The list is taken away, has names exchanged, or has false places; the picture stays true.",
    vary_conflict,
    draws=60,
    figures=figure_conflict,
)
