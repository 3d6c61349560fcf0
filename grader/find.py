"""Finds the checkpoint to grade, and loads it with the base that it was tuned from."""

import os
from pathlib import Path

from scene_renderer.errors import CheckpointError
from vlm.config import BASE_MODELS, CHECKPOINTS, resolve_base
from vlm.model import read_metadata
from vlm.policy import Policy, load_policy

SHIPPED = CHECKPOINTS / "tiny-tuned"
ADAPTER = "adapter_config.json"


def find_checkpoint(root: Path = CHECKPOINTS, shipped: Path = SHIPPED) -> str:
    """Returns the newest run in `root` other than the shipped one, else the shipped one.

    A blind run is a control and is never meant.

    Raises:
        CheckpointError: if there is neither.
    """
    found = sorted(root.glob(f"*/{ADAPTER}"), key=lambda path: path.stat().st_mtime)
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


def load_with_base(path: str, device: str, base_too: bool) -> tuple[Policy, Policy | None]:
    """Loads a policy and, if it is a tuned one and its base is wanted, its untuned base.

    Raises:
        CheckpointError: if one of them is missing or broken.
    """
    subject = load_policy(path, device)
    subject.name = display_name(subject.name)
    loaded = subject.loaded
    if not base_too or resolve_base(loaded.base) == loaded.source:
        return subject, None
    return subject, load_policy(loaded.base, device)
