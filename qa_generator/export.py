"""`export_pairs`: the pairs of a data folder in the form that another library reads.

    FOLDER/...             what the format says; see each exporter
    FOLDER/README.md       the data card, with what the Hub and `datasets` need to open it
    FOLDER/manifest.json   format, counts, what it was made from, SHA-256 of every file

The same pairs give the same bytes. Pairs are read one by one and written in small groups, so memory
does not grow with them.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qa_generator.cards import Tally, describe_split, made_with, write_card
from qa_generator.chat_exports import ContextQa, Messages, ShareGpt
from qa_generator.dataset import pairs_folder, read_pairs
from qa_generator.exporter import Exporter, list_files, whole_folder
from qa_generator.lerobot import LeRobot
from qa_generator.pairs import Pair
from qa_generator.qa_pairs import QaPairs
from scene_renderer.errors import OutputError
from scene_renderer.shards import MANIFEST

VERSION = 1
EXPORTERS: MappingProxyType[str, type[Exporter]] = MappingProxyType(
    {kind.form.name: kind for kind in (Messages, ShareGpt, ContextQa, QaPairs, LeRobot)}
)
"""What `--format` takes."""


def export_pairs(
    form: str,
    data: Path,
    splits: Sequence[str],
    output: Path,
    *,
    limit: int | None = None,
    overwrite: bool = False,
    on_pair: Callable[[bool], None] = lambda written: None,
) -> dict[str, Any]:
    """Writes the pairs of some splits in one format.

    Args:
        form: a word from `EXPORTERS`.
        data: the data folder.
        splits: words from `SPLITS`, in the order in which they are wanted.
        output: the folder to make; it appears when all is written.
        limit: rows of a split at most.
        overwrite: delete what is there.
        on_pair: called after each pair that was looked at, with whether it was written.

    Returns:
        The manifest.

    Raises:
        OutputError: if the folder holds something or cannot be written, or an encoder is missing.
        DatasetError: if a split has no complete pairs.
    """
    described = {split: describe_split(data, split) for split in splits}
    sources = [pairs_folder(data, split).resolve() for split in splits]
    if any(output.resolve() in (source, *source.parents) for source in sources):
        raise OutputError(f"'{output}' holds the pairs themselves; name another --output.")
    with whole_folder(output, overwrite) as folder:
        exporter = EXPORTERS[form](folder)
        try:
            for split in splits:
                pairs = read_pairs(pairs_folder(data, split))
                told = _write_split(exporter, split, pairs, limit, on_pair)
                described[split].update(told)
            exporter.finish({split: described[split]["rows"] for split in splits})
        except BaseException:
            exporter.abandon()
            raise
        manifest = {
            "version": VERSION,
            "format": form,
            "limit": limit,
            "splits": described,
            "made_with": made_with(),
        }
        write_card(folder / "README.md", manifest, exporter.form, exporter.features())
        manifest["files"] = list_files(folder)
        text = json.dumps(manifest, indent=2) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def _write_split(
    exporter: Exporter,
    split: str,
    pairs: Iterable[Pair],
    limit: int | None,
    on_pair: Callable[[bool], None],
) -> dict[str, Any]:
    """Writes one split and returns what the manifest says of it."""
    tally = Tally()
    exporter.open(split)
    for pair in pairs:
        if tally.rows == limit:
            break
        reason = exporter.add(pair)
        tally.add(pair.task, pair.context, reason)
        on_pair(reason is None)
    exporter.close()
    return tally.to_dict()
