"""Training rows that differ from step to step: other lists, and answers with digits hidden.

A model that reads its own answer so far may learn to complete numbers from their beginnings. So
some digits of it can be hidden from it, as VLA-0 does; what it has to write stays the same.

Source: masked action augmentation is from "VLA-0: Building State-of-the-Art VLAs with Zero
Modification", arXiv 2510.13054.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from finetune.collate import Group, encode_pairs
from finetune.packing import Row, Turn
from qa_generator.augment import Augmentation, augment
from vlm.processor import ChatTokenizer

_STREAM = 1
"""Tells these draws from those of batches and orders, which have the same seed."""


class Variation:
    """Draws the rows of a step: a pure function of groups, seed and step, so runs can resume."""

    def __init__(self, chat: ChatTokenizer, how: Augmentation | None, seed: int) -> None:
        tokenizer = chat.tokenizer
        unknown = tokenizer.unk_token_id
        self.mask_id: int = tokenizer.pad_token_id if unknown is None else unknown
        self.digits = frozenset(chat.text_ids("0123456789"))
        self.chat, self.how, self.seed = chat, how, seed

    def rows(self, groups: Sequence[Group], step: int) -> list[Row]:
        """Returns a row for each group; the groups' own without augmentation."""
        if self.how is None:
            return [group.row for group in groups]
        rng = np.random.default_rng([self.seed, step, _STREAM])
        return [self._row(group, self.how, rng) for group in groups]

    def _row(self, group: Group, how: Augmentation, rng: np.random.Generator) -> Row:
        prefix, turns = encode_pairs(augment(group.pairs, how, rng), self.chat)
        return prefix, [self._mask(turn, how.mask_digits, rng) for turn in turns]

    def _mask(self, turn: Turn, share: float, rng: np.random.Generator) -> Turn:
        hidden = rng.random(len(turn.answer)) < share
        read = [
            self.mask_id if token in self.digits and is_hidden else token
            for token, is_hidden in zip(turn.answer, hidden, strict=True)
        ]
        return replace(turn, read=read)
