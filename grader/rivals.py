"""Models that sit beside the one that is graded: its untuned base, and its blind twin.

They are named before the grade and loaded only when they are to answer, so that what is measured
of the graded model's memory is its own.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.runs import BLIND, display_name
from grader.roles import BASE, BLIND_TWIN
from scene_renderer.console import note
from scene_renderer.errors import CheckpointError
from vlm.bundle import is_bundle, read_bundle
from vlm.bundle_adapter import ADAPTER_WEIGHTS
from vlm.config import resolve_base
from vlm.model import METADATA, read_metadata, weights_sha256
from vlm.policy import Policy, load_policy


@dataclass(frozen=True)
class Rival:
    """A model that is a control, not loaded yet.

    Attributes:
        source: its short name, folder or hub id.
        weights: SHA-256 of its weights; empty for a model of the hub.
        device: cpu, cuda or auto.
    """

    source: str
    weights: str
    device: str

    @property
    def name(self) -> str:
        """How a report calls it."""
        return display_name(self.source)

    def load(self) -> Policy:
        """Loads it.

        Raises:
            CheckpointError: if it is missing or broken.
        """
        return load_policy(self.source, self.device)


def find_rivals(subject: Policy, twin: str | None, device: str) -> dict[str, Rival]:
    """Returns the models that are controls of a policy, by role.

    Args:
        subject: what is graded; one that was tuned has an untuned base.
        twin: its blind twin, if there is one.
        device: cpu, cuda or auto.

    Raises:
        CheckpointError: if one of them is missing; one from the hub is first looked for when it is
            loaded.
    """
    loaded = subject.loaded
    rivals = {}
    if loaded.base != loaded.source and resolve_base(loaded.base) != loaded.source:
        rivals[BASE] = _name_rival(loaded.base, device)
    if twin is not None:
        rivals[BLIND_TWIN] = _name_rival(twin, device)
    return rivals


def _name_rival(source: str, device: str) -> Rival:
    folder = Path(resolve_base(source))
    return Rival(source, weights_sha256(folder) if folder.is_dir() else "", device)


def find_twin(path: str, given: str | None = None) -> str | None:
    """Returns the blind twin of a checkpoint: the given one, or a folder NAME-blind beside it.

    A folder beside it that is no twin, say one that is still being tuned, is passed over, and that
    is said.

    Args:
        path: the checkpoint.
        given: what the user calls the twin; None if nothing was said.

    Raises:
        CheckpointError: if what the user calls the twin is none.
    """
    if given is not None:
        check_twin(path, given)
        return given
    beside = Path(path).with_name(Path(path).name + BLIND)
    if not (Path(path).is_dir() and beside.is_dir()):
        return None
    try:
        check_twin(path, str(beside))
    except CheckpointError as error:
        note(f"Graded without a blind twin. {error}")
        return None
    return str(beside)


def check_twin(path: str, twin: str) -> None:
    """Makes sure that a folder holds the blind twin of a checkpoint, as far as both tell.

    Raises:
        CheckpointError: if it was tuned on pictures, from another base, or does not say.
    """
    folder = Path(resolve_base(twin))
    if not (folder / METADATA).is_file():
        fault = f"it has no {METADATA}, so nothing says that it was tuned on blank pictures"
    elif (metadata := read_metadata(folder)).get("blind") is not True:
        fault = f"its {METADATA} does not say that it was tuned on blank pictures"
    elif (base := _base_of(path)) is None:
        fault = f"'{path}' is no adapter, so nothing says that both have one base"
    elif not _is_same(base, metadata):
        fault = f"it was tuned from '{metadata['base']}', and '{path}' from "
        same = metadata["base"] == base["base"]
        fault += "another version of it" if same else f"'{base['base']}'"
    elif not (folder / ADAPTER_WEIGHTS).is_file():
        fault = f"it has no {ADAPTER_WEIGHTS}; perhaps it is still being tuned"
    else:
        return
    raise CheckpointError(
        f"'{twin}' is no blind twin of '{path}': {fault}. Make one with 'python -m finetune train "
        "--blind', or grade without."
    )


def _base_of(path: str) -> dict[str, Any] | None:
    """Returns name and, where it is known, hash of the base that an adapter was tuned from."""
    if is_bundle(path):
        name = read_bundle(Path(path)).base
        return None if name is None else {"base": name}
    folder = Path(resolve_base(path))
    return read_metadata(folder) if (folder / METADATA).is_file() else None


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two adapters name the same base; hashes count where both have one."""
    hashes = {told["base_sha256"] for told in (one, other) if told.get("base_sha256")}
    return resolve_base(one["base"]) == resolve_base(other["base"]) and len(hashes) < 2
