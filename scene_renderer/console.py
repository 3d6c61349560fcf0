"""Command-line manners that all five packages share.

The result goes to stdout and everything else to stderr. Exit codes: 0 done, 1 bad input or
environment, 2 wrong usage, 3 a requested threshold was missed, 130 Ctrl-C.
"""

import argparse
import contextlib
import ctypes
import json
import os
import re
import shlex
import shutil
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from scene_renderer.errors import (
    DatasetError,
    OutputError,
    TablehandError,
    UsageError,
    did_you_mean,
)

EXIT_THRESHOLD = 3
EXIT_INTERRUPTED = 130
_OURS = (
    "scenes-*.parquet",
    "pairs-*.parquet",
    "manifest.json",
    "adapter_config.json",
    "tablehand.json",
    "pretraining.json",
    "*/training_state.pt",
    "*/.training_state.pt.tmp",
    "*/metrics.jsonl",
    "settings.json",
    "answers.jsonl",
    "report.json",
)
"""What tells that a folder is one of a data set, a run or a report."""

_INVALID_CHOICE = re.compile(r"invalid choice: '(.*)' \(choose from (.*)\)")


class Parser(argparse.ArgumentParser):
    """An argument parser whose faults are one sentence with a suggestion, exit code 2."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        """Raises what argparse has to say as our own error.

        Raises:
            UsageError: always.
        """
        choice = _INVALID_CHOICE.search(message)
        if choice:
            hint = did_you_mean(choice[1], re.findall(r"[\w-]+", choice[2]))
            raise UsageError(f"Unknown command '{choice[1]}'.{hint}")
        stop = "" if message.endswith((".", "?")) else "."
        raise UsageError(f"{message}{stop} See '{self.prog} --help'.")


def one_of(what: str, names: Iterable[str]) -> Callable[[str], str]:
    """Returns an argparse type that accepts one of the names and suggests the nearest."""
    known = tuple(names)

    def check(text: str) -> str:
        if text not in known:
            raise ArgumentTypeError(f"Unknown {what} '{text}'.{did_you_mean(text, known)}")
        return text

    return check


def positive(text: str) -> int:
    """An argparse type: a whole number of at least 1."""
    value = _whole(text)
    if value < 1:
        raise ArgumentTypeError(f"Expected a number of at least 1, got {value}.")
    return value


def natural(text: str) -> int:
    """An argparse type: a whole number of at least 0, as seeds and indices are."""
    value = _whole(text)
    if value < 0:
        raise ArgumentTypeError(f"Expected a number of at least 0, got {value}.")
    return value


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"Expected a whole number, got '{text[:40]}'.") from None


def positive_real(text: str) -> float:
    """An argparse type: a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"Expected a number, got '{text}'.") from None
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"Expected a number above 0, got {text}.")
    return value


def run(
    main: Callable[[Sequence[str]], int | None], resumable: Collection[str] | None = None
) -> NoReturn:
    """Runs a `__main__`, turns errors into one sentence on stderr, and exits.

    Args:
        main: takes the arguments, returns an exit code or None for 0.
        resumable: the verbs that go on with `--resume` after Ctrl-C; default all.
    """
    arguments = sys.argv[1:]
    try:
        code = main(arguments) or 0
        sys.stdout.flush()
    except TablehandError as error:
        print(f"error: {error}", file=sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        can_resume = resumable is None or any(a in resumable for a in arguments[:1])
        words, said = arguments, "Stopped. Start again with"
        if can_resume:
            words = [a for a in arguments if a not in ("--resume", "--overwrite")] + ["--resume"]
            said = "Stopped; finished work is kept. Go on with"
        command = shlex.join(["python", "-m", Path(sys.argv[0]).parent.name, *words])
        print(f"\n{said}: {command}", file=sys.stderr)
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 0
    sys.exit(code)


def note(text: str) -> None:
    """Prints a remark to stderr."""
    print(text, file=sys.stderr, flush=True)


def print_json(document: Any) -> None:
    """Prints exactly one JSON document to stdout."""
    print(json.dumps(document, indent=2, allow_nan=False), flush=True)


class Progress:
    """Progress on stderr with a rate and an ETA: one updated line on a terminal, else a line
    every few seconds.

    Use it as a context manager and call `advance`.
    """

    def __init__(
        self, what: str, total: float, unit: str, quiet: bool = False, done: float = 0.0
    ) -> None:
        self.what, self.total, self.unit, self.quiet = what, total, unit, quiet
        self.done = self._before = done
        self._start = self._last = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exception: object) -> None:
        if not self.quiet and self.done:
            self._show(end="\n")

    def advance(self, amount: float = 1, remark: str = "") -> None:
        """Counts `amount` more units as done; `remark` is shown behind the rate."""
        self.done += amount
        now = time.monotonic()
        if not self.quiet and now - self._last > (0.2 if self._terminal else 5.0):
            self._last = now
            self._show(remark, end="" if self._terminal else "\n")

    def _show(self, remark: str = "", end: str = "") -> None:
        elapsed = max(time.monotonic() - self._start, 1e-9)
        rate = (self.done - self._before) / elapsed
        left = max(self.total - self.done, 0) / rate if rate else 0.0
        text = (
            f"{self.what}: {self.done:.0f}/{self.total:.0f} {self.unit} "
            f"({rate:.1f} {self.unit}/s, {_clock(elapsed)} gone, {_clock(left)} left) {remark}"
        )
        start = "\r\033[K" if self._terminal else ""
        print(start + text.rstrip(), end=end, file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def read_text(path: Path) -> str:
    """Reads a file that somebody named.

    Raises:
        DatasetError: if it is missing, cannot be read, or is no UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DatasetError(f"Cannot read '{path}': {reason}.") from error


def write_whole(path: Path, data: bytes | str) -> None:
    """Writes a file so that it appears whole or not at all.

    Raises:
        OutputError: if the place cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise OutputError(f"Cannot write '{path}': {error.strerror or error}.") from error


def clear_leftovers(folder: Path) -> None:
    """Deletes the unfinished files that a killed `write_whole` left in a folder."""
    for left in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            left.unlink()


def file_name(name: str) -> str:
    """Returns a name, say a scene's id, with whatever does not belong into a file's as '-'."""
    return re.sub(r"[^\w.-]+", "-", name)[:100]


def claim_output(path: Path, overwrite: bool, resume: bool | None = False) -> None:
    """Makes sure that an output folder or file may be written.

    Args:
        path: the folder or file.
        overwrite: delete what is there, if it is a file or a folder that was made here.
        resume: keep what is there and go on; None where a command cannot.

    Raises:
        OutputError: if something is there and neither flag was given, it is somebody else's
            folder, or it is not writable.
    """
    try:
        if overwrite and path.resolve() in (Path.cwd(), *Path.cwd().parents):
            raise OutputError(f"'{path}' holds this folder and is not deleted; name an --output.")
        if resume and path.exists() and not path.is_dir():
            raise OutputError(f"'{path}' is no folder, so there is nothing to go on with.")
        if path.exists() and overwrite and not resume:
            _delete(path)
        elif path.exists() and not resume and (path.is_file() or any(path.iterdir())):
            go_on = "" if resume is None else "--resume to go on, "
            raise OutputError(
                f"'{path}' exists already. Give {go_on}--overwrite to replace it, "
                "or another --output."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise OutputError(f"'{path}' cannot be written; choose another --output.")
    except OSError as error:
        raise OutputError(f"Cannot write '{path}': {error.strerror or error}.") from error


def _delete(path: Path) -> None:
    """Deletes a file, or a folder that is empty or holds something of ours."""
    if not path.is_dir():
        path.unlink()
    elif _is_empty(path) or any(found for sign in _OURS for found in path.glob(sign)):
        shutil.rmtree(path)
    else:
        raise OutputError(
            f"'{path}' holds nothing that Tablehand made, so it is not deleted; "
            "name another --output."
        )


def _is_empty(folder: Path) -> bool:
    return all(inner.is_dir() for inner in folder.rglob("*"))


@contextlib.contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Sends file descriptor 1 to stderr for a while: PyBullet prints to it from C++."""
    flush_c = ctypes.CDLL(None).fflush  # C has a buffer of its own, which would be written later
    sys.stdout.flush()
    flush_c(None)
    saved = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        flush_c(None)
        os.dup2(saved, 1)
        os.close(saved)
