from dataclasses import replace

import numpy as np
import pytest
import torch

from finetune.collate import encode_images, group_pairs
from finetune.pretrain import load_pictures
from qa_generator.dataset import pairs_folder, read_pairs
from scene_renderer.errors import DatasetError
from scene_renderer.shards import scenes_folder


@pytest.fixture(scope="module")
def pairs(data):
    return list(read_pairs(pairs_folder(data, "train")))


def test_a_picture_is_kept_once_and_a_list_is_read_once(pairs, chat):
    groups = group_pairs(pairs, chat)
    assert len(groups.images) == 4
    assert [(g.image, g.context) for g in groups.groups] == [
        (image, context) for image in range(4) for context in ("image", "named", "unnamed")
    ]
    assert {c: len(i) for c, i in groups.by_context().items()} == {
        "image": 4, "named": 4, "unnamed": 4
    }  # fmt: skip
    for group in groups.groups:
        text = chat.tokenizer.decode(group.row[0])
        assert ("object: " in text) == (group.context == "unnamed")


def test_every_pair_is_learnt_word_for_word(pairs, chat):
    learnt = [
        (chat.tokenizer.decode(prefix + turn.prompt), chat.tokenizer.decode(turn.answer))
        for prefix, turns in (group.row for group in group_pairs(pairs, chat).groups)
        for turn in turns
    ]
    assert len(learnt) == len(pairs)
    expected = {(pair.prompt, pair.answer) for pair in pairs}
    found = {(p.split("<image>")[-1].split("<fake_token_around_image>")[-1], a) for p, a in learnt}
    end = "<end_of_utterance>"
    assert found == {(f"{p}{end}\nAssistant:", f" {a}{end}") for p, a in expected}


def test_pictures_are_those_of_the_scenes(pairs, chat, data):
    images = group_pairs(pairs, chat).images
    pictures = load_pictures(scenes_folder(data, "train"), held_out=1)
    np.testing.assert_array_equal(np.stack(images), pictures.images.numpy())


def test_pretraining_sees_pictures_as_the_processor_makes_them(loaded, data):
    pictures = load_pictures(scenes_folder(data, "train"), held_out=1)
    index = torch.arange(4)
    processed = encode_images(loaded.processor, list(pictures.images.numpy()))
    torch.testing.assert_close(pictures.pixels(index), processed, atol=1e-5, rtol=0)


@pytest.mark.parametrize("length", [0, 20, 2000])
def test_a_truncated_picture_is_named(pairs, chat, length):
    broken = replace(pairs[0], png=pairs[0].png[:length])
    with pytest.raises(DatasetError, match=f"The picture of pair '{broken.id}' is broken: "):
        group_pairs([broken], chat)
