import numpy as np
import pytest

from qa_generator.lerobot_stats import flatten_stats, image_stats, merge_stats, vector_stats


def test_vector_figures_are_those_of_numpy(rng):
    values = rng.normal(size=(200, 3)).astype(np.float32)
    stats = vector_stats(values)
    assert stats["std"] == pytest.approx(values.std(axis=0), abs=1e-6)
    assert stats["q10"] == pytest.approx(np.quantile(values, 0.1, axis=0), abs=1e-6)
    assert stats["count"] == [200]


def test_a_single_number_a_frame_has_figures_of_length_one():
    stats = vector_stats(np.array([3]))
    assert (stats["min"], stats["q99"], stats["std"], stats["count"]) == ([3], [3], [0], [1])


def test_image_figures_are_those_of_the_pixels(rng):
    pictures = rng.integers(10, 200, (4, 8, 8, 3), dtype=np.uint8)
    stats = image_stats(pictures)
    colors = pictures.reshape(-1, 3) / 255
    for key in ("min", "max", "mean", "std"):
        assert np.ravel(stats[key]) == pytest.approx(getattr(colors, key)(axis=0))
    assert np.ravel(stats["q50"]) == pytest.approx(np.median(colors, axis=0), abs=1 / 255)
    assert np.shape(stats["q01"]) == (3, 1, 1)
    assert stats["count"] == [4]


def test_merged_figures_are_those_of_all_frames(rng):
    values = rng.normal(size=(90, 2))
    merged = merge_stats({"a": vector_stats(values[:20])}, {"a": vector_stats(values[20:])})["a"]
    for key in ("min", "max", "mean", "std"):
        assert merged[key] == pytest.approx(vector_stats(values)[key])
    assert merged["count"] == [90]
    parts = [vector_stats(values[:20]), vector_stats(values[20:])]
    assert merged["q10"] == np.minimum(parts[0]["q10"], parts[1]["q10"]).tolist()
    assert merged["q90"] == np.maximum(parts[0]["q90"], parts[1]["q90"]).tolist()


def test_an_episode_s_columns_name_feature_and_figure():
    flat = flatten_stats({"action": vector_stats(np.zeros((3, 8)))})
    assert flat["stats/action/max"] == [0.0] * 8
    assert len(flat) == 10
