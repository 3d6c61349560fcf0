"""Scene files: rendered shard by shard by one or more processes, read back, told by a manifest.

    data/NAME/SPLIT/scenes/scenes-00000.parquet    scenes 0 to SCENES_PER_SHARD - 1
    data/NAME/SPLIT/scenes/manifest.json           written last: seed, count, SHA-256 of each shard

One row is one scene; `datasets.load_dataset("parquet", data_files=".../scenes/*.parquet")` opens
them with decoded pictures:

    id            "train-7-000012"
    image         {"bytes": PNG, "path": null}, RGB
    mask          {"bytes": PNG, "path": null}: 0 table, i + 1 object i, 255 the arm
    scene         the scene's JSON
    objects       [{"name": "red cube", "color": "red", "shape": "cube", "size": 0.05,
                    "position": [x, y, z], "yaw": 0.3, "box": [u0, v0, u1, v1], "visible": 1.0,
                    "position_px": [u, v]}, ...]; metres and radians in the base frame, pixels
    end_effector  {"position": [x, y, z], "yaw": 0.0}
    camera        {"name": "front", "view": 16 numbers, "projection": 16 numbers,
                  "extrinsics": 16 numbers, "intrinsics": 9 numbers}: matrices row by row, as in
                  `camera.py`; the first two as OpenGL has them, the others as computer vision has

The same seed gives the same bytes for any number of workers, in any order and after any stop. A
killed process loses its open shard alone.
"""

import contextlib
import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scene_renderer.cameras import view_from
from scene_renderer.console import claim_output, clear_leftovers, write_whole
from scene_renderer.errors import DatasetError, OutputError
from scene_renderer.pictures import decode_picture
from scene_renderer.rows import encode_rows, make_row
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import Scene
from scene_renderer.workers import run_jobs

if TYPE_CHECKING:
    from scene_renderer.renderer import Renderer

VERSION = 3
SCENES_PER_SHARD = 64
MANIFEST = "manifest.json"
_MANIFEST_KEYS = {"seed", "scenes", "image_size", "files"}
_ORIGIN = b"tablehand.origin"
"""Key in a shard's metadata: the JSON of the `Shard` that it is."""


@dataclass(frozen=True)
class Shard:
    """What one file holds; with `VERSION` this decides its bytes.

    Attributes:
        split: a word from `SPLITS`.
        seed: of the data set.
        image_size: width and height of its pictures in pixels.
        first: index of its first scene.
        count: how many scenes it holds.
        camera: a word from `CAMERAS`.
        version: of this format.
    """

    split: str
    seed: int
    image_size: int
    first: int
    count: int
    camera: str = "front"
    version: int = VERSION

    @property
    def name(self) -> str:
        """Its file's name."""
        return f"scenes-{self.first // SCENES_PER_SHARD:05d}.parquet"


@dataclass(frozen=True)
class SceneRecord:
    """A scene as read back.

    Attributes:
        scene: the scene.
        png: its picture's file.
        mask_png: its mask's file.
        boxes: int64, shape (objects, 4): (u0, v0, u1, v1) pixels.
        visible: float64, shape (objects,): share of each outline that nothing covers.
    """

    scene: Scene
    png: bytes
    mask_png: bytes
    boxes: NDArray[np.int64]
    visible: NDArray[np.float64]

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture: uint8, shape (size, size, 3), RGB."""
        return decode_picture(self.png, f"The picture of scene '{self.scene.id}'")

    @property
    def mask(self) -> NDArray[np.uint8]:
        """The mask: uint8, shape (size, size): 0 table, i + 1 object i, 255 the arm."""
        return decode_picture(self.mask_png, f"The mask of scene '{self.scene.id}'", mode="L")


def scenes_folder(data: Path, split: str) -> Path:
    """Returns where the scenes of a split lie."""
    return data / split / "scenes"


def render_split(
    folder: Path,
    split: str,
    seed: int,
    count: int,
    image_size: int,
    *,
    camera: str = "front",
    workers: int = 1,
    overwrite: bool = False,
    resume: bool = False,
    on_shard: Callable[[int], None] = lambda scenes: None,
) -> dict[str, Any]:
    """Renders scenes 0 to count - 1 of a split.

    Args:
        folder: where to; it must not hold anything unless `overwrite` or `resume`.
        split: a word from `SPLITS`.
        seed: of the data set.
        count: how many scenes.
        image_size: width and height of the pictures in pixels.
        camera: a word from `CAMERAS`; the scenes are the same from each.
        workers: how many processes; it does not change a byte.
        overwrite: delete what is there.
        resume: keep the whole shards that are there; broken ones are made again.
        on_shard: called with the number of scenes whenever a shard is done.

    Returns:
        The manifest.

    Raises:
        OutputError: if the folder holds something or cannot be written.
        DatasetError: if shards to resume hold other scenes.
    """
    claim_output(folder, overwrite, resume)
    shards = [
        Shard(split, seed, image_size, first, min(SCENES_PER_SHARD, count - first), camera)
        for first in range(0, count, SCENES_PER_SHARD)
    ]
    clear_leftovers(folder)
    _check_surplus(folder, {shard.name for shard in shards}, count)
    missing = [shard for shard in shards if not _is_done(folder, shard)]
    for shard in shards:
        if shard not in missing:
            on_shard(shard.count)
    if missing:
        job = functools.partial(_write_shard, folder)
        run_jobs(job, missing, workers, on_shard)
    clear_leftovers(folder)  # a killed run's last worker may have died a little later
    manifest = _manifest(folder, shards, count)
    write_whole(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    return manifest


def read_scenes(folder: Path) -> Iterator[SceneRecord]:
    """Reads the scenes of a split in order.

    Raises:
        DatasetError: if there are none, or a file is broken.
    """
    for path in _shard_paths(folder):
        with _open_shard(path) as file:
            for batch in file.iter_batches(batch_size=SCENES_PER_SHARD):
                yield from map(_record, batch.to_pylist())


def find_scene(data: Path, scene_id: str) -> Scene:
    """Finds a scene by its id in a data folder, in any of its splits.

    Raises:
        DatasetError: if no scene of the folder has this id.
    """
    count = 0
    for folder in sorted({path.parent for path in data.glob("**/scenes/scenes-*.parquet")}):
        for record in read_scenes(folder):
            count += 1
            if record.scene.id == scene_id:
                return record.scene
    raise DatasetError(
        f"No scene in '{data}' has the id '{scene_id}' ({count} were looked through). Give "
        "another --data folder, a scene's JSON file, or --seed, --split and --index."
    )


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Returns what the scenes of a split are, or None where they are not complete yet."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_whole = isinstance(manifest, dict) and manifest.keys() >= _MANIFEST_KEYS
    return manifest if is_whole else None


def count_scenes(folder: Path) -> int:
    """Returns how many scenes of a split there are.

    Raises:
        DatasetError: if there are none, or a file is broken.
    """
    count = 0
    for path in _shard_paths(folder):
        with _open_shard(path) as file:
            count += file.metadata.num_rows
    return count


def _shard_paths(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("scenes-*.parquet"))
    if not paths:
        data, split = folder.parent.parent, folder.parent.name
        raise DatasetError(
            f"There are no scenes in '{folder}'. Make them with: "
            f"python -m scene_renderer render --output {data} --split {split}"
        )
    return paths


@contextlib.contextmanager
def _open_shard(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    except (pa.ArrowException, OSError, KeyError) as error:
        raise DatasetError(
            f"'{path}' is broken: {error}. Delete it and render again with --resume."
        ) from error


def _record(row: dict[str, Any]) -> SceneRecord:
    return SceneRecord(
        Scene.from_json(row["scene"]),
        row["image"]["bytes"],
        row["mask"]["bytes"],
        np.array([o["box"] for o in row["objects"]]),
        np.array([o["visible"] for o in row["objects"]]),
    )


def _check_surplus(folder: Path, wanted: set[str], count: int) -> None:
    """Refuses a folder with more shards than asked for."""
    surplus = sorted(p.name for p in folder.glob("scenes-*.parquet") if p.name not in wanted)
    if surplus:
        raise OutputError(
            f"'{folder}' holds '{surplus[0]}', beyond --count {count}. "
            "Give a larger --count, or --overwrite."
        )


def _is_done(folder: Path, shard: Shard) -> bool:
    """Whether a shard is there, whole and with these scenes.

    Raises:
        DatasetError: if it holds other scenes.
    """
    path = folder / shard.name
    try:
        with _open_shard(path) as file:
            found = json.loads((file.schema_arrow.metadata or {}).get(_ORIGIN, b"{}"))
            is_whole = file.read().num_rows == found.get("count")  # checks every page
    except (DatasetError, ValueError):
        return False
    wanted = asdict(shard)
    for key in ("version", "split", "seed", "image_size", "camera"):
        if found.get(key) != wanted[key]:
            raise DatasetError(
                f"'{path}' was made with {key.replace('_', ' ')} {found.get(key)}, not "
                f"{wanted[key]}. Give that, --overwrite, or another --output."
            )
    return bool(is_whole and found == wanted and _is_as_listed(path))


def _is_as_listed(path: Path) -> bool:
    """Whether a shard's bytes are those that the manifest, if there is one, tells."""
    manifest = read_manifest(path.parent)
    listed = {file["name"]: file["sha256"] for file in manifest["files"]} if manifest else {}
    return path.name not in listed or listed[path.name] == _sha256(path)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _manifest(folder: Path, shards: list[Shard], count: int) -> dict[str, Any]:
    files = [
        {
            "name": shard.name,
            "scenes": shard.count,
            "bytes": (folder / shard.name).stat().st_size,
            "sha256": _sha256(folder / shard.name),
        }
        for shard in shards
    ]
    return {
        "version": VERSION,
        "split": shards[0].split,
        "seed": shards[0].seed,
        "scenes": count,
        "image_size": shards[0].image_size,
        "camera": shards[0].camera,
        "made_with": {name: version(name) for name in ("pybullet", "numpy", "pillow", "pyarrow")},
        "files": files,
    }


def _write_shard(folder: Path, shard: Shard) -> int:
    """Renders and writes one shard; returns its number of scenes."""
    rows = []
    for index in range(shard.first, shard.first + shard.count):
        scene = view_from(sample_scene(shard.seed, shard.split, index), shard.camera)
        rows.append(make_row(scene, _renderer().render(scene, shard.image_size)))
    origin = {_ORIGIN: json.dumps(asdict(shard)).encode()}
    write_whole(folder / shard.name, encode_rows(rows, origin))
    return shard.count


@functools.cache
def _renderer() -> "Renderer":
    """This process's visual world, made when it is first needed."""
    from scene_renderer.renderer import Renderer

    return Renderer()
