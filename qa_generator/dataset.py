"""Pair files: written shard by shard, read back, and described by a manifest.

    data/NAME/SPLIT/scenes/                      what the pairs are made of
    data/NAME/SPLIT/pairs/pairs-00000.parquet    the pairs of the first SCENES_PER_SHARD scenes
    data/NAME/SPLIT/pairs/manifest.json          written last: recipe, counts, SHA-256 of each shard

One row is one pair. `datasets.load_dataset("parquet", data_files=".../pairs/*.parquet")` opens them
with decoded images, and `images`, `prompt`, `completion` are the columns of conversational training
libraries:

    id          "train-7-000012-0-named"     scene_id  "train-7-000012"
    split       "train"                      scene     the scene's JSON
    context     "named"                      task      "lift" or a kind of question
    kind        "plan" or "question"         goal      the goal's JSON; "" for a question
    instruction "lift the red cube"
    images      [{"bytes": PNG, "path": null}]
    prompt      [{"role": "user", "content": [{"type": "image", "text": null},
                                              {"type": "text", "text": "gripper: 320, 0, ..."}]}]
    completion  [{"role": "assistant", "content": [{"type": "text", "text": "pick(..."}]}]

The same scenes and recipe give the same bytes; a killed writer loses its open shard alone.
"""

import dataclasses
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from qa_generator.pairs import Pair, Recipe, make_pairs
from scene_renderer.console import claim_output, write_whole
from scene_renderer.errors import DatasetError
from scene_renderer.scene import Scene

VERSION = 1
SCENES_PER_SHARD = 500
_ROWS_PER_GROUP = 512
_DICTIONARY_BYTES = 1 << 28
"""Far above a group's pictures, so that a picture which several pairs share is stored once."""
_TEXT_COLUMNS = (
    *("id", "split", "scene_id", "scene"),
    *("context", "kind", "task", "instruction", "goal"),
)
_ORIGIN = b"tablehand.origin"
"""Key in a shard's metadata: a digest of the recipe and the scenes that it was made from."""


def pairs_folder(data: Path, split: str) -> Path:
    """Returns where the pairs of a split lie."""
    return data / split / "pairs"


def write_pairs(
    folder: Path,
    split: str,
    scenes: Iterable[tuple[Scene, bytes]],
    recipe: Recipe,
    *,
    overwrite: bool = False,
    resume: bool = False,
    keep: Callable[[Pair], bool] = lambda pair: True,
    on_scene: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Makes and writes the pairs of some scenes.

    Args:
        folder: where to; it must not hold anything unless `overwrite` or `resume`.
        split: the split's name, for a column of that name.
        scenes: each scene with its picture as PNG bytes.
        recipe: which pairs to make of each.
        overwrite: delete what is there.
        resume: keep the shards that are there.
        keep: pairs for which it is false are left out.
        on_scene: called after each scene.

    Returns:
        The manifest.

    Raises:
        OutputError: if the folder holds something or cannot be written.
        DatasetError: if shards to resume were made from other scenes or with another recipe.
    """
    claim_output(folder, overwrite, resume)
    rest = iter(scenes)
    files: list[dict[str, Any]] = []
    while shard := list(islice(rest, SCENES_PER_SHARD)):
        path = folder / f"pairs-{len(files):05d}.parquet"
        origin = _digest(shard, recipe)
        if path.exists():
            _check_origin(path, origin)
        else:
            pairs: list[Pair] = []
            for scene, png in shard:
                pairs += filter(keep, make_pairs(scene, png, recipe))
                on_scene()
            write_whole(path, _encode(pairs, split, origin))
        files.append(_describe(path))
    manifest = {
        "version": VERSION,
        "split": split,
        "recipe": dataclasses.asdict(recipe),
        "pairs": sum(file["pairs"] for file in files),
        "files": files,
    }
    write_whole(folder / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    return manifest


def read_pairs(folder: Path) -> Iterator[Pair]:
    """Reads the pairs of a split in order.

    Raises:
        DatasetError: if there are none, or a file is broken.
    """
    for path in _shards(folder):
        yield from _read_shard(path)


def _shards(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("pairs-*.parquet"))
    if not paths:
        data, split = folder.parent.parent, folder.parent.name
        raise DatasetError(
            f"There are no pairs in '{folder}'. Make them with: "
            f"python -m qa_generator generate --data {data} --split {split}"
        )
    return paths


def _read_shard(path: Path) -> Iterator[Pair]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=64):
            yield from map(_pair, batch.to_pylist())
    except (pa.ArrowException, OSError, LookupError) as error:
        raise DatasetError(f"'{path}' is broken: {error}. Generate it again.") from error


def _pair(row: dict[str, Any]) -> Pair:
    return Pair(
        id=row["id"],
        scene=Scene.from_json(row["scene"]),
        png=row["images"][0]["bytes"],
        context=row["context"],
        kind=row["kind"],
        task=row["task"],
        instruction=row["instruction"],
        goal=json.loads(row["goal"]) if row["goal"] else None,
        prompt=row["prompt"][0]["content"][1]["text"],
        answer=row["completion"][0]["content"][0]["text"],
    )


def _row(pair: Pair, split: str) -> dict[str, Any]:
    asked = [{"type": "image", "text": None}, {"type": "text", "text": pair.prompt}]
    answer = [{"type": "text", "text": pair.answer}]
    return {
        "id": pair.id,
        "split": split,
        "scene_id": pair.scene.id,
        "scene": pair.scene.to_json(),
        "context": pair.context,
        "kind": pair.kind,
        "task": pair.task,
        "instruction": pair.instruction,
        "goal": json.dumps(pair.goal) if pair.goal else "",
        "images": [{"bytes": pair.png, "path": None}],
        "prompt": [{"role": "user", "content": asked}],
        "completion": [{"role": "assistant", "content": answer}],
    }


def _encode(pairs: Iterable[Pair], split: str, origin: bytes) -> bytes:
    """Returns the bytes of a Parquet file, its origin in the schema's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema()
    schema = schema.with_metadata({**schema.metadata, _ORIGIN: origin})
    table = pa.Table.from_pylist([_row(pair, split) for pair in pairs], schema=schema)
    buffer = io.BytesIO()
    pq.write_table(
        table,
        buffer,
        compression="zstd",
        row_group_size=_ROWS_PER_GROUP,
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
    )
    return buffer.getvalue()


def _schema() -> Any:
    return pair_features().arrow_schema


def pair_features() -> Any:
    """Returns the `datasets.Features` of a row."""
    from datasets import Features, Image, List, Value

    text = Value("string")
    message = {"role": text, "content": List({"type": text, "text": text})}
    columns = {"images": List(Image()), "prompt": List(message), "completion": List(message)}
    return Features({**dict.fromkeys(_TEXT_COLUMNS, text), **columns})


def _digest(scenes: Iterable[tuple[Scene, bytes]], recipe: Recipe) -> bytes:
    digest = hashlib.sha256(json.dumps(dataclasses.asdict(recipe)).encode())
    for scene, png in scenes:
        digest.update(scene.to_json().encode() + png)
    return digest.hexdigest().encode()


def _check_origin(path: Path, origin: bytes) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = (pq.read_schema(path).metadata or {}).get(_ORIGIN)
    except pa.ArrowException as error:
        raise DatasetError(f"'{path}' is broken: {error}. Give --overwrite.") from error
    if found != origin:
        raise DatasetError(
            f"'{path}' was made from other scenes or with other settings. Give --overwrite."
        )


def _describe(path: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    data = path.read_bytes()
    return {
        "name": path.name,
        "pairs": pq.read_metadata(io.BytesIO(data)).num_rows,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
