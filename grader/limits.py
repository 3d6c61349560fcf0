"""What a stranger's model may not do while it is loaded and while it answers.

Nothing of a bundle is ever executed (see `vlm/bundle.py`), so this is a second wall: no network,
and an end to every answer and to all of them together. Memory needs no limit of its own, because
sizes are checked before anything is loaded.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from qa_generator.prompt import Observation
from scene_renderer.errors import CheckpointError, TablehandError
from vlm.model import LoadedModel, first_line
from vlm.policy import Answer, Policy

SECONDS_AN_ANSWER = 60.0
"""The most that the answers of one call take on average; the tiny model takes 0.1 s."""

HOURS_IN_ALL = 4.0
"""The most that all answers of one run of the grader take: 1.4 s each of the 10,000 of `--full`."""

_NETWORK = frozenset(
    {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
    | {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
)
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
"""What the libraries ask before they ask the network."""


class _Watch:
    """What the audit hook knows; a hook can never be taken away again."""

    is_set = False
    depth = 0


@contextmanager
def without_network() -> Iterator[None]:
    """Makes every use of the network by this process an error for a while.

    Python tells of each before it happens, whichever library asks for it; code in C that does not
    go through Python's `socket` is not told of.
    """
    if not _Watch.is_set:
        sys.addaudithook(_refuse_network)
        _Watch.is_set = True
    before = {key: os.environ.get(key) for key in _OFFLINE}
    os.environ.update(_OFFLINE)
    _Watch.depth += 1
    try:
        yield
    finally:
        _Watch.depth -= 1
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


def _refuse_network(event: str, arguments: tuple[Any, ...], watch: type[_Watch] = _Watch) -> None:
    if watch.depth and event in _NETWORK:
        raise PermissionError("a bundle's model asked for the network, which it may not use.")


class LimitedPolicy(Policy):
    """A stranger's model: it answers without network, in time, or not at all."""

    def __init__(self, loaded: LoadedModel, load_seconds: float | None = None) -> None:
        super().__init__(loaded, load_seconds)
        self._deadline = self._last_deadline = float("inf")
        self._seconds_left = 3600 * HOURS_IN_ALL
        self._engine.on_step = self._check_time

    def _check_time(self) -> None:
        """Runs before every step of an answer."""
        now = time.monotonic()
        if now > self._last_deadline:
            raise CheckpointError(
                f"Model '{self.name}' has answered for {HOURS_IN_ALL:g} hours, the most that a "
                "bundle is given; what it answered before is kept: go on with --resume, or ask "
                "less with --limit."
            )
        if now > self._deadline:
            raise CheckpointError(
                f"Model '{self.name}' takes more than {SECONDS_AN_ANSWER:.0f} s for an answer."
            )

    def answer(
        self,
        observations: Sequence[Observation],
        instructions: Sequence[str],
        batch_size: int = 32,
    ) -> list[Answer]:
        """Answers as `Policy.answer` does.

        Raises:
            CheckpointError: if it takes too long, has answered for too long in all, or cannot
                answer.
        """
        start = time.monotonic()
        self._deadline = start + SECONDS_AN_ANSWER * max(1, len(instructions))
        self._last_deadline = start + self._seconds_left
        try:
            with without_network():
                return super().answer(observations, instructions, batch_size)
        except TablehandError:
            raise
        except Exception as error:  # whatever odd weights and sizes lead to in the libraries
            raise CheckpointError(
                f"Model '{self.name}' cannot answer: {first_line(error)}"
            ) from error
        finally:
            self._seconds_left -= time.monotonic() - start
            self._deadline = self._last_deadline = float("inf")
