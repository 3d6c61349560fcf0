"""Finds the checkpoint to grade, and loads it with the base that it was tuned from."""

from pathlib import Path

from vlm.config import CHECKPOINTS, resolve_base
from vlm.policy import Policy, load_policy

SHIPPED = CHECKPOINTS / "tiny-tuned"
ADAPTER = "adapter_config.json"


def find_checkpoint(root: Path = CHECKPOINTS, shipped: Path = SHIPPED) -> str:
    """Returns the newest adapter below `root` other than the shipped one, else the shipped one."""
    found = [path for path in root.rglob(ADAPTER) if path.parent != shipped]
    newest = max(found, key=lambda path: path.stat().st_mtime, default=shipped / ADAPTER)
    return str(newest.parent)


def load_with_base(path: str, device: str, base_too: bool) -> tuple[Policy, Policy | None]:
    """Loads a policy and, if it is a tuned one and its base is wanted, its untuned base.

    Raises:
        CheckpointError: if one of them is missing or broken.
    """
    subject = load_policy(path, device)
    loaded = subject.loaded
    if not base_too or resolve_base(loaded.base) == loaded.source:
        return subject, None
    return subject, load_policy(loaded.base, device)
