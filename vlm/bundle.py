"""Reads a bundle, a zip of a checkpoint by anybody, so that nothing in it can do harm.

An adapter:  adapter_config.json, adapter_model.safetensors, tablehand.json
A model:     config.json, model.safetensors, tokenizer.json, tokenizer_config.json,
             processor_config.json, chat_template.jinja
Both may hold README.md, which nobody reads.

The whole zip is read into memory (it is small) and checked there. What passes goes to a folder of
its own, in which every file but the weights was written by us; docs/bundles.md tells what is
guaranteed.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scene_renderer.errors import CheckpointError
from vlm.archive import REMEDY, unpack
from vlm.bundle_adapter import ADAPTER_CONFIG, ADAPTER_WEIGHTS, check_adapter
from vlm.bundle_model import (
    CONFIG,
    PROCESSOR,
    TEMPLATE,
    TOKENIZER,
    TOKENIZER_CONFIG,
    WEIGHTS,
    check_model,
)
from vlm.model import METADATA

MAX_BYTES = 50_000_000
README = "README.md"
ADAPTER_FILES = (ADAPTER_CONFIG, ADAPTER_WEIGHTS, METADATA)
MODEL_FILES = (CONFIG, WEIGHTS, TOKENIZER, TOKENIZER_CONFIG, PROCESSOR, TEMPLATE)
LARGE_FILES = (ADAPTER_WEIGHTS, WEIGHTS)
MAX_SMALL_BYTES = 4_000_000
"""Of each file but the weights; the largest, a tokenizer, has 40 kB."""


@dataclass(frozen=True)
class Bundle:
    """A bundle that passed.

    Attributes:
        files: what to load, by name; all but the weights are written anew.
        base: the short name of an adapter's base; None for a whole model.
        parameters: of the model, its base included.
    """

    files: Mapping[str, bytes]
    base: str | None
    parameters: int

    @property
    def weights(self) -> bytes:
        """The safetensors file."""
        return next(data for name, data in self.files.items() if name in LARGE_FILES)


def is_bundle(name: str) -> bool:
    """Whether what somebody named as a model is a file, and so can only be a bundle."""
    return Path(name).is_file()


def read_bundle(path: Path) -> Bundle:
    """Reads and checks a bundle; writes nothing.

    Raises:
        CheckpointError: if it is refused.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CheckpointError(f"Cannot read '{path}': {error.strerror or error}.") from error
    try:
        if len(data) > MAX_BYTES:
            raise CheckpointError(f"it has more than {MAX_BYTES // 10**6} MB.")
        return check_files(unpack(data, (*ADAPTER_FILES, *MODEL_FILES, README)))
    except RecursionError:  # from printing or comparing what was just shallow enough to be read
        reason = "its JSON is nested too deeply."
    except CheckpointError as error:
        reason = str(error)
    raise CheckpointError(f"Bundle '{path}' is refused: {reason}")


def check_files(files: Mapping[str, bytes]) -> Bundle:
    """Checks the files of a bundle.

    Raises:
        CheckpointError: if one is missing, too many, too large, or not as it should be.
    """
    is_adapter = ADAPTER_CONFIG in files or ADAPTER_WEIGHTS in files
    names = ADAPTER_FILES if is_adapter else MODEL_FILES
    for name in files:
        if name not in (*names, README):
            raise CheckpointError(f"'{name}' does not belong to {names[0]}; {REMEDY}.")
        if name not in LARGE_FILES and len(files[name]) > MAX_SMALL_BYTES:
            raise CheckpointError(f"'{name}' has more than {MAX_SMALL_BYTES // 10**6} MB.")
    for name in names:
        if name not in files:
            raise CheckpointError(f"it lacks '{name}'; {REMEDY}.")
    if is_adapter:
        return Bundle(*check_adapter(files))
    clean, parameters = check_model(files)
    return Bundle(clean, None, parameters)


@contextmanager
def open_bundle(path: Path) -> Iterator[tuple[Path, Bundle]]:
    """Unpacks a bundle into a fresh temporary folder, which is gone afterwards.

    Raises:
        CheckpointError: if it is refused; then nothing was written.
    """
    bundle = read_bundle(path)
    with tempfile.TemporaryDirectory(prefix="tablehand-bundle-") as folder:
        for name, data in bundle.files.items():
            (Path(folder) / name).write_bytes(data)
        yield Path(folder), bundle
