"""The figures over frames that LeRobot normalises with, and how those of episodes become one.

For each feature: `min`, `max`, `mean`, `std`, `q01`, `q10`, `q50`, `q90`, `q99`, as nested lists:
one number for each entry of a vector; shape (3, 1, 1) with colours from 0 to 1 for a camera. And
`count`, the number of frames.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
_LEVELS = 256

FeatureStats = dict[str, Any]
Stats = dict[str, FeatureStats]


def vector_stats(values: NDArray[Any]) -> FeatureStats:
    """Returns the figures of an episode's vectors: shape (frames, entries) or (frames,)."""
    rows = values.reshape(len(values), -1).astype(np.float64)
    found = {
        "min": rows.min(axis=0),
        "max": rows.max(axis=0),
        "mean": rows.mean(axis=0),
        "std": rows.std(axis=0),
        **{name: np.quantile(rows, share, axis=0) for name, share in QUANTILES.items()},
    }
    return {**{name: f.tolist() for name, f in found.items()}, "count": [len(rows)]}


def image_stats(pictures: NDArray[np.uint8]) -> FeatureStats:
    """Returns the figures of an episode's pictures: uint8, shape (frames, height, width, 3)."""
    counts = np.stack(
        [np.bincount(pictures[..., c].ravel(), minlength=_LEVELS) for c in range(3)]
    )  # (3, 256)
    levels = np.arange(_LEVELS) / (_LEVELS - 1)
    shares = counts / counts.sum(axis=1, keepdims=True)
    mean = shares @ levels
    reached = shares.cumsum(axis=1)
    there = counts > 0
    found = {
        "min": levels[there.argmax(axis=1)],
        "max": levels[_LEVELS - 1 - there[:, ::-1].argmax(axis=1)],
        "mean": mean,
        "std": np.sqrt(np.maximum(shares @ levels**2 - mean**2, 0)),
        **{name: levels[(reached >= q).argmax(axis=1)] for name, q in QUANTILES.items()},
    }
    stats: FeatureStats = {name: f.reshape(3, 1, 1).tolist() for name, f in found.items()}
    return {**stats, "count": [len(pictures)]}


def merge_stats(one: Stats, other: Stats) -> Stats:
    """Returns the figures of all frames of both.

    Quantiles cannot be had from quantiles: as LeRobot does, those up to the median become the
    smaller of the two and those above the larger.
    """
    return {name: _merge(one[name], other[name]) for name in one}


def _merge(one: FeatureStats, other: FeatureStats) -> FeatureStats:
    counts = np.array([one["count"][0], other["count"][0]])
    weights = counts / counts.sum()
    means, stds = (np.array([one[key], other[key]]) for key in ("mean", "std"))
    mean = np.tensordot(weights, means, 1)
    variance = np.tensordot(weights, stds**2 + (means - mean) ** 2, 1)
    lower = ["min", *(name for name, share in QUANTILES.items() if share <= 0.5)]
    upper = ["max", *(name for name, share in QUANTILES.items() if share > 0.5)]
    found = {
        **{key: np.minimum(one[key], other[key]) for key in lower},
        **{key: np.maximum(one[key], other[key]) for key in upper},
        "mean": mean,
        "std": np.sqrt(variance),
    }
    return {**{key: f.tolist() for key, f in found.items()}, "count": [int(counts.sum())]}


def flatten_stats(stats: Mapping[str, FeatureStats]) -> dict[str, Any]:
    """Returns the columns that an episode's row has for its figures."""
    return {
        f"stats/{name}/{key}": value
        for name, figures in stats.items()
        for key, value in figures.items()
    }
