"""Worker processes that outlive a crash of their work.

Work that takes a worker down with it (a crash in C++, not a Python exception) is tried once more,
alone in a process of its own, so that the guilty one does not take innocent neighbours along.
"""

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from types import TracebackType
from typing import Any


class CrashError(Exception):
    """A piece of work took its worker down twice."""


@dataclass
class Ticket:
    """A piece of work that was handed in; `Crew.result` waits for it."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: Future[Any] | None


class Crew:
    """Some worker processes; use it as a context manager.

    Args:
        workers: how many processes; default one for each CPU.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._pool = _open_pool(self.workers)
        self._alone: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pool in (self._pool, self._alone):
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Ticket:
        """Starts `function(*arguments)` in a worker; both must be picklable."""
        try:
            future = self._pool.submit(function, *arguments)
        except BrokenProcessPool:
            self._pool = _open_pool(self.workers)
            future = self._pool.submit(function, *arguments)
        return Ticket(function, arguments, future)

    def result(self, ticket: Ticket) -> Any:
        """Waits for a piece of work and returns, or raises, what it did.

        Raises:
            CrashError: if it took its worker down twice.
        """
        if ticket.future is not None:
            try:
                return ticket.future.result()
            except BrokenProcessPool:
                ticket.future = None
        return self._retry(ticket)

    def _retry(self, ticket: Ticket) -> Any:
        self._alone = self._alone or _open_pool(1)
        try:
            return self._alone.submit(ticket.function, *ticket.arguments).result()
        except BrokenProcessPool:
            self._alone = None
            raise CrashError("the simulator crashed twice") from None


def _open_pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare)


def _prepare() -> None:
    """Leaves Ctrl-C to the parent, and silences what PyBullet prints from C++."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
