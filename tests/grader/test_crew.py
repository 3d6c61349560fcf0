import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.crew import CrashError, Crew


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew(workers=2) as crew:
        yield crew


def test_work_is_done_in_another_process(crew: Crew) -> None:
    assert crew.result(crew.submit(os.getpid)) != os.getpid()


def test_what_work_raises_is_raised(crew: Crew) -> None:
    with pytest.raises(ZeroDivisionError):
        crew.result(crew.submit(divmod, 1, 0))


def test_a_crash_is_reported_and_its_neighbours_are_done_all_the_same(crew: Crew) -> None:
    tickets = [crew.submit(abs, -i) for i in range(4)]
    guilty = crew.submit(os._exit, 1)
    tickets += [crew.submit(abs, -i) for i in range(4, 8)]
    with pytest.raises(CrashError):
        crew.result(guilty)
    assert [crew.result(t) for t in tickets] == list(range(8))
    assert crew.result(crew.submit(abs, -9)) == 9


def test_what_workers_print_stays_off_stdout(crew: Crew, capfd: pytest.CaptureFixture[str]) -> None:
    with Crew(workers=1) as fresh:
        fresh.result(fresh.submit(os.write, 1, b"from C++"))
    assert capfd.readouterr().out == ""


def test_leaving_early_abandons_what_was_not_begun(tmp_path: Path) -> None:
    with Crew(workers=1) as crew:
        tickets = [crew.submit(sum, range(300_000)) for _ in range(200)]
    assert any(t.future.cancelled() for t in tickets if t.future)
