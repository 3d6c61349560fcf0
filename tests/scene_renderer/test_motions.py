"""A plan in motions does what the plan in skills does."""

import math

import pytest

from scene_renderer.episode import execute
from scene_renderer.motions import lower_plan
from scene_renderer.plan import format_plan, parse_plan


def test_skills_become_motions(full_table):
    plan = parse_plan("pick(400, -120, 25)\nplace(320, -120, 25)")
    assert format_plan(lower_plan(full_table, plan)).splitlines() == [
        "open_gripper()",
        "rotate(23)",
        "move_to(400, -120, 25)",
        "close_gripper()",
        "move_to(400, -120, 155)",
        "rotate(-67)",  # where the opening fingers have most room
        "move_to(320, -120, 25)",
        "open_gripper()",
        "move_to(320, -120, 125)",
    ]


def test_what_is_no_skill_stays(full_table):
    plan = parse_plan("move_to(400, 0, 200)\nrotate(30)\npush(400, 0, 20, 450, 0)\nopen_gripper()")
    assert lower_plan(full_table, plan) == plan


def test_a_plan_of_many_skills_still_is_a_plan(full_table):
    text = "\n".join(["pick(400, -120, 25)\nplace(400, -120, 25)"] * 20)
    lowered = lower_plan(full_table, parse_plan(text))
    assert parse_plan(format_plan(lowered)) == lowered


def test_a_tall_object_is_put_down_as_high_as_it_was_taken(full_table):
    lowered = lower_plan(full_table, parse_plan("pick(620, 20, 62)\nplace(480, -80, 62)"))
    heights = [a.arguments[2] for a in lowered.actions if a.name == "move_to"]
    assert heights[0] == heights[2] > 62


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("pick(400, -120, 25)\nplace(320, -120, 25)", "red cube", (0.32, -0.12, 0.025)),
        ("pick(620, 20, 62)\nplace(600, -200, 14)", "cyan bottle", None),
        ("pick(400, 120, 16)\nplace(480, -60, 16)", "green brick", (0.48, -0.06, 0.016)),
    ],
)
def test_motions_end_where_skills_end(full_table, text, name, place):
    plan = parse_plan(text)
    skills, motions = execute(full_table, plan), execute(full_table, lower_plan(full_table, plan))
    assert motions.failure is None is skills.failure
    assert motions.held is None
    ends = [episode.final[name].position for episode in (skills, motions)]
    assert math.dist(*ends) < 0.012  # the skill turns the hand along a tray, the motions do not
    assert place is None or math.dist(ends[1], place) < 0.006


def test_a_second_pick_finds_what_the_first_plan_put_there(full_table):
    text = "pick(400, -120, 25)\nplace(320, -120, 25)\npick(320, -120, 25)\nmove_to(320, -120, 200)"
    episode = execute(full_table, lower_plan(full_table, parse_plan(text)))
    assert episode.held == "red cube"


def test_what_is_turned_in_hand_is_put_down_turned(full_table):
    plan = parse_plan("pick(400, 120, 16)\nrotate(60)\nplace(480, -60, 16)")
    ends = [
        execute(full_table, p).final["green brick"] for p in (plan, lower_plan(full_table, plan))
    ]
    for end in ends:
        assert abs(math.remainder(end.yaw - math.radians(60), math.pi)) < 0.05
