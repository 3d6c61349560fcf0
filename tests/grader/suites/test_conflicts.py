import dataclasses
import math

import pytest

from grader.cases import Case, draw_cases, listing_of
from grader.metrics import Outcome
from grader.suites.base import Paired
from grader.suites.conflicts import figure_conflict, vary_conflict
from grader.suites.decoys import find_decoys, went_to_decoy
from qa_generator.prompt import to_millimetres
from qa_generator.tasks import TASKS, Goal
from scene_renderer.vocabulary import CONTEXTS


def outcome(answer: str, decoys: str = "420, 120", success: bool = False) -> Outcome:
    told = Outcome("a", "0", "test", "lift", "named", "", answer, True, False, success)
    return dataclasses.replace(told, variant="renamed", decoys=decoys)


def by_variant(cases: list[Case], context: str) -> dict[str, Case]:
    return {c.variant: c for c in cases if c.context == context}


@pytest.fixture
def varied(lift: Case) -> list[Case]:
    cases = [dataclasses.replace(lift, id=f"one:{c}", context=c) for c in CONTEXTS]
    return vary_conflict(cases, 1)


def test_only_what_can_contradict_does(varied: list[Case]) -> None:
    named = {"absent", "renamed", "6 cm off", "another layout's"}
    assert by_variant(varied, "named").keys() == named
    assert by_variant(varied, "unnamed").keys() == {"absent", "6 cm off"}
    assert by_variant(varied, "image") == {}
    assert vary_conflict([], 1) == []


def test_picture_table_and_goal_stay_true(varied: list[Case], lift: Case) -> None:
    for case in varied:
        assert (case.scene, case.shown, case.goal) == (lift.scene, lift.scene, lift.goal)
        assert case.picture == "true"


def test_the_list_can_be_taken_away(varied: list[Case]) -> None:
    assert listing_of(by_variant(varied, "named")["absent"]) == ()


def test_names_are_exchanged_among_the_places(varied: list[Case], lift: Case) -> None:
    told = dict(listing_of(by_variant(varied, "named")["renamed"]))
    truth = {o.name: o.position for o in lift.scene.objects}
    assert told.keys() == truth.keys()
    assert {p[:2] for p in told.values()} == {p[:2] for p in truth.values()}
    assert told["red cube"][:2] in (truth["green cube"][:2], truth["white ball"][:2])


def test_everything_is_displaced_alike(varied: list[Case], lift: Case) -> None:
    for context in ("named", "unnamed"):
        case = by_variant(varied, context)["6 cm off"]
        clean = dataclasses.replace(lift, id=case.origin, context=context)
        shifts = {
            (round(b[0] - a[0], 4), round(b[1] - a[1], 4))
            for (_, a), (_, b) in zip(listing_of(clean), listing_of(case), strict=True)
        }
        assert len(shifts) == 1
        assert math.hypot(*shifts.pop()) == pytest.approx(0.06)


def test_a_decoy_is_where_the_list_has_what_is_asked_for(varied: list[Case]) -> None:
    for variant, case in by_variant(varied, "named").items():
        if variant != "absent":
            x, y, _ = dict(listing_of(case))["red cube"]
            assert case.decoys == f"{to_millimetres(x)}, {to_millimetres(y)}"


def test_a_refusal_is_asked_without_a_list_only(refuse: Case) -> None:
    assert [c.variant for c in vary_conflict([refuse], 1)] == ["absent"]


def test_every_decoy_is_apart_from_what_the_goal_moves() -> None:
    seen = 0
    for index in range(0, 40, 2):
        cases = draw_cases("test", 12, index, tuple(TASKS), ("named",))
        for case in vary_conflict(cases, 1):
            true = [case.scene[n].position[:2] for n in case.goal.moved(case.scene)]
            decoys = [tuple(map(int, d.split(", "))) for d in case.decoys.split("; ") if d]
            seen += bool(decoys)
            assert all(math.dist((x / 1000, y / 1000), t) > 0.05 for x, y in decoys for t in true)
    assert seen > 20


def test_where_the_sentence_means_another_thing_there_is_no_decoy(lift: Case) -> None:
    red, green, *others = lift.scene.objects
    swapped = (
        dataclasses.replace(red, position=green.position),
        dataclasses.replace(green, position=red.position),
    )
    told = dataclasses.replace(lift.scene, objects=(*swapped, *others))
    goal = Goal("lift", {"object": "green cube"})
    by_name = dataclasses.replace(lift, instruction="lift the green cube", goal=goal)
    by_place = dataclasses.replace(by_name, instruction="lift the cube closest to the gripper")
    assert find_decoys(by_name, told) == "420, -120"
    assert find_decoys(by_place, told) == ""
    assert find_decoys(by_name, lift.scene) == ""


def test_what_moves_with_others_has_no_decoy_in_their_places(lift: Case) -> None:
    goal = Goal("swap", {"object": "red cube", "target": "green cube"})
    case = dataclasses.replace(lift, instruction="swap the red cube and the green cube", goal=goal)
    variants = {c.variant: c for c in vary_conflict([case], 1)}
    assert "renamed" not in variants  # with one thing left there are no two other places
    assert variants["6 cm off"].decoys.count(";") == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("pick(420, 120, 25)\nmove_to(420, 120, 175)", True),
        ("open_gripper()\npush(440, 135, 25, 500, 135)", True),
        ("pick(440, 136, 25)", False),
        ("pick(420, -120, 25)\npick(420, 120, 25)", False),
        ("move_to(420, 120, 25)", False),
        ("refuse(absent)", False),
        ("pick(420, 120", False),
    ],
)
def test_who_takes_something_at_a_decoy_first_went_there(answer: str, expected: bool) -> None:
    assert went_to_decoy(outcome(answer)) is expected


def test_trust_is_counted_in_each_context_and_conflict() -> None:
    answers = [
        ("pick(420, 120, 25)", False),
        ("pick(420, -120, 25)", True),
        ("pick(1, 2, 3)", False),
    ]
    clean = outcome("", success=True)
    pairs = [Paired(clean, outcome(text, success=reached)) for text, reached in answers]
    pairs.append(Paired(clean, outcome("pick(420, 120, 25)", decoys="")))
    trust = figure_conflict(pairs)["trust"]["named"]["renamed"]
    assert {name: (r["k"], r["n"]) for name, r in trust.items()} == {
        "picture": (1, 3),
        "list": (1, 3),
        "neither": (1, 3),
    }
    assert figure_conflict([]) == {"trust": {}}
