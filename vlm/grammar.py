"""Lets a model write plans and nothing else: the plan grammar over a tokenizer's tokens.

A model's likeliest token is taken wherever the grammar admits it, so only where it does not is a
mask needed. Towards the end of what an answer may have, no further action is begun, so that every
answer is complete.

Source: llguidance (https://github.com/guidance-ai/llguidance), whose matcher tells after each token
which ones may follow.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scene_renderer.errors import CheckpointError
from scene_renderer.plan_grammar import LONGEST_ACTION, plan_grammar
from vlm.processor import ChatTokenizer


class PlanGrammar:
    """The grammar of plans, compiled for one tokenizer.

    Attributes:
        breaks: which tokens hold a new line, with which an action begins; bool, shape
            (vocabulary,).
    """

    def __init__(self, chat: ChatTokenizer, ends: frozenset[int], vocabulary: int) -> None:
        """Compiles it.

        Args:
            chat: the tokenizer.
            ends: the tokens at which an answer ends.
            vocabulary: how many tokens the model's output knows.

        Raises:
            CheckpointError: if the tokenizer is of a kind that llguidance cannot read.
        """
        from llguidance import LLMatcher
        from llguidance.hf import from_tokenizer

        self.ends = ends
        try:
            tokenizer = from_tokenizer(chat.tokenizer, n_vocab=vocabulary, eos_token=list(ends))
        except ValueError as error:
            raise CheckpointError(
                f"The tokenizer of this model cannot be held to plans ({error}); give --free."
            ) from error
        self._matcher = LLMatcher(tokenizer, plan_grammar(chat.answer_lead()))
        assert not self._matcher.is_error(), self._matcher.get_error()
        pieces = (tokenizer.decode_bytes([token]) for token in range(vocabulary))
        self.breaks: NDArray[np.bool_] = np.array([b"\n" in piece for piece in pieces])

    def begin(self, most: int) -> "Guide":
        """Returns what guides one answer of at most `most` tokens."""
        return Guide(self, self._matcher.deep_copy(), most)


class Guide:
    """Watches over one answer.

    Attributes:
        left: how many tokens the answer may still have.
    """

    def __init__(self, grammar: PlanGrammar, matcher: Any, most: int) -> None:
        self._grammar, self._matcher = grammar, matcher
        self.left = most

    def choose(self, token: int, logits: Tensor) -> int:
        """Writes one token down: the likeliest that may follow.

        Args:
            token: the likeliest of all.
            logits: of the tokens, shape (vocabulary,).

        Returns:
            The token that was written. An answer ends where no token is likelier than another,
            since a model's arithmetic overflowed.
        """
        if not self.admits(token):
            if logits.isnan().any():
                return min(self._grammar.ends)
            token = int(logits.masked_fill(~self.allowed().to(logits.device), -torch.inf).argmax())
        self.write(token)
        return token

    def write(self, token: int) -> None:
        """Notes a token that was written."""
        self.left -= 1
        self._matcher.consume_token(token)

    def admits(self, token: int) -> bool:
        """Whether a token may follow."""
        if self._matcher.is_stopped():
            return token in self._grammar.ends
        if self._is_short and self._grammar.breaks[token]:
            return False
        return bool(self._matcher.validate_tokens([token]) == 1)

    def allowed(self) -> Tensor:
        """Returns which tokens may follow: bool, shape (vocabulary,); one at least."""
        may = np.zeros(len(self._grammar.breaks), dtype=bool)
        if not self._matcher.is_stopped():
            may = np.frombuffer(self._matcher.compute_logit_bias(), dtype=np.uint8) > 0
            if self._is_short:
                may = may & ~self._grammar.breaks
        if not may.any():
            may[list(self._grammar.ends)] = True
        return torch.from_numpy(may)

    def forced(self) -> list[int]:
        """Returns the tokens that follow whatever the model wants, if the grammar knows some."""
        return [] if self._matcher.is_stopped() else list(self._matcher.compute_ff_tokens())

    @property
    def _is_short(self) -> bool:
        """Whether no further action would fit for sure, with the end behind it."""
        return self.left <= LONGEST_ACTION + 1
