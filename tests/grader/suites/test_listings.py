import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from grader.cases import Case, ask, draw_cases, listing_of
from grader.metrics import Outcome
from grader.suites.base import Paired
from grader.suites.listings import figure_noise, figure_order, vary_noise, vary_order
from qa_generator.tasks import USUAL
from scene_renderer.vocabulary import CONTEXTS

CLEAN = Outcome("a", "0", "test", "lift", "named", "", "pick(1, 2, 3)", True, False, True)


def pair(variant: str, origin: str = "a", clean: bool = True, **changes: object) -> Paired:
    known = dataclasses.replace(CLEAN, case=origin, origin=origin, success=clean)
    return Paired(known, dataclasses.replace(known, variant=variant, **changes))


def in_contexts(case: Case) -> list[Case]:
    return [dataclasses.replace(case, id=f"one:{c}", context=c) for c in CONTEXTS]


def test_five_other_orders_of_the_same_lines(lift: Case) -> None:
    varied = vary_order([lift], 1)
    assert [v.variant for v in varied] == [f"order {i}" for i in range(1, 6)]
    orders = [listing_of(case) for case in (lift, *varied)]
    assert len(set(orders)) == 6
    assert {frozenset(order) for order in orders} == {frozenset(orders[0])}
    assert ask(varied[0], None).listing == orders[1]


def test_what_has_no_list_has_no_order_and_no_noise(lift: Case) -> None:
    image = dataclasses.replace(lift, context="image")
    assert vary_order([image], 1) == vary_noise([image], 1) == vary_noise([], 1) == []
    assert {v.context for v in vary_order(in_contexts(lift), 1)} == {"named", "unnamed"}


def test_lists_are_drawn_again_alike() -> None:
    cases = draw_cases("test", 2, 0, USUAL, CONTEXTS)
    for vary in (vary_order, vary_noise):
        first, again = vary(cases, 1), vary(cases, 1)
        assert [(v.id, v.listing) for v in first] == [(v.id, v.listing) for v in again]
        assert [v.listing for v in vary(cases, 2)] != [v.listing for v in first]


def test_agreement_needs_the_same_plan_and_verdict_in_every_order() -> None:
    agreeing = [pair(f"order {i}", "a", answer="pick( 1,2,3 )") for i in range(1, 6)]
    other_plan = [pair(f"order {i}", "b") for i in range(1, 5)]
    other_plan.append(pair("order 5", "b", answer="pick(1, 2, 4)"))
    other_end = [pair(f"order {i}", "c", success=i != 3) for i in range(1, 6)]
    incomplete = [pair("order 1", "d")]
    figures = figure_order([*agreeing, *other_plan, *other_end, *incomplete])
    assert (figures["agreement"]["k"], figures["agreement"]["n"]) == (1, 3)
    assert (figures["flips"]["k"], figures["flips"]["n"]) == (1, 16)


def test_the_same_bad_answer_agrees_too() -> None:
    failed = [pair(f"order {i}", "a", clean=False, answer="no") for i in range(1, 6)]
    same = [
        dataclasses.replace(p, clean=dataclasses.replace(p.clean, answer="no ")) for p in failed
    ]
    assert figure_order(same)["agreement"]["k"] == 1
    assert figure_order([])["agreement"]["n"] == 0


def offsets(cases: Sequence[Case], clean: Case) -> np.ndarray:
    """In millimetres: float64, shape (case, line, 3)."""
    places = [[place for _, place in listing_of(case)] for case in cases]
    return (np.array(places) - [place for _, place in listing_of(clean)]) * 1000


def test_noise_is_that_of_the_weakest_many_times_over(lift: Case) -> None:
    varied = vary_noise([lift], 1)
    assert [v.variant for v in varied] == ["2 mm", "5 mm", "10 mm", "20 mm"]
    off = offsets(varied, lift)
    assert np.abs(off[0]).max() > 0.5
    for strength, shifts in zip((2, 5, 10, 20), off, strict=True):
        assert shifts == pytest.approx(off[3] * strength / 20, abs=0.11)  # rounded to 0.1 mm
    assert not off[..., 2].any()  # heights are right


def test_noise_has_the_spread_that_its_name_says(lift: Case) -> None:
    tens = [vary_noise([lift], seed)[2] for seed in range(50)]
    assert offsets(tens, lift)[..., :2].std() == pytest.approx(10, rel=0.15)


def test_each_thing_is_off_alike_in_every_context(lift: Case) -> None:
    named, unnamed = (
        {place for _, place in listing_of(v)}
        for v in vary_noise(in_contexts(lift), 1)
        if v.variant == "20 mm"
    )
    assert named == unnamed


def test_the_noise_curve_begins_with_each_clean_case_once() -> None:
    pairs = [pair("20 mm", "a", success=False), pair("2 mm", "a")]
    pairs += [pair("20 mm", "b", clean=False), pair("2 mm", "b", clean=False, success=True)]
    curve = figure_noise(pairs)["noise_curve"]
    points = [(p["mm"], p["success"]["k"], p["success"]["n"]) for p in curve]
    assert points == [(0, 1, 2), (2, 2, 2), (20, 0, 2)]
    assert figure_noise([]) == {"noise_curve": []}
