"""A second auxiliary loss: the heads of `HEADS` learn directly where to look.

To copy a number from a list, a head must find the list's entry by the name in the question; to say
where a thing is, one must find its picture. Language loss alone takes thousands of steps to find
out that looking there helps at all. In pretraining the right place is known, so the heads of
`HEADS` are taught it by cross-entropy on their attention weights: with it, finding one of eight
numbers took 175 steps, without it 1,200 steps did not suffice to find one of four
(docs/tiny-model.md).
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from finetune.packing import Row

PICTURE, LIST, NUMBER, STEP = 0, 1, 2, 3
HEADS: tuple[tuple[int, int], ...] = ((1, 1), (2, 0), (2, 1), (2, 2))
"""(layer, head) that looks at the picture; at the digit in the list; at the end of its number,
where all its digits are known; and at the end of what says how far to step which way."""


class Gaze:
    """Watches what goes into the taught heads, and scores where they look."""

    def __init__(self, text_model: Any) -> None:
        self._inputs: dict[int, dict[str, Any]] = {}
        self._attentions = {layer: text_model.layers[layer].self_attn for layer, _ in HEADS}
        for layer, attention in self._attentions.items():
            attention.register_forward_pre_hook(self._recorder(layer), with_kwargs=True)

    def _recorder(self, layer: int) -> Any:
        def record(module: Any, arguments: Any, named: dict[str, Any]) -> None:
            self._inputs[layer] = named

        return record

    def loss(self, rows: Sequence[Row]) -> torch.Tensor:
        """Returns the loss of the last forward pass, a scalar; 0 if nothing is taught in it.

        Args:
            rows: those of that pass; their turns' looks are what is right.
        """
        looks = _positions(rows)
        parts = []
        for head in range(len(HEADS)):
            row, query, key = looks[looks[:, 3] == head, :3].unbind(1)
            if len(row):
                scores = self._scores(*HEADS[head])
                parts.append(functional.cross_entropy(scores[row, query], key))
        return torch.stack(parts).sum() if parts else torch.zeros(())

    def _scores(self, layer: int, head: int) -> torch.Tensor:
        """Returns a head's attention before the softmax: shape (rows, length, length)."""
        attention, inputs = self._attentions[layer], self._inputs[layer]
        hidden, (cos, sin) = inputs["hidden_states"], inputs["position_embeddings"]
        part = slice(head * attention.head_dim, (head + 1) * attention.head_dim)
        queries, keys = (
            _rotate(functional.linear(hidden, side.weight[part], side.bias[part]), cos, sin)
            for side in (attention.q_proj, attention.k_proj)
        )
        scores = (queries @ keys.transpose(1, 2) * attention.scaling).float()
        masked: torch.Tensor = scores + inputs["attention_mask"][:, 0]
        return masked


def _rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Applies rotary position embeddings, as transformers' Llama does."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


def _positions(rows: Sequence[Row]) -> torch.Tensor:
    """Returns all looks of packed rows: int64, shape (looks, 4): row, query, key, head."""
    found = []
    for row, (prefix, turns) in enumerate(rows):
        at = len(prefix)
        for turn in turns:
            start = at + len(turn.prompt) - 1  # a token is predicted one position before it
            for look in turn.looks:
                behind = look.key - len(prefix)
                key = look.key if behind < 0 else at + behind
                found.append((row, start + look.token, key, look.head))
            at += len(turn.prompt) + len(turn.answer)
    return torch.tensor(found).reshape(-1, 4)
