"""Several questions behind one shared prefix, in one sequence.

A conversation is `prefix + prompt + answer`, where the prefix (picture and coordinate list) is the
same for all questions about a scene. Packed, the prefix is computed once: a block mask keeps the
questions from seeing each other, and positions start anew behind the prefix, so that every
question's logits equal those of its own unpacked sequence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch

IGNORED = -100
"""The label of tokens without loss: prompts and padding."""


@dataclass(frozen=True)
class Look:
    """Where a head should look in the prompt to predict a token of an answer.

    Attributes:
        token: index of the token in the answer.
        key: index of the token in the whole prompt, prefix included, that holds what is needed.
        head: index of the head in `gaze.HEADS`.
    """

    token: int
    key: int
    head: int


@dataclass(frozen=True)
class Turn:
    """One question behind a prefix.

    Attributes:
        prompt: token ids of its prompt.
        answer: token ids of its answer, end token included.
        looks: where to look for the answer, if that is taught.
        read: what the model reads in the answer's place while it writes it, as long as the
            answer; None for the answer itself.
    """

    prompt: list[int]
    answer: list[int]
    looks: tuple[Look, ...] = ()
    read: list[int] | None = None


@dataclass(frozen=True)
class Packed:
    """A batch of packed conversations, as tensors.

    Attributes:
        input_ids: int64, shape (batch, length).
        position_ids: int64, shape (batch, length).
        attention_mask: bool, shape (batch, 1, length, length); True where a token may look.
        labels: int64, shape (batch, length); `IGNORED` outside the answers.
        turns: int64, shape (batch, length); number of a token's turn in the batch, -1 elsewhere.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor
    turns: torch.Tensor

    def to(self, device: torch.device) -> "Packed":
        """Returns the same batch on a device."""
        return Packed(*(getattr(self, field.name).to(device) for field in fields(self)))


Row = tuple[list[int], list[Turn]]
"""A prefix's token ids and the turns behind it."""


def factor_prefix(
    prompts: Sequence[list[int]],
    answers: Sequence[list[int]],
    looks: Sequence[tuple[Look, ...]] | None = None,
) -> Row:
    """Turns whole prompts and their answers into the longest common prefix and its turns."""
    length = min(len(p) for p in prompts) - 1  # an answer's first token is predicted in its turn
    first = prompts[0]
    for prompt in prompts[1:]:
        length = next((i for i in range(length) if prompt[i] != first[i]), length)
    turns = [
        Turn(prompt[length:], answer, seen)
        for prompt, answer, seen in zip(prompts, answers, looks or [()] * len(prompts), strict=True)
    ]
    return first[:length], turns


def pack(rows: Sequence[Row], pad_id: int) -> Packed:
    """Packs conversations.

    Args:
        rows: for each sequence its prefix's token ids and the turns behind it.
        pad_id: the padding token; padding is on the right.
    """
    length = max(len(p) + sum(len(t.prompt) + len(t.answer) for t in ts) for p, ts in rows)
    shape = (len(rows), length)
    ids = torch.full(shape, pad_id)
    positions = torch.zeros(shape, dtype=torch.long)
    labels = torch.full(shape, IGNORED)
    segments, numbers = torch.full(shape, -1), torch.full(shape, -1)
    count = 0
    for row, (prefix, turns) in enumerate(rows):
        at = len(prefix)
        ids[row, :at] = torch.tensor(prefix)
        positions[row, :at] = torch.arange(at)
        segments[row, :at] = 0
        for number, turn in enumerate(turns, start=1):
            tokens = turn.prompt + (turn.answer if turn.read is None else turn.read)
            span = slice(at, at + len(tokens))
            ids[row, span] = torch.tensor(tokens)
            positions[row, span] = len(prefix) + torch.arange(len(tokens))
            labels[row, at + len(turn.prompt) : span.stop] = torch.tensor(turn.answer)
            segments[row, span] = number
            numbers[row, span] = count
            count += 1
            at = span.stop
    keys, queries = segments[:, None, :], segments[:, :, None]
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    visible = causal & ((keys == 0) | (keys == queries))
    visible |= torch.eye(length, dtype=torch.bool)
    return Packed(ids, positions, visible[:, None], labels, numbers)
