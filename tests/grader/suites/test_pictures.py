import dataclasses

import numpy as np
import pytest

from grader.cases import Case, ask, draw_cases
from grader.metrics import Outcome
from grader.suites.base import Paired
from grader.suites.pictures import PICTURES_SUITE, figure_pictures, mirror, vary_pictures
from qa_generator.tasks import Goal
from scene_renderer.camera import Camera
from scene_renderer.vocabulary import CONTEXTS

IMAGE = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)


def pairs(context: str, lost: int, gained: int, kept: int, missed: int = 0) -> list[Paired]:
    made = []
    counts = {(True, False): lost, (False, True): gained, (True, True): kept}
    for (clean, varied), count in {**counts, (False, False): missed}.items():
        for _ in range(count):
            scene = str(len(made))
            outcome = Outcome("a", scene, "test", "lift", context, "", "", True, False, clean)
            changed = dataclasses.replace(outcome, variant="blank", success=varied)
            made.append(Paired(outcome, changed))
    return made


def in_contexts(case: Case) -> list[Case]:
    return [dataclasses.replace(case, id=f"one:{c}", context=c) for c in CONTEXTS]


def test_each_context_gets_each_picture_and_keeps_its_goal(lift: Case) -> None:
    varied = vary_pictures(in_contexts(lift), 3)
    assert [(v.context, v.variant) for v in varied] == [
        (c, v) for c in CONTEXTS for v in ("blank", "another scene", "mirrored")
    ]
    for case in varied:
        assert (case.scene, case.goal) == (lift.scene, lift.goal)


def test_the_pictures_are_grey_another_and_mirrored(lift: Case) -> None:
    blank, other, mirrored = vary_pictures([lift], 3)
    assert set(ask(blank, IMAGE).image.ravel()) == {127}
    assert other.shown.objects != lift.scene.objects
    assert np.array_equal(ask(mirrored, IMAGE).image, IMAGE[:, ::-1])


def test_a_draw_shares_its_other_scene_and_is_drawn_again_alike() -> None:
    cases = draw_cases("test_counts", 0, 1, ["lift"], CONTEXTS)
    varied, again = vary_pictures(cases, 3), vary_pictures(cases[1:], 3)
    others = [v.pictured for v in varied if v.pictured]
    assert others == [others[0]] * 3
    assert others[0].id.startswith("test_counts")
    assert again[1].pictured == others[0]
    assert vary_pictures(cases, 4)[1].pictured != others[0]


def test_nothing_is_made_of_nothing() -> None:
    assert vary_pictures([], 3) == []


def test_a_mirrored_picture_moves_what_is_on_the_left_to_the_right(lift: Case) -> None:
    seeming = mirror(lift.scene)
    assert seeming is not None
    for before, after in zip(lift.scene.objects, seeming.objects, strict=True):
        x, y, z = before.position
        assert after.position == pytest.approx((x, -y, z), abs=1e-6)


def test_a_camera_that_looks_along_the_table_mirrors_no_places(lift: Case) -> None:
    flat = Camera((1.2, 0.3, 0.025), (0.0, 0.0, 0.025), 40.0)
    case = dataclasses.replace(lift, scene=dataclasses.replace(lift.scene, camera=flat))
    assert mirror(case.scene) is None
    assert [v.decoys for v in vary_pictures([case], 3)] == ["", "", ""]


def test_only_the_picture_alone_can_mislead_by_its_sides(lift: Case) -> None:
    told = {v.context: v.decoys for v in vary_pictures(in_contexts(lift), 3) if v.decoys}
    assert told == {"image": "420, 120"}


def test_what_sides_decide_has_no_decoy(lift: Case) -> None:
    case = dataclasses.replace(
        lift,
        context="image",
        instruction="lift the leftmost cube",
        goal=Goal("lift", {"object": "green cube"}),
    )
    assert not any(v.decoys for v in vary_pictures([case], 3))


@pytest.mark.parametrize(
    ("counts", "p", "is_blind"),
    [
        ((0, 0, 10), 1.0, True),
        ((5, 0, 1), 0.0625, True),
        ((6, 0, 0), 0.03125, False),
        ((0, 6, 6), 0.03125, True),  # better without a picture is no sight
        ((5, 0, 0), 0.0625, None),  # too few to tell
        ((0, 0, 0, 50), 1.0, None),
    ],
)
def test_a_model_is_blind_where_the_picture_makes_no_measurable_difference(
    counts: tuple[int, ...], p: float, is_blind: bool | None
) -> None:
    fall = figure_pictures(pairs("unnamed", *counts))["falls_by"]["unnamed"]
    assert (fall["p"], fall["is_blind"]) == (pytest.approx(p), is_blind)


def test_the_fall_is_told_in_points_of_each_context() -> None:
    figures = figure_pictures([*pairs("named", 1, 2, 7), *pairs("image", 9, 0, 0, 1)])
    points = {context: fall["points"] for context, fall in figures["falls_by"].items()}
    assert points == pytest.approx({"named": -10.0, "image": 90.0})


def test_without_pairs_there_are_no_falls() -> None:
    figures = figure_pictures([])
    assert figures["falls_by"] == {}
    assert figures["mirrored"]["truth"]["n"] == 0
    assert PICTURES_SUITE.needs_picture
