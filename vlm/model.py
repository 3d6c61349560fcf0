"""Loads a model and its processor: a base, or a checkpoint (LoRA adapter over its base)."""

import hashlib
import json
import logging
import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scene_renderer.errors import CheckpointError, UsageError, did_you_mean
from vlm.calibration import Calibration, read_calibration
from vlm.config import resolve_base
from vlm.processor import load_processor

DEVICES = ("auto", "cpu", "cuda")
_CHUNK_BYTES = 2**20
"""Weights are hashed piece by piece, as the peak of memory is measured."""

METADATA = "tablehand.json"
"""The file of ours in a checkpoint folder: base by name and hash, settings, data, versions."""


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to answer or to be tuned.

    Attributes:
        model: transformers' model, perhaps inside PEFT's wrapper.
        processor: its processor.
        source: the folder or hub id it was loaded from.
        base: the name, folder or hub id of its base model.
        calibration: how its probabilities are read; None to tell them as they are.
    """

    model: Any
    processor: Any
    source: str
    base: str
    calibration: Calibration | None = None


def pick_device(name: str = "auto") -> str:
    """Returns `name`, or for "auto" cuda where there is one, else cpu.

    Raises:
        UsageError: if there is no such device, or not here.
    """
    import torch

    has_cuda = torch.cuda.is_available()
    if name == "auto":
        return "cuda" if has_cuda else "cpu"
    if name not in DEVICES:
        raise UsageError(f"Unknown device '{name}'.{did_you_mean(name, DEVICES)}")
    if name == "cuda" and not has_cuda:
        raise UsageError("There is no CUDA device here; give --device cpu.")
    return name


def load_model(name: str, device: str = "auto") -> LoadedModel:
    """Loads a base model or a checkpoint by short name, folder or hub id.

    Weights are computed with in float32 on a CPU and in bfloat16 on a GPU.

    Raises:
        CheckpointError: if it is missing, broken, or its base is not the one it was tuned from.
        UsageError: if there is no such device.
    """
    source = resolve_base(name)
    if not Path(source).is_dir():
        return _load_base(name, source, device)
    if (Path(source) / "adapter_config.json").exists():
        return _load_adapter(source, device)
    if not (Path(source) / "config.json").exists():
        raise CheckpointError(
            f"'{source}' is no checkpoint: it has neither config.json nor adapter_config.json."
        )
    return _load_base(name, source, device)


def _load_base(name: str, source: str, device: str) -> LoadedModel:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if Path(source).is_dir():
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    _quiet_libraries()
    import torch
    from transformers import AutoModelForImageTextToText

    device = pick_device(device)
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    try:
        processor = load_processor(source)
        model = AutoModelForImageTextToText.from_pretrained(source, dtype=dtype)
    except Exception as error:  # the libraries raise a dozen kinds for one cause: unusable files
        where = "is broken" if Path(source).is_dir() else "cannot be loaded from the hub"
        raise CheckpointError(f"Model '{source}' {where}: {first_line(error)}") from error
    return LoadedModel(model.to(device).eval(), processor, source, name)


def _load_adapter(folder: str, device: str) -> LoadedModel:
    metadata = read_metadata(Path(folder))
    base = _load_base(metadata["base"], resolve_base(metadata["base"]), device)
    expected = metadata.get("base_sha256")
    if expected and Path(base.source).is_dir() and expected != weights_sha256(Path(base.source)):
        raise CheckpointError(
            f"Checkpoint '{folder}' was tuned from another version of base model "
            f"'{metadata['base']}'; tune it again, or restore that base."
        )
    try:
        calibration = read_calibration(metadata.get("calibration"))
    except CheckpointError as error:
        raise CheckpointError(f"Checkpoint '{folder}' is broken: {error}") from error
    from peft import PeftModel

    try:
        model = PeftModel.from_pretrained(base.model, folder)
    except Exception as error:  # see above
        raise CheckpointError(f"Checkpoint '{folder}' is broken: {first_line(error)}") from error
    return LoadedModel(model.eval(), base.processor, folder, metadata["base"], calibration)


def merge_adapter(loaded: LoadedModel) -> LoadedModel:
    """Adds an adapter's changes to the weights they change: the same answers in half the time.

    The model that was given is used up. A base is returned as it is.
    """
    if not hasattr(loaded.model, "merge_and_unload"):
        return loaded
    return replace(loaded, model=loaded.model.merge_and_unload().eval())


def first_line(error: Exception) -> str:
    """Returns the first line of what a library says is wrong."""
    text = str(error).strip() or repr(error)
    return text.splitlines()[0][:300]


def read_metadata(folder: Path) -> dict[str, Any]:
    """Reads a checkpoint's `tablehand.json`.

    Raises:
        CheckpointError: if it is missing or broken.
    """
    path = folder / METADATA
    try:
        metadata = json.loads(path.read_text())
        metadata["base"] = str(metadata["base"])
    except FileNotFoundError:
        raise CheckpointError(
            f"'{folder}' has no {METADATA}, so its base model is unknown; "
            "make checkpoints with 'python -m finetune train'."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"'{path}' is broken: {error}.") from error
    return dict(metadata)


def weights_sha256(folder: Path) -> str:
    """Returns the SHA-256 over a folder's safetensors files, in name order."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            while part := file.read(_CHUNK_BYTES):
                digest.update(part)
    return digest.hexdigest()


def _quiet_libraries() -> None:
    """Keeps expected remarks of the libraries off the user's terminal."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", ".*is_gradient_checkpointing", FutureWarning)
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
