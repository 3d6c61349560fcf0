import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import grader.calibrate
from grader.__main__ import main
from grader.calibrate import SPLIT, calibrate
from grader.cases import Case
from grader.exam import Draw, Exam
from scene_renderer.errors import CheckpointError
from tests.grader.test_grade import Seeing
from vlm.calibration import Calibration, read_calibration
from vlm.model import METADATA, LoadedModel, read_metadata
from vlm.policy import Answer


class Sure(Seeing):
    """Refuses everything, and is as sure of it as its calibration lets it be."""

    def __init__(self) -> None:
        super().__init__([], "sure")
        self.loaded = LoadedModel(None, None, "sure", "tiny", Calibration(0.0, -9.0, 1))

    def answer(self, observations: Any, instructions: Any, batch_size: int = 1) -> list[Answer]:
        told = self.loaded.calibration
        sure = told.confidence(0.9) if told else 0.9
        return [Answer("refuse(absent)", 1, 0.0, sure) for _ in instructions]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    (tmp_path / METADATA).write_text(json.dumps({"base": "tiny", "facts": {"pairs": 3}}))
    return tmp_path


def test_confidence_is_fitted_to_success_on_the_validation_split_and_kept(
    checkpoint: Path, lift: Case, refuse: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = []

    def draw(exam: Exam, *_: Any) -> list[Draw]:
        splits.append(exam.split)
        return [Draw([lift, refuse], [])]

    monkeypatch.setattr(grader.calibrate, "collect_draws", draw)
    policy: Any = Sure()
    found = calibrate(checkpoint, policy, 1, 0, 1, quiet=True)
    assert splits == [SPLIT] == ["valid"]
    assert found["before"]["brier"] == pytest.approx((0.81 + 0.01) / 2), "as the model says it"
    assert found["after"]["brier"] == pytest.approx(0.25)
    kept = read_metadata(checkpoint)
    assert kept["facts"] == {"pairs": 3}
    assert read_calibration(kept["calibration"]) == policy.loaded.calibration
    assert policy.loaded.calibration.confidence(0.9) == pytest.approx(0.5)


def test_nothing_is_kept_if_no_answer_has_a_confidence(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = SimpleNamespace(confidence=None, success=True)
    monkeypatch.setattr(grader.calibrate, "_roll_out", lambda *_: [outcome])
    policy: Any = Sure()
    with pytest.raises(CheckpointError, match="nothing was fitted"):
        calibrate(checkpoint, policy, 1, 0, 1)
    assert "calibration" not in read_metadata(checkpoint)


def test_what_cannot_keep_a_calibration_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK")
    with pytest.raises(CheckpointError, match="is a bundle; calibrate its folder"):
        main(["calibrate", str(tmp_path / "a.zip")])
    with pytest.raises(CheckpointError, match=f"has no {METADATA}"):
        main(["calibrate", "tiny"])
