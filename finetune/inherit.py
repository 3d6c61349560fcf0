"""Starts a new base from an earlier one, so that a new word costs minutes and not hours."""

from typing import Any

from scene_renderer.errors import CheckpointError
from vlm.model import load_model

_BY_TOKEN = ("embed_tokens.weight", "lm_head.weight")
"""Weights with one row for each token."""


def inherit(model: Any, tokenizer: Any, folder: str) -> int:
    """Copies an earlier base's weights into a fresh model; rows of tokens go by the token's text.

    Args:
        model: what `build_model` made.
        tokenizer: the new model's.
        folder: the earlier base, of the same architecture.

    Returns:
        How many tokens the earlier base did not know; their rows stay fresh.

    Raises:
        CheckpointError: if the folder is no base, or one of another architecture.
    """
    earlier = load_model(folder, "cpu")
    known = earlier.processor.tokenizer.get_vocab()
    shared = {token: row for token, row in tokenizer.get_vocab().items() if token in known}
    new_rows, old_rows = list(shared.values()), [known[token] for token in shared]
    weights, old = model.state_dict(), earlier.model.state_dict()
    for name in sorted(weights.keys() | old.keys()):
        first = 1 if name.endswith(_BY_TOKEN) else 0
        shapes = [part[name].shape[first:] if name in part else None for part in (weights, old)]
        if shapes[0] != shapes[1]:
            raise CheckpointError(f"'{folder}' is of another architecture: '{name}' does not fit.")
    for name, weight in weights.items():
        if name.endswith(_BY_TOKEN):
            weight[new_rows] = old[name][old_rows].to(weight)
        else:
            weight.copy_(old[name])
    return len(tokenizer) - len(shared)
