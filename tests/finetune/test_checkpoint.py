import json
from pathlib import Path

import pytest

from finetune.checkpoint import save_adapter
from finetune.train import add_lora
from vlm.model import METADATA, load_model, read_metadata, weights_sha256

FACTS = {
    "pairs": 1200, "scenes": 100, "contexts": "image, named", "steps": 70, "minutes": 1.25,
    "trainable": 1000, "parameters": 5000, "exact": 0.625, "valid_pairs": 80,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints") / "mine"
    tuned = add_lora(load_model(str(tiny_base), "cpu").model, rank=2, seed=0)
    save_adapter(tuned, folder, str(tiny_base), FACTS, {"rank": 2, "seed": 0})
    return folder


def test_a_checkpoint_is_pefts_folder_with_our_metadata_and_a_card(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md", "adapter_config.json", "adapter_model.safetensors", METADATA
    ]  # fmt: skip
    assert (folder / "adapter_model.safetensors").stat().st_mode & 0o777 == 0o644


def test_metadata_tells_base_facts_settings_and_environment(folder, tiny_base):
    metadata = read_metadata(folder)
    assert metadata["base"] == str(tiny_base)
    assert metadata["base_sha256"] == weights_sha256(tiny_base)
    assert metadata["facts"] == FACTS
    assert metadata["settings"] == {"rank": 2, "seed": 0}
    assert metadata["environment"]["torch"]
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(tiny_base)


def test_the_card_has_a_header_that_the_hub_reads_and_the_facts(folder, tiny_base):
    card = (folder / "README.md").read_text()
    _, header, text = card.split("---\n", 2)
    assert f"base_model: {tiny_base}\n" in header
    assert "1200 from 100 scenes, contexts image, named" in text
    assert "62.5% of 80" in text
    assert "{" not in text


def test_saving_again_replaces_what_was_there(folder, tiny_base):
    tuned = add_lora(load_model(str(tiny_base), "cpu").model, rank=4, seed=0)
    save_adapter(tuned, folder, str(tiny_base), FACTS | {"exact": 0.75}, {})
    assert read_metadata(folder)["facts"]["exact"] == 0.75
    assert json.loads((folder / "adapter_config.json").read_text())["r"] == 4
    assert load_model(str(folder), "cpu").source == str(folder)
