import dataclasses
import math

import pytest

from grader.cases import Case, draw_cases
from grader.suites.looks import vary_looks
from qa_generator.tasks import USUAL
from scene_renderer.sampler import are_seen, setup_of
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import CONTEXTS

FACTORS = ("camera", "light", "texture", "sensor noise")
FIELDS = {
    "camera": {"camera"},
    "light": {"light"},
    "texture": {"table", "tint"},
    "sensor noise": {"noise"},
}


@pytest.fixture(scope="module")
def varied() -> list[Case]:
    return [
        case
        for index in range(10)
        for case in vary_looks(draw_cases("test", 4, index, USUAL, ("image",)), 1)
    ]


def of(varied: list[Case], variant: str) -> list[Case]:
    return [case for case in varied if case.variant == variant]


def test_every_factor_comes_in_three_severities_and_every_context(lift: Case) -> None:
    cases = [dataclasses.replace(lift, id=c, context=c) for c in CONTEXTS]
    made = vary_looks(cases, 1)
    severities = ("mild", "medium", "hard")
    assert {c.variant for c in made} == {f"{f}, {s}" for f in FACTORS for s in severities}
    assert len(made) == 36
    assert len({c.shown for c in made}) == 12  # one look for all contexts
    assert vary_looks([], 1) == []


def test_a_variant_changes_the_picture_by_one_factor_and_nothing_else(varied: list[Case]) -> None:
    for case in varied:
        factor = case.variant.split(", ")[0]
        changed = {
            field.name
            for field in dataclasses.fields(Scene)
            if getattr(case.scene, field.name) != getattr(case.shown, field.name)
        }
        assert changed
        assert changed <= FIELDS[factor]


def test_severities_are_graded(varied: list[Case]) -> None:
    def wander(case: Case) -> float:
        return math.dist(case.shown.camera.position, (1.20, 0.0, 1.02))

    arms = [of(varied, f"camera, {severity}") for severity in ("mild", "medium", "hard")]
    assert all(wander(a) < wander(b) < wander(c) for a, b, c in zip(*arms, strict=True))
    noises = [of(varied, f"sensor noise, {s}")[0].shown.noise for s in ("mild", "medium", "hard")]
    assert noises == [2.0, 5.0, 14.0]


def test_hard_tables_are_of_another_kind(varied: list[Case]) -> None:
    assert all(c.shown.table != c.scene.table for c in of(varied, "texture, hard"))
    assert all(c.shown.table == c.scene.table for c in of(varied, "texture, mild"))


def test_every_camera_shows_every_object(varied: list[Case]) -> None:
    shown = [c.shown for c in varied if c.variant.startswith("camera")]
    assert len(shown) == 30
    assert all(are_seen(scene.objects, setup_of(scene)) for scene in shown)


def test_where_no_camera_shows_all_none_is_made(lift: Case) -> None:
    far = dataclasses.replace(lift.scene.objects[0], position=(0.42, 0.9, 0.025))
    scene = dataclasses.replace(lift.scene, objects=(far, *lift.scene.objects[1:]))
    made = vary_looks([dataclasses.replace(lift, scene=scene)], 1)
    assert {c.variant.split(",")[0] for c in made} == {"light", "texture", "sensor noise"}


def test_looks_are_drawn_again_alike(lift: Case) -> None:
    first, again = vary_looks([lift], 1), vary_looks([lift], 1)
    assert [(c.id, c.pictured) for c in first] == [(c.id, c.pictured) for c in again]
    assert vary_looks([lift], 2)[0].pictured != first[0].pictured
