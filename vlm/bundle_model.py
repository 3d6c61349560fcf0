"""A stranger's whole model: small, of the make of our embedded base, and nothing taken on trust.

Its files are compared with those of our own base. Only sizes, vocabulary and weights may differ;
all else (chat template and patterns of the tokenizer are programs, in a way) must be the same, and
ours is what is loaded.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scene_renderer.errors import CheckpointError
from vlm.config import BASE_MODELS, DEFAULT_BASE
from vlm.strict_json import read_json, shown
from vlm.weights import Shape, check_weights

CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"
TOKENIZER_CONFIG, PROCESSOR = "tokenizer_config.json", "processor_config.json"
TEMPLATE, GENERATION = "chat_template.jinja", "generation_config.json"

_TEXT_SIZES = {
    "vocab_size": (8, 8192),
    "hidden_size": (8, 2048),
    "intermediate_size": (8, 8192),
    "num_hidden_layers": (1, 48),
    "num_attention_heads": (1, 16),
    "num_key_value_heads": (1, 16),
    "head_dim": (2, 256),
    "max_position_embeddings": (256, 16_384),
}
_VISION_SIZES = {
    "hidden_size": (8, 2048),
    "intermediate_size": (8, 8192),
    "num_hidden_layers": (1, 48),
    "num_attention_heads": (1, 16),
    "image_size": (16, 512),
    "patch_size": (4, 64),
}
_SIZES = {
    "scale_factor": (1, 8),
    **{f"text_config.{key}": limits for key, limits in _TEXT_SIZES.items()},
    **{f"vision_config.{key}": limits for key, limits in _VISION_SIZES.items()},
}
_UNUSED = {"transformers_version", "dtype", "text_config.initializer_range"}
MAX_PATCHES = 256
"""Attention takes time and memory by the square of them; our base has 64."""

MAX_KEPT = 8192
"""Keys (and as many values) that all layers keep of each token while they answer; our base: 1,024.

These limits hold a batch of 32 answers to a few gigabytes, whatever the 50 MB of weights are spent
on: few weights can make wide heads, whose keys take far more room than they do.
"""

MAX_TOKEN_LETTERS = 200


def check_model(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], int]:
    """Checks the files of a whole model.

    Args:
        files: all that a model's bundle must hold, by name.

    Returns:
        The files to load, and how many parameters the model has.

    Raises:
        CheckpointError: if it is not of our embedded base's make, or broken.
    """
    config = _check_config(read_json(files[CONFIG], CONFIG))
    tokenizer = _check_tokenizer(read_json(files[TOKENIZER], TOKENIZER), config)
    tokenizer_config = _ours(TOKENIZER_CONFIG)
    _compare(
        tokenizer_config, read_json(files[TOKENIZER_CONFIG], TOKENIZER_CONFIG), TOKENIZER_CONFIG
    )
    processor = _expected_processor(config)
    _compare(processor, read_json(files[PROCESSOR], PROCESSOR), PROCESSOR)
    template = (_folder() / TEMPLATE).read_bytes()
    if files[TEMPLATE] != template:
        raise CheckpointError(f"'{TEMPLATE}' is not our own, and no other is run.")
    count = check_weights(files[WEIGHTS], WEIGHTS, model_shapes(config))
    documents = {
        CONFIG: config,
        TOKENIZER: tokenizer,
        TOKENIZER_CONFIG: tokenizer_config,
        PROCESSOR: processor,
        GENERATION: _ours(GENERATION),
    }
    clean = {name: json.dumps(document).encode() for name, document in documents.items()}
    return clean | {TEMPLATE: template, WEIGHTS: files[WEIGHTS]}, count


def _folder() -> Path:
    return Path(BASE_MODELS[DEFAULT_BASE])


def _ours(name: str) -> dict[str, Any]:
    return read_json((_folder() / name).read_bytes(), name)


def _compare(ours: Any, theirs: Any, where: str, prefix: str = "", free: Any = ()) -> None:
    """Makes sure that two JSON values are equal but for the paths in `free`."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            path = f"{prefix}{key}"
            if path in free:
                continue
            if key not in ours or key not in theirs:
                state = "lacks" if key in ours else "has an unknown field"
                raise CheckpointError(f"'{where}' {state} {shown(path)}.")
            _compare(ours[key], theirs[key], where, f"{path}.", free)
    elif type(ours) is not type(theirs) or ours != theirs:
        raise CheckpointError(
            f"{shown(prefix.removesuffix('.'))} in '{where}' is {shown(theirs)}, not as in our "
            "own base."
        )


def _check_config(theirs: dict[str, Any]) -> dict[str, Any]:
    """Returns our base's config with the stranger's sizes."""
    config = _ours(CONFIG)
    _compare(config, theirs, CONFIG, free=_SIZES.keys() | _UNUSED)
    for path, (low, high) in _SIZES.items():
        part, _, key = path.rpartition(".")
        value = (theirs[part] if part else theirs).get(key)
        if type(value) is not int or not low <= value <= high:
            raise CheckpointError(
                f"'{path}' in '{CONFIG}' is {shown(value)}; {low:,} to {high:,} can be."
            )
        (config[part] if part else config)[key] = value
    text, vision, scale = config["text_config"], config["vision_config"], config["scale_factor"]
    side = vision["image_size"] // vision["patch_size"]
    fits = {
        "attention heads do not share the width": vision["hidden_size"]
        % vision["num_attention_heads"]
        or text["num_attention_heads"] % text["num_key_value_heads"]
        or text["head_dim"] % 2,
        "patches do not tile the picture": vision["image_size"] % vision["patch_size"]
        or side % scale,
        f"a picture has more than {MAX_PATCHES} patches": side**2 > MAX_PATCHES,
        f"its layers keep more than {MAX_KEPT:,} keys a token": text["num_hidden_layers"]
        * text["num_key_value_heads"]
        * text["head_dim"]
        > MAX_KEPT,
    }
    for fault, is_so in fits.items():
        if is_so:
            raise CheckpointError(f"'{CONFIG}' makes no model: {fault}.")
    return config


def image_tokens(config: Mapping[str, Any]) -> int:
    """Returns how many tokens one picture becomes."""
    vision = config["vision_config"]
    return int(vision["image_size"] // vision["patch_size"] // config["scale_factor"]) ** 2


def _expected_processor(config: Mapping[str, Any]) -> dict[str, Any]:
    processor = _ours(PROCESSOR)
    size = config["vision_config"]["image_size"]
    processor["image_seq_len"] = image_tokens(config)
    for key in ("size", "max_image_size"):
        processor["image_processor"][key] = {"longest_edge": size}
    return processor


def _check_tokenizer(theirs: dict[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns our base's tokenizer with the stranger's vocabulary."""
    tokenizer = _ours(TOKENIZER)
    _compare(tokenizer, theirs, TOKENIZER, free={"model.vocab", "model.merges"})
    vocabulary, merges = theirs["model"].get("vocab"), theirs["model"].get("merges")
    size = config["text_config"]["vocab_size"]
    if (
        not isinstance(vocabulary, dict)
        or not all(type(i) is int and len(t) <= MAX_TOKEN_LETTERS for t, i in vocabulary.items())
        or sorted(vocabulary.values()) != list(range(size))
    ):
        raise CheckpointError(f"the vocabulary in '{TOKENIZER}' is not {size} numbered tokens.")
    if any(vocabulary.get(t["content"]) != t["id"] for t in tokenizer["added_tokens"]):
        raise CheckpointError(f"the vocabulary in '{TOKENIZER}' moves a special token.")
    if not isinstance(merges, list) or len(merges) > size:
        raise CheckpointError(f"'{TOKENIZER}' has more merges than tokens.")
    for merge in merges:
        halves = merge if isinstance(merge, list) else []
        if len(halves) != 2 or not all(isinstance(half, str) for half in halves):
            raise CheckpointError(f"merge {shown(merge)} in '{TOKENIZER}' is no pair of tokens.")
        if not {*halves, "".join(halves)} <= vocabulary.keys():
            raise CheckpointError(f"merge {shown(merge)} in '{TOKENIZER}' makes no token.")
    tokenizer["model"] |= {"vocab": vocabulary, "merges": merges}
    return tokenizer


def model_shapes(config: Mapping[str, Any]) -> dict[str, Shape]:
    """Returns the tensors of a model of our base's make.

    Args:
        config: a checked one.
    """
    text, vision = config["text_config"], config["vision_config"]
    width, seen = text["hidden_size"], vision["hidden_size"]
    shapes: dict[str, Shape] = {
        "lm_head.weight": (text["vocab_size"], width),
        "model.text_model.embed_tokens.weight": (text["vocab_size"], width),
        "model.text_model.norm.weight": (width,),
        "model.connector.modality_projection.proj.weight": (
            width,
            seen * config["scale_factor"] ** 2,
        ),
    }
    for layer in range(text["num_hidden_layers"]):
        shapes |= _text_layer(f"model.text_model.layers.{layer}", text)
    eye = "model.vision_model"
    patch = vision["patch_size"]
    shapes[f"{eye}.embeddings.patch_embedding.weight"] = (
        seen,
        vision["num_channels"],
        patch,
        patch,
    )
    shapes[f"{eye}.embeddings.patch_embedding.bias"] = (seen,)
    positions = (vision["image_size"] // patch) ** 2
    shapes[f"{eye}.embeddings.position_embedding.weight"] = (positions, seen)
    shapes |= _norm(f"{eye}.post_layernorm", seen)
    for layer in range(vision["num_hidden_layers"]):
        shapes |= _vision_layer(f"{eye}.encoder.layers.{layer}", vision)
    return shapes


def _text_layer(name: str, text: Mapping[str, Any]) -> dict[str, Shape]:
    width, inner = text["hidden_size"], text["intermediate_size"]
    queries = text["num_attention_heads"] * text["head_dim"]
    keys = text["num_key_value_heads"] * text["head_dim"]
    bias, wide = text["attention_bias"], text["mlp_bias"]
    return {
        f"{name}.input_layernorm.weight": (width,),
        f"{name}.post_attention_layernorm.weight": (width,),
        **_linear(f"{name}.self_attn.q_proj", width, queries, bias),
        **_linear(f"{name}.self_attn.k_proj", width, keys, bias),
        **_linear(f"{name}.self_attn.v_proj", width, keys, bias),
        **_linear(f"{name}.self_attn.o_proj", queries, width, bias),
        **_linear(f"{name}.mlp.gate_proj", width, inner, wide),
        **_linear(f"{name}.mlp.up_proj", width, inner, wide),
        **_linear(f"{name}.mlp.down_proj", inner, width, wide),
    }


def _vision_layer(name: str, vision: Mapping[str, Any]) -> dict[str, Shape]:
    width, inner = vision["hidden_size"], vision["intermediate_size"]
    shapes = _norm(f"{name}.layer_norm1", width) | _norm(f"{name}.layer_norm2", width)
    for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
        shapes |= _linear(f"{name}.self_attn.{part}", width, width)
    return {
        **shapes,
        **_linear(f"{name}.mlp.fc1", width, inner),
        **_linear(f"{name}.mlp.fc2", inner, width),
    }


def _linear(name: str, inputs: int, outputs: int, bias: bool = True) -> dict[str, Shape]:
    weight: dict[str, Shape] = {f"{name}.weight": (outputs, inputs)}
    return weight | ({f"{name}.bias": (outputs,)} if bias else {})


def _norm(name: str, width: int) -> dict[str, Shape]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
