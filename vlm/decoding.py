"""Greedy decoding of many prompts at once, for models of SmolVLM's architecture.

A step reads a row's last token and a guess of those behind it, and keeps as much of the guess as
the model would have written itself: the answers are the same as one token after the other.

Rows join and leave while others go on, so that a short answer never waits for a long one. What
stands before the text, the picture, is read once for all prompts that share it: its keys and
values are kept.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from vlm.drafts import Drafter, Habits
from vlm.generation import end_tokens
from vlm.grammar import Guide, PlanGrammar
from vlm.llama import FEWEST_ROWS, Llama, Stretch, is_plain_llama
from vlm.processor import ChatTokenizer, Image
from vlm.prompts import Generated, Prompt, do_nothing

KEPT_BYTES = 64 * 2**20
"""How much memory the pictures that were read may take."""

NEWCOMERS = 8
"""New rows begin once an eighth of all are free: several are read in hardly more time than one."""

DRAFTED = 8
"""The most tokens that are guessed ahead in one row."""

FAMILY = ("smolvlm", "idefics3")
"""Model types whose picture is one stretch of tokens before the text."""


@dataclass
class _Row:
    """A prompt and its answer, perhaps under way.

    Attributes:
        ids: the prompt's tokens, those of the picture included.
        start: how many of them there are up to the end of the picture.
        picture: what tells its picture from others.
        image: the picture.
        drafter: guesses how the answer goes on.
        guide: what the answer has to be; None if it may be anything.
        draft: the guess that the next step checks.
        answer: so far.
    """

    ids: list[int]
    start: int
    picture: bytes
    image: Image
    drafter: Drafter
    guide: Guide | None
    draft: list[int] = field(default_factory=list)
    answer: Generated = field(default_factory=Generated)

    @property
    def length(self) -> int:
        """How many of its tokens have been read; the last one written has not."""
        return len(self.ids) + len(self.answer.ids) - 1


class Decoder:
    """Answers prompts with the likeliest token after the other; for models that `can_decode`.

    Attributes:
        drafted: how many tokens are guessed ahead at most; 0 for none, one token a step.
        forwards: how often the model was run so far.
    """

    def __init__(self, model: Any, chat: ChatTokenizer) -> None:
        self._model, self._chat = model, chat
        self.on_step: Callable[[], None] = do_nothing
        self.drafted = DRAFTED
        self.forwards = 0
        self._habits = Habits()
        self._grammar: PlanGrammar | None = None
        self._llama = Llama(model.model.text_model, model.lm_head)
        self._cache = self._llama.new_cache()
        self._pictures: OrderedDict[bytes, tuple[Tensor, Tensor]] = OrderedDict()
        self._ends = end_tokens(model)

    @torch.inference_mode()
    def answer(
        self, prompts: Sequence[Prompt], rows: int, most: int, constrained: bool = False
    ) -> list[Generated]:
        """Answers prompts, `rows` at a time, with at most `most` tokens each."""
        began = time.perf_counter()
        asked = self._encode(prompts, most, constrained)
        self._cache.grow(min(rows, len(asked)), 0)
        waiting, active = _by_picture(asked)[::-1], list[_Row]()
        while waiting or active:
            self.on_step()
            if waiting and rows - len(active) >= min(len(waiting), rows / NEWCOMERS):
                new = [waiting.pop() for _ in range(min(len(waiting), rows - len(active)))]
                self._begin(new, len(active), most)
                active += new
                for row in new:
                    row.answer.first_seconds = time.perf_counter() - began
            else:
                self._step(active, most)
            self._drop_done(active, most)
        return [row.answer for row in asked]

    def forget(self) -> None:
        """Drops the pictures that were read."""
        self._pictures.clear()

    def _encode(self, prompts: Sequence[Prompt], most: int, constrained: bool) -> list[_Row]:
        ids = self._chat.prompt_ids([prompt.text for prompt in prompts])
        image_token = self._chat.image_token_id
        if constrained and self._grammar is None:
            self._grammar = PlanGrammar(self._chat, self._ends, self._model.lm_head.out_features)
        return [
            _Row(
                i,
                len(i) - i[::-1].index(image_token),
                _digest(prompt.image),
                prompt.image,
                Drafter(self._chat, self._habits, prompt.text),
                self._grammar.begin(most) if constrained and self._grammar else None,
            )
            for i, prompt in zip(ids, prompts, strict=True)
        ]

    def _begin(self, new: Sequence[_Row], slot: int, most: int) -> None:
        """Reads prompts into the cache from a slot on, and begins their answers.

        A picture that is new is read with the first prompt about it.
        """
        for row in new:
            row.draft = self._guess(row, min(most, FEWEST_ROWS))
        slots = {slot + i: row for i, row in enumerate(new)}
        first = {row.picture: at for at, row in reversed(slots.items())}
        fresh = [at for picture, at in first.items() if picture not in self._pictures]
        if fresh:
            self._read([slots[at] for at in fresh], fresh, most, looks=True)
        for at in fresh:
            self._pictures[slots[at].picture] = self._cache.read(at, slots[at].start)
        rest = [at for at in slots if at not in fresh]
        for at in rest:
            self._cache.write(at, self._pictures[slots[at].picture])
            self._pictures.move_to_end(slots[at].picture)
        if rest:
            self._read([slots[at] for at in rest], rest, most, looks=False)
        size = sum(part.nbytes for part in next(iter(self._pictures.values())))
        while len(self._pictures) * size > KEPT_BYTES:  # all pictures are of one size
            self._pictures.popitem(last=False)

    def _read(self, rows: Sequence[_Row], slots: Sequence[int], most: int, looks: bool) -> None:
        """Reads rows into slots of the cache: whole if it looks, else from behind the picture."""
        starts = [0 if looks else row.start for row in rows]
        read = [row.ids[at:] + row.draft for row, at in zip(rows, starts, strict=True)]
        stretches = [Stretch(*told) for told in zip(slots, starts, map(len, read), strict=True)]
        ids = [token for part in read for token in part]
        vectors = self._llama.embed(ids)
        if looks:
            places = [i for i, token in enumerate(ids) if token == self._chat.image_token_id]
            vectors[places] = self._look(rows).to(vectors)
        logits = self._llama.read(vectors, stretches, self._cache)
        self.forwards += 1
        tail = logits.shape[1]
        asked = [tail * (i + 1) - 1 - len(row.draft) for i, row in enumerate(rows)]
        self._write(rows, asked, logits.flatten(0, 1), most)

    def _look(self, rows: Sequence[_Row]) -> Tensor:
        """Returns the vectors of the rows' pictures: shape (image tokens of all, width)."""
        processor = self._chat.processor.image_processor
        shown = processor(images=[[row.image] for row in rows], return_tensors="pt")
        names = [n for n in ("pixel_values", "pixel_attention_mask") if n in shown]
        shown = shown.to(self._model.device)
        looked = self._model.model.get_image_features(**{n: shown[n] for n in names})
        return torch.cat(list(looked.pooler_output))

    def _step(self, active: Sequence[_Row], most: int) -> None:
        """Reads the last token of every row, and what may follow."""
        for row in active:
            row.draft = self._guess(row, min(most - len(row.answer.ids), self.drafted + 1))
        ids = [[row.answer.ids[-1], *row.draft] for row in active]
        logits = self._llama.step(ids, [row.length for row in active], self._cache)
        self.forwards += 1
        starts = accumulate((len(part) for part in ids[:-1]), initial=0)
        self._write(active, list(starts), logits, most)

    def _guess(self, row: _Row, room: int) -> list[int]:
        """Returns fewer than `room` tokens that may follow a row's answer."""
        if not self.drafted or room < 2:
            return []
        draft = row.drafter.guess(row.answer.ids)
        if not draft and row.guide is not None:
            draft = row.guide.forced()
        return draft[: room - 1]

    def _write(
        self, rows: Sequence[_Row], starts: Sequence[int], logits: Tensor, most: int
    ) -> None:
        """Adds to each row's answer the likeliest tokens, as far as its draft foresaw them.

        Args:
            rows: those that read on.
            starts: for each, behind which of the tokens that were read its answer goes on.
            logits: of what follows each token, shape (tokens, vocabulary).
            most: how long an answer may become.
        """
        ids, totals = logits.argmax(dim=-1).tolist(), logits.logsumexp(dim=-1)
        written: list[tuple[int, int]] = []
        answers: list[Generated] = []
        for row, start in zip(rows, starts, strict=True):
            answer = row.answer
            for place, drafted in enumerate([*row.draft, None], start=start):
                token = ids[place]
                if row.guide is not None:
                    token = row.guide.choose(token, logits[place])
                answer.ids.append(token)
                answers.append(answer)
                written.append((place, token))
                if token != drafted or token in self._ends or len(answer.ids) >= most:
                    break
        places, tokens = torch.tensor(written, device=logits.device).T
        chances = logits[places, tokens] - totals[places]
        for answer, chance in zip(answers, chances.tolist(), strict=True):
            answer.log_probability += chance

    def _drop_done(self, active: list[_Row], most: int) -> None:
        """Takes out the rows that are done; the last rows move into their slots."""
        for slot in reversed(range(len(active))):
            answer = active[slot].answer
            if answer.ids[-1] in self._ends or len(answer.ids) >= most:
                self._habits.learn(
                    self._chat.tokenizer.decode(answer.ids, skip_special_tokens=True)
                )
                last = active.pop()
                if slot < len(active):
                    self._cache.move(len(active), slot, last.length)
                    active[slot] = last


def can_decode(model: Any) -> bool:
    """Whether `Decoder` answers as this model's `generate()` does."""
    text_model = getattr(model.model, "text_model", None)  # None inside an adapter's wrapper
    if model.config.model_type not in FAMILY or text_model is None:
        return False
    asked = model.generation_config
    changes_scores = asked.repetition_penalty not in (None, 1.0) or asked.no_repeat_ngram_size
    has_plain_head = type(model.lm_head) is torch.nn.Linear
    return not changes_scores and has_plain_head and is_plain_llama(text_model)


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
