"""What a base knows before it is tuned: where things are, by context, with and without picture."""

import re
from typing import Any

import numpy as np
import torch

from finetune.curriculum import where_is
from finetune.forward import answer_logits, exact_answers
from finetune.packing import factor_prefix
from qa_generator.prompt import build_prompt, observe
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.vocabulary import CONTEXTS
from vlm.processor import ChatTokenizer

NEAR = 0.02
"""An answer is near if it names a place at most this far from the object, metres."""

_NUMBER = re.compile(r"-?\d+")


@torch.no_grad()
def examine(
    model: Any, chat: ChatTokenizer, scenes: list[Scene], features: torch.Tensor
) -> dict[str, float]:
    """Asks where every object of some scenes is, in each context.

    Args:
        model: of SmolVLM's architecture.
        chat: its tokenizer.
        scenes: held-out scenes.
        features: image features of their pictures, shape (scenes, tokens, width).

    Returns:
        For each context the shares of answers that are `exact` and `near`, and the same for
        `..._other_picture`: when each scene comes with the picture of the next one.
    """
    shares = {}
    for context in CONTEXTS:
        for suffix, pictures in (("", features), ("_other_picture", features.roll(1, 0))):
            exact, near = _ask(model, chat, scenes, pictures, context)
            shares[f"{context}_exact{suffix}"] = float(np.mean(exact))
            shares[f"{context}_near{suffix}"] = float(np.mean(near))
    return shares


def _ask(
    model: Any, chat: ChatTokenizer, scenes: list[Scene], pictures: torch.Tensor, context: str
) -> tuple[list[bool], list[bool]]:
    rng = np.random.default_rng(0)
    exact: list[bool] = []
    near: list[bool] = []
    for scene, picture in zip(scenes, pictures, strict=True):
        observation = observe(scene, None, context, rng)
        questions = [where_is(item) for item in scene.objects]
        prompts = chat.prompt_ids([build_prompt(observation, q.question) for q in questions])
        row = factor_prefix(prompts, chat.answer_ids([q.answer for q in questions]))
        logits, labels, turns = answer_logits(
            model, [row], chat.tokenizer.pad_token_id, picture[None]
        )
        exact += exact_answers(logits, labels, turns).tolist()
        said = logits.argmax(-1)
        near += [
            _is_near(chat.tokenizer.decode(said[turns == number]), item)
            for number, item in enumerate(scene.objects)
        ]
    return exact, near


def _is_near(answer: str, item: SceneObject) -> bool:
    numbers = [int(n) / 1000 for n in _NUMBER.findall(answer)[:2]]
    return len(numbers) == 2 and bool(
        np.hypot(numbers[0] - item.position[0], numbers[1] - item.position[1]) < NEAR
    )
