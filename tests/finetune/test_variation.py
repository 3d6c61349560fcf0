from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from finetune.collate import group_pairs
from finetune.packing import IGNORED, pack
from finetune.variation import Variation
from qa_generator.augment import Augmentation
from qa_generator.dataset import pairs_folder, read_pairs

EVERYTHING = Augmentation(drop_lines=0.5, noise_mm=3, mask_digits=0.4)
MASKED = Augmentation(noise_mm=0, mask_digits=0.4)


@pytest.fixture(scope="module")
def groups(data, chat):
    return group_pairs(read_pairs(pairs_folder(data, "train")), chat).groups


def answers(rows):
    return [turn.answer for _, turns in rows for turn in turns]


def read(rows):
    return [turn.read for _, turns in rows for turn in turns]


def test_a_step_s_rows_are_a_function_of_seed_and_step(groups, chat):
    first, second = (Variation(chat, EVERYTHING, 5) for _ in range(2))
    for step in (0, 7, 3):
        assert first.rows(groups, step) == second.rows(groups, step)
    assert first.rows(groups, 0) != first.rows(groups, 1)
    assert first.rows(groups, 0) != Variation(chat, EVERYTHING, 6).rows(groups, 0)


def test_without_augmentation_rows_are_the_pairs_as_they_are(groups, chat):
    assert Variation(chat, None, 0).rows(groups, 3) == [group.row for group in groups]


def test_groups_keep_their_pairs_as_they_are(groups, chat, data):
    Variation(chat, EVERYTHING, 0).rows(groups, 0)
    written = {pair.id: pair for pair in read_pairs(pairs_folder(data, "train"))}
    kept = {pair.id: pair for group in groups for pair in group.pairs}
    assert kept == written


def test_another_order_of_the_list_is_asked_the_same(groups, chat):
    rows = Variation(chat, Augmentation(noise_mm=0), 0).rows(groups, 0)
    orders = 0
    for group, (prefix, turns) in zip(groups, rows, strict=True):
        for pair, turn, own in zip(group.pairs, turns, group.row[1], strict=True):
            said, before = (
                chat.tokenizer.decode(p + t.prompt)
                for p, t in ((prefix, turn), (group.row[0], own))
            )
            assert sorted(said.split("\n")) == sorted(before.split("\n"))
            assert turn.answer == chat.answer_ids([pair.answer])[0]
            orders += said != before
    assert orders > len(groups)


def test_hidden_digits_are_read_as_unknown_and_all_else_as_it_is(groups, chat):
    digits = set(chat.text_ids("0123456789"))
    hidden = total = 0
    for step in range(5):
        for turn in (t for _, ts in Variation(chat, MASKED, 0).rows(groups, step) for t in ts):
            for token, seen in zip(turn.answer, turn.read, strict=True):
                if token in digits:
                    assert seen in (token, chat.tokenizer.unk_token_id)
                    total += 1
                    hidden += seen != token
                else:
                    assert seen == token
    assert 0.35 < hidden / total < 0.45


def test_labels_are_never_masked(groups, chat):
    rows = Variation(chat, replace(MASKED, mask_digits=1.0), 0).rows(groups, 0)
    assert answers(rows) == [turn.answer for g in groups for turn in g.row[1]]
    masked = pack(rows, chat.tokenizer.pad_token_id)
    plain = pack(
        [(p, [replace(t, read=None) for t in ts]) for p, ts in rows], chat.tokenizer.pad_token_id
    )
    assert torch.equal(masked.labels, plain.labels)
    changed = masked.input_ids != plain.input_ids
    assert changed.any()
    assert (plain.labels[changed] != IGNORED).all()
    assert (masked.input_ids[changed] == chat.tokenizer.unk_token_id).all()


def test_without_masking_every_token_is_read(groups, chat):
    rows = Variation(chat, Augmentation(drop_lines=0.5, noise_mm=3), 0).rows(groups, 0)
    assert read(rows) == answers(rows)


def test_a_tokenizer_without_an_unknown_token_reads_padding():
    tokenizer = SimpleNamespace(unk_token_id=None, pad_token_id=7)
    bare = SimpleNamespace(tokenizer=tokenizer, text_ids=lambda text: [])
    assert Variation(bare, MASKED, 0).mask_id == 7


def test_dropped_lines_never_touch_an_answer(groups, chat):
    rows = Variation(chat, Augmentation(drop_lines=1.0, noise_mm=0), 0).rows(groups, 0)
    assert answers(rows) == [turn.answer for g in groups for turn in g.row[1]]
    lengths = np.array(
        [[len(g.row[0]), len(prefix)] for g, (prefix, _) in zip(groups, rows, strict=True)]
    )
    listed = np.array([group.context != "image" for group in groups])
    assert (lengths[listed, 1] < lengths[listed, 0]).all()
    assert (lengths[~listed, 1] == lengths[~listed, 0]).all()
