import os
import signal
from collections.abc import Iterator

import pytest

from scene_renderer.errors import TablehandError
from scene_renderer.workers import run_jobs


def process_of(item: int) -> tuple[int, int]:
    return item, os.getpid()


def die(item: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_one_worker_is_this_process_and_keeps_the_order() -> None:
    results: list[tuple[int, int]] = []
    run_jobs(process_of, [3, 1, 2], 1, results.append)
    assert results == [(item, os.getpid()) for item in (3, 1, 2)]


def test_two_workers_do_every_job_elsewhere() -> None:
    results: list[tuple[int, int]] = []
    run_jobs(process_of, [3, 1, 2], 2, results.append)
    assert sorted(item for item, _ in results) == [1, 2, 3]
    assert os.getpid() not in {process for _, process in results}


def test_a_killed_worker_is_told_in_one_sentence() -> None:
    with pytest.raises(TablehandError, match="A worker process was killed"):
        run_jobs(die, [1, 2], 2, lambda result: None)


def test_items_are_drawn_as_they_are_needed() -> None:
    drawn: list[int] = []
    ahead: list[int] = []

    def draw() -> Iterator[int]:
        for item in range(12):
            drawn.append(item)
            yield item

    run_jobs(process_of, draw(), 2, lambda result: ahead.append(len(drawn)))
    assert ahead[0] <= 5
    assert len(ahead) == len(drawn) == 12
