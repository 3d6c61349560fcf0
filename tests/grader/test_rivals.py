import json
from pathlib import Path
from typing import Any

import pytest

from finetune.bundle import write_bundle
from grader.rivals import find_twin
from scene_renderer.errors import CheckpointError

BASE = {"base": "tiny", "base_sha256": "a" * 64}


def tuned(folder: Path, **told: Any) -> str:
    """Makes what is looked at of an adapter's folder."""
    folder.mkdir()
    (folder / "tablehand.json").write_text(json.dumps(BASE | told))
    (folder / "adapter_model.safetensors").write_bytes(b"")
    return str(folder)


def test_a_blind_twin_is_found_beside_its_checkpoint(tmp_path: Path) -> None:
    mine = tuned(tmp_path / "mine")
    assert find_twin(mine) is None
    beside = tuned(tmp_path / "mine-blind", blind=True)
    assert find_twin(mine) == beside
    other = tuned(tmp_path / "other", blind=True)
    assert find_twin(mine, other) == other
    assert find_twin("tiny") is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "its tablehand.json does not say that it was tuned on blank pictures"),
        ({"blind": False}, "does not say that it was tuned on blank pictures"),
        ({"blind": "yes"}, "does not say that it was tuned on blank pictures"),
        ({"blind": True, "base": "smolvlm-256m"}, "tuned from 'smolvlm-256m', and "),
        ({"blind": True, "base_sha256": "b" * 64}, "from another version of it"),
    ],
)
def test_what_is_no_twin_is_refused_if_named_and_passed_over_if_found(
    told: dict[str, Any], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, beside = tuned(tmp_path / "mine"), tuned(tmp_path / "mine-blind", **told)
    with pytest.raises(CheckpointError, match=r"is no blind twin of '.*mine': ") as caught:
        find_twin(mine, beside)
    assert words in str(caught.value)
    assert find_twin(mine) is None
    assert words in capsys.readouterr().err


def test_a_twin_without_metadata_or_weights_is_none(tmp_path: Path) -> None:
    mine = tuned(tmp_path / "mine")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match="it has no tablehand"):
        find_twin(mine, str(tmp_path / "empty"))
    young = tuned(tmp_path / "young", blind=True)
    (tmp_path / "young" / "adapter_model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="perhaps it is still being tuned"):
        find_twin(mine, young)
    with pytest.raises(CheckpointError, match="There is no folder"):
        find_twin(mine, str(tmp_path / "none"))


def test_a_twin_is_compared_with_a_bundle_too_but_not_with_a_whole_model(tmp_path: Path) -> None:
    write_bundle("tiny-tuned", tmp_path / "a.zip")
    bundle, twin = str(tmp_path / "a.zip"), tuned(tmp_path / "twin", blind=True)
    assert find_twin(bundle, twin) == twin
    foreign = tuned(tmp_path / "foreign", blind=True, base="smolvlm-256m")
    with pytest.raises(CheckpointError, match="tuned from 'smolvlm-256m'"):
        find_twin(bundle, foreign)
    with pytest.raises(CheckpointError, match="'tiny' is no adapter"):
        find_twin("tiny", twin)
