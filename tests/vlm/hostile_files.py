"""Hostile files in good zips: each comes with a word of the sentence that must refuse it."""

import json
import pickle
import struct
from collections.abc import Callable
from typing import Any

from tests.vlm.hostile_archives import EVIL
from vlm.bundle_model import model_shapes

Files = dict[str, bytes]
Change = Callable[[Files], Files]

CONFIG, WEIGHTS, METADATA = "adapter_config.json", "adapter_model.safetensors", "tablehand.json"
PATTERN = "(a+)+$"
"""Takes for ever on many letters a."""


def told(name: str, key: str, value: Any) -> Change:
    """Sets a field, given by its path with dots, of a JSON file."""

    def change(files: Files) -> Files:
        document = json.loads(files[name])
        *path, last = key.split(".")
        inner = document
        for step in path:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        inner[last] = value(inner.get(last)) if callable(value) else value
        return {**files, name: json.dumps(document).encode()}

    return change


def replaced(name: str, content: bytes) -> Change:
    return lambda files: {**files, name: content}


def text(name: str, old: str, new: str) -> Change:
    """Replaces text once; JSON that no library would write is made so."""

    def change(files: Files) -> Files:
        assert old in files[name].decode()
        return {**files, name: files[name].decode().replace(old, new, 1).encode()}

    return change


def without(name: str) -> Change:
    return lambda files: {key: data for key, data in files.items() if key != name}


def split(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Takes weights apart: header, data."""
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def joined(header: Any, data: bytes) -> bytes:
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + data


def header(alter: Callable[[dict[str, Any], str], Any]) -> Change:
    """Alters the header of the weights; `alter` is given it and the name of its first tensor."""

    def change(files: Files) -> Files:
        head, data = split(files[WEIGHTS])
        first = min(key for key in head if key != "__metadata__")
        alter(head, first)
        return {**files, WEIGHTS: joined(head, data)}

    return change


def entry(**fields: Any) -> Change:
    """Alters the header's entry of the first tensor."""
    return header(lambda head, first: head[first].update(fields))


def values(pattern: bytes, dtype: str = "F32") -> Change:
    """Writes a value into the first tensor, all of which is of type `dtype`."""

    def change(files: Files) -> Files:
        head, data = split(files[WEIGHTS])
        if dtype != "F32":  # half as long, so twice as many columns of the shape would not fit
            data = b""
            for key in (key for key in head if key != "__metadata__"):
                size = 2
                for side in head[key]["shape"]:
                    size *= side
                head[key] |= {"dtype": dtype, "data_offsets": [len(data), len(data) + size]}
                data += bytes(size)
        return {**files, WEIGHTS: joined(head, data[:40] + pattern + data[40 + len(pattern) :])}

    return change


def tensors(count: int) -> Change:
    """A header of so many empty tensors."""
    empty = ', "%d": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}'
    head = ('{"__metadata__": {"format": "pt"}' + "".join(empty % i for i in range(count))) + "}"
    return replaced(WEIGHTS, struct.pack("<Q", len(head)) + head.encode())


class Executed:
    """A pickle of this runs code when it is loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (EVIL.decode(),)


def both(*changes: Change) -> Change:
    def change(files: Files) -> Files:
        for one in changes:
            files = one(files)
        return files

    return change


def base(value: Any) -> Change:
    """Names a base, in both files as an honest adapter would."""
    return both(told(METADATA, "base", value), told(CONFIG, "base_model_name_or_path", value))


def transposed(head: dict[str, Any], first: str) -> None:
    head[first]["shape"].reverse()


def shifted(head: dict[str, Any], first: str) -> None:
    second = sorted(key for key in head if key != "__metadata__")[1]
    size = head[second]["data_offsets"][1] - head[second]["data_offsets"][0]
    head[second]["data_offsets"] = [0, size]


DEEP: Any = 0
for _ in range(900):
    DEEP = [DEEP]

CALIBRATIONS = (
    [1, 0, 3],
    {},
    {"slope": 1, "shift": 0, "answers": 3, "path": "/etc"},
    {"slope": "1", "shift": 0, "answers": 3},
    {"slope": -1, "shift": 0, "answers": 3},
    {"slope": 1e308, "shift": 0, "answers": 3},
    {"slope": 10**400, "shift": 0, "answers": 3},
    {"slope": 1, "shift": 0, "answers": 10**400},
)
"""What a calibration must not be."""


ADAPTERS: dict[str, tuple[Change, str]] = {
    **{f"without {name}": (without(name), "lacks") for name in (CONFIG, WEIGHTS, METADATA)},
    "config of a model beside it": (replaced("config.json", b"{}"), "does not belong"),
    "base: absolute path": (base("/etc"), "is not one of those with a short name"),
    "base: relative path": (base("checkpoints/tiny-base"), "short name"),
    "base: upwards": (base("../../tiny"), "short name"),
    "base: of the hub": (base("evil/model"), "short name"),
    "base: a known id of the hub": (base("HuggingFaceTB/SmolVLM-256M-Instruct"), "short name"),
    "base: an address": (base("https://evil.example/model"), "short name"),
    "base: unc": (base(r"\\server\share"), "short name"),
    "base: the bundle itself": (base("."), "short name"),
    "base: another case": (base("Tiny"), "short name"),
    "base: no text": (base(["tiny"]), "short name"),
    "base: nothing": (base(None), "short name"),
    "base: an adapter": (base("tiny-tuned"), "itself an adapter"),
    "base: not here, or not that one": (base("smolvlm-256m"), "is not on this machine|another ver"),
    "base: two of them": (told(CONFIG, "base_model_name_or_path", "/etc"), "names another base"),
    "base: another hash": (told(METADATA, "base_sha256", "0" * 64), "another version"),
    "base: no hash": (told(METADATA, "base_sha256", None), "lacks the hash"),
    "base: a list as hash": (told(METADATA, "base_sha256", ["0"]), "is no SHA-256"),
    "metadata: trust_remote_code": (told(METADATA, "trust_remote_code", True), "asks for code"),
    "metadata: deep inside": (told(METADATA, "settings.auto_map", {}), "asks for code"),
    "metadata: unknown field": (told(METADATA, "base_path", "/etc"), "unknown field"),
    "metadata: blind": (told(METADATA, "blind", "yes"), "neither true nor false"),
    "metadata: version": (told(METADATA, "version", 2), "not of version 1"),
    **{
        f"metadata: calibration {number}": (told(METADATA, "calibration", what), "its calibration")
        for number, what in enumerate(CALIBRATIONS)
    },
    "json: a list": (replaced(METADATA, b"[]"), "no JSON object"),
    "json: empty": (replaced(METADATA, b""), "no plain JSON"),
    "json: cut": (replaced(METADATA, b'{"base": "ti'), "no plain JSON"),
    "json: UTF-16": (replaced(METADATA, '{"base": 1}'.encode("utf-16")), "no plain JSON"),
    "json: a mark before it": (replaced(METADATA, b"\xef\xbb\xbf{}"), "no plain JSON"),
    "json: a key twice": (text(METADATA, "{", '{"base": "/etc", '), "key stands there twice"),
    "json: NaN": (text(METADATA, '"version": 1', '"version": NaN'), "NaN is no number"),
    "json: nested without end": (replaced(METADATA, b"[" * 200_000), "nested too deeply"),
    "json: nested just so": (told(CONFIG, "rank_pattern", DEEP), "nested too deeply|turns on"),
    "json: endless number": (replaced(METADATA, b'{"version": 1%s}' % (b"0" * 9999)), "JSON"),
    "json: pickle": (replaced(CONFIG, pickle.dumps(Executed())), "no plain JSON"),
    "config: auto_map": (told(CONFIG, "auto_map", {"AutoModel": "evil.M"}), "asks for code"),
    "config: trust_remote_code": (told(CONFIG, "trust_remote_code", True), "asks for code"),
    "config: auto_mapping": (
        told(CONFIG, "auto_mapping", {"base_model_class": "M", "parent_library": "evil"}),
        "turns on 'auto_mapping'",
    ),
    "config: megatron_core": (told(CONFIG, "megatron_core", "evil"), "only 'megatron.core'"),
    "config: megatron_config": (told(CONFIG, "megatron_config", {"a": 1}), "turns on"),
    "config: another kind": (told(CONFIG, "peft_type", "PREFIX_TUNING"), "only 'LORA'"),
    "config: unknown kind": (told(CONFIG, "peft_type", "EVIL"), "only 'LORA'"),
    "config: no kind": (told(CONFIG, "peft_type", None), "not that of a LoRA"),
    "config: another task": (told(CONFIG, "task_type", "SEQ_CLS"), "only 'CAUSAL_LM'"),
    "config: revision": (told(CONFIG, "revision", "refs/pr/1"), "turns on 'revision'"),
    "config: unknown field": (told(CONFIG, "zzz", "evil"), "turns on 'zzz'"),
    "config: runtime": (told(CONFIG, "runtime_config", {"a": 1}), "turns on"),
    "config: a pattern as targets": (told(CONFIG, "target_modules", PATTERN), "must be a list"),
    "config: all targets": (told(CONFIG, "target_modules", "all-linear"), "must be a list"),
    "config: a pattern among targets": (told(CONFIG, "target_modules", [PATTERN]), "layer's name"),
    "config: a number among targets": (told(CONFIG, "target_modules", [1]), "layer's name"),
    "config: many targets": (told(CONFIG, "target_modules", ["q_proj"] * 9999), "must be a list"),
    "config: no targets": (told(CONFIG, "target_modules", []), "must be a list"),
    "config: targets not there": (told(CONFIG, "target_modules", ["evil"]), "has no layer"),
    "config: embeddings": (told(CONFIG, "target_modules", ["embed_tokens"]), "not linear"),
    "config: a norm": (told(CONFIG, "target_modules", ["input_layernorm"]), "not linear"),
    "config: vision": (told(CONFIG, "exclude_modules", None), "is missing|not linear"),
    "config: a pattern as exclusion": (told(CONFIG, "exclude_modules", PATTERN), "only '"),
    "config: rank by pattern": (told(CONFIG, "rank_pattern", {PATTERN: 9}), "turns on"),
    "config: alpha by pattern": (told(CONFIG, "alpha_pattern", {PATTERN: 9}), "turns on"),
    "config: layers by pattern": (told(CONFIG, "layers_pattern", PATTERN), "turns on"),
    "config: some layers": (told(CONFIG, "layers_to_transform", [0]), "turns on"),
    "config: layers repeated": (told(CONFIG, "layer_replication", [[0, 999]]), "turns on"),
    "config: whole modules": (told(CONFIG, "modules_to_save", ["lm_head"]), "turns on"),
    "config: parameters": (told(CONFIG, "target_parameters", ["a"]), "turns on"),
    "config: tokens": (told(CONFIG, "trainable_token_indices", [1]), "turns on"),
    "config: slow start": (told(CONFIG, "init_lora_weights", "pissa"), "is 'pissa'"),
    "config: data for the start": (told(CONFIG, "eva_config", {"a": 1}), "turns on"),
    "config: quantised start": (told(CONFIG, "loftq_config", {"a": 1}), "turns on"),
    "config: DoRA": (told(CONFIG, "use_dora", True), "turns on"),
    "config: biases": (told(CONFIG, "bias", "all"), "only 'none'"),
    "config: huge rank": (told(CONFIG, "r", 10**9), "up to 256"),
    "config: no rank": (told(CONFIG, "r", 0), "up to 256"),
    "config: rank of truth": (told(CONFIG, "r", True), "up to 256"),
    "config: rank of text": (told(CONFIG, "r", "16"), "up to 256"),
    "config: broken rank": (told(CONFIG, "r", 2.5), "up to 256"),
    "config: another rank": (told(CONFIG, "r", 255), "has shape"),
    "config: endless alpha": (text(CONFIG, '"lora_alpha": ', '"lora_alpha": 1e999'), "is inf"),
    "config: alpha below nought": (told(CONFIG, "lora_alpha", -1), "up to 4096"),
    "config: alpha of text": (told(CONFIG, "lora_alpha", "x" * 9999), "up to 4096"),
    "weights: pickle": (replaced(WEIGHTS, pickle.dumps(Executed())), "no safetensors"),
    "weights: zip of torch": (replaced(WEIGHTS, b"PK\3\4archive/data.pkl"), "no safetensors"),
    "weights: nothing": (replaced(WEIGHTS, b""), "no safetensors"),
    "weights: seven bytes": (replaced(WEIGHTS, bytes(7)), "no safetensors"),
    "weights: endless header": (replaced(WEIGHTS, b"\xff" * 100), "no safetensors"),
    "weights: header of nothing": (replaced(WEIGHTS, bytes(100)), "no safetensors"),
    "weights: header beyond the file": (replaced(WEIGHTS, b"\xff\xff" + bytes(99)), "no safetens"),
    "weights: no header": (replaced(WEIGHTS, struct.pack("<Q", 4) + b"evil"), "no plain JSON"),
    "weights: a list as header": (replaced(WEIGHTS, joined([], b"")), "no JSON object"),
    "weights: header nested": (
        replaced(WEIGHTS, struct.pack("<Q", 90_000) + b"[" * 90_000), "nested too deeply"
    ),
    "weights: header of 100,000": (tensors(100_000), "header of more than"),
    "weights: header of 5,000": (tensors(5_000), "5,000 tensors"),
    "weights: empty header": (replaced(WEIGHTS, joined({}, b"")), "0 tensors"),
    "weights: foreign remark": (header(lambda h, _: h.update(__metadata__={"a": "b"})), "PyTorch"),
    "weights: remark of code": (
        header(lambda h, _: h.update(__metadata__={"auto_map": "evil"})), "asks for code"
    ),
    "weights: NaN": (values(struct.pack("<f", float("nan"))), "no numbers"),
    "weights: infinite": (values(struct.pack("<f", float("inf"))), "no numbers"),
    "weights: below all": (values(struct.pack("<f", float("-inf"))), "no numbers"),
    "weights: overflowing": (values(struct.pack("<f", 3e38)), "beyond 10,000"),
    "weights: NaN in F16": (values(b"\x01\x7e", "F16"), "no numbers"),
    "weights: NaN in BF16": (values(b"\xc0\x7f", "BF16"), "no numbers"),
    "weights: infinite in BF16": (values(b"\x80\xff", "BF16"), "no numbers"),
    "weights: turned": (header(transposed), "has shape"),
    "weights: a number for a shape": (entry(shape=7), "broken entry"),
    "weights: shape of truths": (entry(shape=[True, True]), "broken entry"),
    "weights: shape of fractions": (entry(shape=[2.0, 2.0]), "broken entry"),
    "weights: shape below nought": (entry(shape=[-1, -1]), "broken entry"),
    "weights: shape beyond 64 bits": (entry(shape=[2**39] * 8), "broken entry"),
    "weights: shape of many sides": (entry(shape=[1] * 999), "broken entry"),
    "weights: offsets turned": (entry(data_offsets=[9, 0]), "broken entry"),
    "weights: offsets below nought": (entry(data_offsets=[-9, 0]), "broken entry"),
    "weights: three offsets": (entry(data_offsets=[0, 1, 2]), "broken entry"),
    "weights: unknown field": (entry(evil=1), "broken entry"),
    "weights: whole numbers": (entry(dtype="I64"), "is of type 'I64'"),
    "weights: doubles": (entry(dtype="F64"), "is of type 'F64'"),
    "weights: a list as type": (entry(dtype=["F32"]), "is of type"),
    "weights: overlap": (header(shifted), "overlap or leave a gap|longer or shorter"),
    "weights: one missing": (header(lambda h, first: h.pop(first)), "is missing"),
    "weights: one more": (
        header(lambda h, _: h.update(x={"dtype": "F32", "shape": [0], "data_offsets": [0, 0]})),
        "is not one of the model",
    ),
    "weights: of the base itself": (
        header(lambda h, first: h.update({"lm_head.weight": h.pop(first)})), "is not one|is missing"
    ),
    "weights: something behind": (lambda f: {**f, WEIGHTS: f[WEIGHTS] + EVIL}, "longer or shorter"),
    "weights: cut": (lambda f: {**f, WEIGHTS: f[WEIGHTS][:-1]}, "longer or shorter"),
}  # fmt: skip
"""Of an adapter: what is wrong, how it is made, and a word of why it is refused."""


MODEL, TOKENIZER, PROCESSOR = "config.json", "tokenizer.json", "processor_config.json"
TEMPLATE, WHOLE = "chat_template.jinja", "model.safetensors"


def giant(files: Files) -> Files:
    """A config of more than a billion parameters, and weights whose header agrees."""
    config = json.loads(files[MODEL])
    config["text_config"] |= {
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 20,
    }
    head, at = {}, 0
    for name, shape in model_shapes(config).items():
        size = 2
        for side in shape:
            size *= side
        head[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    return {**files, MODEL: json.dumps(config).encode(), WHOLE: joined(head, b"")}


def with_template(template: str) -> Change:
    return replaced(TEMPLATE, template.encode())


MODELS: dict[str, tuple[Change, str]] = {
    **{
        f"without {name}": (without(name), "lacks")
        for name in (MODEL, WHOLE, TOKENIZER, PROCESSOR, TEMPLATE, "tokenizer_config.json")
    },
    "metadata beside it": (replaced(METADATA, b"{}"), "does not belong"),
    "auto_map": (told(MODEL, "auto_map", {"AutoModel": "evil.Model"}), "asks for code"),
    "auto_map inside": (told(MODEL, "text_config.auto_map", {}), "asks for code"),
    "auto_map of the tokenizer": (told("tokenizer_config.json", "auto_map", {}), "asks for code"),
    "auto_map of the processor": (told(PROCESSOR, "image_processor.auto_map", {}), "asks for code"),
    "trust_remote_code": (told(MODEL, "trust_remote_code", True), "asks for code"),
    "another kind of model": (told(MODEL, "model_type", "evil"), "not as in our own base"),
    "another class": (told(MODEL, "architectures", ["Evil"]), "not as in our own base"),
    "another language model": (told(MODEL, "text_config.model_type", "bert"), "not as in our own"),
    "quantised": (told(MODEL, "quantization_config", {"a": 1}), "unknown field"),
    "another path": (told(MODEL, "_name_or_path", "/etc"), "unknown field"),
    "attention from the hub": (told(MODEL, "_attn_implementation", "evil/kernel"), "unknown field"),
    "an odd activation": (told(MODEL, "text_config.hidden_act", "evil"), "not as in our own base"),
    "no text": (told(MODEL, "text_config", None), "not as in our own base"),
    "a million layers": (told(MODEL, "text_config.num_hidden_layers", 10**6), "1 to 48 can be"),
    "no layers": (told(MODEL, "text_config.num_hidden_layers", 0), "1 to 48 can be"),
    "width of text": (told(MODEL, "text_config.hidden_size", "256"), "can be"),
    "width of truth": (told(MODEL, "scale_factor", True), "1 to 8 can be"),
    "heads that do not fit": (told(MODEL, "vision_config.num_attention_heads", 7), "do not share"),
    "a million patches": (
        both(
            told(MODEL, "vision_config.image_size", 512), told(MODEL, "vision_config.patch_size", 4)
        ),
        "more than 256 patches",
    ),
    "a cache of gigabytes": (
        both(
            told(MODEL, "text_config.num_hidden_layers", 48),
            told(MODEL, "text_config.num_attention_heads", 16),
            told(MODEL, "text_config.num_key_value_heads", 16),
            told(MODEL, "text_config.head_dim", 256),
        ),
        "keep more than 8,192 keys",
    ),
    "half a patch": (told(MODEL, "vision_config.image_size", 100), "do not tile"),
    "another width": (told(MODEL, "text_config.hidden_size", 128), "has shape"),
    "a billion parameters": (giant, "at most 300,000,000"),
    "endless template": (
        with_template("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}"
                      "{% endfor %}"),
        "is not our own",
    ),
    "template of code": (with_template("{{ ''.__class__.__mro__ }}"), "is not our own"),
    "template with one more line": (
        lambda f: {**f, TEMPLATE: f[TEMPLATE] + b"\n"}, "is not our own"
    ),
    "slow pattern": (
        told(TOKENIZER, "pre_tokenizer.pretokenizers.0.pattern", {"Regex": PATTERN}), "not as in"
    ),
    "normalizer": (
        told(TOKENIZER, "normalizer", {"type": "Replace", "pattern": {"Regex": PATTERN}}),
        "not as in",
    ),
    "padding of the tokenizer": (told(TOKENIZER, "padding", {"length": 10**9}), "not as in"),
    "another kind of tokenizer": (told(TOKENIZER, "model.type", "Unigram"), "not as in our own"),
    "vocabulary of nothing": (told(TOKENIZER, "model.vocab", {}), "numbered tokens"),
    "vocabulary as a list": (told(TOKENIZER, "model.vocab", ["a"]), "numbered tokens"),
    "a token twice": (told(TOKENIZER, "model.vocab", lambda v: dict.fromkeys(v, 0)), "numbered"),
    "a token of 999 letters": (
        told(TOKENIZER, "model.vocab",
             lambda v: {("x" * 999 if i == 300 else t): i for t, i in v.items()}),
        "numbered tokens",
    ),
    "special tokens moved": (
        told(TOKENIZER, "model.vocab", lambda v: {t: len(v) - 1 - i for t, i in v.items()}),
        "moves a special token",
    ),
    "one special token more": (
        told(TOKENIZER, "added_tokens", lambda tokens: [*tokens, {"id": 9, "content": "1"}]),
        "not as in our own base",
    ),
    "merges of nothing": (told(TOKENIZER, "model.merges", [["evil", "x"]]), "makes no token"),
    "merges of text": (told(TOKENIZER, "model.merges", ["a b"]), "no pair"),
    "many merges": (told(TOKENIZER, "model.merges", [["a", "b"]] * 99_999), "more merges"),
    "another class of tokenizer": (
        told("tokenizer_config.json", "tokenizer_class", "Evil"), "not as in our own base"
    ),
    "a template in the tokenizer": (
        told("tokenizer_config.json", "chat_template", "{{ evil }}"), "unknown field"
    ),
    "another processor": (told(PROCESSOR, "processor_class", "Evil"), "not as in our own base"),
    "huge pictures": (
        told(PROCESSOR, "image_processor.max_image_size", {"longest_edge": 10**6}), "not as in"
    ),
    "a million image tokens": (told(PROCESSOR, "image_seq_len", 10**6), "not as in our own base"),
    "weights: pickle": (replaced(WHOLE, pickle.dumps(Executed())), "no safetensors"),
    "weights: cut": (lambda f: {**f, WHOLE: f[WHOLE][:-1]}, "longer or shorter"),
    "weights: NaN": (lambda f: {**f, WHOLE: f[WHOLE][:-2] + b"\x01\x7e"}, "no numbers"),
}  # fmt: skip
"""Of a whole model: what is wrong, how it is made, and a word of why it is refused."""
