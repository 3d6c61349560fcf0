"""A stranger's LoRA adapter: what its files may say, given a base model that is ours.

What passes is written anew from the few values that were understood, so that PEFT never sees a
field that was not looked at.
"""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scene_renderer.errors import CheckpointError
from vlm.calibration import read_calibration
from vlm.config import BASE_MODELS, resolve_base
from vlm.model import METADATA, weights_sha256
from vlm.strict_json import read_json, shown
from vlm.weights import Shape, check_weights, folder_shapes

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
"""What PEFT calls its two files."""

NOT_VISION = r".*(vision_model|connector).*"
"""Modules that training leaves alone; no other pattern is taken, because patterns can be slow."""

MAX_RANK, MAX_ALPHA, MAX_TARGETS = 256, 4096, 64

_KNOWN: Mapping[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "task_type": ("CAUSAL_LM", None),
    "bias": ("none",),
    "exclude_modules": (NOT_VISION, None),
    "use_rslora": (False, True),
    "inference_mode": (False, True),
    "init_lora_weights": (False, True),
    "megatron_core": ("megatron.core",),
    "qalora_group_size": (16,),
}
"""What a field may say if it is not switched off; the last two mean nothing by themselves."""

_CHECKED = ("r", "lora_alpha", "target_modules", "base_model_name_or_path")
_UNUSED = ("peft_version", "lora_dropout")
_TARGET = re.compile(r"[A-Za-z0-9_]{1,40}(\.[A-Za-z0-9_]{1,40}){0,9}")
_METADATA_KEYS = frozenset(
    {"version", "base", "base_sha256", "facts", "settings", "environment", "blind", "calibration"}
)


def check_adapter(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], str, int]:
    """Checks an adapter's files against its base.

    Args:
        files: the three files by name.

    Returns:
        The files to load, the base's short name, and the parameters of both together.

    Raises:
        CheckpointError: if anything is not as PEFT and `finetune` write it for that base.
    """
    metadata = _check_metadata(read_json(files[METADATA], METADATA))
    name = metadata["base"]
    folder = base_folder(name)
    _check_hash(name, folder, metadata["base_sha256"])
    config = _check_config(read_json(files[ADAPTER_CONFIG], ADAPTER_CONFIG), name)
    shapes = folder_shapes(folder)
    expected = lora_shapes(config, shapes)
    base_parameters = sum(math.prod(shape) for shape in shapes.values())
    count = check_weights(files[ADAPTER_WEIGHTS], ADAPTER_WEIGHTS, expected, base_parameters)
    clean = {
        METADATA: json.dumps(metadata).encode(),
        ADAPTER_CONFIG: json.dumps(config).encode(),
        ADAPTER_WEIGHTS: files[ADAPTER_WEIGHTS],
    }
    return clean, name, count


def _check_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    if unknown := metadata.keys() - _METADATA_KEYS:
        raise CheckpointError(f"'{METADATA}' has an unknown field {shown(min(unknown))}.")
    if metadata.get("version") != 1:
        raise CheckpointError(f"'{METADATA}' is not of version 1, the only one that is known.")
    base, digest = metadata.get("base"), metadata.get("base_sha256")
    if not isinstance(base, str) or base not in BASE_MODELS:
        raise CheckpointError(
            f"its base {shown(base)} is not one of those with a short name: "
            f"{', '.join(BASE_MODELS)}."
        )
    if digest is not None and not (
        isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest)
    ):
        raise CheckpointError(f"'base_sha256' in '{METADATA}' is no SHA-256.")
    blind = metadata.get("blind", False)
    if not isinstance(blind, bool):
        raise CheckpointError(f"'blind' in '{METADATA}' is neither true nor false.")
    calibration = read_calibration(metadata.get("calibration"))
    clean = {"version": 1, "base": base, "base_sha256": digest, "blind": blind}
    return clean | ({"calibration": calibration.to_dict()} if calibration else {})


def base_folder(name: str) -> Path:
    """Returns where the base of a short name lies on this machine; nothing is downloaded.

    Raises:
        CheckpointError: if it is not here, or is itself an adapter.
    """
    folder = Path(resolve_base(name))
    if not folder.is_absolute():
        from huggingface_hub import try_to_load_from_cache

        cached = try_to_load_from_cache(BASE_MODELS[name], "config.json")
        if not isinstance(cached, str):
            raise CheckpointError(
                f"its base '{name}' is not on this machine, and a bundle is graded without "
                f"network; load '{name}' once before."
            )
        folder = Path(cached).parent
    if not (folder / "config.json").exists():
        raise CheckpointError(f"its base '{name}' is itself an adapter.")
    return folder


def _check_hash(name: str, folder: Path, digest: str | None) -> None:
    if digest is None and Path(BASE_MODELS[name]).is_absolute():
        raise CheckpointError(f"'{METADATA}' lacks the hash of its base '{name}'.")
    if digest is not None and digest != weights_sha256(folder):
        raise CheckpointError(
            f"it was tuned from another version of base '{name}'; grade it with that version."
        )


def _check_config(config: dict[str, Any], base: str) -> dict[str, Any]:
    """Returns what PEFT needs of its own config, and nothing else."""
    for key, value in config.items():
        if key in _CHECKED or key in _UNUSED or value in (None, False, {}, []):
            continue
        if key not in _KNOWN:
            raise CheckpointError(f"'{ADAPTER_CONFIG}' turns on {shown(key)}, which is not known.")
        if value not in _KNOWN[key]:
            raise CheckpointError(
                f"{shown(key)} in '{ADAPTER_CONFIG}' is {shown(value)}; "
                f"only {shown(_KNOWN[key][0])} can be."
            )
    rank: Any = config.get("r")
    alpha: Any = config.get("lora_alpha")
    if config.get("peft_type") != "LORA":
        raise CheckpointError(f"'{ADAPTER_CONFIG}' is not that of a LoRA adapter.")
    if config.get("base_model_name_or_path") != base:
        raise CheckpointError(
            f"'{ADAPTER_CONFIG}' names another base than '{METADATA}': "
            f"{shown(config.get('base_model_name_or_path'))}, not '{base}'."
        )
    for key, most, given in (("r", MAX_RANK, rank), ("lora_alpha", MAX_ALPHA, alpha)):
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        if not is_number or not 0 < given <= most or (key == "r" and not isinstance(given, int)):
            raise CheckpointError(
                f"'{key}' in '{ADAPTER_CONFIG}' is {shown(given)}; above 0 and up to {most} can be."
            )
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": alpha,
        "use_rslora": config.get("use_rslora") is True,
        "target_modules": _check_targets(config.get("target_modules")),
        "exclude_modules": config.get("exclude_modules"),
        "inference_mode": True,
    }


def _check_targets(targets: Any) -> list[str]:
    if not isinstance(targets, list) or not 0 < len(targets) <= MAX_TARGETS:
        raise CheckpointError(
            f"'target_modules' is {shown(targets)}; it must be a list of 1 to {MAX_TARGETS} names "
            "of layers."
        )
    for target in targets:
        if not isinstance(target, str) or not _TARGET.fullmatch(target):
            raise CheckpointError(
                f"'target_modules' has {shown(target)}, which is no layer's name."
            )
    return sorted(set(targets))


def lora_shapes(config: Mapping[str, Any], base: Mapping[str, Shape]) -> dict[str, Shape]:
    """Returns the tensors that PEFT makes for a LoRA config over a base.

    Args:
        config: a checked one.
        base: the shapes of the base's weights.

    Raises:
        CheckpointError: if a target is no linear layer of the base.
    """
    modules = {
        key.removesuffix(".weight"): shape for key, shape in base.items() if key[-7:] == ".weight"
    }
    shapes: dict[str, Shape] = {}
    for target in config["target_modules"]:
        found = [m for m in modules if m == target or m.endswith(f".{target}")]
        if not found:
            raise CheckpointError(f"the base has no layer '{target}'.")
        for module in found:
            if config["exclude_modules"] and re.fullmatch(NOT_VISION, module):
                continue
            if len(modules[module]) != 2 or "embed" in module.rpartition(".")[2]:
                raise CheckpointError(f"layer '{module}' of the base is not linear.")
            outputs, inputs = modules[module]
            shapes[f"base_model.model.{module}.lora_A.weight"] = (config["r"], inputs)
            shapes[f"base_model.model.{module}.lora_B.weight"] = (outputs, config["r"])
    return shapes
