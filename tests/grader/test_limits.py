import os
import socket
import threading
from pathlib import Path

import numpy as np
import pytest

from grader import limits
from grader.limits import LimitedPolicy, without_network
from qa_generator.prompt import Observation
from scene_renderer.errors import CheckpointError
from vlm.model import load_model
from vlm.policy import Policy

SEEN = Observation(np.full((128, 128, 3), 90, np.uint8), (0.32, 0.0, 0.42))


def test_without_network_nothing_is_asked_for_and_afterwards_all_is_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with without_network(), without_network():
            assert os.environ["HF_HUB_OFFLINE"] == os.environ["TRANSFORMERS_OFFLINE"] == "1"
        with without_network():
            for ask in (
                lambda: socket.create_connection(address),
                lambda: socket.getaddrinfo("localhost", 80),
                lambda: socket.create_server(("127.0.0.1", 0)),
            ):
                with pytest.raises(OSError):  # some say so in words of their own
                    ask()
        socket.create_connection(address).close()
    assert os.environ["HF_HUB_OFFLINE"] == "0"
    assert "TRANSFORMERS_OFFLINE" not in os.environ


def test_other_threads_are_cut_off_too() -> None:
    said: list[str] = []

    def ask() -> None:
        try:
            socket.getaddrinfo("localhost", 80)
        except PermissionError as error:
            said.append(str(error))

    with without_network():
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len(said) == 1


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh weights talk until they are stopped."""
    monkeypatch.setattr("vlm.policy.MAX_NEW_TOKENS", 8)


@pytest.fixture
def limited(tiny_base: Path) -> LimitedPolicy:
    return LimitedPolicy(load_model(str(tiny_base), "cpu"))


def test_limits_change_no_answer(limited: LimitedPolicy) -> None:
    questions = [SEEN] * 2, ["lift the red cube", "stop"]
    expected = [a.text for a in Policy(limited.loaded).answer(*questions)]
    assert [a.text for a in limited.answer(*questions)] == expected


def test_an_answer_that_takes_too_long_is_given_up(
    limited: LimitedPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(limits, "SECONDS_AN_ANSWER", 0.0)
        with pytest.raises(CheckpointError, match="takes more than 0 s for an answer"):
            limited.answer([SEEN], ["lift the red cube"])
    assert limited.answer([SEEN], ["lift the red cube"])


def test_a_model_that_has_answered_for_too_long_in_all_is_stopped(
    tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            self.now += 10  # at every look
            return self.now

    monkeypatch.setattr(limits, "HOURS_IN_ALL", 0.1)
    monkeypatch.setattr(limits, "time", Clock())
    limited = LimitedPolicy(load_model(str(tiny_base), "cpu"))
    answered = 0
    with pytest.raises(CheckpointError) as caught:
        while True:
            limited.answer([SEEN] * 9, ["lift the red cube"] * 9)
            answered += 9
    assert 9 <= answered <= 9 * 36, "each call takes at least 10 of 360 s"
    assert "has answered for 0.1 hours" in str(caught.value)
    assert "--resume" in str(caught.value)


def test_a_model_that_fails_is_told_in_one_sentence(tiny_base: Path) -> None:
    import torch

    loaded = load_model(str(tiny_base), "cpu")
    loaded.model.lm_head.weight = torch.nn.Parameter(torch.zeros(3, 7))
    limited = LimitedPolicy(loaded)
    with pytest.raises(CheckpointError, match="cannot answer: ") as caught:
        limited.answer([SEEN], ["lift the red cube"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("constrained", [True, False])
def test_a_model_whose_arithmetic_overflows_says_nothing(
    tiny_base: Path, constrained: bool
) -> None:
    import torch

    loaded = load_model(str(tiny_base), "cpu")
    with torch.no_grad():
        loaded.model.lm_head.weight.fill_(float("nan"))
    limited = LimitedPolicy(loaded)
    limited.constrained = constrained
    assert limited.answer([SEEN], ["lift the red cube"])[0].text == ""
