"""The list of coordinates is in another order, or noisy; the picture, the table and the goal stay.

Contexts without a list have nothing to vary. `conflicts.py` has the lists that are wrong.
"""

from collections.abc import Sequence

import numpy as np

from grader.cases import Case, listing_of
from grader.metrics import Outcome, Rate, grouped, success_rate
from grader.suites.base import Json, Paired, Suite
from grader.suites.draws import stream
from scene_renderer.camera import Array
from scene_renderer.errors import PlanError
from scene_renderer.plan import format_plan, parse_plan
from scene_renderer.scene import Vector

ORDERS = 5
"""How many other orders of its list each case is asked in."""

NOISES_MM = 2, 5, 10, 20
"""Standard deviations of the noise on each listed x and y, millimetres."""


def vary_order(cases: Sequence[Case], seed: int) -> list[Case]:
    """Returns each case that has a list with that in five other orders."""
    varied = []
    for case in with_list(cases):
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
    listed = with_list(cases)
    if not listed:
        return []
    objects = listed[0].scene.objects
    noise = stream("noise", listed[0], seed).standard_normal((len(objects), 2)) / 1000
    by_place = {item.position: shift for item, shift in zip(objects, noise, strict=True)}
    varied = []
    for millimetres in NOISES_MM:
        for case in listed:
            listing = tuple(
                (label, shifted(place, millimetres * by_place[place]))
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


def with_list(cases: Sequence[Case]) -> list[Case]:
    """Returns the cases whose prompt has a list."""
    return [case for case in cases if listing_of(case)]


def shifted(place: Vector, shift: Array) -> Vector:
    """Returns a place moved over the table: `shift` is float64, shape (2,), metres."""
    x, y = (np.array(place[:2]) + shift).round(4).tolist()
    return x, y, place[2]


ORDER_SUITE = Suite(
    "order",
    "The list of coordinates is in five other orders; which one means nothing.",
    vary_order,
    draws=40,
    figures=figure_order,
)
NOISE_SUITE = Suite(
    "noise",
    "Listed x and y have normal noise of 2, 5, 10 and 20 mm standard deviation.",
    vary_noise,
    draws=60,
    figures=figure_noise,
)
