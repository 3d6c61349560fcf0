"""Where runs go when no place is named (`checkpoints/run-001`, ...), and where the newest is."""

import os
from pathlib import Path

from scene_renderer.errors import CheckpointError, UsageError
from vlm.bundle_adapter import ADAPTER_CONFIG
from vlm.config import BASE_MODELS, CHECKPOINTS

SHIPPED = CHECKPOINTS / "tiny-tuned"

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


def find_checkpoint(root: Path = CHECKPOINTS, shipped: Path = SHIPPED) -> str:
    """Returns the newest run in `root` other than the shipped one, else the shipped one.

    Raises:
        CheckpointError: if there is neither.
    """
    found = sorted(root.glob(f"*/{ADAPTER_CONFIG}"), key=lambda path: path.stat().st_mtime)
    runs = [path.parent for path in found if path.parent != shipped]
    if not found:
        raise CheckpointError(
            f"There is no checkpoint in '{display_name(str(root))}' yet; make one with "
            "'python -m finetune train', or name a model."
        )
    return display_name(str(runs[-1] if runs else shipped))


def display_name(source: str) -> str:
    """Returns how a report calls a model: by its path below this folder, else its short name."""
    path = Path(source).absolute()
    if not path.exists():
        return source
    if path.is_relative_to(Path.cwd()):
        return os.path.relpath(path)
    return next((name for name, known in BASE_MODELS.items() if known == source), source)
