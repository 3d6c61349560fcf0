import contextlib
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scene_renderer import shards
from scene_renderer.cameras import view_from
from scene_renderer.errors import DatasetError, OutputError
from scene_renderer.sampler import sample_scene
from scene_renderer.shards import SCENES_PER_SHARD, read_scenes, render_split, scenes_folder

COUNT = 2 * SCENES_PER_SHARD + 3
SIZE = 32


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = scenes_folder(tmp_path_factory.mktemp("data"), "train")
    render_split(folder, "train", 7, COUNT, SIZE)
    return folder


@pytest.fixture
def copy(rendered: Path, tmp_path: Path) -> Path:
    """A folder of one's own with the same files."""
    folder = scenes_folder(tmp_path, "train")
    folder.mkdir(parents=True)
    for path in rendered.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def files(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def resume(folder: Path, seed: int = 7, count: int = COUNT) -> None:
    render_split(folder, "train", seed, count, SIZE, resume=True)


def test_two_workers_give_the_bytes_of_one(rendered: Path, tmp_path: Path) -> None:
    render_split(tmp_path / "two", "train", 7, COUNT, SIZE, workers=2)
    assert files(tmp_path / "two") == files(rendered)


def test_scenes_come_back_as_they_were_drawn(rendered: Path) -> None:
    records = list(read_scenes(rendered))
    assert [r.scene for r in records] == [sample_scene(7, "train", i) for i in range(COUNT)]
    first = records[0]
    assert first.image.shape == (SIZE, SIZE, 3)
    assert first.mask.shape == (SIZE, SIZE)
    assert first.boxes.shape == (len(first.scene.objects), 4)
    assert np.all(first.visible > 0.6)


def test_datasets_opens_the_shards_with_decoded_pictures(rendered: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    pattern = str(rendered / "*.parquet")
    rows = load_dataset("parquet", data_files=pattern, split="train", cache_dir=str(tmp_path))
    row = rows[5]
    scene = sample_scene(7, "train", 5)
    assert row["id"] == scene.id
    assert row["image"].size == (SIZE, SIZE)
    assert row["mask"].mode == "L"
    assert [item["name"] for item in row["objects"]] == [item.name for item in scene.objects]
    assert row["end_effector"]["position"] == list(scene.end_effector.position)
    np.testing.assert_array_equal(
        np.reshape(row["camera"]["view"], (4, 4)), scene.camera.view_matrix()
    )
    camera = row["camera"]
    pixel_from_base = (
        np.reshape(camera["intrinsics"], (3, 3)) @ np.reshape(camera["extrinsics"], (4, 4))[:3]
    )
    np.testing.assert_allclose(pixel_from_base, scene.camera.pixel_matrix(SIZE))
    assert camera["name"] == "front"
    centre = scene.camera.project(np.array([scene.objects[0].position]), SIZE)[0]
    np.testing.assert_allclose(row["objects"][0]["position_px"], centre, atol=1e-3)


def test_the_schema_is_the_one_that_datasets_writes(rendered: Path) -> None:
    from datasets import Features, Image, List, Value
    from pyarrow import parquet

    text, number = Value("string"), Value("float64")
    placed = {"position": List(number), "yaw": number}
    labels = {"box": List(Value("int32")), "visible": number, "position_px": List(number)}
    words = dict.fromkeys(("name", "color", "shape"), text)
    matrices = ("view", "projection", "extrinsics", "intrinsics")
    columns = {
        "id": text,
        "image": Image(),
        "mask": Image(),
        "scene": text,
        "objects": List({**words, "size": number, **placed, **labels}),
        "end_effector": placed,
        "camera": {"name": text, **dict.fromkeys(matrices, List(number))},
    }
    found, expected = (
        parquet.read_schema(rendered / "scenes-00000.parquet"),
        Features(columns).arrow_schema,
    )
    assert found.remove_metadata() == expected.remove_metadata()
    assert found.metadata[b"huggingface"] == expected.metadata[b"huggingface"]


def test_another_camera_sees_the_same_scenes(rendered: Path, tmp_path: Path) -> None:
    folder = tmp_path / "top"
    manifest = render_split(folder, "train", 7, 3, SIZE, camera="top")
    assert manifest["camera"] == "top"
    for front, top in zip(read_scenes(rendered), read_scenes(folder), strict=False):
        assert top.scene == view_from(front.scene, "top") != front.scene
        assert (top.image != front.image).any()
    with pytest.raises(DatasetError, match="was made with camera top, not front"):
        resume(folder)


def test_the_manifest_tells_what_is_there(rendered: Path) -> None:
    manifest = json.loads((rendered / "manifest.json").read_text())
    assert (manifest["split"], manifest["seed"], manifest["scenes"]) == ("train", 7, COUNT)
    assert manifest["image_size"] == SIZE
    assert [file["scenes"] for file in manifest["files"]] == [SCENES_PER_SHARD] * 2 + [3]
    hashes = files(rendered)
    assert all(hashes[file["name"]] == file["sha256"] for file in manifest["files"])


def test_resume_makes_what_is_missing_and_nothing_else(
    rendered: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    write = shards._write_shard

    def watch(folder: Path, shard: shards.Shard) -> int:
        made.append(shard.first)
        (folder / ".scenes-00002.parquet.98.tmp").write_bytes(b"by its worker, which died later")
        return write(folder, shard)

    monkeypatch.setattr(shards, "_write_shard", watch)
    (copy / "scenes-00001.parquet").unlink()
    (copy / "manifest.json").unlink()
    (copy / ".scenes-00001.parquet.99.tmp").write_bytes(b"left by a killed writer")
    resume(copy)
    assert made == [SCENES_PER_SHARD]
    assert files(copy) == files(rendered)


def test_resume_makes_truncated_and_altered_shards_again(rendered: Path, copy: Path) -> None:
    truncated, altered = copy / "scenes-00000.parquet", copy / "scenes-00001.parquet"
    truncated.write_bytes(truncated.read_bytes()[:-100])
    data = bytearray(altered.read_bytes())
    data[len(data) // 2] ^= 255
    altered.write_bytes(bytes(data))
    resume(copy)
    assert files(copy) == files(rendered)


def test_resume_finds_a_changed_byte_before_there_is_a_manifest(rendered: Path, copy: Path) -> None:
    altered = copy / "scenes-00000.parquet"
    data = bytearray(altered.read_bytes())
    data[len(data) // 2] ^= 1
    altered.write_bytes(bytes(data))
    (copy / "manifest.json").unlink()
    with pytest.raises(DatasetError, match=r"scenes-00000\.parquet' is broken: .* --resume"):
        list(read_scenes(copy))
    resume(copy)
    assert files(copy) == files(rendered)


def test_a_full_disk_is_one_sentence_and_resume_goes_on(rendered: Path, tmp_path: Path) -> None:
    folder = tmp_path / "full"
    limit = 2 * (rendered / "scenes-00002.parquet").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OutputError, match=r"Cannot write '.*scenes-00000\.parquet': File too"):
            render_split(folder, "train", 7, COUNT, SIZE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(folder.iterdir()) == []
    resume(folder)
    assert files(folder) == files(rendered)


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """A folder that anybody may enter, and nobody but its owner may write to."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextlib.contextmanager
def bound_by_permissions() -> Iterator[None]:
    """Permission bits bind everybody but root, so root becomes nobody for a while."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_read_only_folder_is_one_sentence_and_resume_goes_on(
    rendered: Path, nobodys_folder: Path
) -> None:
    first = rendered / "scenes-00000.parquet"
    (nobodys_folder / first.name).write_bytes(first.read_bytes())
    nobodys_folder.chmod(0o555)
    with bound_by_permissions(), pytest.raises(OutputError, match=r"(can)?not (be )?writ"):
        resume(nobodys_folder)
    assert files(nobodys_folder) == {first.name: files(rendered)[first.name]}
    nobodys_folder.chmod(0o755)
    resume(nobodys_folder)
    assert files(nobodys_folder) == files(rendered)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_render_goes_on_to_the_same_bytes(
    rendered: Path, tmp_path: Path, workers: int
) -> None:
    folder = tmp_path / "train" / "scenes"
    command = [sys.executable, "-m", "scene_renderer", "render", "--seed", "7", "--quiet"]
    command += ["--count", str(COUNT), "--image-size", str(SIZE), "--output", str(tmp_path)]
    process = subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.DEVNULL)
    while process.poll() is None and not list(folder.glob("scenes-*.parquet")):
        time.sleep(0.01)
    process.kill()
    process.wait()
    resume(folder)
    assert files(folder) == files(rendered)


def test_resume_with_a_larger_count_goes_on(tmp_path: Path, rendered: Path) -> None:
    folder = tmp_path / "growing"
    render_split(folder, "train", 7, 5, SIZE)
    resume(folder)
    assert files(folder) == files(rendered)


def test_resume_refuses_shards_of_another_seed(copy: Path) -> None:
    with pytest.raises(DatasetError, match=r"was made with seed 7, not 8\. Give that, --overwrite"):
        resume(copy, seed=8)


def test_resume_refuses_more_shards_than_asked_for(copy: Path) -> None:
    with pytest.raises(OutputError, match=r"'scenes-00001\.parquet', beyond --count 10"):
        resume(copy, count=10)


def test_a_filled_folder_is_refused_and_can_be_replaced(copy: Path) -> None:
    with pytest.raises(OutputError, match="exists already"):
        render_split(copy, "train", 7, 3, SIZE)
    render_split(copy, "train", 7, 3, SIZE, overwrite=True)
    assert len(list(read_scenes(copy))) == 3


def test_reading_nothing_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Make them with: python -m scene_renderer render"):
        next(read_scenes(scenes_folder(tmp_path, "valid")))


def test_reading_a_truncated_shard_names_it(copy: Path) -> None:
    path = copy / "scenes-00002.parquet"
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(DatasetError, match=r"scenes-00002\.parquet' is broken: .* --resume"):
        list(read_scenes(copy))


def test_a_truncated_picture_names_its_scene(rendered: Path) -> None:
    record = next(read_scenes(rendered))
    broken = shards.SceneRecord(
        record.scene, record.png[:200], record.mask_png[:40], record.boxes, record.visible
    )
    with pytest.raises(DatasetError, match="The picture of scene 'train-7-000000' is broken"):
        _ = broken.image
    with pytest.raises(DatasetError, match="The mask of scene 'train-7-000000' is broken"):
        _ = broken.mask
