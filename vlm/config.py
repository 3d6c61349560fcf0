"""The base models that have a short name, and how a name becomes a folder or a hub id."""

import re
from pathlib import Path
from types import MappingProxyType

from scene_renderer.errors import CheckpointError, did_you_mean

DEFAULT_BASE = "tiny"
CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"

BASE_MODELS: MappingProxyType[str, str] = MappingProxyType(
    {
        "tiny": str(CHECKPOINTS / "tiny-base"),
        "tiny-tuned": str(CHECKPOINTS / "tiny-tuned"),
        "smolvlm-256m": "HuggingFaceTB/SmolVLM-256M-Instruct",
        "smolvlm-500m": "HuggingFaceTB/SmolVLM-500M-Instruct",
        "smolvlm2-2.2b": "HuggingFaceTB/SmolVLM2-2.2B-Instruct",
    }
)
"""Short name to folder or hub id."""

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def resolve_base(name: str) -> str:
    """Turns a short name, a folder or a hub id into what `from_pretrained` takes.

    Raises:
        CheckpointError: if it is none of these.
    """
    if name in BASE_MODELS:
        source = BASE_MODELS[name]
        if Path(source).is_absolute() and not Path(source).is_dir():
            raise CheckpointError(f"Model '{name}' is not there: '{source}' is missing.")
        return source
    if Path(name).is_dir():
        return name
    if Path(name).exists():
        raise CheckpointError(f"'{name}' is a file; a model is a folder or a hub id.")
    if _HUB_ID.fullmatch(name) and not name.startswith(("checkpoints/", "./", "../")):
        return name
    if "/" in name:
        raise CheckpointError(
            f"There is no folder '{name}'; give a model's folder, hub id or short name."
        )
    raise CheckpointError(f"Unknown model '{name}'.{did_you_mean(name, BASE_MODELS)}")
