import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from qa_generator import lerobot
from qa_generator.dataset import pairs_folder, read_pairs
from qa_generator.export import export_pairs
from qa_generator.lerobot import ACTION, END_EFFECTOR, FPS, STATE
from qa_generator.pairs import Pair
from scene_renderer.errors import DatasetError, OutputError
from scene_renderer.video import find_encoder

DEMO = Path(__file__).parents[2] / "data" / "demo"
VIDEO = "observation.images.front"
FILE = "chunk-000/file-000"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three episodes."""
    pytest.importorskip("imageio_ffmpeg")
    folder = tmp_path_factory.mktemp("exports") / "lerobot"
    manifest = export_pairs("lerobot", DEMO, ["train"], folder, limit=3)
    assert manifest["splits"]["train"]["rows"] == 3
    return folder


@pytest.fixture(scope="module")
def frames(exported: Path) -> dict[str, np.ndarray]:
    table = pq.read_table(exported / f"data/{FILE}.parquet")
    return {name: np.array(table[name].to_pylist()) for name in table.column_names}


@pytest.fixture(scope="module")
def episodes(exported: Path) -> list[dict[str, Any]]:
    return pq.read_table(exported / f"meta/episodes/{FILE}.parquet").to_pylist()


def info_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "meta/info.json").read_text())


def decode(path: Path, size_px: int) -> np.ndarray:
    words = ["-loglevel", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run([find_encoder("skip"), *words], capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, size_px, size_px, 3)


def test_info_describes_the_columns_of_data(exported, frames):
    info = info_of(exported)
    assert info["codebase_version"] == "v3.0"
    assert info["fps"] == FPS
    assert info["features"].keys() - frames.keys() == {VIDEO}
    schema = pq.read_schema(exported / f"data/{FILE}.parquet")
    for name, values in frames.items():
        kind, found = info["features"][name], schema.field(name).type
        assert values.shape[1:] == (tuple(kind["shape"]) if kind["shape"] != [1] else ())
        number = found if kind["shape"] == [1] else found.value_type
        assert number.to_pandas_dtype() == np.dtype(kind["dtype"])
        assert kind["names"] is None or len(kind["names"]) == kind["shape"][0]
    assert info["splits"] == {"train": "0:3"}
    assert info["total_frames"] == len(frames["index"])


def test_every_episode_has_its_frames_and_its_part_of_the_film(exported, frames, episodes):
    film = decode(exported / f"videos/{VIDEO}/{FILE}.mp4", 128)
    assert len(film) == len(frames["index"])
    for number, episode in enumerate(episodes):
        mine = slice(episode["dataset_from_index"], episode["dataset_to_index"])
        assert set(frames["episode_index"][mine]) == {number}
        assert frames["frame_index"][mine].tolist() == list(range(episode["length"]))
        assert frames["timestamp"][mine] == pytest.approx(np.arange(episode["length"]) / FPS)
        start, end = (episode[f"videos/{VIDEO}/{key}_timestamp"] for key in ("from", "to"))
        assert start == pytest.approx(mine.start / FPS)
        assert end == pytest.approx(mine.stop / FPS)
    assert frames["index"].tolist() == list(range(len(film)))
    for one, other in pairwise(episodes):
        assert one["dataset_to_index"] == other["dataset_from_index"]


def test_the_film_begins_with_what_the_pair_shows(exported):
    film = decode(exported / f"videos/{VIDEO}/{FILE}.mp4", 128)
    pair = next(read_pairs(pairs_folder(DEMO, "train")))
    difference = np.abs(film[0].astype(int) - pair.image)
    assert difference.mean() < 5
    assert np.abs(film[20].astype(int) - pair.image).mean() > difference.mean()


def test_an_action_is_the_state_wanted_next(frames, episodes):
    for episode in episodes:
        mine = slice(episode["dataset_from_index"], episode["dataset_to_index"])
        state, action = frames[STATE][mine], frames[ACTION][mine]
        assert np.array_equal(action[:-1], state[1:])
        assert np.array_equal(action[-1], state[-1])


def test_the_end_effector_starts_where_the_scene_says(frames):
    scene = next(read_pairs(pairs_folder(DEMO, "train"))).scene
    assert frames[END_EFFECTOR][0][:3] == pytest.approx(scene.end_effector.position, abs=0.005)


def test_tasks_are_the_instructions(exported, frames, episodes):
    import pandas as pd

    tasks = pd.read_parquet(exported / "meta/tasks.parquet")
    asked = [pair.instruction for pair in read_pairs(pairs_folder(DEMO, "train"))]
    for episode in episodes:
        (task,) = episode["tasks"]
        assert task in asked
        index = frames["task_index"][episode["dataset_from_index"]]
        assert tasks.loc[task].task_index == index


def test_stats_are_those_of_the_frames(exported, frames, episodes):
    stats = json.loads((exported / "meta/stats.json").read_text())
    assert stats.keys() == info_of(exported)["features"].keys()
    for name, values in frames.items():
        rows = values.reshape(len(values), -1)
        for key in ("min", "max", "mean", "std"):
            assert stats[name][key] == pytest.approx(getattr(rows, key)(axis=0), abs=1e-6), name
        assert stats[name]["count"] == [len(rows)]
    assert np.shape(stats[VIDEO]["mean"]) == np.shape(stats[VIDEO]["q99"]) == (3, 1, 1)
    assert 0 < np.min(stats[VIDEO]["mean"]) < np.max(stats[VIDEO]["mean"]) < 1
    assert episodes[0][f"stats/{VIDEO}/count"] == [episodes[0]["length"]]


def test_full_files_are_followed_by_others(tmp_path, monkeypatch):
    pytest.importorskip("imageio_ffmpeg")
    monkeypatch.setattr(lerobot, "EPISODES_PER_FILE", 1)
    monkeypatch.setattr(lerobot, "FILES_PER_CHUNK", 1)
    export_pairs("lerobot", DEMO, ["train", "valid"], tmp_path / "out", limit=1)
    for number in range(2):
        place = f"chunk-00{number}/file-000"
        (episode,) = pq.read_table(tmp_path / f"out/meta/episodes/{place}.parquet").to_pylist()
        table = pq.read_table(tmp_path / f"out/data/{place}.parquet")
        assert episode["length"] == len(table)
        assert episode["data/chunk_index"] == number
        assert episode[f"videos/{VIDEO}/from_timestamp"] == 0
        film = decode(tmp_path / f"out/videos/{VIDEO}/{place}.mp4", 128)
        assert len(film) == episode["length"]
    assert info_of(tmp_path / "out")["splits"] == {"train": "0:1", "valid": "1:2"}


def test_refusals_questions_and_other_contexts_make_no_episode(tmp_path, monkeypatch):
    monkeypatch.setattr("scene_renderer.video.find_encoder", lambda instead: "ffmpeg")
    exporter = lerobot.LeRobot(tmp_path)
    monkeypatch.setattr(exporter, "_write", lambda episode: None)
    pairs = list(read_pairs(pairs_folder(DEMO, "train")))
    refused = next(pair for pair in pairs if pair.task == "refuse")

    def failed(pair: Pair) -> Pair:
        return Pair(**{**vars(pair), "answer": "pick(400, 0, 20)", "scene": pair.scene})

    assert exporter.add(pairs[0]) is None
    assert exporter.add(pairs[1]) == "the same instruction in another context"
    assert exporter.add(refused) == "a refusal: nothing to execute"
    assert exporter.add(Pair(**{**vars(pairs[0]), "goal": None})) == "a question"
    assert exporter.add(failed(pairs[0])) == "the goal was not reached"


def test_no_episode_at_all_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("scene_renderer.video.find_encoder", lambda instead: "ffmpeg")
    monkeypatch.setattr(lerobot.LeRobot, "add", lambda self, pair: "a question")
    with pytest.raises(DatasetError, match="No plan of these pairs reached its goal"):
        export_pairs("lerobot", DEMO, ["valid"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_encoder_is_told_before_anything_is_executed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutputError, match=r"pip install imageio-ffmpeg`, or choose another --form"):
        export_pairs("lerobot", DEMO, ["train"], tmp_path / "out")
