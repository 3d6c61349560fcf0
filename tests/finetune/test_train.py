import json
import os
import signal
from dataclasses import asdict, replace

import pytest
import torch
from torch.nn import functional

from finetune import train as module
from finetune.train import Best, Lesson, TrainConfig, add_lora, train
from qa_generator.augment import Augmentation
from qa_generator.dataset import pairs_folder, read_pairs
from qa_generator.prompt import Observation
from scene_renderer.errors import CheckpointError, DatasetError, UsageError
from scene_renderer.shards import read_scenes, scenes_folder
from vlm.model import METADATA, load_model, read_metadata
from vlm.policy import Policy


def test_tuning_writes_a_checkpoint_without_pickles(tuned):
    folder, _ = tuned
    shared = {path.name for path in folder.iterdir() if path.is_file()}
    assert shared == {"adapter_config.json", "adapter_model.safetensors", METADATA, "README.md"}
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"training"}


def test_the_facts_tell_what_was_learnt_from(tuned, data, config):
    folder, facts = tuned
    pairs = list(read_pairs(pairs_folder(data, "train")))
    assert facts["pairs"] == len(pairs)
    assert facts["scenes"] == 4
    assert facts["contexts"] == "image, named, unnamed"
    assert facts["steps"] == config.steps
    assert 0 <= facts["exact"] <= 1
    assert 0 < facts["trainable"] < facts["parameters"] / 10
    metadata = read_metadata(folder)
    assert metadata["facts"] == facts
    assert metadata["settings"] == config.settings()
    assert json.dumps(metadata["settings"])


def test_a_tuned_checkpoint_loads_and_answers(tuned, data):
    folder, _ = tuned
    record = next(read_scenes(scenes_folder(data, "valid")))
    seen = Observation(record.image, record.scene.end_effector.position)
    answer = Policy(load_model(str(folder), "cpu")).answer([seen], ["lift the red cube"])[0]
    assert answer.tokens > 0


@torch.no_grad()
def test_tuning_lowers_the_loss(tuned, loaded, data):
    folder, _ = tuned

    def loss(core):
        lesson = Lesson(core, loaded.processor, data, "train")
        logits, labels, _ = lesson.forward(list(range(len(lesson.groups.groups))))
        return functional.cross_entropy(logits, labels).item()

    after = loss(load_model(str(folder), "cpu").model.base_model.model)
    assert after < 0.95 * loss(loaded.model)


def test_lora_alone_is_tuned_and_in_the_text_model_alone(tiny_base):
    tuned = add_lora(load_model(str(tiny_base), "cpu").model, rank=4, seed=0)
    names = [name for name, p in tuned.named_parameters() if p.requires_grad]
    assert names
    assert all(".text_model." in name and ".lora_" in name for name in names)
    layers = tuned.config.text_config.num_hidden_layers
    assert len(names) == layers * 7 * 2  # q, k, v, o, gate, up, down; A and B


def test_the_seed_decides_the_adapters_first_weights(tiny_base):
    def first(seed):
        tuned = add_lora(load_model(str(tiny_base), "cpu").model, rank=4, seed=seed)
        return next(p for n, p in tuned.named_parameters() if "lora_A" in n)

    assert torch.equal(first(1), first(1))
    assert not torch.equal(first(1), first(2))


def test_after_ctrl_c_tuning_goes_on_to_the_same_bytes(tuned, config, tmp_path, monkeypatch):
    whole, facts = tuned
    draw = module._draw

    def stop_at_three(step, *rest):
        if step == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return draw(step, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_draw", stop_at_three)
        with pytest.raises(KeyboardInterrupt):
            train(config, tmp_path, quiet=True)
    assert read_metadata(tmp_path)["facts"]["steps"] == 3  # finished work is usable
    resumed = train(config, tmp_path, quiet=True)
    assert resumed | {"minutes": 0} == facts | {"minutes": 0}
    name = "adapter_model.safetensors"
    assert (tmp_path / name).read_bytes() == (whole / name).read_bytes()


def test_a_run_with_all_augmentation_goes_on_to_the_same_bytes(config, tmp_path, monkeypatch):
    varied = replace(config, augmentation=Augmentation(0.5, 3, 0.3), validate_every=2, steps=4)
    train(varied, tmp_path / "whole", quiet=True)
    draw = module._draw

    def stop_at_two(step, *rest):
        if step == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return draw(step, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_draw", stop_at_two)
        with pytest.raises(KeyboardInterrupt):
            train(varied, tmp_path / "stopped", quiet=True)
    with pytest.raises(CheckpointError, match=r"begun with augmentation \{'drop_lines': 0\.5, "):
        train(replace(varied, augmentation=None), tmp_path / "stopped", quiet=True)
    train(varied, tmp_path / "stopped", quiet=True)
    name = "adapter_model.safetensors"
    whole, stopped = ((tmp_path / run / name).read_bytes() for run in ("whole", "stopped"))
    assert whole == stopped


def test_training_alone_varies(config, tmp_path, monkeypatch):
    """What is learnt from differs from the pairs as they are, what is judged does not."""
    learnt, judged = [], []
    forward = Lesson.forward

    def spy(lesson, index, rows=None):
        own = [lesson.groups.groups[i].row for i in index]
        if torch.is_grad_enabled():
            learnt.append(rows == own)
        else:
            judged.append(rows is None)
        return forward(lesson, index, rows)

    monkeypatch.setattr(Lesson, "forward", spy)
    varied = replace(config, augmentation=Augmentation(0.5, 3, 0.3), steps=3)
    train(varied, tmp_path / "varied", quiet=True)
    assert judged and all(judged)
    assert len(learnt) == 3 and not all(learnt)
    learnt.clear()
    train(replace(varied, augmentation=None), tmp_path / "plain", quiet=True)
    assert learnt == [True] * 3


def test_a_finished_run_tells_its_facts_again(tuned, config):
    folder, facts = tuned
    again = train(config, folder, quiet=True)
    assert again | {"minutes": 0} == facts | {"minutes": 0}


def test_every_epoch_is_a_new_order_of_all_groups():
    config = TrainConfig(batch=3)
    epochs = [
        [i for step in range(4 * n, 4 * n + 4) for i in module._draw(step, config, 12)]
        for n in range(3)
    ]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert module._draw(7, config, 12) == module._draw(7, config, 12)
    assert len(module._draw(0, config, 2)) == 2


def test_a_model_of_the_same_family_is_tuned(config, tiny_idefics3, tmp_path):
    other = replace(config, base_model=str(tiny_idefics3), steps=1)
    assert train(other, tmp_path, quiet=True)["steps"] == 1
    assert load_model(str(tmp_path), "cpu").model.config.model_type == "idefics3"


def test_another_architecture_is_refused(config, tiny_idefics3, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "TUNABLE", ("smolvlm",))
    other = replace(config, base_model=str(tiny_idefics3))
    with pytest.raises(CheckpointError, match="is of type 'idefics3'; only smolvlm can be tuned"):
        train(other, tmp_path, quiet=True)


def test_missing_pairs_are_told(config, tmp_path):
    with pytest.raises(DatasetError, match="python -m qa_generator generate"):
        train(replace(config, data=tmp_path / "none"), tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("values", [{"rank": 0}, {"batch": 0}])
def test_settings_that_cannot_work_are_refused(values):
    with pytest.raises(UsageError, match="must be at least 1"):
        TrainConfig(**values)


def test_the_best_is_kept_across_resumes():
    best, other = Best(0.5, 300, 1.5), Best()
    other.load_state_dict(best.state_dict())
    assert asdict(other) == asdict(best)
