"""Pairs to batches: pictures' features once, prefixes shared, loss on the answers only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from finetune.packing import Row, factor_prefix
from qa_generator.pairs import Pair
from vlm.processor import ChatTokenizer


@dataclass(frozen=True)
class Group:
    """What is asked about one observation: the unit of a batch.

    Attributes:
        image: index of its picture.
        context: what the list beside the picture tells.
        row: the shared prefix and the turns behind it, as token ids.
        pairs: what the row was made of.
    """

    image: int
    context: str
    row: Row
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Groups:
    """All groups of a data set and its pictures.

    Attributes:
        images: uint8, each of shape (height, width, 3), RGB.
        groups: what is asked about them.
    """

    images: list[NDArray[np.uint8]]
    groups: list[Group]

    def by_context(self) -> dict[str, list[int]]:
        """Returns the groups' indices for each context."""
        indices: dict[str, list[int]] = {}
        for i, group in enumerate(self.groups):
            indices.setdefault(group.context, []).append(i)
        return indices


def group_pairs(pairs: Iterable[Pair], chat: ChatTokenizer) -> Groups:
    """Groups neighbouring pairs of one scene and context, and tokenizes them."""
    images: list[NDArray[np.uint8]] = []
    groups: list[Group] = []
    for _, of_scene in groupby(pairs, key=lambda pair: pair.scene.id):
        listed = sorted(of_scene, key=lambda pair: pair.context)
        first = listed[0]
        images.append(first.image)
        for context, of_context in groupby(listed, key=lambda pair: pair.context):
            members = tuple(replace(p, scene=first.scene, png=first.png) for p in of_context)
            groups.append(Group(len(images) - 1, context, encode_pairs(members, chat), members))
    return Groups(images, groups)


def encode_pairs(pairs: Sequence[Pair], chat: ChatTokenizer) -> Row:
    """Tokenizes pairs that share a prefix."""
    prompts = chat.prompt_ids([pair.prompt for pair in pairs])
    return factor_prefix(prompts, chat.answer_ids([pair.answer for pair in pairs]))


def encode_images(processor: Any, images: Sequence[NDArray[np.uint8]]) -> torch.Tensor:
    """Returns the processor's pixel values: float32, shape (n, 3, size, size)."""
    pixels: torch.Tensor = processor.image_processor(
        images=[[image] for image in images], return_tensors="pt"
    ).pixel_values
    return pixels.flatten(0, 1)  # [n, 1, 3, h, w] -> [n, 3, h, w]
