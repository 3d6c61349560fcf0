"""A model as a policy: observation and instruction in, plan out, timed."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qa_generator.prompt import Observation, build_prompt
from scene_renderer.plan import Plan, parse_plan
from vlm.model import LoadedModel, load_model, merge_adapter
from vlm.processor import ChatTokenizer, image_size
from vlm.prompts import Engine, Prompt

MAX_NEW_TOKENS = 256


@dataclass(frozen=True)
class Answer:
    """What a policy said.

    Attributes:
        text: the answer as it was written; may be no valid plan.
        tokens: how many tokens were generated, end token included.
        seconds: wall time of the batch divided by the number of answers in it.
        confidence: how probable the model holds it to be right, 0 to 1; None if it cannot say.
            A model that writes says the product of its tokens' probabilities, those of the model
            without a grammar; calibrated, where the checkpoint says how.
        first_token_seconds: from the call to the first token; None if nothing was generated.
    """

    text: str
    tokens: int
    seconds: float
    confidence: float | None = None
    first_token_seconds: float | None = None


class Policy:
    """Answers instructions and questions with a vision-language model, greedily.

    Attributes:
        loaded: the model.
        name: how people call it; at first the folder or hub id it was loaded from.
        load_seconds: how long loading it took, imports included; None if it was made of parts.
        first_call_seconds: wall time of the first call of `answer`; None before.
        constrained: whether answers are held to the plan grammar; questions need freedom.
    """

    def __init__(self, loaded: LoadedModel, load_seconds: float | None = None) -> None:
        self.loaded = loaded
        self.name = loaded.source
        self.load_seconds = load_seconds
        self.first_call_seconds: float | None = None
        self.constrained = True
        self._chat = ChatTokenizer(loaded.processor)
        self._engine = _pick_engine(loaded.model, self._chat)

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
        """Answers several instructions or questions, `batch_size` at a time.

        It is fastest to ask as many as there are in one call: the next one is begun as soon as an
        answer is complete.
        """
        if not instructions:
            return []
        start = time.perf_counter()
        asked = zip(observations, instructions, strict=True)
        prompts = [Prompt(_picture(o), build_prompt(o, i)) for o, i in asked]
        told = self._engine.answer(prompts, batch_size, MAX_NEW_TOKENS, self.constrained)
        tokenizer = self.loaded.processor.tokenizer
        texts = tokenizer.batch_decode([t.ids for t in told], skip_special_tokens=True)
        elapsed = time.perf_counter() - start
        if self.first_call_seconds is None:
            self.first_call_seconds = elapsed
        return [
            Answer(
                text=text.strip(),
                tokens=len(generated.ids),
                seconds=elapsed / len(told),
                confidence=self._confidence(math.exp(generated.log_probability)),
                first_token_seconds=generated.first_seconds,
            )
            for text, generated in zip(texts, told, strict=True)
        ]

    def _confidence(self, probability: float) -> float:
        """Returns what is told of an answer that the model holds to be so probable."""
        calibration = self.loaded.calibration
        return calibration.confidence(probability) if calibration else probability

    def forget(self) -> None:
        """Drops what it kept of pictures that it saw, so that the next answer costs the full time.

        What it says does not change.
        """
        self._engine.forget()

    def describe(self) -> dict[str, Any]:
        """Returns what a report says about the model."""
        model, calibration = self.loaded.model, self.loaded.calibration
        return {
            "source": self.name,
            "base": self.loaded.base,
            "parameters": sum(p.numel() for p in model.parameters()),
            "dtype": str(model.dtype).removeprefix("torch."),
            "device": str(model.device),
            "image_tokens": self._chat.image_block.count(self._chat.image_token_id),
            "calibration": calibration and calibration.to_dict(),
        }


def _picture(observation: Observation) -> np.ndarray[Any, Any]:
    if observation.image is None:
        raise ValueError("A policy needs an observation with an image.")
    return observation.image


def _pick_engine(model: Any, chat: ChatTokenizer) -> Engine:
    """Returns the fastest way to answer that a model allows."""
    from vlm.decoding import Decoder, can_decode
    from vlm.generation import Generation

    return Decoder(model, chat) if can_decode(model) else Generation(model, chat)


def load_policy(name: str, device: str = "auto") -> Policy:
    """Loads a policy by short name, folder or hub id.

    Raises:
        CheckpointError: if there is no usable model of that name.
    """
    start = time.perf_counter()
    loaded = merge_adapter(load_model(name, device))
    return Policy(loaded, time.perf_counter() - start)
