import io
import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from qa_generator import dataset, rows, verify
from qa_generator.dataset import read_pairs, write_pairs
from qa_generator.pairs import Recipe, make_pairs
from scene_renderer.errors import DatasetError, OutputError
from scene_renderer.scene import Scene

RECIPE = Recipe(questions=2, contexts=("named", "image"), verified=False)


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
    manifest = write_pairs(
        tmp_path / "pairs", "test", scenes, Recipe(per_scene=8, questions=10, verified=False)
    )
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
        write_pairs(tmp_path / "pairs", "test", scenes, replace(RECIPE, seed=1), resume=True)


def test_existing_output_is_refused_and_overwritten_on_demand(scenes, tmp_path):
    write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    with pytest.raises(OutputError, match="exists already"):
        write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    manifest = write_pairs(tmp_path / "pairs", "test", scenes[:1], RECIPE, overwrite=True)
    assert json.loads((tmp_path / "pairs" / "manifest.json").read_text()) == json.loads(
        json.dumps(manifest)
    )


def test_a_rejected_plan_leaves_the_others_as_they_are(scenes, tmp_path, monkeypatch):
    recipe = Recipe(contexts=("named", "image"))
    monkeypatch.setattr(verify, "reaches_goal", lambda pair: pair.task != "lift")
    manifest = write_pairs(tmp_path / "pairs", "test", scenes, recipe)
    whole = [pair for scene, png in scenes for pair in make_pairs(scene, png, recipe)]
    assert list(read_pairs(tmp_path / "pairs")) == [pair for pair in whole if pair.task != "lift"]
    lifts = sum(pair.task == "lift" for pair in whole) // 2  # contexts share an execution
    assert manifest["executed"]["lift"] == manifest["rejected"]["lift"] == lifts > 0
    assert sum(manifest["rejected"].values()) == lifts
    assert sum(manifest["executed"].values()) == len(whole) // 2


def test_workers_do_not_change_a_byte(scenes, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "SCENES_PER_SHARD", 2)
    some = [scenes[0], scenes[1], scenes[2]]
    made = [
        write_pairs(tmp_path / str(n), "test", some, Recipe(per_scene=2), workers=n) for n in (1, 2)
    ]
    assert made[0] == made[1]
    assert len(made[0]["files"]) == 2
    assert sum(made[0]["executed"].values()) == 6


def test_a_changed_byte_is_found_and_repaired(scenes, tmp_path):
    whole = write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    shard = tmp_path / "pairs" / "pairs-00000.parquet"
    data = bytearray(shard.read_bytes())
    data[len(data) // 3] ^= 1
    shard.write_bytes(data)
    assert write_pairs(tmp_path / "pairs", "test", scenes, RECIPE, resume=True) == whole


def test_shards_of_scenes_that_are_gone_are_refused(scenes, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "SCENES_PER_SHARD", 2)
    write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    with pytest.raises(OutputError, match=r"'pairs-00001.parquet', and there are no scenes for it"):
        write_pairs(tmp_path / "pairs", "test", scenes[:2], RECIPE, resume=True)


def test_a_file_of_another_format_is_told_in_a_sentence(scenes, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "VERSION", 1)
    write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    monkeypatch.undo()
    with pytest.raises(
        DatasetError, match=r"is of format 1, and this program reads format 2\. Make"
    ):
        next(read_pairs(tmp_path / "pairs"))


def test_the_written_out_schema_is_that_of_datasets(scenes, tmp_path):
    from datasets import Features, Image, List, Value

    message = {
        "role": Value("string"),
        "content": List(dict.fromkeys(("type", "text"), Value("string"))),
    }
    write_pairs(tmp_path / "pairs", "test", scenes[:1], RECIPE)
    schema = pq.read_schema(tmp_path / "pairs" / "pairs-00000.parquet")
    features = Features.from_arrow_schema(schema)
    assert features["images"] == List(Image())
    assert features["prompt"] == features["completion"] == List(message)
    assert features["lexical"] == List(Value("string"))
    assert features.arrow_schema.equals(schema)


def test_wording_and_twin_are_kept(scenes, tmp_path):
    pair = next(make_pairs(*scenes[0], RECIPE))
    told = replace(pair, template="lift/3", lexical=("hoist", "crimson"), twin="lift the red cube")
    path = tmp_path / "pairs-00000.parquet"
    path.write_bytes(rows.encode_pairs([told, pair], "test", {}))
    assert list(rows.decode_pairs(path)) == [told, pair]


def test_missing_pairs_say_how_to_make_them(tmp_path):
    with pytest.raises(DatasetError, match=r"qa_generator generate --data .*d --split test"):
        list(read_pairs(tmp_path / "d" / "test" / "pairs"))


def test_a_broken_file_is_named(scenes, tmp_path):
    write_pairs(tmp_path / "pairs", "test", scenes, RECIPE)
    shard = tmp_path / "pairs" / "pairs-00000.parquet"
    shard.write_bytes(shard.read_bytes()[:-300])
    with pytest.raises(DatasetError, match=r"pairs-00000.parquet' is broken"):
        list(read_pairs(tmp_path / "pairs"))
