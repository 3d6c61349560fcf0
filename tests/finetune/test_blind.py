"""A blind run differs from a sighted one in nothing but that it never sees a picture."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune import train as module
from finetune.train import Lesson, TrainConfig, train
from qa_generator.dataset import read_pairs
from qa_generator.pairs import Pair
from scene_renderer.errors import CheckpointError
from vlm.model import load_model, read_metadata
from vlm.processor import grey_picture

WEIGHTS = "adapter_model.safetensors"


@pytest.fixture
def other_pictures(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Shows each scene with one and the same foreign picture from now on."""

    def swapped(folder: Path) -> Iterator[Pair]:
        pairs = list(read_pairs(folder))
        return (replace(pair, png=pairs[-1].png) for pair in pairs)

    return lambda: monkeypatch.setattr(module, "read_pairs", swapped)


def test_data_that_differ_in_pictures_alone_give_the_same_blind_weights_and_other_sighted_ones(
    config: TrainConfig,
    tuned: tuple[Path, Any],
    tmp_path: Path,
    other_pictures: Callable[[], None],
) -> None:
    blind = replace(config, blind=True)
    train(blind, tmp_path / "one", quiet=True)
    other_pictures()
    train(blind, tmp_path / "other", quiet=True)
    train(config, tmp_path / "sighted", quiet=True)
    names = ("one", "other", "sighted")
    one, other, sighted = ((tmp_path / name / WEIGHTS).read_bytes() for name in names)
    assert one == other
    assert sighted != (tuned[0] / WEIGHTS).read_bytes()
    assert one != (tuned[0] / WEIGHTS).read_bytes()


def test_a_blind_lesson_holds_the_features_of_grey_alone(loaded: Any, data: Path) -> None:
    seen, blind = (
        Lesson(loaded.model, loaded.processor, data, "valid", blind) for blind in (False, True)
    )
    grey = module._encode(loaded.model, loaded.processor, [grey_picture(128)])
    assert blind.features.shape == seen.features.shape
    assert (blind.features == grey).all()
    assert not (seen.features == grey).all()
    assert blind.groups.groups == seen.groups.groups


def test_a_blind_checkpoint_says_so_and_loads(config: TrainConfig, tmp_path: Path) -> None:
    train(replace(config, blind=True, steps=1), tmp_path / "run-001-blind", quiet=True)
    metadata = read_metadata(tmp_path / "run-001-blind")
    assert metadata["blind"] is True
    assert metadata["settings"]["blind"] is True
    assert "a **blind twin**" in (tmp_path / "run-001-blind" / "README.md").read_text()
    assert load_model(str(tmp_path / "run-001-blind"), "cpu").base == config.base_model


def test_a_sighted_checkpoint_says_so(tuned: tuple[Path, Any]) -> None:
    folder, _ = tuned
    assert read_metadata(folder)["blind"] is False
    assert "| pictures | as rendered |" in (folder / "README.md").read_text()


def test_a_sighted_run_does_not_go_on_blind(config: TrainConfig, tuned: tuple[Path, Any]) -> None:
    with pytest.raises(CheckpointError, match="was begun with blind False, not True"):
        train(replace(config, blind=True), tuned[0], quiet=True)
