import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from finetune.inherit import inherit
from finetune.prepare import prepare_scenes
from finetune.pretrain import PretrainConfig, load_pictures, pretrain
from finetune.runs import STATE
from qa_generator.lexicon import lexicon
from qa_generator.prompt import Observation
from scene_renderer.errors import DatasetError
from scene_renderer.shards import scenes_folder
from vlm.model import load_model
from vlm.policy import Policy
from vlm.tiny import build_model, build_processor

SECOND = 1 / 60
CONFIG = PretrainConfig(SECOND, SECOND, SECOND, see_batch=2, ask_batch=2, questions=2, held_out=1)


@pytest.fixture(scope="module")
def pictures(data):
    return load_pictures(scenes_folder(data, "train"), CONFIG.held_out)


@pytest.fixture(scope="module")
def base(pictures, tmp_path_factory):
    """A base after a second of each stage, and what is told about it."""
    folder = tmp_path_factory.mktemp("bases") / "base"
    return folder, pretrain(pictures, CONFIG, folder, quiet=True)


def test_a_base_is_made_that_loads_and_answers_like_any_other(base):
    folder, _ = base
    loaded = load_model(str(folder), "cpu")
    seen = Observation(np.zeros((128, 128, 3), np.uint8), (0.32, 0.0, 0.42))
    assert Policy(loaded).answer([seen], ["where is the red cube?"])[0].tokens > 0
    assert loaded.model.config.model_type == "smolvlm"


def test_a_base_is_small_and_says_how_it_was_made(base):
    folder, facts = base
    assert (folder / "model.safetensors").stat().st_size < 13e6  # half precision
    told = json.loads((folder / "pretraining.json").read_text())
    assert told == json.loads(json.dumps(facts))
    assert told["scenes"] == 4
    assert told["settings"]["ask_minutes"] == SECOND
    assert 0 <= told["held_out"]["found"] <= 1
    card = (folder / "README.md").read_text()
    assert f"{told['parameters']:,} parameters" in card
    assert "{" not in card
    assert not list(folder.glob("*.pt")) + list(folder.glob("*.bin"))


def test_every_stage_keeps_its_state_and_a_finished_one_is_not_repeated(base, pictures):
    folder, _ = base
    stages = [folder / stage / STATE for stage in ("see", "read", "ask")]
    before = [torch.load(path, weights_only=True)["step"] for path in stages]
    assert min(before) > 0
    weights = (folder / "model.safetensors").read_bytes()
    pretrain(pictures, CONFIG, folder, quiet=True)
    assert [torch.load(path, weights_only=True)["step"] for path in stages] == before
    assert (folder / "model.safetensors").read_bytes() == weights


def test_held_out_scenes_are_never_learnt_from(pictures):
    drawn = pictures.sample(np.random.default_rng(0), 200)
    assert set(drawn.tolist()) == {1, 2, 3}


def test_pictures_are_changed_in_colour_alone(pictures):
    index = torch.tensor([2])
    plain = pictures.pixels(index)
    changed = pictures.pixels(index, np.random.default_rng(0))
    assert changed.shape == plain.shape
    assert changed.min() >= -1 and changed.max() <= 1
    assert not torch.equal(changed, plain)
    flat = torch.stack([plain.flatten(), changed.flatten()])
    mirrored = torch.stack([plain.flatten(), changed.flip(-1).flatten()])
    assert torch.corrcoef(flat)[0, 1] > 0.9 > torch.corrcoef(mirrored)[0, 1]


def test_every_thing_in_a_changed_picture_is_where_it_was(pictures):
    """Nothing is mirrored, turned, shifted or cropped, whatever is drawn."""
    index = torch.tensor([2])
    plain = pictures.pixels(index)[0]
    for seed in range(20):
        changed = pictures.pixels(index, np.random.default_rng(seed))[0]
        alike = {
            (axes, shift): torch.corrcoef(
                torch.stack([plain.roll(shift, (-2, -1)).flip(axes).flatten(), changed.flatten()])
            )[0, 1].item()
            for axes in ((), (-1,), (-2,), (-2, -1))
            for shift in ((0, 0), (0, 2), (2, 0), (0, -2), (-2, 0))
        }
        assert max(alike, key=alike.__getitem__) == ((), (0, 0))


def test_pictures_of_another_size_are_refused(tmp_path):
    prepare_scenes(tmp_path, "train", 0, 1, 64, quiet=True)
    with pytest.raises(DatasetError, match="are 64 pixels wide; render them with --image-size 128"):
        load_pictures(scenes_folder(tmp_path, "train"), 0)


def test_missing_scenes_are_told(tmp_path):
    with pytest.raises(DatasetError, match="There are no scenes"):
        load_pictures(tmp_path / "train" / "scenes", 0)


def test_settings_reach_the_base(pictures, tmp_path):
    config = replace(CONFIG, see_minutes=0.001, read_minutes=0.001, ask_minutes=0.001, seed=3)
    assert pretrain(pictures, config, tmp_path, quiet=True)["settings"]["seed"] == 3


def test_a_base_can_begin_where_an_earlier_one_ended(base):
    folder, _ = base
    processor = build_processor([*lexicon(), "zeppelin"])
    model = build_model(processor.tokenizer, seed=5)
    fresh = model.get_input_embeddings().weight.detach().clone()
    earlier = load_model(str(folder), "cpu")
    new = inherit(model, processor.tokenizer, str(folder))
    row = processor.tokenizer.convert_tokens_to_ids
    old_row = earlier.processor.tokenizer.convert_tokens_to_ids
    rows, old_rows = (m.get_input_embeddings().weight for m in (model, earlier.model))
    assert new >= 2  # the word, with and without a space
    assert torch.equal(rows[row("zeppelin")], fresh[row("zeppelin")])
    assert torch.equal(rows[row("red")], old_rows[old_row("red")])
    layer, old_layer = (
        m.model.text_model.layers[2].mlp.up_proj.weight for m in (model, earlier.model)
    )
    assert torch.equal(layer, old_layer)
