"""Plans that were spoilt on purpose fail in physics, and for the reason they were spoilt."""

from collections import Counter

import pytest

from grader.cases import Case, draw_cases
from grader.sabotage import SABOTAGES, Trial, confusion_table, spoil, try_case
from qa_generator.tasks import TASKS

COUNT = 2 * len(TASKS)
RARE = ("place_beside", "steps")
"""Tasks of which not every case allows the sabotage that is made for it."""
ENOUGH = 0.95


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    drawn = [draw_cases("test", 21, i, tuple(TASKS), ("named",))[0] for i in range(COUNT)]
    rare = [draw_cases("test", 22, i, RARE, ("named",))[0] for i in range(4 * len(RARE))]
    return drawn + rare


@pytest.fixture(scope="module")
def trials(cases: list[Case]) -> list[Trial]:
    return [trial for case in cases[len(TASKS) :] for trial in try_case(case)]


def test_every_sabotage_is_tried(cases):
    names = {name for case in cases for name, _, _ in spoil(case)}
    assert names == set(SABOTAGES)


def test_no_spoilt_plan_reaches_its_goal(trials):
    assert [trial for trial in trials if trial.found == "success"] == []


def test_the_reported_cause_is_the_right_one(trials):
    right = sum(trial.found == trial.right for trial in trials)
    assert right >= ENOUGH * len(trials), "\n" + confusion_table(trials)


def test_a_confusion_table_counts_what_was_found():
    trials = [Trial("a", "parse", "parse"), Trial("a", "parse", "success"), Trial("b", "x", "x")]
    table = confusion_table(trials)
    assert Counter(table.split())["parse"] == 2
    assert "success 1" in table
    assert "2/3" in table
