import numpy as np
import pytest
import torch

import grader.sameness
from grader.baselines import Baseline, majority_plan
from grader.cases import ask
from grader.sameness import measure_sameness
from vlm.policy import Answer


class Says:
    """A policy whose answers are made by a rule from the batch size."""

    name, image_size = "says", 128

    def __init__(self, rule):
        self.rule = rule
        self.forgotten = 0

    def answer(self, observations, instructions, batch_size):
        return [Answer(self.rule(batch_size), 1, 0.0) for _ in instructions]

    def forget(self):
        self.forgotten += 1

    def describe(self):
        return {}


@pytest.fixture
def questions(lift):
    return [ask(lift, np.zeros((128, 128, 3), np.uint8))] * 45


def shares(policy, questions):
    return {name: (r["k"], r["n"]) for name, r in measure_sameness(policy, questions).items()}


def test_a_rule_always_says_the_same(questions):
    full = (40, 40)
    found = shares(Baseline("majority", majority_plan), questions)
    assert found == {"batch_size": full, "threads": full, "runs": full}


def test_answers_that_depend_on_the_batch_are_found(questions):
    found = shares(Says(lambda size: "few" if size == 7 else "many"), questions)
    assert found == {"batch_size": (0, 40), "threads": (40, 40), "runs": (40, 40)}


def test_answers_that_depend_on_threads_are_found_and_threads_are_put_back(questions):
    before = torch.get_num_threads()
    found = shares(Says(lambda _: str(torch.get_num_threads())), questions)
    assert found == {"batch_size": (40, 40), "threads": (0, 40), "runs": (40, 40)}
    assert torch.get_num_threads() == before


def test_answers_that_change_from_time_to_time_are_found(questions):
    said = iter(range(10**6))
    found = shares(Says(lambda _: str(next(said))), questions)
    assert found == {"batch_size": (0, 40), "threads": (0, 40), "runs": (0, 40)}


def test_threads_are_put_back_after_a_failure(questions):
    before = torch.get_num_threads()

    def rule(_):
        if torch.get_num_threads() == 2:
            raise KeyboardInterrupt
        return ""

    with pytest.raises(KeyboardInterrupt):
        measure_sameness(Says(rule), questions)
    assert torch.get_num_threads() == before


def test_a_slow_policy_is_asked_less_and_every_call_is_made_anew(questions, monkeypatch):
    monkeypatch.setattr(grader.sameness, "SECONDS", 0.0)
    policy = Says(lambda _: "")
    assert shares(policy, questions)["runs"] == (4, 4)
    assert policy.forgotten == 4 + 5  # four alone; together, by seven, two threads, again


def test_few_questions_are_asked_once_each_and_none_is_no_error(questions):
    assert shares(Says(lambda _: ""), questions[:1])["runs"] == (1, 1)
    assert shares(Says(lambda _: ""), [])["runs"] == (0, 0)
