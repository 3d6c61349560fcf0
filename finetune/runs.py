"""Where runs go when no place is named: `checkpoints/run-001`, `run-002`, ..."""

from pathlib import Path

from scene_renderer.errors import UsageError
from vlm.config import CHECKPOINTS

STATE = "training_state.pt"
"""The file in a run's folder that a stopped run goes on from."""


def choose_output(kind: str, resume: bool) -> Path:
    """Returns a new folder for a run, or the newest one to go on with.

    Raises:
        UsageError: if there is no run to resume.
    """
    runs = sorted(CHECKPOINTS.glob(f"{kind}-[0-9][0-9][0-9]"))
    if resume and not runs:
        raise UsageError("There is no run to resume; start one without --resume.")
    if resume:
        return _shorten(runs[-1])
    number = int(runs[-1].name[-3:]) + 1 if runs else 1
    return _shorten(CHECKPOINTS / f"{kind}-{number:03d}")


def _shorten(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
