"""Tunes a base model on instruction-plan pairs with LoRA.

The vision tower stays frozen, so each picture goes through it once; what is asked about one
observation shares its prefix (`packing.py`); the loss is on the answers' tokens and their end
token only. The weights that get the most answers exactly right on `valid` are kept.

A blind run is the same with one grey picture in place of all pictures: what it can do, the text
alone gives. It is a control of the grader's.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from finetune.checkpoint import save_adapter
from finetune.collate import Groups, encode_images, group_pairs
from finetune.forward import answer_logits, exact_answers, image_features
from finetune.loop import LoopConfig, fit
from finetune.packing import Row
from finetune.variation import Variation
from qa_generator.augment import Augmentation
from qa_generator.dataset import pairs_folder, read_pairs
from scene_renderer.console import note
from scene_renderer.errors import CheckpointError, UsageError
from vlm.bundle_adapter import NOT_VISION
from vlm.config import DEFAULT_BASE
from vlm.model import LoadedModel, load_model
from vlm.processor import ChatTokenizer, Image, grey_picture, image_size

TUNABLE = ("smolvlm", "idefics3")
"""Model types whose forward `forward.py` knows."""

LASTING = ("base_model", "data", "seed", "rank", "learning_rate", "batch", "augmentation", "blind")
"""The settings that a resumed run must share with the stopped one."""


@dataclass(frozen=True)
class TrainConfig:
    """How an adapter is tuned.

    Attributes:
        base_model: short name, folder or hub id.
        data: folder with the splits `train` and `valid`.
        minutes: of tuning; None for `steps` alone.
        steps: most optimiser steps.
        seed: of adapter weights and batches.
        rank: of the LoRA matrices.
        learning_rate: peak.
        batch: observations in a step; each brings all that is asked about it.
        augmentation: how training pairs vary from step to step; None for pairs as they are.
        validate_every: steps between validations.
        blind: show a grey picture in place of every picture.
    """

    base_model: str = DEFAULT_BASE
    data: Path = Path("data/default")
    minutes: float | None = 11.0
    steps: int = 100_000
    seed: int = 0
    rank: int = 16
    learning_rate: float = 2e-3
    batch: int = 8
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    validate_every: int = 150
    blind: bool = False

    def __post_init__(self) -> None:
        if self.rank < 1 or self.batch < 1:
            raise UsageError("LoRA's rank and the batch size must be at least 1.")
        self.loop()  # what is wrong with it is told before anything is made

    def loop(self) -> LoopConfig:
        """Returns how long and how fast to learn."""
        return LoopConfig(
            self.steps, self.minutes, self.learning_rate, validate_every=self.validate_every
        )

    def settings(self) -> dict[str, Any]:
        """Returns all settings as JSON values."""
        return {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}


@dataclass
class Best:
    """The best figure on `valid` so far and when it was reached, kept across resumes."""

    exact: float = -1.0
    steps: int = 0
    minutes: float = 0.0

    def state_dict(self) -> dict[str, float]:
        """Returns what a resumed run needs."""
        return asdict(self)

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Restores what `state_dict` returned."""
        self.exact, self.minutes = state["exact"], state["minutes"]
        self.steps = int(state["steps"])


class Lesson:
    """A data set ready to learn from or to be judged on: tokenized, its pictures encoded.

    Args:
        core: the model whose vision tower encodes them.
        processor: its processor.
        data: the data folder.
        split: which of its splits.
        blind: encode a grey picture in place of every picture.
    """

    def __init__(
        self, core: Any, processor: Any, data: Path, split: str, blind: bool = False
    ) -> None:
        self.contexts: Counter[str] = Counter()
        self.chat = ChatTokenizer(processor)
        self.groups: Groups = group_pairs(self._counted(data, split), self.chat)
        shown = [grey_picture(image_size(processor))] if blind else self.groups.images
        features = _encode(core, processor, shown)
        self.features = features.expand(len(self.groups.images), -1, -1)
        self.pad_id: int = processor.tokenizer.pad_token_id
        self.core = core

    def _counted(self, data: Path, split: str) -> Any:
        for pair in read_pairs(pairs_folder(data, split)):
            self.contexts[pair.context] += 1
            yield pair

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return self.contexts.total()

    def forward(
        self, index: list[int], rows: list[Row] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Returns what `answer_logits` does, for the groups of these indices.

        Args:
            index: of the groups.
            rows: what is read instead of the groups' own rows.
        """
        groups = [self.groups.groups[i] for i in index]
        features = self.features[[group.image for group in groups]]
        rows = [group.row for group in groups] if rows is None else rows
        return answer_logits(self.core, rows, self.pad_id, features)

    @torch.no_grad()
    def score(self, batch: int) -> dict[str, float]:
        """Returns the share of answers that are exactly right, in all and by context."""
        right: Counter[str] = Counter()
        for context, index in self.groups.by_context().items():
            for at in range(0, len(index), batch):
                with torch.autocast(self.features.device.type, torch.bfloat16):
                    result = self.forward(index[at : at + batch])
                right[context] += int(exact_answers(*result).sum())
        shares = {context: right[context] / self.contexts[context] for context in self.contexts}
        return {"exact": right.total() / self.pairs, **shares}


@torch.no_grad()
def _encode(core: Any, processor: Any, images: Sequence[Image]) -> torch.Tensor:
    """Returns the image features of every picture: shape (pictures, tokens, width)."""
    parts = []
    for at in range(0, len(images), 64):
        pixels = encode_images(processor, images[at : at + 64])
        parts.append(image_features(core, pixels.to(core.device, core.dtype)))
    return torch.cat(parts)


def train(config: TrainConfig, output: Path, quiet: bool = False) -> dict[str, Any]:
    """Tunes an adapter and saves it in `output`; goes on where a stopped run was.

    Returns:
        The facts of the run, as the checkpoint's card tells them.

    Raises:
        CheckpointError: if the base model is missing, broken, or of an unknown architecture.
        DatasetError: if there are no pairs.
    """
    loaded = _load_tunable(config.base_model)
    core = loaded.model
    lesson = Lesson(core, loaded.processor, config.data, "train", config.blind)
    valid = Lesson(core, loaded.processor, config.data, "valid", config.blind)
    note(f"{lesson.pairs} pairs from {len(lesson.groups.images)} scenes; {valid.pairs} to validate")
    tuned = add_lora(core, config.rank, config.seed)
    variation = Variation(lesson.chat, config.augmentation, config.seed)
    best, facts = Best(), _facts(lesson, valid, tuned, image_size(loaded.processor))

    def keep_best(step: int, figures: dict[str, float]) -> None:
        if figures["exact"] >= best.exact:
            better = Best(figures["exact"], step, figures["minutes"])
            told = facts | asdict(better)
            save_adapter(tuned, output, config.base_model, told, config.settings())
            best.load_state_dict(asdict(better))  # once it is on disk

    fit(
        tuned,
        lambda step: _loss(lesson, variation, config, step),
        config.loop(),
        output / "training",
        what="tune",
        validate=lambda: valid.score(2 * config.batch),
        on_validated=keep_best,
        memory=best,
        settings={key: config.settings()[key] for key in LASTING},
        quiet=quiet,
    )
    return facts | asdict(best)


def _loss(lesson: Lesson, variation: Variation, config: TrainConfig, step: int) -> torch.Tensor:
    """Returns the loss on the answers that a step learns from."""
    index = _draw(step, config, len(lesson.groups.groups))
    rows = variation.rows([lesson.groups.groups[i] for i in index], step)
    logits, labels, _ = lesson.forward(index, rows)
    return functional.cross_entropy(logits, labels)


def _load_tunable(name: str) -> LoadedModel:
    """Loads a base model of an architecture that can be tuned."""
    loaded = load_model(name)
    if loaded.model.config.model_type not in TUNABLE:
        raise CheckpointError(
            f"Model '{name}' is of type '{loaded.model.config.model_type}'; "
            f"only {' and '.join(TUNABLE)} can be tuned."
        )
    return loaded


def _facts(lesson: Lesson, valid: Lesson, tuned: Any, size: int) -> dict[str, Any]:
    """Returns what the card tells of data and model; `size` is that of pictures, in pixels."""
    return {
        "pairs": lesson.pairs,
        "scenes": len(lesson.groups.images),
        "contexts": ", ".join(sorted(lesson.contexts)),
        "valid_pairs": valid.pairs,
        "trainable": sum(p.numel() for p in tuned.parameters() if p.requires_grad),
        "parameters": sum(p.numel() for p in tuned.parameters()),
        "image_size": size,
    }


def add_lora(core: Any, rank: int, seed: int) -> Any:
    """Puts LoRA matrices beside every linear layer of the text model; all else is frozen."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    return get_peft_model(
        core,
        LoraConfig(
            r=rank,
            lora_alpha=2 * rank,
            target_modules="all-linear",
            exclude_modules=NOT_VISION,
            task_type="CAUSAL_LM",
        ),
    )


def _draw(step: int, config: TrainConfig, count: int) -> list[int]:
    """Returns the groups of a step: every epoch is a new order of all of them."""
    per_epoch = max(1, count // config.batch)
    order = np.random.default_rng([config.seed, step // per_epoch]).permutation(count)
    at = step % per_epoch * config.batch
    return [int(i) for i in order[at : at + config.batch]]
