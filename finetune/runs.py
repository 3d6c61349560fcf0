"""Where runs go when no place is named: `checkpoints/run-001`, `run-002`, ...

A blind twin is called like the run that it stands beside: `run-002-blind`.
"""

from pathlib import Path

from scene_renderer.errors import UsageError
from vlm.config import CHECKPOINTS

STATE = "training_state.pt"
"""The file in a run's folder that a stopped run goes on from."""


BLIND = "-blind"
"""How the name of a blind run ends."""


def choose_output(kind: str, resume: bool, blind: bool = False) -> Path:
    """Returns a new folder for a run, or the newest one to go on with.

    A blind run takes the number of the newest run unless one before it took that.

    Raises:
        UsageError: if there is no run to resume.
    """
    ending = BLIND if blind else ""
    newest = _newest(kind, ending)
    if resume and not newest:
        raise UsageError("There is no run to resume; start one without --resume.")
    number = newest if resume else newest + 1
    if blind and not resume:
        number = max(number, _newest(kind, ""))
    return _shorten(CHECKPOINTS / f"{kind}-{number:03d}{ending}")


def _newest(kind: str, ending: str) -> int:
    """Returns the number of the newest run, 0 without one."""
    runs = CHECKPOINTS.glob(f"{kind}-[0-9][0-9][0-9]{ending}")
    return max((int(run.name[len(kind) + 1 :][:3]) for run in runs), default=0)


def _shorten(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
