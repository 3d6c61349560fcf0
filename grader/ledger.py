"""The answers files of a grade: what was found, on disk batch by batch, so that a grade can go on.

`answers.jsonl` has one line for each answer: the role of who gave it (`model`, or a control's
name) and every field of its `Outcome`. `questions.jsonl` has one for each answer to a question of
the benchmark: `{"question": KEY, "answer": TEXT}`. `settings.json` beside them says what was asked
for, and under `conditions` what does not matter for the answers.

A grade that goes on first forgets a last line that was torn off, and what was not run; so no answer
stands there twice.
"""

import dataclasses
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.metrics import Outcome
from scene_renderer.console import claim_output, clear_leftovers, write_whole
from scene_renderer.errors import OutputError

ANSWERS, QUESTIONS, SETTINGS = "answers.jsonl", "questions.jsonl", "settings.json"
CONDITIONS = "conditions"

_WORDS = {
    "weights_sha256": "version of the model",
    "untuned_base": "untuned base",
    "untuned_base_sha256": "version of the untuned base",
    "blind_twin": "blind twin",
    "blind_twin_sha256": "version of the blind twin",
    "threads": "number of threads",
    "batch_size": "batch size",
    "free": "choice of --free",
    "calibration": "calibration of the model's confidence",
}
"""How an error calls a setting."""

Json = dict[str, Any]


class Ledger:
    """The outcomes of one grade, in memory and on disk.

    Args:
        folder: where the report goes.
        settings: all that answers depend on; a grade goes on only with the same settings.
        conditions: what is worth knowing beside, and may be another when a grade goes on.
        overwrite: replace what is there.
        resume: go on with what is there.

    Attributes:
        settings: as given.
        outcomes: role to case to outcome.
        notebook: the answers to questions of the benchmark.

    Raises:
        OutputError: if the folder cannot be used, or holds a grade with other settings.
    """

    def __init__(
        self,
        folder: Path,
        settings: Json,
        conditions: Json | None = None,
        *,
        overwrite: bool,
        resume: bool,
    ) -> None:
        claim_output(folder, overwrite, resume)
        clear_leftovers(folder)
        self.settings = settings
        self.path = folder / ANSWERS
        self.outcomes: dict[str, dict[str, Outcome]] = {}
        self.notebook = Notebook(folder / QUESTIONS)
        earlier = folder / SETTINGS
        if resume and earlier.exists():
            _check_settings(earlier, settings)
            _read_lines(self.path, self._read)
            self.notebook.read()
        told = settings | {CONDITIONS: conditions or {}}
        write_whole(earlier, json.dumps(told, indent=2))

    def _read(self, data: Json) -> bool:
        """Keeps the outcome in a line; returns whether it was run."""
        role, outcome = data.pop("role"), Outcome(**data)
        if outcome.success is not None:
            self._keep(role, [outcome])
        return outcome.success is not None

    def _keep(self, role: str, outcomes: Iterable[Outcome]) -> None:
        known = self.outcomes.setdefault(role, {})
        known.update((outcome.case, outcome) for outcome in outcomes)

    def add(self, role: str, outcomes: Sequence[Outcome]) -> None:
        """Appends outcomes and makes sure that they are on disk."""
        _append_lines(self.path, [{"role": role} | dataclasses.asdict(o) for o in outcomes])
        self._keep(role, outcomes)

    def has(self, role: str, case: str) -> bool:
        """Whether a case was answered, and run or found impossible to run today."""
        return case in self.outcomes.get(role, {})


class Notebook:
    """What was said to questions that need no execution, in memory and on disk.

    Args:
        path: the file; None to keep nothing on disk.

    Attributes:
        answers: key of a question to what was said to it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.answers: dict[str, str] = {}

    def read(self) -> None:
        """Reads what is on disk.

        Raises:
            OutputError: if it is damaged.
        """
        if self.path is not None:
            _read_lines(self.path, self._read)

    def _read(self, data: Json) -> bool:
        self.answers[str(data["question"])] = str(data["answer"])
        return True

    def add(self, answers: Mapping[str, str]) -> None:
        """Appends answers that are not there yet, and makes sure that they are on disk."""
        new = {key: text for key, text in answers.items() if key not in self.answers}
        if self.path is not None and new:
            _append_lines(self.path, [{"question": k, "answer": text} for k, text in new.items()])
        self.answers |= new


def _read_lines(path: Path, keep: Callable[[Json], bool]) -> None:
    """Reads the whole lines of a file, and rewrites it if something in it is to be forgotten.

    Args:
        path: the file, if there is one.
        keep: takes what stands in a line; returns whether the line stays.

    Raises:
        OutputError: if a line is damaged; it names the line.
    """
    if not path.exists():
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    whole = []
    for number, line in enumerate(text[: text.rfind("\n") + 1].split("\n")[:-1], start=1):
        try:
            stays = keep(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise OutputError(
                f"'{path}', line {number} is damaged ({error}); give --overwrite."
            ) from error
        whole += [line + "\n"] if stays else []
    if "".join(whole) != text:
        write_whole(path, "".join(whole))


def _append_lines(path: Path, lines: Sequence[Json]) -> None:
    """Appends lines and makes sure that they are on disk."""
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(f"Cannot write '{path}': {error.strerror or error}.") from error


def _check_settings(path: Path, settings: Json) -> None:
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError(f"'{path}' is damaged ({error}); give --overwrite.") from error
    for key in sorted((earlier.keys() | settings.keys()) - {CONDITIONS}):
        if earlier.get(key) != settings.get(key):
            as_before = f"set OMP_NUM_THREADS={earlier.get(key)} or " if key == "threads" else ""
            raise OutputError(
                f"'{path.parent}' holds a grade with another {_WORDS.get(key, key)}: "
                f"{earlier.get(key)}, not {settings.get(key)}. To go on, {as_before}ask for the "
                "same; else give --overwrite or another --output."
            )
