import json

from finetune.prepare import prepare_pairs, prepare_scenes
from qa_generator.dataset import pairs_folder, read_pairs
from scene_renderer.shards import read_scenes, scenes_folder


def test_what_is_missing_is_made(data):
    assert [record.image.shape for record in read_scenes(scenes_folder(data, "valid"))] == [
        (128, 128, 3)
    ] * 2
    pairs = list(read_pairs(pairs_folder(data, "valid")))
    assert {pair.context for pair in pairs} == {"named", "unnamed", "image"}
    assert {pair.kind for pair in pairs} == {"plan"}


def test_what_is_there_is_kept_and_told(data, capsys):
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*") if path.is_file()}
    prepare_scenes(data, "train", seed=9, count=50, image_size=128, quiet=True)
    prepare_pairs(data, "train", seed=9, scenes=50, quiet=True)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert "holds 4 scenes of seed 0, not 50 of seed 9; they are used" in capsys.readouterr().err


def test_a_stopped_preparation_goes_on(data, tmp_path):
    for split in ("scenes", "pairs"):
        source = data / "valid" / split
        target = tmp_path / "valid" / split
        target.mkdir(parents=True)
        for shard in source.glob("*.parquet"):
            (target / shard.name).write_bytes(shard.read_bytes())
    prepare_scenes(tmp_path, "valid", 0, 2, 128, quiet=True)
    prepare_pairs(tmp_path, "valid", 0, 2, quiet=True)
    for part in ("scenes", "pairs"):
        ours, theirs = (
            json.loads((d / "valid" / part / "manifest.json").read_text()) for d in (tmp_path, data)
        )
        assert ours == theirs
