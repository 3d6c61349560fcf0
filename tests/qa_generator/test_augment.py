from dataclasses import replace

import numpy as np
import pytest

from qa_generator import augment as module
from qa_generator.augment import MOST_NOISE_MM, Augmentation, augment
from qa_generator.pairs import Recipe, make_pairs
from qa_generator.prompt import format_place
from qa_generator.tasks import Goal, read_goal
from scene_renderer.episode import execute
from scene_renderer.errors import DatasetError, UsageError
from scene_renderer.plan import parse_plan

ORDER = Augmentation(noise_mm=0)
THIN = Augmentation(drop_lines=1.0, noise_mm=0)
NOISY = Augmentation(noise_mm=3)


def pairs_of(scene, context, questions=0):
    tasks = ("pick_and_place", "lift", "move_left", "move_right", "stack", "refuse")
    recipe = Recipe(per_scene=6, questions=questions, contexts=(context,), tasks=tasks)
    return list(make_pairs(scene, b"png", recipe))


def draws(pairs, how, count=40):
    return [augment(pairs, how, np.random.default_rng(seed)) for seed in range(count)]


def lines(pair):
    """The lines between the gripper's and the instruction."""
    return pair.prompt.removesuffix(f"\n{pair.instruction}").split("\n")[1:]


def numbers(line):
    return [int(n) for n in line.partition(": ")[2].split(", ")]


@pytest.fixture(params=["named", "unnamed"])
def listed(request, scene):
    return pairs_of(scene, request.param, questions=5)


@pytest.mark.parametrize("how", [ORDER, THIN, NOISY])
def test_the_same_state_of_the_generator_draws_the_same_pairs(listed, how):
    assert draws(listed, how) == draws(listed, how)


def test_order_alone_changes_and_nothing_that_is_said(listed):
    orders = set()
    for drawn in draws(listed, ORDER):
        for before, after in zip(listed, drawn, strict=True):
            assert sorted(lines(after)) == sorted(lines(before))
            assert replace(after, prompt=before.prompt) == before
        orders.add(tuple(lines(drawn[0])))
    assert len(orders) > 10


@pytest.mark.parametrize("how", [ORDER, THIN, NOISY])
def test_all_that_is_asked_still_shares_one_list_behind_the_same_gripper(scene, how):
    pairs = pairs_of(scene, "named")
    for drawn in draws(pairs, how):
        assert len({tuple(lines(pair)) for pair in drawn}) == 1
        assert {pair.prompt.split("\n")[0] for pair in drawn} == {"gripper: 320, 0, 420"}


def test_dropped_lines_leave_the_others_and_every_answer_as_they_were(listed):
    left = set()
    for drawn in draws(listed, THIN):
        for before, after in zip(listed, drawn, strict=True):
            assert set(lines(after)) < set(lines(before))
            assert (after.answer, after.goal, after.png) == (before.answer, before.goal, before.png)
        left.add(len(lines(drawn[0])))
    assert left == {0, 1, 2, 3}


def test_a_list_without_lines_is_what_the_image_context_reads(scene, listed):
    image = pairs_of(scene, "image", questions=5)
    bare = [drawn for drawn in draws(listed, THIN) if not lines(drawn[0])]
    assert bare
    for drawn in bare:
        assert [(p.context, p.prompt) for p in drawn] == [(p.context, p.prompt) for p in image]


def test_a_list_that_kept_a_line_keeps_its_context(listed):
    for drawn in draws(listed, THIN):
        if lines(drawn[0]):
            assert {pair.context for pair in drawn} == {listed[0].context}


def test_the_share_of_thinned_lists_is_the_one_that_is_asked_for(listed):
    thinned = [len(lines(d[0])) < 4 for d in draws(listed, Augmentation(0.3, 0), 400)]
    assert 0.22 < np.mean(thinned) < 0.38


def test_noise_moves_x_and_y_by_millimetres_and_never_z(scene):
    true = {item.name: numbers(format_place("", item.position)) for item in scene.objects}
    steps = [
        np.subtract(numbers(line), true[line.partition(":")[0]])
        for drawn in draws(pairs_of(scene, "named"), NOISY)
        for line in lines(drawn[0])
    ]
    assert {int(s) for step in steps for s in step[:2]} == set(range(-3, 4))
    assert {int(step[2]) for step in steps} == {0}


def test_the_answer_to_a_noisy_list_is_the_oracle_s_plan_for_what_is_listed(scene):
    pairs = pairs_of(scene, "named")
    changed = 0
    for drawn in draws(pairs, NOISY):
        places = {line.partition(":")[0]: numbers(line) for line in lines(drawn[0])}
        for before, after in zip(pairs, drawn, strict=True):
            plan = parse_plan(after.answer)
            if plan.refusal is None:
                assert list(plan.actions[0].arguments) == places[before.goal["object"]]
            if "target" in before.goal:
                assert list(plan.actions[1].arguments) == places[before.goal["target"]]
            changed += after.answer != before.answer
    assert changed > 100


def test_what_a_noisy_list_does_not_tell_is_answered_with_its_true_place(scene):
    pairs = pairs_of(scene, "named")
    seen = 0
    for drawn in draws(pairs, Augmentation(drop_lines=1.0, noise_mm=3)):
        names = {line.partition(":")[0] for line in lines(drawn[0])}
        for before, after in zip(pairs, drawn, strict=True):
            if not names & set(before.goal.values()):
                assert after.answer == before.answer
                seen += 1
    assert seen > 20


def test_a_list_that_questions_are_asked_about_has_no_noise(listed):
    for drawn in draws(listed, NOISY):
        assert sorted(lines(drawn[0])) == sorted(lines(listed[0]))
        assert [pair.answer for pair in drawn] == [pair.answer for pair in listed]


class Blocked(Goal):
    """Its oracle finds no room when anything has moved."""

    def oracle(self, scene):
        raise DatasetError("There is no room.")


class Elsewhere(Goal):
    """Its oracle takes another way when anything has moved."""

    def oracle(self, scene):
        return parse_plan("pick(300, 0, 20)\nmove_to(300, 0, 170)")


@pytest.mark.parametrize("goal", [Blocked, Elsewhere])
def test_a_list_is_not_off_where_the_plan_would_become_another(scene, goal, monkeypatch):
    pairs = pairs_of(scene, "named")
    monkeypatch.setattr(module, "Goal", goal)
    for drawn in draws(pairs, NOISY):
        assert sorted(lines(drawn[0])) == sorted(lines(pairs[0]))
        assert [pair.answer for pair in drawn] == [pair.answer for pair in pairs]


def test_noise_leaves_goals_as_they_are_for_the_true_scene(scene):
    pairs = pairs_of(scene, "unnamed")
    for drawn in draws(pairs, NOISY, 5):
        for before, after in zip(pairs, drawn, strict=True):
            assert after.scene is before.scene
            assert read_goal(after.goal, scene).to_dict() == before.goal


def test_a_plan_for_a_list_that_is_off_reaches_the_goal_at_the_true_places(scene):
    pairs = pairs_of(scene, "named")
    noise = Augmentation(noise_mm=MOST_NOISE_MM)
    for pair in augment(pairs, noise, np.random.default_rng(0)):
        episode = execute(scene, parse_plan(pair.answer))
        assert read_goal(pair.goal, scene).reached(scene, episode), pair.answer


@pytest.mark.parametrize("how", [ORDER, THIN, NOISY])
def test_nothing_varies_where_there_is_no_list(scene, how):
    pairs = pairs_of(scene, "image")
    assert augment(pairs, how, np.random.default_rng(0)) == pairs


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"drop_lines": 1.1}, "share of lists that lose lines is 1.1; give one from 0 to 1"),
        ({"drop_lines": float("nan")}, "is nan"),
        ({"mask_digits": -0.1}, "share of digits that are hidden is -0.1"),
        ({"noise_mm": MOST_NOISE_MM + 1}, "cannot be 6 mm off; give 0 to 5"),
        ({"noise_mm": -1}, "cannot be -1 mm off"),
    ],
)
def test_settings_that_cannot_be_are_told(values, words):
    with pytest.raises(UsageError, match=words):
        Augmentation(**values)
