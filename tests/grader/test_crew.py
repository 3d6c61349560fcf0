import os
import subprocess
import sys
import time
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


def give_up(*_: object) -> None:
    raise MemoryError


def test_want_of_memory_is_a_crash_and_no_result(crew: Crew) -> None:
    ticket = crew.submit(give_up)
    for _ in range(2):
        with pytest.raises(CrashError, match="too little memory"):
            crew.result(ticket)


def test_what_is_urgent_goes_before_what_waits() -> None:
    with Crew(workers=1) as crew:
        crew.result(crew.submit(abs, -1))
        waiting = [crew.submit(time.sleep, 0.05) for _ in range(40)]
        assert crew.result(crew.submit(abs, -2, urgent=True)) == 2
        assert not waiting[-1].is_done
        crew.result(waiting[-1])
        assert all(ticket.is_done for ticket in waiting)


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys; from grader.crew import Crew\n"
        "if __name__ == '__main__':\n"
        "    with Crew(2) as crew:\n"
        "        pids = [crew.submit(os.getpid) for _ in range(4)]\n"
        "        print(*{crew.result(p) for p in pids}, flush=True)\n"
        "        os.kill(os.getpid(), 9)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(code)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True
    )
    pids = done.stdout.split()
    assert pids, done.stderr
    deadline = time.monotonic() + 30
    while any(_is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_is_alive(pid) for pid in pids)


def _is_alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] not in "ZX"
    except FileNotFoundError:
        return False
