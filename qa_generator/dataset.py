"""Pair files: made shard by shard by one or more processes, read back, told by a manifest.

    data/NAME/SPLIT/scenes/                      what the pairs are made of
    data/NAME/SPLIT/pairs/pairs-00000.parquet    the pairs of the first SCENES_PER_SHARD scenes
    data/NAME/SPLIT/pairs/manifest.json          written last: recipe, counts, what physics said,
                                                 SHA-256 of each shard

One row is one pair. `datasets.load_dataset("parquet", data_files=".../pairs/*.parquet")` opens them
with decoded images, and `images`, `prompt`, `completion` are the columns of conversational training
libraries:

    id          "train-7-000012-0-named"     scene_id  "train-7-000012"
    split       "train"                      scene     the scene's JSON
    context     "named"                      task      "lift" or a kind of question
    kind        "plan" or "question"         goal      the goal's JSON; "" for a question
    instruction "lift the red cube"          template  id of its wording
    lexical     the synonyms that it uses    twin      of a refusal: its solvable twin
    images      [{"bytes": PNG, "path": null}]
    prompt      [{"role": "user", "content": [{"type": "image", "text": null},
                                              {"type": "text", "text": "gripper: 320, 0, ..."}]}]
    completion  [{"role": "assistant", "content": [{"type": "text", "text": "pick(..."}]}]

Every plan is executed before its pairs are written, and pairs that miss their goal are left out;
the others keep their ids. The same scenes and recipe give the same bytes for any number of workers
and after any stop. A killed process loses its open shards alone.
"""

import dataclasses
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from qa_generator.pairs import Pair, Recipe, make_pairs
from qa_generator.rows import VERSION, decode_pairs, encode_pairs
from qa_generator.verify import Tally, Verifier
from scene_renderer.console import claim_output, clear_leftovers, write_whole
from scene_renderer.errors import DatasetError, OutputError
from scene_renderer.scene import Scene
from scene_renderer.workers import run_jobs

SCENES_PER_SHARD = 64
MANIFEST = "manifest.json"
_ORIGIN = b"tablehand.origin"
"""Key in a shard's metadata: a digest of the recipe and the scenes that it was made from."""
_TALLY = b"tablehand.tally"
"""Key in a shard's metadata: the JSON of its `Tally`."""


@dataclass(frozen=True)
class _Shard:
    """One file to be made."""

    path: Path
    split: str
    scenes: tuple[tuple[Scene, bytes], ...]
    recipe: Recipe

    @property
    def origin(self) -> bytes:
        recipe = json.dumps([VERSION, dataclasses.asdict(self.recipe)])
        digest = hashlib.sha256(recipe.encode())
        for scene, png in self.scenes:
            digest.update(scene.to_json().encode() + png)
        return digest.hexdigest().encode()


def pairs_folder(data: Path, split: str) -> Path:
    """Returns where the pairs of a split lie."""
    return data / split / "pairs"


def write_pairs(
    folder: Path,
    split: str,
    scenes: Iterable[tuple[Scene, bytes]],
    recipe: Recipe,
    *,
    workers: int = 1,
    overwrite: bool = False,
    resume: bool = False,
    on_scenes: Callable[[int], None] = lambda scenes: None,
) -> dict[str, Any]:
    """Makes, executes and writes the pairs of some scenes.

    Args:
        folder: where to; it must not hold anything unless `overwrite` or `resume`.
        split: the split's name, for a column of that name.
        scenes: each scene with its picture as PNG bytes.
        recipe: which pairs to make of each.
        workers: how many processes; it does not change a byte.
        overwrite: delete what is there.
        resume: keep the whole shards that are there; broken ones are made again.
        on_scenes: called with the number of scenes whenever a shard is done.

    Returns:
        The manifest.

    Raises:
        OutputError: if the folder holds something or cannot be written.
        DatasetError: if shards to resume were made from other scenes or with another recipe.
    """
    claim_output(folder, overwrite, resume)
    clear_leftovers(folder)
    names: list[str] = []

    def missing() -> Iterator[_Shard]:
        for shard in _cut(folder, split, scenes, recipe):
            names.append(shard.path.name)
            if _is_done(shard):
                on_scenes(len(shard.scenes))
            else:
                yield shard

    run_jobs(_write_shard, missing(), workers, on_scenes)
    clear_leftovers(folder)  # a killed run's last worker may have died a little later
    _check_surplus(folder, set(names))
    manifest = _manifest(split, recipe, [_describe(folder / name) for name in names])
    write_whole(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    return manifest


def read_pairs(folder: Path) -> Iterator[Pair]:
    """Reads the pairs of a split in order.

    Raises:
        DatasetError: if there are none, or a file is broken or of another format.
    """
    for path in _shard_paths(folder):
        yield from decode_pairs(path)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Returns what the pairs of a split are, or None where they are not complete yet."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and "recipe" in manifest else None


def _shard_paths(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("pairs-*.parquet"))
    if not paths:
        data, split = folder.parent.parent, folder.parent.name
        raise DatasetError(
            f"There are no pairs in '{folder}'. Make them with: "
            f"python -m qa_generator generate --data {data} --split {split}"
        )
    return paths


def _cut(
    folder: Path, split: str, scenes: Iterable[tuple[Scene, bytes]], recipe: Recipe
) -> Iterator[_Shard]:
    rest, number = iter(scenes), 0
    while some := tuple(islice(rest, SCENES_PER_SHARD)):
        yield _Shard(folder / f"pairs-{number:05d}.parquet", split, some, recipe)
        number += 1


def _is_done(shard: _Shard) -> bool:
    """Whether a shard is there and whole.

    Raises:
        DatasetError: if it was made of something else.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(shard.path, page_checksum_verification=True) as file:
            file.read()  # checks every page
            found = (file.schema_arrow.metadata or {}).get(_ORIGIN)
    except (pa.ArrowException, OSError):
        return False
    if found != shard.origin:
        raise DatasetError(
            f"'{shard.path}' was made from other scenes or with other settings. Give --overwrite."
        )
    return True


def _write_shard(shard: _Shard) -> int:
    """Makes, executes and writes the pairs of one shard; returns its number of scenes."""
    verifier = Verifier()
    pairs: list[Pair] = []
    for scene, png in shard.scenes:
        made = make_pairs(scene, png, shard.recipe)
        pairs += _with_their_twins(
            list(filter(verifier.passes, made) if shard.recipe.verified else made)
        )
    tally = json.dumps(verifier.tally.to_dict()).encode()
    metadata = {_ORIGIN: shard.origin, _TALLY: tally}
    write_whole(shard.path, encode_pairs(pairs, shard.split, metadata))
    return len(shard.scenes)


def _with_their_twins(pairs: list[Pair]) -> list[Pair]:
    """Returns the pairs of a scene; those whose twin was rejected name none."""
    ids = {pair.id for pair in pairs}
    return [pair if pair.twin in ids else dataclasses.replace(pair, twin="") for pair in pairs]


def _check_surplus(folder: Path, wanted: set[str]) -> None:
    surplus = sorted(p.name for p in folder.glob("pairs-*.parquet") if p.name not in wanted)
    if surplus:
        raise OutputError(
            f"'{folder}' holds '{surplus[0]}', and there are no scenes for it. Give --overwrite."
        )


def _describe(path: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    data = path.read_bytes()
    metadata = pq.read_metadata(io.BytesIO(data))
    return {
        "name": path.name,
        "pairs": metadata.num_rows,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        **json.loads((metadata.metadata or {})[_TALLY]),
    }


def _manifest(split: str, recipe: Recipe, files: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": VERSION,
        "split": split,
        "recipe": dataclasses.asdict(recipe),
        "pairs": sum(file["pairs"] for file in files),
        **Tally.add(files).to_dict(),
        "files": [{k: v for k, v in f.items() if k not in ("executed", "rejected")} for f in files],
    }
