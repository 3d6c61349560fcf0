import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from qa_generator.prompt import Observation
from scene_renderer.errors import CheckpointError, UsageError
from vlm.model import METADATA, load_model, merge_adapter, pick_device, weights_sha256
from vlm.policy import Policy

SEEN = Observation(np.full((128, 128, 3), 90, np.uint8), (0.32, 0.0, 0.42))


def test_a_base_is_loaded_to_compute_in_float32_on_a_cpu(tiny_base):
    loaded = load_model(str(tiny_base), "cpu")
    assert (loaded.source, loaded.base) == (str(tiny_base), str(tiny_base))
    assert {p.dtype for p in loaded.model.parameters()} == {torch.float32}
    assert not loaded.model.training


def test_a_device_is_found_unless_one_is_named():
    assert pick_device("cpu") == "cpu"
    assert pick_device() == ("cuda" if torch.cuda.is_available() else "cpu")


def test_a_fresh_adapter_answers_like_its_base(adapter, tiny_base, loaded):
    tuned = load_model(str(adapter), "cpu")
    assert (tuned.source, tuned.base) == (str(adapter), str(tiny_base))
    expected = Policy(loaded).answer([SEEN], ["lift the red cube"])[0].text
    assert Policy(tuned).answer([SEEN], ["lift the red cube"])[0].text == expected


def test_a_merged_adapter_answers_as_it_did(adapter, loaded, monkeypatch):
    monkeypatch.setattr("vlm.policy.MAX_NEW_TOKENS", 6)
    tuned = load_model(str(adapter), "cpu")
    torch.manual_seed(0)
    for name, weight in tuned.model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    expected = Policy(tuned).answer([SEEN], ["lift the red cube"])[0]
    merged = merge_adapter(tuned)
    told = Policy(merged).answer([SEEN], ["lift the red cube"])[0]
    assert (
        told.text == expected.text != Policy(loaded).answer([SEEN], ["lift the red cube"])[0].text
    )
    assert told.confidence == pytest.approx(expected.confidence, rel=1e-2)
    assert not any("lora" in name for name, _ in merged.model.named_parameters())
    assert (merged.source, merged.base) == (tuned.source, tuned.base)


def test_a_base_has_nothing_to_merge(loaded):
    assert merge_adapter(loaded) is loaded


def test_another_model_of_the_family_loads_and_answers(tiny_idefics3):
    loaded = load_model(str(tiny_idefics3), "cpu")
    assert loaded.model.config.model_type == "idefics3"
    assert Policy(loaded).answer([SEEN], ["lift the red cube"])[0].tokens > 0


def refusal(folder: Path | str) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_model(str(folder), "cpu")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_or_unknown_model_is_one_sentence():
    assert "There is no folder 'checkpoints/nope'" in refusal("checkpoints/nope")
    assert "Did you mean 'smolvlm-500m'?" in refusal("smolvlm-500")


def test_a_hub_id_that_cannot_be_had_is_one_sentence():
    assert "'nobody/nothing' cannot be loaded from the hub: " in refusal("nobody/nothing")


def test_a_folder_without_a_model_is_no_checkpoint(tmp_path):
    assert f"'{tmp_path}' is no checkpoint: it has neither config.json" in refusal(tmp_path)


@pytest.mark.parametrize("rest", [b"", b"not a safetensors file at all"])
def test_broken_weights_of_a_base_are_told(tiny_base, tmp_path, rest):
    shutil.copytree(tiny_base, tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.safetensors").write_bytes(rest)
    assert f"Model '{tmp_path}' is broken: " in refusal(tmp_path)


def test_a_cut_file_of_weights_is_told(tiny_base, tmp_path):
    shutil.copytree(tiny_base, tmp_path, dirs_exist_ok=True)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert f"Model '{tmp_path}' is broken: " in refusal(tmp_path)


def test_a_broken_config_is_told(tiny_base, tmp_path):
    shutil.copytree(tiny_base, tmp_path, dirs_exist_ok=True)
    (tmp_path / "config.json").write_text("{")
    assert f"Model '{tmp_path}' is broken: " in refusal(tmp_path)


def test_broken_weights_of_an_adapter_are_told(adapter):
    weights = adapter / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert f"Checkpoint '{adapter}' is broken: " in refusal(adapter)


def test_missing_weights_of_an_adapter_are_told(adapter):
    (adapter / "adapter_model.safetensors").unlink()
    assert f"Checkpoint '{adapter}' is broken: " in refusal(adapter)


def test_an_adapter_needs_the_name_of_its_base(adapter):
    (adapter / METADATA).write_text('{"version": 1}')
    assert f"{METADATA}' is broken: " in refusal(adapter)
    (adapter / METADATA).write_text("{")
    assert f"{METADATA}' is broken: " in refusal(adapter)
    (adapter / METADATA).unlink()
    assert f"'{adapter}' has no {METADATA}" in refusal(adapter)


def test_an_adapter_of_another_version_of_its_base_is_refused(adapter):
    metadata = json.loads((adapter / METADATA).read_text())
    (adapter / METADATA).write_text(json.dumps(metadata | {"base_sha256": "0" * 64}))
    assert "was tuned from another version of base model" in refusal(adapter)


def test_an_adapter_whose_base_is_gone_is_told(adapter):
    metadata = json.loads((adapter / METADATA).read_text())
    (adapter / METADATA).write_text(json.dumps(metadata | {"base": "/gone/base"}))
    assert "There is no folder '/gone/base'" in refusal(adapter)


def test_weights_are_told_apart_by_their_hash(tmp_path):
    assert weights_sha256(tmp_path) == weights_sha256(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = weights_sha256(tmp_path)
    (tmp_path / "README.md").write_text("no weights")
    assert weights_sha256(tmp_path) == first
    (tmp_path / "model.safetensors").write_bytes(b"two")
    assert weights_sha256(tmp_path) != first


def test_a_device_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert (pick_device(), pick_device("cpu")) == ("cpu", "cpu")
    with pytest.raises(UsageError, match=r"Unknown device 'cpuu'\. Did you mean 'cpu'\?"):
        pick_device("cpuu")
    with pytest.raises(UsageError, match="There is no CUDA device here"):
        pick_device("cuda")
