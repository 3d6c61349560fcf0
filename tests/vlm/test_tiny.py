import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor, SmolVLMForConditionalGeneration

from qa_generator.lexicon import lexicon
from vlm.tiny import IMAGE_TOKENS, MAX_TOKENS, build_model


@pytest.fixture(scope="module")
def tokenizer(loaded):
    return loaded.processor.tokenizer


def test_every_digit_is_a_token_of_its_own(tokenizer):
    for text in ("red cube: 412, -127, 5", "pick(-4120, 35, 6)", "9876543210"):
        found = [t for t in tokenizer.tokenize(text) if any(c.isdigit() for c in t)]
        assert found == [c for c in text if c.isdigit()]
    assert len({tokenizer.convert_tokens_to_ids(d) for d in "0123456789"}) == 10


def test_a_colon_before_a_word_takes_no_space(tokenizer):
    tokens = tokenizer.tokenize("Assistant: pick(1)")
    assert [tokenizer.convert_tokens_to_string([t]) for t in tokens[:3]] == [
        "Assistant", ":", " pick"
    ]  # fmt: skip


def test_what_stands_before_a_number_is_one_token(tokenizer):
    tokens = tokenizer.tokenize("red cube: 412, -127 (-3)")
    assert [tokenizer.convert_tokens_to_string([t]) for t in tokens] == [
        "red", " cube", ": ", "4", "1", "2", ", -", "1", "2", "7", " ", "(-", "3", ")"
    ]  # fmt: skip


@pytest.mark.parametrize("before", ["", " "])
def test_every_word_is_one_token(tokenizer, before):
    words = lexicon()
    split = [word for word in words if len(tokenizer.tokenize(before + word)) != 1]
    assert {"cube", "move_to", "absent"} < set(words)
    assert split == []


@pytest.mark.parametrize(
    "text",
    [
        "gripper: 320, 0, 420\nred cube: 412, -127, 25\nput the red cube into the blue bowl",
        "pick(412, -127, 25)\nplace(520, 80, 30)",
        "refuse(absent)",
        "Käse, ☕ and a zebra's \t stripes",
    ],
)
def test_text_survives_a_round_trip(tokenizer, text):
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids) == text


def test_a_plan_costs_few_tokens(tokenizer):
    assert len(tokenizer.tokenize("pick(412, -127, 25)")) <= 18


def test_the_saved_base_loads_like_any_published_model(tiny_base, loaded):
    model = AutoModelForImageTextToText.from_pretrained(tiny_base)
    processor = AutoProcessor.from_pretrained(tiny_base)
    assert type(model) is SmolVLMForConditionalGeneration
    assert processor.image_seq_len == IMAGE_TOKENS
    assert processor.tokenizer.model_max_length == MAX_TOKENS
    assert processor.tokenizer.get_vocab() == loaded.processor.tokenizer.get_vocab()
    for name, tensor in loaded.model.state_dict().items():
        assert torch.equal(model.state_dict()[name], tensor), name


def test_weights_depend_on_the_seed_alone(tokenizer):
    first, second, other = (build_model(tokenizer, seed).lm_head.weight for seed in (5, 5, 6))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_a_word_means_the_same_with_and_without_a_space_before_it(loaded, tokenizer):
    embeddings = loaded.model.get_input_embeddings().weight
    bare, spaced = (tokenizer(t, add_special_tokens=False)["input_ids"] for t in ("red", " red"))
    assert bare != spaced
    assert torch.equal(embeddings[bare], embeddings[spaced])


def test_copying_numbers_is_helped_by_large_untied_embeddings(loaded):
    embeddings = loaded.model.get_input_embeddings().weight
    assert embeddings.std().item() == pytest.approx(1.0, abs=0.02)
    assert loaded.model.lm_head.weight.data_ptr() != embeddings.data_ptr()
