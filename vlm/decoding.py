"""Greedy decoding of many prompts at once, for models of SmolVLM's architecture.

Rows join and leave while others go on, so that a short answer never waits for a long one. What
stands before the text, the picture, is read once for all prompts that share it: its keys and
values are kept.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from vlm.generation import end_tokens
from vlm.llama import Llama, is_plain_llama
from vlm.processor import ChatTokenizer, Image
from vlm.prompts import Generated, Prompt

KEPT_BYTES = 64 * 2**20
"""How much memory the pictures that were read may take."""

FAMILY = ("smolvlm", "idefics3")
"""Model types whose picture is one stretch of tokens before the text."""


@dataclass
class _Row:
    """A prompt and its answer, perhaps under way.

    Attributes:
        ids: the prompt's tokens, those of the picture included.
        picture: what tells its picture from others.
        image: the picture.
        answer: so far.
    """

    ids: list[int]
    picture: bytes
    image: Image
    answer: Generated = field(default_factory=Generated)

    @property
    def length(self) -> int:
        """How many of its tokens have been read; the last one written has not."""
        return len(self.ids) + len(self.answer.ids) - 1


class Decoder:
    """Answers prompts with the likeliest token after the other; for models that `can_decode`."""

    def __init__(self, model: Any, chat: ChatTokenizer) -> None:
        self._model, self._chat = model, chat
        self._llama = Llama(model.model.text_model, model.lm_head)
        self._cache = self._llama.new_cache(0, 0)
        self._pictures: OrderedDict[bytes, tuple[Tensor, Tensor]] = OrderedDict()
        self._ends = end_tokens(model)

    @torch.inference_mode()
    def answer(self, prompts: Sequence[Prompt], rows: int, most: int) -> list[Generated]:
        """Answers prompts, `rows` at a time, with at most `most` tokens each."""
        began = time.perf_counter()
        asked = self._encode(prompts)
        self._make_room(rows, max((len(row.ids) for row in asked), default=0) + most)
        waiting, active = _by_picture(asked)[::-1], list[_Row]()
        while waiting or active:
            while waiting and len(active) < rows:
                active.append(waiting.pop())
                self._begin(active[-1], len(active) - 1)
                active[-1].answer.first_seconds = time.perf_counter() - began
                self._drop_done(active, most)
            if active:
                self._step(active)
                self._drop_done(active, most)
        return [row.answer for row in asked]

    def forget(self) -> None:
        """Drops the pictures that were read."""
        self._pictures.clear()

    def _encode(self, prompts: Sequence[Prompt]) -> list[_Row]:
        ids = self._chat.prompt_ids([prompt.text for prompt in prompts])
        images = [prompt.image for prompt in prompts]
        return [_Row(i, _digest(image), image) for i, image in zip(ids, images, strict=True)]

    def _make_room(self, rows: int, places: int) -> None:
        if self._cache.rows < rows or self._cache.places < places:
            rows, places = max(rows, self._cache.rows), max(places, self._cache.places)
            self._cache = self._llama.new_cache(rows, places)

    def _begin(self, row: _Row, slot: int) -> None:
        """Reads a prompt into a slot of the cache, and writes the first token of its answer."""
        start = self._read_picture(row, slot)
        vectors = self._llama.embed(row.ids[start:])
        _write([row], self._llama.read(vectors, self._cache, slot, start))

    def _step(self, active: Sequence[_Row]) -> None:
        ids, lengths = [row.answer.ids[-1] for row in active], [row.length for row in active]
        _write(active, self._llama.step(ids, lengths, self._cache))

    def _drop_done(self, active: list[_Row], most: int) -> None:
        """Takes out the rows that are done; the last rows move into their slots."""
        for slot in reversed(range(len(active))):
            answer = active[slot].answer
            if answer.ids[-1] in self._ends or len(answer.ids) >= most:
                last = active.pop()
                if slot < len(active):
                    self._cache.move(len(active), slot, last.length)
                    active[slot] = last

    def _read_picture(self, row: _Row, slot: int) -> int:
        """Reads a prompt up to the end of its picture into a slot; returns how many tokens."""
        image_token = self._chat.image_token_id
        end = len(row.ids) - row.ids[::-1].index(image_token)
        kept = self._pictures.pop(row.picture, None)
        if kept is None:
            vectors = self._llama.embed(row.ids[:end])
            places = [i for i, token in enumerate(row.ids[:end]) if token == image_token]
            vectors[places] = self._look(row.image).to(vectors)
            self._llama.read(vectors, self._cache, slot, 0)
            kept = self._cache.read(slot, end)
        else:
            self._cache.write(slot, kept)
        self._pictures[row.picture] = kept  # as the newest
        if len(self._pictures) * (kept[0].nbytes + kept[1].nbytes) > KEPT_BYTES:
            self._pictures.popitem(last=False)
        return end

    def _look(self, image: Image) -> Tensor:
        """Returns a picture's features: shape (image tokens, width)."""
        processor = self._chat.processor.image_processor
        shown = processor(images=[[image]], return_tensors="pt").to(self._model.device)
        names = [n for n in ("pixel_values", "pixel_attention_mask") if n in shown]
        looked = self._model.model.get_image_features(**{n: shown[n] for n in names})
        return torch.cat(list(looked.pooler_output))


def can_decode(model: Any) -> bool:
    """Whether `Decoder` answers as this model's `generate()` does."""
    if model.config.model_type not in FAMILY or type(model.lm_head) is not torch.nn.Linear:
        return False
    asked = model.generation_config
    changes_scores = asked.repetition_penalty not in (None, 1.0) or asked.no_repeat_ngram_size
    return not changes_scores and is_plain_llama(model.model.text_model)


def _write(rows: Sequence[_Row], logits: Tensor) -> None:
    """Adds the likeliest token to each row's answer."""
    best, ids = logits.max(dim=-1)
    chances = best - logits.logsumexp(dim=-1)
    for row, token, chance in zip(rows, ids.tolist(), chances.tolist(), strict=True):
        row.answer.ids.append(token)
        row.answer.log_probability += chance


def _by_picture(rows: Sequence[_Row]) -> list[_Row]:
    """Brings rows of one picture together, in order of its first appearance."""
    first: dict[bytes, int] = {}
    for row in rows:
        first.setdefault(row.picture, len(first))
    return sorted(rows, key=lambda row: first[row.picture])


def _digest(image: Image) -> bytes:
    digest = hashlib.blake2b(repr(image.shape).encode(), digest_size=16)
    digest.update(image.tobytes())
    return digest.digest()
