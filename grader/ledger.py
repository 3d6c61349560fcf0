"""The answers file of a grade: what was found, on disk batch by batch, so that a grade can go on.

`answers.jsonl` has one line for each answer: the role of who gave it (`model`, or a control's
name) and every field of its `Outcome`. `settings.json` beside it says what was asked for.

A grade that goes on first forgets a last line that was torn off, and what was not run; so no answer
stands there twice.
"""

import dataclasses
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from grader.metrics import Outcome
from scene_renderer.console import claim_output, clear_leftovers, write_whole
from scene_renderer.errors import OutputError

ANSWERS, SETTINGS = "answers.jsonl", "settings.json"


class Ledger:
    """The outcomes of one grade, in memory and on disk.

    Args:
        folder: where the report goes.
        settings: what was asked for; a grade goes on only with the same settings.
        overwrite: replace what is there.
        resume: go on with what is there.

    Raises:
        OutputError: if the folder cannot be used, or holds a grade with other settings.
    """

    def __init__(
        self, folder: Path, settings: dict[str, Any], *, overwrite: bool, resume: bool
    ) -> None:
        claim_output(folder, overwrite, resume)
        clear_leftovers(folder)
        self.path = folder / ANSWERS
        self.outcomes: dict[str, dict[str, Outcome]] = {}
        earlier = folder / SETTINGS
        if resume and earlier.exists():
            _check_settings(earlier, settings)
            self._load()
        write_whole(earlier, json.dumps(settings, indent=2))

    def _load(self) -> None:
        """Reads what is there, and rewrites the file if something in it is to be forgotten."""
        if not self.path.exists():
            return
        text = self.path.read_text(encoding="utf-8", errors="replace")
        lines = text[: text.rfind("\n") + 1].splitlines(keepends=True)
        whole = [line for number, line in enumerate(lines, start=1) if self._read(line, number)]
        if "".join(whole) != text:
            write_whole(self.path, "".join(whole))

    def _read(self, line: str, number: int) -> bool:
        """Keeps the outcome in a line; returns whether it was run."""
        try:
            data = json.loads(line)
            role, outcome = data.pop("role"), Outcome(**data)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise OutputError(
                f"'{self.path}', line {number} is damaged ({error}); give --overwrite."
            ) from error
        if outcome.success is not None:
            self._keep(role, [outcome])
        return outcome.success is not None

    def _keep(self, role: str, outcomes: Iterable[Outcome]) -> None:
        known = self.outcomes.setdefault(role, {})
        known.update((outcome.case, outcome) for outcome in outcomes)

    def add(self, role: str, outcomes: Sequence[Outcome]) -> None:
        """Appends outcomes and makes sure that they are on disk."""
        lines = [json.dumps({"role": role} | dataclasses.asdict(o)) + "\n" for o in outcomes]
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutputError(f"Cannot write '{self.path}': {error.strerror or error}.") from error
        self._keep(role, outcomes)

    def has(self, role: str, case: str) -> bool:
        """Whether a case was answered, and run or found impossible to run today."""
        return case in self.outcomes.get(role, {})


def _check_settings(path: Path, settings: dict[str, Any]) -> None:
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError(f"'{path}' is damaged ({error}); give --overwrite.") from error
    for key in sorted(earlier.keys() | settings.keys()):
        if earlier.get(key) != settings.get(key):
            raise OutputError(
                f"'{path.parent}' holds a grade with another {key}: {earlier.get(key)}, not "
                f"{settings.get(key)}. Give --overwrite, or another --output."
            )
