"""Safetensors from strangers: the header, the shapes and every value are looked at before loading.

    8 bytes     length of the header, little-endian
    header      JSON: {"name": {"dtype": "F32", "shape": [16, 768], "data_offsets": [0, 49152]},
                ..., "__metadata__": {"format": "pt"}}
    data        the tensors, back to back

Source: https://github.com/huggingface/safetensors, "Format".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scene_renderer.errors import CheckpointError
from vlm.strict_json import read_json, shown

Shape = tuple[int, ...]

MAX_HEADER_BYTES = 1_000_000
MAX_TENSORS = 4_000
MAX_PARAMETERS = 300_000_000
"""A base and its adapter together."""

LARGEST_WEIGHT = 1e4
"""Trained weights stay below 100; far larger ones only serve to make the arithmetic overflow."""

_BYTES = {"F32": 4, "F16": 2, "BF16": 2}


@dataclass(frozen=True)
class Tensor:
    """One entry of a header: dtype, shape, and where in the data it begins and ends, in bytes."""

    dtype: str
    shape: Shape
    start: int
    end: int


def read_header(data: bytes, name: str) -> tuple[dict[str, Tensor], int]:
    """Returns the tensors of a safetensors file, and where in the file their data begins.

    Args:
        data: the file, at least up to the end of its header.
        name: what the file is called.

    Raises:
        CheckpointError: if the header is broken or too large.
    """
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= size <= min(len(data) - 8, MAX_HEADER_BYTES):
        raise CheckpointError(
            f"'{name}' is no safetensors file, or has a header of more than {MAX_HEADER_BYTES:,} "
            "bytes."
        )
    header = read_json(data[8 : 8 + size], f"{name}'s header")
    if header.pop("__metadata__", {"format": "pt"}) != {"format": "pt"}:
        raise CheckpointError(f"'{name}' was not written by PyTorch's safetensors.")
    if not 0 < len(header) <= MAX_TENSORS:
        raise CheckpointError(f"'{name}' has {len(header):,} tensors; 1 to {MAX_TENSORS:,} can be.")
    return {key: _read_tensor(key, entry, name) for key, entry in header.items()}, 8 + size


def _read_tensor(key: str, entry: Any, name: str) -> Tensor:
    broken = CheckpointError(f"Tensor {shown(key)} of '{name}' has a broken entry in the header.")
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise broken
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if dtype not in [*_BYTES]:
        raise CheckpointError(
            f"Tensor {shown(key)} of '{name}' is of type {shown(dtype)}; "
            f"{', '.join(_BYTES)} can be read."
        )
    if not (_are_sizes(shape) and _are_sizes(offsets)) or len(shape) > 8 or len(offsets) != 2:
        raise broken
    if offsets[1] - offsets[0] != math.prod(shape) * _BYTES[dtype]:
        raise broken
    return Tensor(dtype, tuple(shape), offsets[0], offsets[1])


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(v) is int and 0 <= v < 2**40 for v in values)


def check_weights(data: bytes, name: str, expected: Mapping[str, Shape], others: int = 0) -> int:
    """Makes sure that a safetensors file holds exactly the expected tensors, with sane values.

    Args:
        data: the whole file.
        name: what it is called.
        expected: the shape of each tensor.
        others: parameters that the model has besides.

    Returns:
        How many parameters there are in all.

    Raises:
        CheckpointError: if anything is not so.
    """
    tensors, begin = read_header(data, name)
    _check_shapes(tensors, name, expected)
    parameters = others + sum(math.prod(shape) for shape in expected.values())
    if parameters > MAX_PARAMETERS:
        raise CheckpointError(
            f"it makes a model of {parameters:,} parameters; at most {MAX_PARAMETERS:,} are graded."
        )
    _check_places(tensors, name, len(data) - begin)
    for key, tensor in tensors.items():
        if not _are_sane(data, begin, tensor):
            raise CheckpointError(
                f"Tensor '{key}' of '{name}' has values that are no numbers, or beyond "
                f"{LARGEST_WEIGHT:,.0f}."
            )
    return parameters


def _check_shapes(tensors: Mapping[str, Tensor], name: str, expected: Mapping[str, Shape]) -> None:
    """Makes sure that there are exactly the expected tensors."""
    if wrong := sorted(tensors.keys() ^ expected.keys()):
        what = "is not one of the model" if wrong[0] in tensors else "is missing"
        raise CheckpointError(f"Tensor {shown(wrong[0])} of '{name}' {what}.")
    for key, tensor in tensors.items():
        if tensor.shape != expected[key]:
            raise CheckpointError(
                f"Tensor '{key}' of '{name}' has shape {shown(list(tensor.shape))}, not "
                f"{list(expected[key])}."
            )


def _check_places(tensors: Mapping[str, Tensor], name: str, size: int) -> None:
    """Makes sure that the tensors lie one after the other and fill `size` bytes."""
    at = 0
    for tensor in sorted(tensors.values(), key=lambda t: (t.start, t.end)):
        if tensor.start != at:
            raise CheckpointError(f"The tensors of '{name}' overlap or leave a gap.")
        at = tensor.end
    if at != size:
        raise CheckpointError(f"'{name}' is longer or shorter than its header says.")


def _are_sane(data: bytes, begin: int, tensor: Tensor) -> bool:
    """Whether all values are finite and not too large."""
    count = math.prod(tensor.shape)
    if tensor.dtype == "BF16":  # numpy has none; it is the upper half of a float32
        halves = np.frombuffer(data, "<u2", count, begin + tensor.start)
        values = (halves.astype("<u4") << 16).view("<f4")
    else:
        values = np.frombuffer(data, f"<f{_BYTES[tensor.dtype]}", count, begin + tensor.start)
    return bool((np.abs(values) <= LARGEST_WEIGHT).all())  # a NaN is not below anything


def folder_shapes(folder: Path) -> dict[str, Shape]:
    """Returns the shapes of all tensors in a folder's safetensors files; only headers are read.

    Raises:
        CheckpointError: if a header is broken.
    """
    shapes: dict[str, Shape] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            data = file.read(8 + MAX_HEADER_BYTES)
        tensors, _ = read_header(data, path.name)
        shapes |= {key: tensor.shape for key, tensor in tensors.items()}
    return shapes
