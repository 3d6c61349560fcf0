"""Prompts, pictures and answers to tensors, by the model's own processor and chat template."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

GREY = 127
"""The brightness of a blank picture."""


def load_processor(source: str) -> Any:
    """Loads a processor; works without torchvision for SmolVLM folders too.

    `AutoProcessor` needs torchvision for SmolVLM's video half; its picture half is
    `Idefics3Processor`, which does not. Pictures are neither cut into tiles nor enlarged for
    that: one picture is one tile of the vision tower's own size.
    """
    from transformers import AutoProcessor, Idefics3Processor

    try:
        processor = AutoProcessor.from_pretrained(source)
    except ImportError:
        processor = Idefics3Processor.from_pretrained(source)
    processor.tokenizer.padding_side = "left"
    images = processor.image_processor
    images.do_image_splitting = False
    if hasattr(images, "max_image_size"):
        images.size = type(images.size)(**images.max_image_size)
    return processor


def image_size(processor: Any) -> int:
    """The width and height in pixels at which the processor uses pictures without resizing."""
    size = processor.image_processor.size
    return int(size.get("longest_edge") or size.get("height") or 224)


def grey_picture(side: int) -> Image:
    """Returns a picture of nothing: uint8, shape (side, side, 3), RGB."""
    return np.full((side, side, 3), GREY, dtype=np.uint8)


class ChatTokenizer:
    """Tokenizes questions and answers as the chat template words them, image tokens included.

    The ids equal those of the whole processor for a picture of the model's own size, without
    processing a picture for every question.
    """

    def __init__(self, processor: Any) -> None:
        self.processor = processor
        self.tokenizer = processor.tokenizer
        blank = grey_picture(image_size(processor))
        encoded = processor(text=[processor.image_token], images=[[blank]])
        self.image_block: list[int] = list(encoded["input_ids"][0])
        self.image_token_id: int = self.tokenizer.convert_tokens_to_ids(processor.image_token)

    def prompt_text(self, text: str, has_image: bool = True) -> str:
        """Returns the chat text up to where the answer begins: picture first, then `text`.

        Special tokens within `text` are broken up, so that they are mere text.
        """
        for token in self.tokenizer.all_special_tokens:
            text = text.replace(token, f"{token[0]} {token[1:]}")
        return self._render([_user(text, has_image)], add_generation_prompt=True)

    def prompt_ids(self, texts: Sequence[str], has_image: bool = True) -> list[list[int]]:
        """Tokenizes prompts up to where the answer begins."""
        prompts = [self.prompt_text(text, has_image) for text in texts]
        if not has_image:
            return self._ids(prompts)
        parts = [prompt.split(self.processor.image_token) for prompt in prompts]
        heads = self._ids([head for head, _ in parts])
        tails = self._ids([tail for _, tail in parts])
        return [h + self.image_block + t for h, t in zip(heads, tails, strict=True)]

    def answer_ids(self, answers: Sequence[str]) -> list[list[int]]:
        """Tokenizes answers, from where the prompt stops up to and with the end token."""
        prompt = self.prompt_text("")
        end = self.tokenizer.eos_token
        texts = []
        for answer in answers:
            full = self._render([_user("", True), _assistant(answer)], add_generation_prompt=False)
            completion = full.removeprefix(prompt)
            texts.append(completion[: completion.rindex(end) + len(end)])
        return self._ids(texts)

    def answer_lead(self) -> str:
        """Returns what the chat template puts between prompt and answer: a space, or nothing."""
        mark = "\N{OBJECT REPLACEMENT CHARACTER}"
        full = self._render([_user("", True), _assistant(mark)], add_generation_prompt=False)
        return full.removeprefix(self.prompt_text("")).partition(mark)[0]

    def text_ids(self, text: str) -> list[int]:
        """Tokenizes a piece of text by itself."""
        return self._ids([text])[0]

    def _render(self, messages: list[dict[str, Any]], add_generation_prompt: bool) -> str:
        return str(
            self.processor.apply_chat_template(
                messages, add_generation_prompt=add_generation_prompt, tokenize=False
            )
        )

    def _ids(self, texts: list[str]) -> list[list[int]]:
        encoded = self.tokenizer(texts, add_special_tokens=False)
        return [list(ids) for ids in encoded["input_ids"]]


def _user(text: str, has_image: bool) -> dict[str, Any]:
    image = [{"type": "image"}] if has_image else []
    return {"role": "user", "content": [*image, {"type": "text", "text": text}]}


def _assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "text", "text": text}]}
