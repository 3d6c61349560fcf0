import numpy as np
import pytest
import torch

from finetune.collate import encode_images
from finetune.forward import answer_logits, exact_answers, image_features
from finetune.packing import Turn, factor_prefix
from vlm.model import load_model
from vlm.processor import ChatTokenizer

PROMPTS = [
    "gripper: 320, 0, 420\nred cube: 412, -127, 25\nlift the red cube",
    "gripper: 320, 0, 420\nred cube: 412, -127, 25\nwhere is the red cube from the gripper?",
    "gripper: 320, 0, 420\nput the blue ball on the plate",
]
ANSWERS = ["pick(412, -127, 25)\nmove_to(412, -127, 175)", "forward", "refuse(absent)"]


@pytest.fixture(scope="module")
def pictures():
    return list(np.random.default_rng(2).integers(0, 256, (2, 128, 128, 3), dtype=np.uint8))


def full_logits(model, chat, picture, prompt, answer):
    """The logits of an answer's tokens by the whole model on the whole processor's output."""
    encoded = chat.processor(
        text=[chat.prompt_text(prompt)],
        images=[[picture]],
        add_special_tokens=False,
        return_tensors="pt",
    )
    ids = torch.cat([encoded["input_ids"], torch.tensor([answer])], dim=1)
    inputs = dict(encoded) | {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    return model(**inputs).logits[0, -len(answer) - 1 : -1]


@pytest.mark.parametrize("base", ["tiny_base", "tiny_idefics3"])
@torch.no_grad()
def test_packed_logits_equal_those_of_the_whole_model(base, request, pictures):
    loaded = load_model(str(request.getfixturevalue(base)), "cpu")
    model, chat = loaded.model, ChatTokenizer(loaded.processor)
    prompts, answers = chat.prompt_ids(PROMPTS), chat.answer_ids(ANSWERS)
    rows = [factor_prefix(prompts[:2], answers[:2]), factor_prefix(prompts[2:], answers[2:])]
    features = image_features(model, encode_images(chat.processor, pictures))
    logits, labels, turns = answer_logits(model, rows, chat.tokenizer.pad_token_id, features)
    assert labels.tolist() == [token for answer in answers for token in answer]
    for i, picture in enumerate([pictures[0], pictures[0], pictures[1]]):
        expected = full_logits(model, chat, picture, PROMPTS[i], answers[i])
        torch.testing.assert_close(logits[turns == i], expected, atol=1e-4, rtol=0)


@torch.no_grad()
def test_text_alone_needs_no_picture(loaded, chat):
    prompts, answers = chat.prompt_ids(PROMPTS[:1], has_image=False), chat.answer_ids(ANSWERS[:1])
    rows = [factor_prefix(prompts, answers)]
    logits, _, _ = answer_logits(loaded.model, rows, chat.tokenizer.pad_token_id, None)
    ids = torch.tensor([prompts[0] + answers[0]])
    expected = loaded.model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    torch.testing.assert_close(logits, expected[0, -len(answers[0]) - 1 : -1], atol=1e-4, rtol=0)


@torch.no_grad()
def test_exact_answers_are_those_that_greedy_decoding_writes(loaded, chat, pictures):
    model, pad = loaded.model, chat.tokenizer.pad_token_id
    encoded = chat.processor(
        text=[chat.prompt_text(PROMPTS[0])],
        images=[[pictures[0]]],
        add_special_tokens=False,
        return_tensors="pt",
    )
    written = model.generate(**encoded, do_sample=False, max_new_tokens=12)
    greedy = written[0, encoded["input_ids"].shape[1] :].tolist()
    prompt = chat.prompt_ids(PROMPTS[:1])[0]
    other = [*greedy[:-1], (greedy[-1] + 1) % len(chat.tokenizer)]
    turns = [Turn(prompt[-1:], answer) for answer in (greedy, other, greedy[:3], other[1:])]
    features = image_features(model, encode_images(chat.processor, pictures[:1]))
    result = answer_logits(model, [(prompt[:-1], turns)], pad, features)
    assert exact_answers(*result).tolist() == [True, False, True, False]


def test_exact_answers_need_every_token():
    logits = torch.eye(4)[[0, 1, 2, 3]]
    labels = torch.tensor([0, 1, 2, 0])
    turns = torch.tensor([0, 1, 1, 2])
    assert exact_answers(logits, labels, turns).tolist() == [True, True, False]
