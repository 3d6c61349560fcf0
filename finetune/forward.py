"""From pictures and packed rows to the logits of answers, for models of SmolVLM's architecture."""

from collections.abc import Sequence
from typing import Any

import torch

from finetune.packing import IGNORED, Row, pack


def image_features(model: Any, pixels: torch.Tensor) -> torch.Tensor:
    """Runs vision tower and connector.

    Args:
        model: transformers' SmolVLM or Idefics3 model, without PEFT's wrapper.
        pixels: float, shape (pictures, 3, size, size), in [-1, 1].

    Returns:
        Shape (pictures, tokens, width of the text model).
    """
    vision = model.model.vision_model(pixel_values=pixels)
    features: torch.Tensor = model.model.connector(vision.last_hidden_state)
    return features


def answer_logits(
    model: Any, rows: Sequence[Row], pad_id: int, features: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Runs the text model; logits are computed at the answers' tokens alone.

    Args:
        model: as above; its attention must be `eager` or `sdpa`.
        rows: a prefix and its turns for each sequence.
        pad_id: the padding token.
        features: image features, shape (rows, tokens, width), or None for text alone.

    Returns:
        logits: float32, shape (answer tokens, vocabulary).
        labels: int64, shape (answer tokens,), what should follow.
        turns: int64, shape (answer tokens,), the number of the turn that a token belongs to,
            counted over the whole batch.
    """
    table = model.get_input_embeddings()
    batch = pack(rows, pad_id).to(table.weight.device)
    embeds = table(batch.input_ids)
    if features is not None:
        is_image = (batch.input_ids == model.config.image_token_id)[..., None]
        embeds = embeds.masked_scatter(is_image, features.to(embeds.dtype))
    hidden = model.model.text_model(
        inputs_embeds=embeds,
        attention_mask=torch.where(batch.attention_mask, 0.0, -1e4),
        position_ids=batch.position_ids,
        use_cache=False,
    ).last_hidden_state
    labels = batch.labels[:, 1:]
    asked = labels != IGNORED
    logits = model.lm_head(hidden[:, :-1][asked]).float()
    return logits, labels[asked], batch.turns[:, 1:][asked]


@torch.no_grad()
def exact_answers(logits: torch.Tensor, labels: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """Returns for each turn whether all tokens of its answer come out right: bool, shape (turns,).

    Fed with the right tokens so far, a model gets a whole answer right exactly if greedy decoding
    would write that answer.
    """
    wrong = (logits.argmax(dim=-1) != labels).float()
    counts = wrong.new_zeros(int(turns.max()) + 1).index_add(0, turns, wrong)
    return counts == 0
