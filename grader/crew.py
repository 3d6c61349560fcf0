"""Worker processes that outlive a crash of their work, and never outlive their parent.

Work waits in a queue of our own, and few pieces at a time are given to the processes: what is
urgent can overtake, and a crash has few neighbours. Work that takes a worker down with it (a crash
in C++, or the system's want of memory) is tried once more, alone in a process of its own, so that
the guilty one does not take innocent neighbours along.
"""

import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from queue import Empty, PriorityQueue
from types import TracebackType
from typing import Any

from scene_renderer.errors import TablehandError
from scene_renderer.workers import start_worker, usable_cores

_WAITING_EACH = 2
"""Pieces of work that are given to a process at once: the one that it does, and the next."""

_CLOSE, _URGENT, _USUAL = range(3)


class CrashError(TablehandError):
    """A piece of work took its worker down twice, or found no memory twice."""


@dataclass(eq=False)
class Ticket:
    """A piece of work that was handed in; `Crew.result` waits for it."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: Future[Any]

    @property
    def is_done(self) -> bool:
        """Whether `Crew.result` need not wait, unless it has to try again."""
        return self.future.done()


class Crew:
    """Some worker processes; use it as a context manager.

    Args:
        workers: how many processes; default one for each core.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or usable_cores()
        self._pool = _open_pool(self.workers)
        self._alone: ProcessPoolExecutor | None = None
        self._queue: PriorityQueue[tuple[int, int, Ticket | None]] = PriorityQueue()
        self._numbers = count()
        self._slots = threading.Semaphore(_WAITING_EACH * self.workers)
        self._dispatcher = threading.Thread(target=self._dispatch, daemon=True)
        self._dispatcher.start()

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._queue.put((_CLOSE, next(self._numbers), None))
        self._slots.release()
        self._dispatcher.join()
        for pool in (self._pool, self._alone):
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)
        while ticket := self._left():
            ticket.future.cancel()

    def submit(self, function: Callable[..., Any], *arguments: Any, urgent: bool = False) -> Ticket:
        """Hands in `function(*arguments)`; both must be picklable.

        Args:
            function: what a worker is to call.
            arguments: of it.
            urgent: whether it goes before all that is not.
        """
        ticket = Ticket(function, arguments, Future())
        self._queue.put((_URGENT if urgent else _USUAL, next(self._numbers), ticket))
        return ticket

    def result(self, ticket: Ticket) -> Any:
        """Waits for a piece of work and returns, or raises, what it did.

        Raises:
            CrashError: if it took its worker down twice, or found no memory twice.
        """
        try:
            return ticket.future.result()
        except (BrokenProcessPool, MemoryError):
            ticket.future = self._retry(ticket)
        return ticket.future.result()

    def _retry(self, ticket: Ticket) -> Future[Any]:
        self._alone = self._alone or _open_pool(1)
        future: Future[Any] = Future()
        try:
            future.set_result(self._alone.submit(ticket.function, *ticket.arguments).result())
        except BrokenProcessPool:
            self._alone = None
            future.set_exception(CrashError("the simulator crashed twice"))
        except (MemoryError, OSError):
            future.set_exception(CrashError("there was too little memory, twice"))
        except Exception as error:  # whatever the work raises is raised where its result is asked
            future.set_exception(error)
        return future

    def _dispatch(self) -> None:
        """Gives work to the processes as they become free; runs in a thread of its own."""
        while True:
            self._slots.acquire()
            ticket = self._queue.get()[2]
            if ticket is None:
                return
            try:
                done = self._give(ticket)
            except OSError as error:  # no process can be started, mostly for want of memory
                self._slots.release()
                ticket.future.set_exception(MemoryError(str(error)))
            else:
                done.add_done_callback(functools.partial(self._end, ticket))

    def _give(self, ticket: Ticket) -> Future[Any]:
        try:
            return self._pool.submit(ticket.function, *ticket.arguments)
        except BrokenProcessPool:
            self._pool.shutdown(wait=False)
            self._pool = _open_pool(self.workers)
            return self._pool.submit(ticket.function, *ticket.arguments)

    def _end(self, ticket: Ticket, done: Future[Any]) -> None:
        """Passes on what became of some work; called in the pool's thread, so it takes no lock."""
        self._slots.release()
        if done.cancelled():
            ticket.future.cancel()
        elif error := done.exception():
            ticket.future.set_exception(error)
        else:
            ticket.future.set_result(done.result())

    def _left(self) -> Ticket | None:
        try:
            return self._queue.get_nowait()[2]
        except Empty:
            return None


def _open_pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare)


def _prepare() -> None:
    """Prepares a worker, and silences what PyBullet prints from C++."""
    start_worker()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
