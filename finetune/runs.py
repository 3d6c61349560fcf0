"""Where runs go when no place is named, and where the newest is.

`checkpoints/run-001`, `run-002`, ...; a blind twin is called like the run that it stands beside,
`run-002-blind`, or before there is a run like the shipped checkpoint: `tiny-tuned-blind`.
"""

import os
from pathlib import Path

from scene_renderer.errors import CheckpointError, UsageError
from vlm.bundle_adapter import ADAPTER_CONFIG
from vlm.config import BASE_MODELS, CHECKPOINTS
from vlm.model import read_metadata

SHIPPED = CHECKPOINTS / "tiny-tuned"

STATE = "training_state.pt"
"""The file in a run's folder that a stopped run goes on from."""

BLIND = "-blind"
"""How the name of a blind run ends."""


def choose_output(kind: str, resume: bool, blind: bool = False) -> Path:
    """Returns a new folder for a run, or the newest one to go on with.

    A blind run stands beside the newest run, before there is one beside the shipped checkpoint; if
    there is a twin already, it takes a number of its own.

    Raises:
        UsageError: if there is no run to resume.
    """
    ending = BLIND if blind else ""
    newest, beside = _newest(kind, ending), _newest(kind, "")
    shipped = CHECKPOINTS / SHIPPED.name
    of_shipped = shipped.with_name(shipped.name + BLIND)
    is_first = blind and not newest and not beside and shipped.is_dir()
    if is_first and of_shipped.exists() == resume:
        return _shorten(of_shipped)
    if resume and not newest:
        raise UsageError("There is no run to resume; start one without --resume.")
    number = newest if resume else newest + 1
    if blind and not resume:
        number = max(number, beside)
    return _shorten(CHECKPOINTS / f"{kind}-{number:03d}{ending}")


def _newest(kind: str, ending: str) -> int:
    """Returns the number of the newest run, 0 without one."""
    runs = CHECKPOINTS.glob(f"{kind}-[0-9][0-9][0-9]{ending}")
    return max((int(run.name[len(kind) + 1 :][:3]) for run in runs), default=0)


def _shorten(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def find_checkpoint(root: Path = CHECKPOINTS, shipped: Path = SHIPPED) -> str:
    """Returns the newest run in `root` other than the shipped one, else the shipped one.

    A blind run is a control and is never meant.

    Raises:
        CheckpointError: if there is neither.
    """
    found = sorted(root.glob(f"*/{ADAPTER_CONFIG}"), key=lambda path: path.stat().st_mtime)
    runs = [p.parent for p in found if p.parent != shipped and not is_blind(p.parent)]
    if not found:
        raise CheckpointError(
            f"There is no checkpoint in '{display_name(str(root))}' yet; make one with "
            "'python -m finetune train', or name a model."
        )
    return display_name(str(runs[-1] if runs else shipped))


def is_blind(folder: Path) -> bool:
    """Whether a checkpoint was tuned on grey pictures: `python -m finetune train --blind`."""
    try:
        return bool(read_metadata(folder).get("blind"))
    except CheckpointError:
        return False


def display_name(source: str) -> str:
    """Returns how a report calls a model: by its path below this folder, else its short name."""
    path = Path(source).absolute()
    if not path.exists():
        return source
    if path.is_relative_to(Path.cwd()):
        return os.path.relpath(path)
    return next((name for name, known in BASE_MODELS.items() if known == source), source)
