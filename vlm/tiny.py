"""The embedded default: a five-million-parameter model of SmolVLM's architecture, from config.

Nothing here is a class of our own: model, tokenizer and processor are transformers' and load
through `AutoModelForImageTextToText` and `AutoProcessor` like any published checkpoint. Special
tokens and chat template are SmolVLM's.
"""

from collections.abc import Iterable
from typing import Any

IMAGE_SIZE_PX = 128
PATCH_SIZE_PX = 16
SHUFFLE = 1
"""Pixel-shuffle factor: image tokens = (image size / patch size / SHUFFLE) squared."""

IMAGE_TOKENS = (IMAGE_SIZE_PX // PATCH_SIZE_PX // SHUFFLE) ** 2
MAX_TOKENS = 1024
VOCABULARY_SIZE = 768

PAD, START, END, UNKNOWN = "<pad>", "<|im_start|>", "<end_of_utterance>", "<unk>"
IMAGE, AROUND_IMAGE, GLOBAL_IMAGE = "<image>", "<fake_token_around_image>", "<global-img>"
ROLES = ("User", "Assistant")
PIECES = r"\d|[:,;(] ?-?(?=\d)| ?\p{L}[\p{L}_]*|\s|[^\s\p{L}\d]"
"""What is never merged with its neighbours: a digit, what stands before a number, a word, a sign.

What stands before a number, its sign included, is one token, so that a number begins right behind
the name it belongs to; that makes lists a fifth shorter and finding a number easier to learn.
"""
BEFORE_NUMBERS = (": 1", ": -1", ", 1", ", -1", "(-1")
SPACE = "Ġ"
"""How byte-level BPE spells a space at the start of a token."""

SPECIAL_TOKENS = [PAD, START, END, UNKNOWN, IMAGE, AROUND_IMAGE, GLOBAL_IMAGE]

CHAT_TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}"
    "{% if message['content'][0]['type'] == 'image' %}{{ ':' }}{% else %}{{ ': ' }}{% endif %}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}"
    "{% elif part['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}"
    "<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
"""SmolVLM's template: `User:<image>text<end_of_utterance>`, newline, `Assistant:`."""


LOOKING_BACK: dict[int, tuple[int, ...]] = {0: (1, 2, 3), 1: (1,)}
"""Layer to how many tokens back its first heads look before any training."""

SHARPNESS = 4.0
"""Size of the biases that make them look there."""


def build_tokenizer(words: Iterable[str]) -> Any:
    """Trains a byte-level BPE tokenizer in which digits stay single and each word is one token.

    Args:
        words: the words to keep whole, with and without a space before them.

    Returns:
        A `PreTrainedTokenizerFast`.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE(unk_token=None))
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=8 * VOCABULARY_SIZE,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    corpus = [text for word in sorted({*words, *ROLES}) for text in (word, f" {word}")]
    bpe.train_from_iterator([*corpus, *BEFORE_NUMBERS], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=PAD,
        bos_token=START,
        eos_token=END,
        unk_token=UNKNOWN,
        additional_special_tokens=[IMAGE, AROUND_IMAGE, GLOBAL_IMAGE],
        model_max_length=MAX_TOKENS,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def build_processor(words: Iterable[str]) -> Any:
    """Builds the processor: images are square and used as they are, without splitting."""
    from transformers import Idefics3Processor
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    size = {"longest_edge": IMAGE_SIZE_PX}
    images = SmolVLMImageProcessorPil(do_image_splitting=False, size=size, max_image_size=size)
    return Idefics3Processor(
        images, build_tokenizer(words), image_seq_len=IMAGE_TOKENS, chat_template=CHAT_TEMPLATE
    )


def build_model(tokenizer: Any, seed: int = 0) -> Any:
    """Builds the model with fresh weights.

    Embeddings start at unit scale and the output head is untied: both were needed for the
    model to learn to copy numbers (see docs/tiny-model.md).
    """
    import torch
    from transformers import SmolVLMConfig, SmolVLMForConditionalGeneration

    config = SmolVLMConfig(
        vision_config={
            "hidden_size": 192,
            "intermediate_size": 768,
            "num_hidden_layers": 4,
            "num_attention_heads": 6,
            "image_size": IMAGE_SIZE_PX,
            "patch_size": PATCH_SIZE_PX,
        },
        text_config={
            "model_type": "llama",
            "vocab_size": len(tokenizer),
            "hidden_size": 256,
            "intermediate_size": 768,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "max_position_embeddings": MAX_TOKENS,
            "attention_bias": True,
            "initializer_range": 256**-0.5,
            "tie_word_embeddings": False,
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
        },
        scale_factor=SHUFFLE,
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        tie_word_embeddings=False,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    model = SmolVLMForConditionalGeneration(config)
    embeddings = model.get_input_embeddings().weight
    torch.nn.init.normal_(embeddings, std=1.0)
    with torch.no_grad():  # a word starts with one meaning, with and without a space before it
        for token, index in tokenizer.get_vocab().items():
            if token.startswith(SPACE) and token[1:] in tokenizer.get_vocab():
                embeddings[index] = embeddings[tokenizer.convert_tokens_to_ids(token[1:])]
    for layer, heads in LOOKING_BACK.items():
        for head, offset in enumerate(heads):
            _look_back(model.model.text_model.layers[layer].self_attn, head, offset)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model


def _look_back(attention: Any, head: int, offset: int) -> None:
    """Starts a head off by looking `offset` tokens back, whatever the tokens are.

    Finding a number by its name takes a head that knows which token came before, and another one
    that matches; learning both at once takes thousands of steps. Rotary embeddings turn constant
    queries and keys, the biases, into a score that depends on the distance alone; it is highest
    where the turns of all frequencies cancel out.

    Source: the idea of starting attention near what training finds is that of Trockman and
    Kolter, "Mimetic Initialization of Self-Attention Layers", 2023.
    """
    import torch

    width = attention.head_dim
    rows = slice(head * width, (head + 1) * width)
    theta = attention.config.rope_parameters["rope_theta"]
    turn = offset * theta ** (-torch.arange(0, width, 2) / width)
    with torch.no_grad():
        attention.q_proj.weight[rows] *= 0.1
        attention.k_proj.weight[rows] *= 0.1
        attention.q_proj.bias[rows] = SHARPNESS * torch.cat([turn.cos(), -turn.sin()])
        attention.k_proj.bias[rows] = SHARPNESS * (torch.arange(width) < width // 2)
