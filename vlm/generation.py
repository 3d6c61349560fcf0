"""Greedy answers by transformers' own `generate()`, for any model that it can run."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from vlm.grammar import Guide, PlanGrammar
from vlm.processor import ChatTokenizer
from vlm.prompts import Generated, Prompt, do_nothing


class Generation:
    """Answers prompts batch by batch, padded on the left."""

    def __init__(self, model: Any, chat: ChatTokenizer) -> None:
        self._model, self._chat = model, chat
        self.on_step: Callable[[], None] = do_nothing
        self._grammar: PlanGrammar | None = None

    def answer(
        self, prompts: Sequence[Prompt], rows: int, most: int, constrained: bool = False
    ) -> list[Generated]:
        """Answers prompts, `rows` at a time, with at most `most` tokens each."""
        began = time.perf_counter()
        answers: list[Generated] = []
        for at in range(0, len(prompts), rows):
            answers += self._answer_batch(prompts[at : at + rows], most, began, constrained)
        return answers

    def forget(self) -> None:
        """Does nothing: nothing is kept."""

    def _answer_batch(
        self, prompts: Sequence[Prompt], most: int, began: float, constrained: bool
    ) -> list[Generated]:
        from transformers import LogitsProcessorList

        inputs = self._encode(prompts)
        guides = [self._guide(most) for _ in prompts] if constrained else []
        watch = _Watch(self.on_step, guides)
        with torch.inference_mode():
            ids = self._model.generate(
                **inputs,
                do_sample=False,
                max_new_tokens=most,
                logits_processor=LogitsProcessorList([watch]),
            )
        new = ids[:, inputs["input_ids"].shape[1] :].tolist()
        chances = torch.stack(watch.chances, dim=1).tolist()
        ends = end_tokens(self._model)
        answers = []
        for row, chance in zip(new, chances, strict=True):
            count = next((i for i, token in enumerate(row, start=1) if token in ends), len(row))
            answers.append(Generated(row[:count], sum(chance[:count]), watch.first - began))
        return answers

    def _guide(self, most: int) -> Guide:
        if self._grammar is None:
            head = self._model.get_output_embeddings()
            self._grammar = PlanGrammar(self._chat, end_tokens(self._model), len(head.weight))
        return self._grammar.begin(most)

    def _encode(self, prompts: Sequence[Prompt]) -> Any:
        return self._chat.processor(
            text=[self._chat.prompt_text(prompt.text) for prompt in prompts],
            images=[[prompt.image] for prompt in prompts],
            padding=True,
            add_special_tokens=False,
            return_tensors="pt",
        ).to(self._model.device)


def end_tokens(model: Any) -> frozenset[int]:
    """Returns the tokens at which an answer ends."""
    ends = model.generation_config.eos_token_id
    return frozenset(ends if isinstance(ends, list) else [ends])


class _Watch:
    """Sees the scores of every step pass by, and keeps them to the grammar if there are guides.

    Attributes:
        chances: of the tokens that are chosen at each step, logarithms, each of shape (rows,).
        first: when the first scores came, on the clock of `time.perf_counter`.
    """

    def __init__(self, on_step: Callable[[], None], guides: Sequence[Guide]) -> None:
        self._on_step, self._guides = on_step, guides
        self.chances: list[torch.Tensor] = []
        self.first = 0.0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Returns the scores; greedy decoding will choose the highest."""
        self._on_step()
        total = scores.logsumexp(dim=-1)
        if self._guides:
            chosen = [
                guide.choose(token, row)
                for guide, token, row in zip(
                    self._guides, scores.argmax(dim=-1).tolist(), scores, strict=True
                )
            ]
            kept = torch.tensor(chosen, device=scores.device)[:, None]
            best = scores.gather(1, kept)
            scores = torch.full_like(scores, -torch.inf).scatter(1, kept, best)
        self.chances.append(scores.max(dim=-1).values - total)
        if not self.first:
            if scores.is_cuda:
                torch.cuda.synchronize()
            self.first = time.perf_counter()
        return scores
