from pathlib import Path

import pytest

from scene_renderer.errors import CheckpointError
from vlm.config import BASE_MODELS, DEFAULT_BASE, resolve_base


def test_a_short_name_stands_for_a_folder_or_a_hub_id():
    assert resolve_base("smolvlm-256m") == "HuggingFaceTB/SmolVLM-256M-Instruct"
    assert Path(BASE_MODELS[DEFAULT_BASE]).parts[-2:] == ("checkpoints", "tiny-base")


def test_a_folder_and_a_hub_id_stand_for_themselves(tmp_path):
    assert resolve_base(str(tmp_path)) == str(tmp_path)
    assert resolve_base("someone/some-model.v2") == "someone/some-model.v2"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("smolvlm-265m", "Unknown model 'smolvlm-265m'. Did you mean 'smolvlm-256m'?"),
        ("gpt", "Unknown model 'gpt'. Choose one of: smolvlm-256m"),
        ("checkpoints/nope", "There is no folder 'checkpoints/nope'"),
        ("./nope", "There is no folder './nope'"),
        ("/no/such/place", "There is no folder '/no/such/place'"),
    ],
)
def test_an_unknown_model_is_told_from_a_hub_id(name, words):
    with pytest.raises(CheckpointError) as caught:
        resolve_base(name)
    assert str(caught.value).startswith(words)


def test_a_file_is_no_model(tmp_path):
    file = tmp_path / "model.safetensors"
    file.write_text("")
    with pytest.raises(CheckpointError, match=r"model.safetensors' is a file; a model is a folder"):
        resolve_base(str(file))
