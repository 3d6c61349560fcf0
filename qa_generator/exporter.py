"""What every export has in common: pairs go in one by one, files come out in a folder."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, ClassVar

from qa_generator.pairs import Pair
from scene_renderer.console import claim_output, file_name
from scene_renderer.errors import OutputError


@dataclass(frozen=True)
class Form:
    """What a data card must know of a format.

    Attributes:
        name: what `--format` calls it.
        what: what it is, half a sentence.
        files: of one split, relative to the folder, with `{split}` for its name and `*`.
        usage: Markdown that says how to load it.
        category: the Hub's name for what it is good for.
        tags: words by which the Hub finds it, beside those of every card.
        unit: what its rows are called.
    """

    name: str
    what: str
    files: str
    usage: str
    category: str = "image-text-to-text"
    tags: tuple[str, ...] = ()
    unit: str = "rows"


class Exporter(ABC):
    """Writes pairs in one format. For each split: `open`, `add` for every pair, `close`; at the
    end `finish`. It holds no more than a few hundred rows.

    Attributes:
        form: the format.
        folder: what it writes into; it exists.
    """

    form: ClassVar[Form]

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def open(self, split: str) -> None:
        """Begins a split."""

    @abstractmethod
    def add(self, pair: Pair) -> str | None:
        """Writes a pair; returns why it was left out instead, if it was."""

    @abstractmethod
    def close(self) -> None:
        """Ends the split."""

    @abstractmethod
    def features(self) -> Any:
        """The `datasets.Features` of a row."""

    def finish(self, rows: Mapping[str, int]) -> None:  # noqa: B027 (most have nothing to add)
        """Writes what belongs to all splits, given the rows of each."""

    def abandon(self) -> None:  # noqa: B027 (most have nothing open)
        """Lets go of whatever is open, when something went wrong."""


class PictureFolder:
    """A folder of PNG files, one for each different picture of a scene."""

    def __init__(self, root: Path, folder: str) -> None:
        """Makes the folder.

        Args:
            root: what the paths of pictures are relative to.
            folder: relative to that.
        """
        self._root, self._folder = root, folder
        (root / folder).mkdir(parents=True, exist_ok=True)
        self._last: tuple[str, bytes, str] | None = None

    def add(self, pair: Pair) -> str:
        """Writes a pair's picture unless its scene's last pair had the same; returns its path."""
        if self._last is None or self._last[:2] != (pair.scene.id, pair.png):
            is_other = self._last is not None and self._last[0] == pair.scene.id
            name = file_name(pair.id if is_other else pair.scene.id)
            path = f"{self._folder}/{name}.png"
            (self._root / path).write_bytes(pair.png)
            self._last = (pair.scene.id, pair.png, path)
        return self._last[2]


def format_row(row: Mapping[str, Any]) -> str:
    """Returns a row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False) + "\n"


@contextmanager
def whole_folder(folder: Path, overwrite: bool) -> Iterator[Path]:
    """Gives a hidden folder to write into, which takes its name when all is written.

    So an export is there whole or not at all; what a killed run left is cleared by the next one.

    Raises:
        OutputError: if something is there without `overwrite`, or it cannot be written.
    """
    claim_output(folder, overwrite, resume=None)
    hidden = folder.with_name(f".{folder.name}.tmp")
    try:
        if hidden.exists():
            rmtree(hidden)
        hidden.mkdir()
        yield hidden
        hidden.replace(folder)
    except OSError as error:
        raise OutputError(f"Cannot write '{folder}': {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            rmtree(hidden)


def list_files(folder: Path) -> list[dict[str, Any]]:
    """Returns name, bytes and SHA-256 of every file below a folder, by name."""
    files = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        name, size = path.relative_to(folder).as_posix(), path.stat().st_size
        files.append({"name": name, "bytes": size, "sha256": digest})
    return files
