"""Makes the embedded base: a tiny model that sees and reads, from rendered scenes and questions.

Three stages, one loop each:

    see    vision tower and connector alone, on the dense labels of `dense.py`
    read   the text model alone, on made-up lists that grow, then on sums (`curriculum.py`)
    ask    the whole model: questions behind one picture (`packing.py`), every second step
           made-up lists without a picture; the dense loss stays on at half weight

In `read` and `ask` some heads are also taught where to look (`gaze.py`), and two layers what the
numbers are that they read and write (`numeracy.py`).

No plan is shown to it: how to plan is what tuning teaches.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from finetune.curriculum import Reading, sample_reading_row, sample_visual_row
from finetune.dense import DenseHead, DenseTargets, build_targets
from finetune.examine import examine
from finetune.forward import answer_logits, image_features
from finetune.gaze import Gaze
from finetune.inherit import inherit
from finetune.loop import LoopConfig, fit
from finetune.numeracy import Numeracy
from finetune.packing import Row
from qa_generator.lexicon import lexicon
from scene_renderer.console import note, write_whole
from scene_renderer.environment import describe_environment
from scene_renderer.errors import DatasetError
from scene_renderer.scene import Scene
from vlm.processor import ChatTokenizer
from vlm.tiny import IMAGE_SIZE_PX, IMAGE_TOKENS, build_model, build_processor

CARD = """---
pipeline_tag: image-text-to-text
tags: [tablehand, smolvlm, robotics]
license: apache-2.0
---

# Tablehand's tiny base

A vision-language model of SmolVLM's architecture with {parameters:,} parameters, made {origin}
by `python -m finetune pretrain` on questions about {scenes:,} rendered scenes. It has never seen a
plan. Minutes of training: {see_minutes:g} of seeing, {read_minutes:g} of reading,
{ask_minutes:g} of asking (`pretraining.json` has its settings).

Pictures are 128 x 128 pixels and become 64 tokens. It knows the table of Tablehand and nothing
else; tune it with `python -m finetune train`.
"""

FEWEST_SCENES = 4
"""Fewer leave nothing to measure on."""

READING_EVERY = 2
"""Of so many steps of `ask` one is a reading exercise."""

NUMERACY_WEIGHT = 0.2
"""Weight of the loss of `numeracy.py` beside the answers' loss."""

DENSE_WEIGHT = 0.5
"""Weight of the dense loss beside the questions."""


@dataclass(frozen=True)
class PretrainConfig:
    """How the base is made.

    Attributes:
        see_minutes: length of the first stage.
        read_minutes: length of the second stage.
        ask_minutes: length of the third stage.
        seed: of weights, batches and questions.
        see_batch: pictures in a step of `see`.
        ask_batch: pictures, or made-up lists, in a step of `read` and `ask`.
        questions: questions behind each picture.
        held_out: scenes kept aside to measure on.
        start_from: an earlier base to begin with, instead of fresh weights.
    """

    see_minutes: float = 40.0
    read_minutes: float = 16.0
    ask_minutes: float = 40.0
    seed: int = 0
    see_batch: int = 32
    ask_batch: int = 16
    questions: int = 6
    held_out: int = 200
    start_from: str | None = None


class Pictures:
    """All rendered scenes in memory: pictures, dense targets and scenes.

    Attributes:
        images: uint8, shape (scenes, size, size, 3), RGB.
        targets: what each image token shows.
        scenes: the scenes themselves.
    """

    def __init__(
        self, scenes: list[Scene], images: torch.Tensor, targets: DenseTargets, held_out: int
    ) -> None:
        self.scenes, self.images, self.targets = scenes, images, targets
        self.held_out = min(held_out, len(scenes) // 4)

    def sample(self, rng: np.random.Generator, count: int) -> torch.Tensor:
        """Draws indices of training scenes."""
        return torch.from_numpy(rng.integers(self.held_out, len(self.scenes), size=count))

    def pixels(self, index: torch.Tensor, rng: np.random.Generator | None = None) -> torch.Tensor:
        """Returns float pictures, shape (n, 3, size, size), in [-1, 1].

        With a generator their brightness, contrast and colour balance are changed at random.
        Nothing is mirrored: left and right must stay true.
        """
        pixels = self.images[index].permute(0, 3, 1, 2).float() / 127.5 - 1
        if rng is None:
            return pixels
        gain = torch.from_numpy(rng.uniform(0.8, 1.2, size=(len(index), 3, 1, 1))).float()
        shift = torch.from_numpy(rng.uniform(-0.12, 0.12, size=(len(index), 1, 1, 1))).float()
        noise = torch.from_numpy(rng.normal(0, 0.02, size=pixels.shape).astype(np.float32))
        return (pixels * gain + shift + noise).clamp(-1, 1)


def load_pictures(folder: Path, held_out: int) -> Pictures:
    """Reads all scenes of a data folder.

    Raises:
        DatasetError: if there are none, or of another size than the model's.
    """
    from scene_renderer.shards import read_scenes

    scenes, images, masks = [], [], []
    for record in read_scenes(folder):
        image = record.image
        if len(image) != IMAGE_SIZE_PX:
            raise DatasetError(
                f"The pictures in '{folder}' are {len(image)} pixels wide; render them with "
                f"--image-size {IMAGE_SIZE_PX}."
            )
        scenes.append(record.scene)
        images.append(image)
        masks.append(record.mask)
    if len(scenes) < FEWEST_SCENES:
        raise DatasetError(
            f"'{folder}' holds {len(scenes)} scenes; pretraining needs at least {FEWEST_SCENES}."
        )
    targets = build_targets(scenes, masks, round(IMAGE_TOKENS**0.5))
    return Pictures(scenes, torch.from_numpy(np.stack(images)), targets, held_out)


class Student(torch.nn.Module):
    """The model in the making with the heads that are thrown away afterwards."""

    def __init__(self, model: Any, chat: ChatTokenizer) -> None:
        super().__init__()
        self.model = model
        self.numeracy = Numeracy(model.model.text_model, chat)
        self.head = DenseHead(model.config.text_config.hidden_size)
        self.gaze = Gaze(model.model.text_model)

    def dense_loss(self, features: torch.Tensor, targets: DenseTargets) -> torch.Tensor:
        """The dense auxiliary loss of image features."""
        loss: torch.Tensor = self.head(features, targets)
        return loss

    def answer_loss(
        self, rows: Sequence[Row], pad_id: int, features: torch.Tensor | None
    ) -> tuple[torch.Tensor, float]:
        """Returns the loss of answers, looks and numbers, and the share of right answer tokens."""
        logits, labels, _ = answer_logits(self.model, rows, pad_id, features)
        right = (logits.argmax(-1) == labels).float().mean().item()
        loss = functional.cross_entropy(logits, labels)
        return loss + self.gaze.loss(rows) + NUMERACY_WEIGHT * self.numeracy.loss(rows), right


def pretrain(
    pictures: Pictures, config: PretrainConfig, output: Path, quiet: bool = False
) -> dict[str, Any]:
    """Makes a base model and saves it, its processor and its card in `output`.

    A stopped run goes on where it was; its training state lives in `output`.

    Returns:
        How it was made.
    """
    processor = build_processor(lexicon())
    chat = ChatTokenizer(processor)
    model = build_model(processor.tokenizer, config.seed)
    if config.start_from is not None:
        fresh = inherit(model, processor.tokenizer, config.start_from)
        if not quiet:
            note(f"Begins with '{config.start_from}', which did not know {fresh} of the tokens.")
    student = Student(model, chat)
    reading = Reading()
    _see(student, pictures, config, output / "see", quiet)
    _read(student, config, output / "read", chat, reading, quiet)
    _ask(student, pictures, config, output / "ask", chat, reading, quiet)
    facts = {
        "scenes": len(pictures.scenes),
        "parameters": student.model.num_parameters(),
        "settings": asdict(config),
        "held_out": {
            "list_length": reading.length,
            **score_sight(student, pictures),
            **score_answers(student, pictures, chat),
        },
        "environment": describe_environment(),
    }
    save_base(student.model, processor, output, facts)
    return facts


def _see(
    student: Student, pictures: Pictures, config: PretrainConfig, folder: Path, quiet: bool
) -> None:
    def loss_at(step: int) -> torch.Tensor:
        rng = np.random.default_rng([config.seed, 1, step])
        index = pictures.sample(rng, config.see_batch)
        features = image_features(student.model, pictures.pixels(index, rng))
        return student.dense_loss(features, pictures.targets[index])

    student.requires_grad_(False)
    for part in (student.model.model.vision_model, student.model.model.connector, student.head):
        part.requires_grad_(True)
    fit(
        student,
        loss_at,
        LoopConfig(1_000_000, config.see_minutes, 1e-3, validate_every=500),
        folder,
        what="see",
        validate=lambda: score_sight(student, pictures),
        quiet=quiet,
    )


def _read(
    student: Student,
    config: PretrainConfig,
    folder: Path,
    chat: ChatTokenizer,
    reading: Reading,
    quiet: bool,
) -> None:
    student.requires_grad_(True)
    for part in (student.model.model.vision_model, student.model.model.connector, student.head):
        part.requires_grad_(False)
    fit(
        student,
        lambda step: _reading_loss(student, config, step, chat, reading),
        LoopConfig(1_000_000, config.read_minutes, 2e-3, warmup=100, validate_every=100),
        folder,
        what="read",
        validate=lambda: {"list_length": reading.length, "reading": reading.accuracy},
        memory=reading,
        quiet=quiet,
    )


def _reading_loss(
    student: Student, config: PretrainConfig, step: int, chat: ChatTokenizer, reading: Reading
) -> torch.Tensor:
    rng = np.random.default_rng([config.seed, 2, step])
    rows = [
        sample_reading_row(reading, chat, rng, config.questions) for _ in range(config.ask_batch)
    ]
    loss, right = student.answer_loss(rows, chat.tokenizer.pad_token_id, None)
    reading.update(right)
    return loss


def _ask(
    student: Student,
    pictures: Pictures,
    config: PretrainConfig,
    folder: Path,
    chat: ChatTokenizer,
    reading: Reading,
    quiet: bool,
) -> None:
    def loss_at(step: int) -> torch.Tensor:
        if step % READING_EVERY == 0:
            return _reading_loss(student, config, step, chat, reading)
        rng = np.random.default_rng([config.seed, 3, step])
        index = pictures.sample(rng, config.ask_batch)
        features = image_features(student.model, pictures.pixels(index, rng))
        owners = pictures.targets.owner.numpy()
        rows = [
            sample_visual_row(pictures.scenes[i], owners[i], chat, rng, config.questions)
            for i in index
        ]
        loss, _ = student.answer_loss(rows, chat.tokenizer.pad_token_id, features)
        return loss + DENSE_WEIGHT * student.dense_loss(features, pictures.targets[index])

    def validate() -> dict[str, float]:
        sight = score_sight(student, pictures)
        return {"list_length": reading.length, "reading": reading.accuracy, **sight}

    student.requires_grad_(True)
    fit(
        student,
        loss_at,
        LoopConfig(1_000_000, config.ask_minutes, 1.2e-3, validate_every=500),
        folder,
        what="ask",
        validate=validate,
        memory=reading,
        quiet=quiet,
    )


@torch.no_grad()
def score_sight(student: Student, pictures: Pictures) -> dict[str, float]:
    """Scores the dense head on the held-out scenes."""
    index = torch.arange(pictures.held_out)
    features = image_features(student.model, pictures.pixels(index))
    return student.head.score(features, pictures.targets[index])


@torch.no_grad()
def score_answers(student: Student, pictures: Pictures, chat: ChatTokenizer) -> dict[str, float]:
    """Scores where-questions on the held-out scenes."""
    index = torch.arange(pictures.held_out)
    features = image_features(student.model, pictures.pixels(index))
    return examine(student.model, chat, pictures.scenes[: pictures.held_out], features)


def save_base(model: Any, processor: Any, output: Path, facts: dict[str, Any]) -> None:
    """Saves a base model in half precision with its processor, card and how it was made."""
    model.to(torch.float16).save_pretrained(output)
    processor.save_pretrained(output)
    (output / "model.safetensors").chmod(0o644)
    write_whole(output / "pretraining.json", json.dumps(facts, indent=2) + "\n")
    is_fresh = facts["settings"]["start_from"] is None
    origin = "from scratch" if is_fresh else "from an earlier base"
    write_whole(output / "README.md", CARD.format(**facts["settings"] | facts, origin=origin))
