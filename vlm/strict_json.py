"""JSON from strangers: every key once, no numbers that JSON does not have, no call for code."""

import json
from typing import Any, NoReturn

from scene_renderer.errors import CheckpointError

CODE_KEYS = frozenset(
    {"auto_map", "custom_generate", "custom_pipelines", "trust_remote_code", "code_revision"}
)
"""What makes the libraries load code that lies beside the weights; nobody else uses these keys."""


def read_json(data: bytes, name: str) -> dict[str, Any]:
    """Reads one JSON object.

    Args:
        data: the file.
        name: what the file is called.

    Raises:
        CheckpointError: if it is none, or asks for code to be run.
    """

    def take_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(pairs)
        if len(document) < len(pairs):
            raise ValueError("a key stands there twice")
        if calls := CODE_KEYS & document.keys():
            raise CheckpointError(f"'{min(calls)}' in '{name}' asks for code to be run; none is.")
        return document

    try:
        document = json.loads(
            data.decode("utf-8"), object_pairs_hook=take_once, parse_constant=_refuse_constant
        )
    except RecursionError:
        raise CheckpointError(f"'{name}' is nested too deeply.") from None
    except ValueError as error:  # of JSON, of UTF-8, of endless numbers, and our own
        raise CheckpointError(f"'{name}' is no plain JSON: {str(error)[:120]}.") from None
    if not isinstance(document, dict):
        raise CheckpointError(f"'{name}' is no JSON object.")
    return document


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def shown(value: object) -> str:
    """Returns what a stranger wrote so that it can be printed: short, ASCII, on one line."""
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:56]}..."
