"""What can go wrong, as one tree.

    TablehandError                 exit code 1: one sentence on stderr, never a traceback
    ├── UsageError                 exit code 2: the command was typed wrong
    ├── SceneError                 a scene that breaks a rule (3 objects, one name twice, ...)
    ├── PlanError                  a plan text that does not parse; has .line and .column
    ├── DatasetError               a missing, broken or foreign data folder, image or case file
    ├── CheckpointError            a missing, broken or foreign model or adapter folder
    ├── EndpointError              a language model's server that cannot be used
    ├── OutputError                a place that cannot be written, or that already holds something
    └── OracleError                exit code 3: what must be perfect is not, so nothing is reported

Libraries raise these and nothing prints; only `__main__` modules print and exit:

    try:
        scene = Scene.from_json(text)
    except TablehandError as error:
        print(error)
"""

import difflib
from collections.abc import Iterable


class TablehandError(Exception):
    """Base of every error that a user can cause; its text is one clear sentence or two."""

    exit_code = 1


class UsageError(TablehandError):
    """The command line was wrong."""

    exit_code = 2


class SceneError(TablehandError):
    """A scene breaks one of the rules in `scene.py`."""


class PlanError(TablehandError):
    """A plan text is not in the action language.

    Attributes:
        line: 1-based line of the first fault; 0 if it has no one place in the text.
        column: 1-based column of the first fault.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message, line, column)  # what pickle makes it anew from
        self.line = line
        self.column = column

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"line {self.line}, column {self.column}: {message}" if self.line else message


class DatasetError(TablehandError):
    """A data folder, image or case file cannot be used."""


class CheckpointError(TablehandError):
    """A model or adapter folder cannot be used."""


class EndpointError(TablehandError):
    """A language model's server does not answer, or not as it should."""


class OutputError(TablehandError):
    """An output cannot be written."""


class OracleError(TablehandError):
    """The oracle missed a goal, so a grade would say nothing."""

    exit_code = 3


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Returns ' Did you mean ...?' for a near miss, else ' Choose one of: ...'."""
    names = sorted(known)
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.6)
    return f" Did you mean '{close[0]}'?" if close else f" Choose one of: {', '.join(names)}."
