import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import AutoModelForImageTextToText

import vlm.decoding
from finetune.train import add_lora
from qa_generator.prompt import build_prompt, observe
from scene_renderer.renderer import Renderer
from scene_renderer.sampler import sample_scene
from scene_renderer.vocabulary import CONTEXTS
from vlm.config import CHECKPOINTS
from vlm.decoding import Decoder, can_decode
from vlm.generation import Generation
from vlm.model import load_model
from vlm.policy import MAX_NEW_TOKENS, load_policy
from vlm.processor import ChatTokenizer
from vlm.prompts import Prompt

TEXTS = ("lift it", "gripper: 320, 0, 420\nred cube: 412, -127, 25\nput the red cube away", "no")


def draw(seed):
    return np.random.default_rng(seed).integers(0, 256, (128, 128, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def prompts():
    """Two pictures, asked differently, in turns."""
    pictures = [draw(1), draw(2)]
    return [Prompt(pictures[i % 2], text) for i, text in enumerate(TEXTS * 2)]


@pytest.fixture
def fresh(tiny_base):
    """An untrained base that may be changed."""
    return load_model(str(tiny_base), "cpu")


def both_ways(loaded):
    chat = ChatTokenizer(loaded.processor)
    return Decoder(loaded.model, chat), Generation(loaded.model, chat)


def ids(answers):
    return [answer.ids for answer in answers]


@pytest.mark.parametrize("rows", [1, 4, 6])
def test_answers_are_those_of_generate(loaded, prompts, rows):
    decoder, plain = both_ways(loaded)
    assert ids(decoder.answer(prompts, rows, 9)) == ids(plain.answer(prompts, 1, 9))


def test_answers_of_the_other_architecture_are_those_of_generate(tiny_idefics3, prompts):
    decoder, plain = both_ways(load_model(str(tiny_idefics3), "cpu"))
    assert ids(decoder.answer(prompts, 3, 6)) == ids(plain.answer(prompts, 3, 6))


def test_heads_may_share_keys(fresh, prompts):
    config = fresh.model.config
    config.text_config.num_key_value_heads = 2
    config.text_config.attention_bias = False
    torch.manual_seed(3)
    model = AutoModelForImageTextToText.from_config(config).eval()
    model.generation_config = fresh.model.generation_config
    decoder, plain = both_ways(replace(fresh, model=model))
    assert ids(decoder.answer(prompts, 2, 6)) == ids(plain.answer(prompts, 6, 6))


def test_long_and_short_answers_take_turns_in_the_rows(taught, lessons):
    decoder, plain = both_ways(taught)
    asked = [Prompt(seen.image, build_prompt(seen, said)) for seen, said, _ in lessons] * 4
    said = decoder.answer(asked, 3, 64)
    assert ids(said) == ids(plain.answer(asked, 8, 64))
    assert {answer.ids[-1] for answer in said} == {taught.processor.tokenizer.eos_token_id}


def test_confidence_is_the_product_of_the_tokens_probabilities(taught, lessons, chat):
    seen, said, plan = lessons[0]
    answers = [
        w.answer([Prompt(seen.image, build_prompt(seen, said))], 1, 64) for w in both_ways(taught)
    ]
    prompt, answer = chat.prompt_ids([build_prompt(seen, said)])[0], chat.answer_ids([plan])[0]
    pixels = chat.processor.image_processor(images=[[seen.image]], return_tensors="pt")
    with torch.inference_mode():
        logits = (
            taught.model(input_ids=torch.tensor([prompt + answer]), **pixels).logits[0].double()
        )
    steps = logits[len(prompt) - 1 : -1].log_softmax(-1)
    expected = sum(steps[i, token].item() for i, token in enumerate(answer))
    for (told,) in answers:
        assert told.ids == answer
        assert told.log_probability == pytest.approx(expected, abs=1e-4)
        assert -10 < told.log_probability < 0


@pytest.mark.parametrize("rows", [1, 3, 8])
def test_held_to_the_grammar_both_engines_say_the_same(loaded, prompts, rows):
    decoder, plain = both_ways(loaded)
    assert ids(decoder.answer(prompts, rows, 64, True)) == ids(plain.answer(prompts, 8, 64, True))


def test_guessing_ahead_changes_no_answer_whatever_the_batch():
    policy = load_policy(str(CHECKPOINTS / "tiny-tuned"), "cpu")
    decoder, rng, asked = policy._engine, np.random.default_rng(7), []
    for index in range(12):
        scene = sample_scene(11, "test", index)
        image = Renderer().render(scene, policy.image_size).image
        one, two = rng.permutation(len(scene.objects))[:2]
        said = f"put the {scene.objects[one].name} on the {scene.objects[two].name}"
        for context in CONTEXTS:
            asked.append(Prompt(image, build_prompt(observe(scene, image, context, rng), said)))
    decoder.drafted = 0
    expected, steps = decoder.answer(asked, 16, MAX_NEW_TOKENS, True), decoder.forwards
    for drafted in (1, 5, 12):
        decoder.drafted = drafted
        decoder.forget()
        before = decoder.forwards
        told = decoder.answer(asked, int(rng.integers(1, 37)), MAX_NEW_TOKENS, True)
        assert ids(told) == ids(expected)
        for answer, other in zip(told, expected, strict=True):
            assert answer.log_probability == pytest.approx(other.log_probability, abs=1e-4)
        steps = min(steps, decoder.forwards - before)
    assert steps < sum(len(a.ids) for a in expected) / 4


def test_an_answer_stops_at_the_limit(loaded, prompts):
    for way in both_ways(loaded):
        assert {len(a.ids) for a in way.answer(prompts, 2, 1)} == {1}


def test_first_tokens_come_before_the_answer_is_complete(loaded, prompts):
    for way in both_ways(loaded):
        first, *_, last = [a.first_seconds for a in way.answer(prompts, 1, 3)]
        assert 0 < first < last


def test_a_picture_is_read_once_until_it_is_forgotten(loaded, prompts, monkeypatch):
    decoder, _ = both_ways(loaded)
    looked = []
    look = loaded.model.model.get_image_features
    monkeypatch.setattr(
        loaded.model.model,
        "get_image_features",
        lambda **shown: looked.append(len(shown["pixel_values"])) or look(**shown),
    )
    first = decoder.answer(prompts, 2, 2)
    again = decoder.answer(prompts[::-1], 4, 2)[::-1]
    assert sum(looked) == 2
    decoder.forget()
    assert ids(first) == ids(again) == ids(decoder.answer(prompts, 2, 2))
    assert sum(looked) == 4


def test_little_memory_for_pictures_changes_no_answer(loaded, prompts, monkeypatch):
    decoder, _ = both_ways(loaded)
    expected = ids(decoder.answer(prompts, 4, 4))
    monkeypatch.setattr(vlm.decoding, "KEPT_BYTES", 1)
    decoder.forget()
    assert ids(decoder.answer(prompts, 4, 4)) == expected


def test_a_model_that_computes_something_else_is_left_to_generate(fresh):
    model = fresh.model
    assert can_decode(model)
    model.generation_config.repetition_penalty = 1.2
    assert not can_decode(model)
    model.generation_config.repetition_penalty = 1.0
    model.config.text_config.hidden_act = "gelu"
    assert not can_decode(model)
    model.config.text_config.hidden_act = "silu"
    assert not can_decode(add_lora(model, rank=2, seed=0))


def test_the_shipped_adapter_answers_the_same_in_batches_and_one_by_one():
    policy = load_policy(str(CHECKPOINTS / "tiny-tuned"), "cpu")
    rng, renderer = np.random.default_rng(0), Renderer()
    seen, said = [], []
    for index in range(2):
        scene = sample_scene(5, "test", index)
        image = renderer.render(scene, policy.image_size).image
        for context in CONTEXTS:
            seen.append(observe(scene, image, context, rng))
            said.append(f"put the {scene.objects[0].name} beside the {scene.objects[1].name}")
    plain = Generation(policy.loaded.model, ChatTokenizer(policy.loaded.processor))
    asked = [Prompt(o.image, build_prompt(o, i)) for o, i in zip(seen, said, strict=True)]
    expected = plain.answer(asked, 1, MAX_NEW_TOKENS)
    for size in (1, 4, 64):
        told = policy.answer(seen, said, size)
        assert [a.tokens for a in told] == [len(e.ids) for e in expected]
        for answer, other in zip(told, expected, strict=True):
            text = policy.loaded.processor.decode(other.ids, skip_special_tokens=True).strip()
            assert answer.text == text
            assert answer.confidence == pytest.approx(math.exp(other.log_probability), abs=1e-4)
