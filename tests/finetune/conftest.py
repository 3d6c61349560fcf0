"""A small data folder and an adapter tuned on it for a few steps."""

from pathlib import Path
from typing import Any

import pytest

from finetune.prepare import prepare_pairs, prepare_scenes
from finetune.train import TrainConfig, train


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scenes to train on and two to validate, with their pairs."""
    folder = tmp_path_factory.mktemp("data")
    for split, scenes in (("train", 4), ("valid", 2)):
        prepare_scenes(folder, split, 0, scenes, 128, quiet=True)
        prepare_pairs(folder, split, 0, scenes, quiet=True)
    return folder


@pytest.fixture(scope="session")
def config(tiny_base: Path, data: Path) -> TrainConfig:
    """A few steps of two observations each."""
    return TrainConfig(
        base_model=str(tiny_base),
        data=data,
        minutes=None,
        steps=6,
        rank=4,
        batch=2,
        learning_rate=0.1,  # so few steps are all warm-up
        validate_every=3,
    )


@pytest.fixture(scope="session")
def tuned(config: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A checkpoint folder and the facts of its run."""
    folder = tmp_path_factory.mktemp("checkpoints") / "run-001"
    return folder, train(config, folder, quiet=True)
