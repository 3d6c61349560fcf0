import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from qa_generator import dataset
from qa_generator.dataset import read_pairs, write_pairs
from qa_generator.pairs import Recipe, make_pairs
from scene_renderer.errors import DatasetError, OutputError
from scene_renderer.scene import Scene

RECIPE = Recipe(questions=2, contexts=("named", "image"))


def build_png(level: int) -> bytes:
    noise = np.random.default_rng(level).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "png")
    return buffer.getvalue()


@pytest.fixture
def scenes(scene: Scene) -> list[tuple[Scene, bytes]]:
    return [(replace(scene, id=f"test-0-{i}"), build_png(i)) for i in range(5)]


def test_pairs_round_trip_through_files(scenes, tmp_path):
    write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    expected = [pair for scene, png in scenes for pair in make_pairs(scene, png, RECIPE)]
    assert list(read_pairs(tmp_path / "pairs")) == expected


def test_datasets_opens_the_files_with_decoded_images(scenes, tmp_path):
    from datasets import load_dataset

    write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    files = str(tmp_path / "pairs" / "*.parquet")
    rows = load_dataset("parquet", data_files=files, split="train", cache_dir=tmp_path / "cache")
    row = rows[0]
    assert row["images"][0].size == (64, 64)
    assert row["prompt"][0]["role"] == "user"
    assert [part["type"] for part in row["prompt"][0]["content"]] == ["image", "text"]
    assert row["completion"][0]["role"] == "assistant"
    assert row["split"] == "test"


def test_same_scenes_and_recipe_give_the_same_bytes(scenes, tmp_path):
    for name in ("a", "b"):
        write_pairs(tmp_path / name, "test", scenes, RECIPE)
    first, second = (
        {f.name: f.read_bytes() for f in (tmp_path / name).iterdir()} for name in ("a", "b")
    )
    assert first == second


def test_a_shared_picture_is_stored_once(scenes, tmp_path):
    manifest = write_pairs(tmp_path / "pairs", "test", scenes, Recipe(per_scene=8, questions=10))
    pictures = sum(len(png) for _, png in scenes)
    assert manifest["files"][0]["bytes"] < 1.5 * pictures


def test_a_stopped_run_goes_on_to_the_same_bytes(scenes, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "SCENES_PER_SHARD", 2)
    whole = write_pairs(tmp_path / "whole", "test", scenes, RECIPE)

    def stop_after_three():
        yield from scenes[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_pairs(tmp_path / "part", "test", stop_after_three(), RECIPE)
    assert [f.name for f in (tmp_path / "part").iterdir()] == ["pairs-00000.parquet"]
    assert write_pairs(tmp_path / "part", "test", scenes, RECIPE, resume=True) == whole
    assert len(whole["files"]) == 3
    assert whole["pairs"] == 5 * 6 * 2


def test_resuming_with_other_settings_is_refused(scenes, tmp_path):
    write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    with pytest.raises(DatasetError, match=r"other settings. Give --overwrite"):
        write_pairs(tmp_path / "pairs", "test", scenes, Recipe(seed=1), resume=True)


def test_existing_output_is_refused_and_overwritten_on_demand(scenes, tmp_path):
    write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    with pytest.raises(OutputError, match="exists already"):
        write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    manifest = write_pairs(tmp_path / "pairs", "test", scenes[:1], RECIPE, overwrite=True)
    assert json.loads((tmp_path / "pairs" / "manifest.json").read_text()) == json.loads(
        json.dumps(manifest)
    )


def test_pairs_can_be_left_out(scenes, tmp_path):
    write_pairs(tmp_path / "pairs", "test", scenes, RECIPE, keep=lambda pair: pair.task == "lift")
    assert {pair.task for pair in read_pairs(tmp_path / "pairs")} == {"lift"}


def test_missing_pairs_say_how_to_make_them(tmp_path):
    with pytest.raises(DatasetError, match=r"qa_generator generate --data .*d --split test"):
        list(read_pairs(tmp_path / "d" / "test" / "pairs"))


def test_a_broken_file_is_named(scenes, tmp_path):
    write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    shard = tmp_path / "pairs" / "pairs-00000.parquet"
    shard.write_bytes(shard.read_bytes()[:-300])
    with pytest.raises(DatasetError, match=r"pairs-00000.parquet' is broken"):
        list(read_pairs(tmp_path / "pairs"))
