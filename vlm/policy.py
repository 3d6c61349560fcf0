"""A model as a policy: observation and instruction in, plan out, timed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qa_generator.prompt import Observation, build_prompt
from scene_renderer.plan import Plan, parse_plan
from vlm.model import LoadedModel, load_model
from vlm.processor import ChatTokenizer, image_size

MAX_NEW_TOKENS = 256


@dataclass(frozen=True)
class Answer:
    """What a policy said.

    Attributes:
        text: the answer as it was written; may be no valid plan.
        tokens: how many tokens were generated, end token included.
        seconds: wall time of the batch divided by the number of answers in it.
        confidence: how probable the model holds it to be right, 0 to 1; None if it cannot say.
    """

    text: str
    tokens: int
    seconds: float
    confidence: float | None = None


class Policy:
    """Answers instructions and questions with a vision-language model, greedily.

    Attributes:
        loaded: the model.
        name: how people call it; at first the folder or hub id it was loaded from.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded = loaded
        self.name = loaded.source
        self._chat = ChatTokenizer(loaded.processor)

    @property
    def image_size(self) -> int:
        """Pictures of this width and height in pixels are used without resizing."""
        return image_size(self.loaded.processor)

    def plan(self, observation: Observation, instruction: str) -> Plan:
        """Returns the plan for one instruction.

        Raises:
            PlanError: if the model's answer is not in the action language.
        """
        return parse_plan(self.answer([observation], [instruction])[0].text)

    def answer(
        self,
        observations: Sequence[Observation],
        instructions: Sequence[str],
        batch_size: int = 32,
    ) -> list[Answer]:
        """Answers several instructions or questions, `batch_size` at a time."""
        answers: list[Answer] = []
        for at in range(0, len(instructions), batch_size):
            part = slice(at, at + batch_size)
            answers += self._answer_batch(observations[part], instructions[part])
        return answers

    def _answer_batch(
        self, observations: Sequence[Observation], instructions: Sequence[str]
    ) -> list[Answer]:
        import torch

        start = time.perf_counter()
        inputs = self._encode(observations, instructions)
        with torch.inference_mode():
            ids = self.loaded.model.generate(
                **inputs, do_sample=False, max_new_tokens=MAX_NEW_TOKENS
            )
        if self.loaded.model.device.type == "cuda":
            torch.cuda.synchronize()
        new = ids[:, inputs["input_ids"].shape[1] :]
        tokenizer = self.loaded.processor.tokenizer
        texts = tokenizer.batch_decode(new, skip_special_tokens=True)
        seconds = (time.perf_counter() - start) / len(texts)
        counts = (new != tokenizer.pad_token_id).sum(dim=1).tolist()
        return [Answer(t.strip(), n, seconds) for t, n in zip(texts, counts, strict=True)]

    def _encode(self, observations: Sequence[Observation], instructions: Sequence[str]) -> Any:
        processor = self.loaded.processor
        pairs = list(zip(observations, instructions, strict=True))
        return processor(
            text=[self._chat.prompt_text(build_prompt(o, i)) for o, i in pairs],
            images=[[_picture(o)] for o in observations],
            padding=True,
            add_special_tokens=False,
            return_tensors="pt",
        ).to(self.loaded.model.device)

    def describe(self) -> dict[str, Any]:
        """Returns what a report says about the model."""
        model = self.loaded.model
        return {
            "source": self.name,
            "base": self.loaded.base,
            "parameters": sum(p.numel() for p in model.parameters()),
            "dtype": str(model.dtype).removeprefix("torch."),
            "device": str(model.device),
        }


def _picture(observation: Observation) -> np.ndarray[Any, Any]:
    if observation.image is None:
        raise ValueError("A policy needs an observation with an image.")
    return observation.image


def load_policy(name: str, device: str = "auto") -> Policy:
    """Loads a policy by short name, folder or hub id.

    Raises:
        CheckpointError: if there is no usable model of that name.
    """
    return Policy(load_model(name, device))
