"""Models that sit beside the one that is graded: its untuned base, and its blind twin."""

from pathlib import Path

from finetune.runs import BLIND
from grader.roles import BASE, BLIND_TWIN
from vlm.policy import Policy, load_policy


def find_twin(path: str, given: str | None = None) -> str | None:
    """Returns the blind twin of a checkpoint: the given one, or a folder NAME-blind beside it.

    Args:
        path: the checkpoint.
        given: what the user calls the twin; None if nothing was said.
    """
    if given is not None:
        return given
    beside = Path(path).with_name(Path(path).name + BLIND)
    return str(beside) if Path(path).is_dir() and beside.is_dir() else None


def load_rivals(base: Policy | None, twin: str | None, device: str) -> dict[str, Policy]:
    """Returns the models that are controls, by role.

    Raises:
        CheckpointError: if the twin is missing or broken.
    """
    rivals = {} if base is None else {BASE: base}
    if twin is not None:
        rivals[BLIND_TWIN] = load_policy(twin, device)
    return rivals
