"""A third auxiliary loss: which number is being read, and which one is being written?

To step 6 cm to the left of -127 digit by digit, a model must first take -127 as one number and
`6 cm left` as +60. Language loss alone lets a small model find that out slowly where signs come
in. So two linear heads, thrown away afterwards, tell it: behind layer `READ` the last digit of a
number in the list knows the whole number, and the last word of a step how far it goes; behind
layer `WRITE` each token of a number in an answer knows what will be written.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from finetune.packing import Row
from qa_generator.language.words import WAYS
from scene_renderer.vocabulary import DIRECTIONS
from vlm.processor import ChatTokenizer

READ, WRITE = 1, 2
"""The layers of the text model behind which a number is known."""

TENS = range(-60, 100)
"""What a number may be divided by ten, rounded down; what lies outside is clipped."""

SCALE_MM = 100
"""What counts as one when a number is told as a value."""

Known = tuple[int, int, int]
"""Row and position of a token, and the number that is to be known there."""

UNITS_MM = {"mm": 1, "cm": 10}
"""Millimetres in a unit."""

SIGNS = {
    way.split()[-1]: sum(DIRECTIONS[direction])
    for direction, ways in WAYS.items()
    for way in ways.seen
}
"""Words that say which way, and the sign that they give a step."""


class Steps:
    """Finds what says how far to step which way: `6 cm left`, `back by 60 mm`."""

    def __init__(self, chat: ChatTokenizer) -> None:
        self._digits = {token: i for i, token in enumerate(chat.text_ids("0123456789"))}
        self._units = {chat.text_ids(f" {word}")[0]: mm for word, mm in UNITS_MM.items()}
        self._signs = {chat.text_ids(f" {word}")[0]: sign for word, sign in SIGNS.items()}

    def find(self, tokens: Sequence[int]) -> tuple[int, int] | None:
        """Returns the index of the last word of a step and the signed step, mm, if there is one."""
        unit = next((i for i, token in enumerate(tokens) if token in self._units), None)
        way = next((i for i, token in enumerate(tokens) if token in self._signs), None)
        if unit is None or way is None:
            return None
        start = unit
        while start and tokens[start - 1] in self._digits:
            start -= 1
        if start == unit:
            return None
        length = int("".join(str(self._digits[token]) for token in tokens[start:unit]))
        return max(unit, way), length * self._units[tokens[unit]] * self._signs[tokens[way]]


class Numeracy(nn.Module):
    """Watches the hidden states of two layers, and scores what they know of numbers."""

    def __init__(self, text_model: Any, chat: ChatTokenizer) -> None:
        super().__init__()
        width = text_model.config.hidden_size
        self.heads = nn.ModuleDict(
            {str(layer): nn.Linear(width, len(TENS) + 11) for layer in (READ, WRITE)}
        )
        self._digits = {token: i for i, token in enumerate(chat.text_ids("0123456789"))}
        self._negative = {
            i for token, i in chat.tokenizer.get_vocab().items() if token.endswith("-")
        }
        self._steps = Steps(chat)
        self._hidden: dict[int, torch.Tensor] = {}
        for layer in (READ, WRITE):
            text_model.layers[layer].register_forward_hook(self._recorder(layer))

    def _recorder(self, layer: int) -> Any:
        def record(module: Any, arguments: Any, output: Any) -> None:
            self._hidden[layer] = output

        return record

    def loss(self, rows: Sequence[Row]) -> torch.Tensor:
        """Returns the loss of the last forward pass, a scalar; 0 if there are no numbers in it.

        Args:
            rows: those of that pass.
        """
        numbers, steps, written = self.find(rows)
        read = self._score(READ, numbers) + self._score(READ, steps)
        return read + self._score(WRITE, written)

    def find(self, rows: Sequence[Row]) -> tuple[list[Known], list[Known], list[Known]]:
        """Returns what is to be known: numbers in lists, steps in questions, numbers in answers."""
        numbers: list[Known] = []
        steps: list[Known] = []
        written: list[Known] = []
        for row, (prefix, turns) in enumerate(rows):
            numbers += [(row, end, value) for _, end, value in self._numbers(prefix)]
            at = len(prefix)
            for turn in turns:
                if step := self._steps.find(turn.prompt):
                    steps.append((row, at + step[0], step[1]))
                at += len(turn.prompt)
                for start, end, value in self._numbers(turn.answer):
                    # from one before the sign on: a token is predicted one position before it
                    positions = range(at + max(start - 1, 0) - 1, at + end)
                    written += [(row, position, value) for position in positions]
                at += len(turn.answer)
        return numbers, steps, written

    def _score(self, layer: int, places: list[Known]) -> torch.Tensor:
        """Scores tens and units as classes and the number itself as one value.

        The value matters most: that a step is added to it is a linear thing to learn; between
        classes no step is nearer than another.
        """
        if not places:
            return torch.zeros(())
        hidden = self._hidden[layer]
        row, position, value = torch.tensor(places, device=hidden.device).unbind(1)
        known = self.heads[str(layer)](hidden[row, position]).float()
        tens, units, size = known.split([len(TENS), 10, 1], dim=-1)
        right = value.div(10, rounding_mode="floor").clamp(TENS[0], TENS[-1]) - TENS[0]
        loss = functional.cross_entropy(tens, right) + functional.cross_entropy(units, value % 10)
        return loss + functional.l1_loss(size[:, 0], value / SCALE_MM)

    def _numbers(self, tokens: list[int]) -> list[tuple[int, int, int]]:
        """Returns the first and last index of each run of digits, and its value with its sign."""
        found: list[tuple[int, int, int]] = []
        start = 0
        for i, token in enumerate([*tokens, -1]):
            if token in self._digits:
                continue
            if start < i:
                value = int("".join(str(self._digits[t]) for t in tokens[start:i]))
                sign = -1 if start and tokens[start - 1] in self._negative else 1
                found.append((start, i - 1, sign * value))
            start = i + 1
        return found
