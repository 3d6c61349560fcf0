"""Writes a bundle: a checkpoint as one zip file that others can grade without trusting it.

The same checkpoint gives the same bytes, everywhere. What is written was read back by the very
checks that a stranger's bundle goes through.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scene_renderer.console import write_whole
from scene_renderer.errors import CheckpointError
from vlm.archive import pack, unpack
from vlm.bundle import ADAPTER_FILES, MAX_BYTES, MODEL_FILES, README, Bundle, check_files
from vlm.bundle_adapter import ADAPTER_CONFIG
from vlm.config import BASE_MODELS, resolve_base
from vlm.model import METADATA, read_metadata, weights_sha256


@dataclass(frozen=True)
class Written:
    """What was written: the zip's size in bytes, and what is in it."""

    size: int
    bundle: Bundle


def write_bundle(checkpoint: str, output: Path) -> Written:
    """Writes a checkpoint folder as a bundle; the file appears whole or not at all.

    Args:
        checkpoint: a folder or short name.
        output: the zip.

    Raises:
        CheckpointError: if it is no checkpoint that can be bundled, or too large.
        OutputError: if the zip cannot be written.
    """
    folder = Path(resolve_base(checkpoint))
    is_adapter = (folder / ADAPTER_CONFIG).exists()
    names = [*(ADAPTER_FILES if is_adapter else MODEL_FILES), README]
    _check_size(folder, names)
    files = {name: _read(folder / name) for name in names if (folder / name).is_file()}
    if is_adapter:
        files |= _with_short_name(folder, files)
    data = pack(files)
    try:
        bundle = check_files(unpack(data, names))
    except CheckpointError as error:
        raise CheckpointError(f"'{checkpoint}' cannot be bundled: {error}") from None
    write_whole(output, data)
    return Written(len(data), bundle)


def _check_size(folder: Path, names: list[str]) -> None:
    """Makes sure that the files fit, before any is read."""
    sizes = {name: (folder / name).stat().st_size for name in names if (folder / name).is_file()}
    room = MAX_BYTES - 1000 * len(names)  # headers take a little
    if sum(sizes.values()) > room:
        largest = max(sizes, key=lambda name: sizes[name])
        raise CheckpointError(
            f"'{folder}' is too large for a bundle: {sum(sizes.values()) / 1e6:.1f} MB of at most "
            f"{MAX_BYTES / 1e6:.0f}, of which '{largest}' takes {sizes[largest] / 1e6:.1f} MB. "
            "Save its weights in 16 bits, or tune with a smaller --rank."
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"Cannot read '{path}': {error.strerror or error}.") from error


def _with_short_name(folder: Path, files: dict[str, bytes]) -> dict[str, bytes]:
    """Returns the two files that name the base, with the name by which others know it."""
    metadata = read_metadata(folder)
    base = _short_name(folder, metadata)
    try:
        config = json.loads(files[ADAPTER_CONFIG]) | {"base_model_name_or_path": base}
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"'{folder / ADAPTER_CONFIG}' is broken: {error}.") from error
    return {
        ADAPTER_CONFIG: (json.dumps(config, indent=2, sort_keys=True) + "\n").encode(),
        METADATA: (json.dumps(metadata | {"base": base}, indent=2) + "\n").encode(),
    }


def _short_name(folder: Path, metadata: dict[str, Any]) -> str:
    """Returns the short name of an adapter's base, if it was given by name, path or hub id."""
    base, digest = metadata["base"], metadata.get("base_sha256")
    for name, source in BASE_MODELS.items():
        if base in (name, source):
            return name
    for name, source in BASE_MODELS.items():
        if digest and Path(source).is_dir() and weights_sha256(Path(source)) == digest:
            return name
    raise CheckpointError(
        f"'{folder}' was tuned from '{base}', which nobody else has under a short name; "
        f"a bundle's base is one of {', '.join(BASE_MODELS)}."
    )
