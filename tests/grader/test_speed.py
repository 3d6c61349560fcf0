import numpy as np
import pytest

import grader.speed
from grader.cases import ask
from grader.speed import measure_speed
from vlm.policy import Answer, Policy, load_policy


class Clock:
    """Time that passes only when somebody answers."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now


class Slow:
    """Answers of ten tokens: a second a batch and a tenth of a second an answer."""

    name, image_size = "slow", 128

    def __init__(self, clock):
        self.clock, self.calls, self.load_seconds = clock, [], 3.0
        self.first_call_seconds = None

    def answer(self, observations, instructions, batch_size):
        self.calls.append([id(o.image) for o in observations])
        self.clock.now += 1 + 0.1 * len(instructions)
        self.first_call_seconds = self.clock.now
        return [Answer("", 10, 0.1, first_token_seconds=0.5) for _ in instructions]

    def forget(self):
        pass

    def describe(self):
        return {"source": "slow", "device": "abacus", "dtype": "float32", "image_tokens": 7}


@pytest.fixture
def slow(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(grader.speed, "time", clock)
    return Slow(clock)


@pytest.fixture
def questions(lift):
    """Three about each of 50 pictures."""
    pictures = [np.zeros((8, 8, 3), np.uint8) for _ in range(50)]
    return [ask(lift, picture) for picture in pictures for _ in range(3)]


def test_figures_follow_from_the_clock(slow, questions):
    speed = measure_speed(slow, questions, 8)
    latency = speed["latency_ms"]
    assert latency["n"] == len(latency["samples"]) == 6  # at 1.1 s; the sixth ends after the limit
    assert {round(latency[p]) for p in ("p50", "p95", "p99")} == {1100}
    assert speed["first_token_ms"] == {"p50": 500, "p95": 500, "p99": 500}
    assert speed["cold_start_s"] == pytest.approx(3 + 1.1)
    alone, eight = speed["throughput"][:2]
    assert (alone["batch_size"], alone["plans_per_second"]) == (1, pytest.approx(1 / 1.1))
    assert (eight["batch_size"], eight["plans_per_second"]) == (8, pytest.approx(8 / 1.8))
    assert speed["plans_per_second"] == eight["plans_per_second"]
    assert speed["tokens_per_second"] == pytest.approx(80 / 1.8)
    assert (speed["device"], speed["dtype"], speed["image_tokens"]) == ("abacus", "float32", 7)
    assert speed["threads"] >= 1
    assert speed["load"] >= 0
    assert speed["peak_memory_mib"] > 1


def test_a_batch_that_would_take_too_long_is_left_out_unless_it_is_asked_for(slow, questions):
    sizes = [
        row["batch_size"] for row in measure_speed(slow, questions, 8, quick=True)["throughput"]
    ]
    assert sizes == [1, 8]
    sizes = [row["batch_size"] for row in measure_speed(slow, questions, 64)["throughput"]]
    assert sizes == [1, 64]


def test_neighbouring_questions_have_different_pictures(slow, questions):
    measure_speed(slow, questions, 32)
    singles = [call[0] for call in slow.calls[3:] if len(call) == 1]
    assert len(singles) == len(set(singles)) == 6
    assert [len(set(call)) for call in slow.calls if len(call) == 32] == [32]


def test_a_policy_that_answered_before_has_no_cold_start(slow, questions):
    slow.answer(questions[:1], ["lift"], 1)
    assert "cold_start_s" not in measure_speed(slow, questions, 8)


def test_batches_that_find_no_memory_are_left_out(slow, questions, monkeypatch, capsys):
    monkeypatch.setattr(grader.speed, "THROUGHPUT_SECONDS", 1000.0)

    def answer(observations, instructions, batch_size, told=slow.answer):
        if len(instructions) > 8:
            raise MemoryError
        return told(observations, instructions, batch_size)

    slow.answer = answer
    rows = measure_speed(slow, questions, 32)["throughput"]
    assert [row["batch_size"] for row in rows] == [1, 8]
    assert "below batches of 32: memory is too short" in capsys.readouterr().err


def test_memory_is_that_of_the_device_which_answers(slow, questions, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 0)
    assert measure_speed(slow, questions, 8)["peak_memory_mib"] > 1, "of a model on the CPU"
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 3 * 2**20)
    slow.describe = lambda: {"device": "cuda:0"}
    assert measure_speed(slow, questions, 8)["peak_memory_mib"] == 3


def test_one_question_is_enough(slow, questions):
    speed = measure_speed(slow, questions[:1], 32)
    assert speed["latency_ms"]["n"] == 1
    assert [row["batch_size"] for row in speed["throughput"]] == [1]


def test_a_model_is_measured_and_named(lift, tiny_base, monkeypatch):
    monkeypatch.setattr("vlm.policy.MAX_NEW_TOKENS", 4)
    policy = load_policy(str(tiny_base), "cpu")
    policy.name = "a short name"
    image = np.zeros((policy.image_size, policy.image_size, 3), np.uint8)
    speed = measure_speed(policy, [ask(lift, image)] * 3, 2)
    latency, first = speed["latency_ms"], speed["first_token_ms"]
    assert first["p50"] < latency["p50"] <= latency["p95"] <= latency["p99"]
    assert speed["cold_start_s"] > policy.load_seconds
    assert speed["image_tokens"] == 64
    assert speed["model"]["source"] == "a short name"
    assert isinstance(policy, Policy)
