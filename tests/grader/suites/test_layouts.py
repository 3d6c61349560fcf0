import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from grader.cases import Case, ask, draw_cases
from grader.rollout import run_episode, tell
from grader.suites.draws import asks_the_same
from grader.suites.layouts import rearrange, vary_layout, vary_start
from qa_generator.language.resolver import meaning_of, understand
from qa_generator.tasks import TASKS, Goal
from scene_renderer.footprint import gap
from scene_renderer.piles import base_of
from scene_renderer.sampler import are_seen, sample_scene, setup_of
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import CONTEXTS

SEVERITIES = ["mild", "medium", "hard"]
Vary = Callable[[Sequence[Case], int], list[Case]]


def moved(scene: Scene, other: Scene) -> float:
    pairs = zip(scene.objects, other.objects, strict=True)
    return max(math.dist(a.position, b.position) for a, b in pairs)


@pytest.mark.parametrize("vary", [vary_layout, vary_start])
def test_one_table_is_drawn_for_all_contexts(lift: Case, vary: Vary) -> None:
    cases = [dataclasses.replace(lift, id=c, context=c) for c in CONTEXTS]
    varied, alone = vary(cases, 1), vary(cases[2:], 1)
    assert [v.variant for v in varied] == [s for s in SEVERITIES for _ in CONTEXTS]
    assert [v.scene for v in varied[2::3]] == [v.scene for v in alone]
    assert len({v.scene for v in varied}) == 3
    assert vary(cases, 2)[0].scene != varied[0].scene
    assert vary([], 1) == []


def test_things_move_as_far_as_the_severity_says(lift: Case) -> None:
    mild, medium, hard = (v.scene for v in vary_layout([lift], 1))
    assert 0 < moved(lift.scene, mild) <= 0.021  # rounded to a millimetre
    assert 0.021 < moved(lift.scene, medium) <= 0.051
    assert moved(lift.scene, hard) > 0.051


def test_the_prompt_tells_the_new_places(lift: Case) -> None:
    for case in vary_layout([lift], 1):
        assert dict(ask(case, None).listing) == {o.name: o.position for o in case.scene.objects}


@pytest.mark.parametrize("index", range(4))
def test_what_stands_on_something_goes_with_it(index: int) -> None:
    scene = sample_scene(5, "test_piles", index)
    other = None
    rng = np.random.default_rng(index)
    while other is None:
        other = rearrange(scene, rng)
    (rider,) = (o for o in scene.objects if base_of(scene, o))
    before, after = base_of(scene, rider), base_of(other, other[rider.name])
    assert before is not None
    assert after is not None
    assert after.name == before.name
    standing = [o for o in other.objects if o.name != rider.name]
    assert all(gap(a, b) > 0.02 for a in standing for b in standing if a is not b)


def test_a_table_without_room_is_given_up(lift: Case) -> None:
    far = dataclasses.replace(lift.scene.objects[0], position=(0.42, 0.9, 0.025))
    scene = dataclasses.replace(lift.scene, objects=(far, *lift.scene.objects[1:]))
    assert rearrange(scene, np.random.default_rng(0), reach=0.0) is None


@pytest.mark.parametrize(
    ("side", "y", "expected"),
    [
        ("right", -0.20, True),
        ("right", -0.07, False),  # it stands there already
        ("left", -0.20, False),  # the bowl is in the way
    ],
)
def test_a_question_fits_a_table_where_its_goal_is_open(
    lift: Case, side: str, y: float, expected: bool
) -> None:
    goal = Goal("place_beside", {"object": "red cube", "target": "green cube", "side": side})
    words = f"put the red cube {side} of the green cube"
    case = dataclasses.replace(lift, instruction=words, goal=goal)
    red = dataclasses.replace(lift.scene["red cube"], position=(0.45, y, 0.025))
    table = dataclasses.replace(lift.scene, objects=(red, *lift.scene.objects[1:]))
    assert asks_the_same(case, table) is expected


def test_a_sentence_keeps_its_meaning_wherever_things_and_gripper_are(lift: Case) -> None:
    goal = Goal("lift", {"object": "green cube"})
    words = "lift the cube closest to the gripper"
    nearest = dataclasses.replace(lift, instruction=words, goal=goal)
    for vary in (vary_layout, vary_start):
        for seed in range(5):
            varied = vary([nearest], seed)
            assert varied
            for case in varied:
                assert understand(case.scene, case.instruction) == ("lift", "green cube")


@pytest.mark.parametrize("vary", [vary_layout, vary_start])
def test_what_the_reader_does_not_understand_is_not_varied(lift: Case, vary: Vary) -> None:
    assert vary([dataclasses.replace(lift, instruction="lift the green cube")], 1) == []


def test_a_start_changes_the_gripper_alone(lift: Case) -> None:
    for case in vary_start([lift], 1):
        assert dataclasses.replace(case.scene, end_effector=lift.scene.end_effector) == lift.scene
        assert case.scene.end_effector != lift.scene.end_effector
        assert ask(case, None).end_effector == case.scene.end_effector.position


@pytest.mark.parametrize("number", range(1, 2 * len(TASKS), 11))
def test_the_oracle_reaches_the_goal_of_the_hardest_variants(number: int) -> None:
    cases = draw_cases("test", 31, number, list(TASKS), ("named",))
    hardest = [*vary_layout(cases, 1)[-1:], *vary_start(cases, 1)[-1:]]
    assert [case.variant for case in hardest] == ["hard", "hard"]
    for case in hardest:
        goal = case.goal
        said = understand(case.scene, case.instruction)
        assert said == meaning_of(case.scene, goal.task, goal.slots)
        assert are_seen(case.scene.objects, setup_of(case.scene))
        episode = run_episode(case.scene, goal.oracle(case.scene))
        assert tell(case, episode).verdict == "success", case.id
