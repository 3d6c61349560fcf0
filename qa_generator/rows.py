"""One pair as a row of a Parquet file, and back; `dataset.py` shows the columns."""

import functools
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from qa_generator.pairs import Pair
from scene_renderer.errors import DatasetError
from scene_renderer.rows import IMAGE, TEXT, build_schema
from scene_renderer.scene import Scene

VERSION = 2
_ROWS_PER_GROUP = 512
_DICTIONARY_BYTES = 1 << 28
"""Far above a group's pictures, so that a picture which several pairs share is stored once."""
_FORMAT = b"tablehand.format"
"""Key in a file's metadata: `VERSION` when it was written."""
_MESSAGES = [{"role": TEXT, "content": [{"type": TEXT, "text": TEXT}]}]
_COLUMNS: dict[str, Any] = {
    **dict.fromkeys(("id", "split", "scene_id", "scene", "context", "kind", "task"), TEXT),
    **dict.fromkeys(("instruction", "template", "twin", "goal"), TEXT),
    "lexical": [TEXT],
    "images": [IMAGE],
    "prompt": _MESSAGES,
    "completion": _MESSAGES,
}


def encode_pairs(pairs: Iterable[Pair], split: str, metadata: dict[bytes, bytes]) -> bytes:
    """Returns the bytes of a Parquet file.

    Args:
        pairs: its rows.
        split: the split's name, for a column of that name.
        metadata: what the file tells beside them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = build_schema(_COLUMNS, {_FORMAT: str(VERSION).encode(), **metadata})
    table = pa.Table.from_pylist([_row(pair, split) for pair in pairs], schema=schema)
    buffer = io.BytesIO()
    pq.write_table(
        table,
        buffer,
        compression="zstd",
        row_group_size=_ROWS_PER_GROUP,
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
        write_page_checksum=True,
    )
    return buffer.getvalue()


def decode_pairs(path: Path) -> Iterator[Pair]:
    """Reads the pairs of one file in order.

    Raises:
        DatasetError: if the file is broken or of another format.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            _check_format(path, file.schema_arrow.metadata or {})
            for batch in file.iter_batches(batch_size=64):
                yield from map(_pair, batch.to_pylist())
    except (pa.ArrowException, OSError, LookupError) as error:
        raise DatasetError(f"'{path}' is broken: {error}. Generate it again.") from error


def pair_features() -> Any:
    """Returns the `datasets.Features` of a row."""
    from datasets import Features

    return Features.from_arrow_schema(build_schema(_COLUMNS, {}))


def _check_format(path: Path, metadata: dict[bytes, bytes]) -> None:
    found = metadata.get(_FORMAT, b"1").decode()
    if found != str(VERSION):
        raise DatasetError(
            f"'{path}' is of format {found}, and this program reads format {VERSION}. "
            "Make it again with: python -m qa_generator generate --overwrite"
        )


def _row(pair: Pair, split: str) -> dict[str, Any]:
    asked = [{"type": "image", "text": None}, {"type": "text", "text": pair.prompt}]
    answer = [{"type": "text", "text": pair.answer}]
    return {
        "id": pair.id,
        "split": split,
        "scene_id": pair.scene.id,
        "scene": _to_json(pair.scene),
        "context": pair.context,
        "kind": pair.kind,
        "task": pair.task,
        "instruction": pair.instruction,
        "template": pair.template,
        "twin": pair.twin,
        "goal": json.dumps(pair.goal) if pair.goal else "",
        "lexical": list(pair.lexical),
        "images": [{"bytes": pair.png, "path": None}],
        "prompt": [{"role": "user", "content": asked}],
        "completion": [{"role": "assistant", "content": answer}],
    }


def _pair(row: dict[str, Any]) -> Pair:
    return Pair(
        id=row["id"],
        scene=_from_json(row["scene"]),
        png=row["images"][0]["bytes"],
        context=row["context"],
        kind=row["kind"],
        task=row["task"],
        instruction=row["instruction"],
        goal=json.loads(row["goal"]) if row["goal"] else None,
        prompt=row["prompt"][0]["content"][1]["text"],
        answer=row["completion"][0]["content"][0]["text"],
        template=row["template"],
        lexical=tuple(row["lexical"]),
        twin=row["twin"],
    )


# Neighbours are about the same scene, so that the last few are enough to remember.
@functools.lru_cache(maxsize=4)
def _to_json(scene: Scene) -> str:
    return scene.to_json()


_from_json = functools.lru_cache(maxsize=4)(Scene.from_json)
