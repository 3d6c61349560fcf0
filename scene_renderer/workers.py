"""Runs one job for many items in several processes that never outlive their parent."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import TypeVar

from scene_renderer.errors import TablehandError

Item = TypeVar("Item")
Result = TypeVar("Result")


def usable_cores() -> int:
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def run_jobs(
    job: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    on_result: Callable[[Result], None],
) -> None:
    """Does a job for each item, in any order; after a stop no new job begins.

    Args:
        job: must be picklable.
        items: what to do it for; few are drawn before they are needed.
        workers: how many processes; one means this very process.
        on_result: called here with each result as it comes.

    Raises:
        TablehandError: if a worker was killed.
    """
    rest = iter(items)
    first = list(islice(rest, workers))
    if len(first) <= 1:
        for item in chain(first, rest):
            on_result(job(item))
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(len(first), context, start_worker)
    try:
        waiting = {pool.submit(job, item) for item in chain(first, islice(rest, workers))}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for finished in done:
                on_result(finished.result())
            waiting |= {pool.submit(job, item) for item in islice(rest, len(done))}
    except BrokenProcessPool:
        raise TablehandError(
            "A worker process was killed, perhaps for want of memory. Finished work is kept; "
            "go on with --resume and fewer --workers."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def start_worker() -> None:
    """Leaves Ctrl-C to the parent, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
