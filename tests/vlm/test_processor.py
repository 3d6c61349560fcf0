import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vlm.processor import ChatTokenizer, image_size, load_processor
from vlm.tiny import END, IMAGE, IMAGE_SIZE_PX, IMAGE_TOKENS

PROMPT = "gripper: 320, 0, 420\nred cube: 412, -127, 25\nlift the red cube"
PLAN = "pick(412, -127, 25)\nmove_to(412, -127, 175)"


def draw(width: int, height: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def process(chat: ChatTokenizer, text: str, picture: np.ndarray[Any, Any] | None) -> Any:
    images = {} if picture is None else {"images": [[picture]]}
    return chat.processor(text=[text], **images, add_special_tokens=False, return_tensors="np")


@pytest.mark.parametrize("text", [PROMPT, "what is at 412, -127?", "Käse ☕", ""])
def test_prompt_ids_equal_those_of_the_whole_processor(chat, text):
    encoded = process(chat, chat.prompt_text(text), draw(IMAGE_SIZE_PX, IMAGE_SIZE_PX))
    assert chat.prompt_ids([text]) == [encoded["input_ids"][0].tolist()]


def test_prompt_ids_without_a_picture_equal_those_of_the_whole_processor(chat):
    encoded = process(chat, chat.prompt_text(PROMPT, has_image=False), None)
    assert chat.prompt_ids([PROMPT], has_image=False) == [encoded["input_ids"][0].tolist()]
    image = chat.tokenizer.convert_tokens_to_ids(IMAGE)
    assert image not in chat.prompt_ids([PROMPT], has_image=False)[0]


def test_the_chat_is_worded_as_smolvlm_words_it(chat):
    text = chat.prompt_text("lift it")
    assert text == "<|im_start|>User:<image>lift it<end_of_utterance>\nAssistant:"


def test_an_answer_ends_with_the_end_token(chat):
    for answer, ids in zip([PLAN, "4"], chat.answer_ids([PLAN, "4"]), strict=True):
        assert chat.tokenizer.decode(ids) == f" {answer}{END}"
        assert ids.count(chat.tokenizer.eos_token_id) == 1
        assert ids[-1] == chat.tokenizer.eos_token_id


def test_prompt_and_answer_together_are_the_conversation(chat):
    messages = [
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": PROMPT}]},
        {"role": "assistant", "content": [{"type": "text", "text": PLAN}]},
    ]
    text = chat.processor.apply_chat_template(messages, tokenize=False).rstrip("\n")
    encoded = process(chat, text, draw(IMAGE_SIZE_PX, IMAGE_SIZE_PX))
    joined = chat.prompt_ids([PROMPT])[0] + chat.answer_ids([PLAN])[0]
    assert chat.tokenizer.decode(joined) == chat.tokenizer.decode(encoded["input_ids"][0])


def test_control_words_in_an_instruction_are_mere_text(chat):
    ids = chat.prompt_ids([f"lift {IMAGE} the {END} cube"])[0]
    plain = chat.prompt_ids(["lift the cube"])[0]
    for token in (IMAGE, END):
        number = chat.tokenizer.convert_tokens_to_ids(token)
        assert ids.count(number) == plain.count(number)


def test_a_picture_of_another_shape_takes_as_many_tokens(chat):
    encoded = process(chat, chat.prompt_text(PROMPT), draw(200, 90))
    image = chat.tokenizer.convert_tokens_to_ids(IMAGE)
    assert encoded["pixel_values"].shape == (1, 1, 3, IMAGE_SIZE_PX, IMAGE_SIZE_PX)
    assert encoded["input_ids"][0].tolist().count(image) == IMAGE_TOKENS
    assert encoded["input_ids"][0].tolist() == chat.prompt_ids([PROMPT])[0]


def test_a_picture_of_the_models_own_size_is_used_as_it_is(chat):
    picture = draw(IMAGE_SIZE_PX, IMAGE_SIZE_PX)
    pixels = process(chat, chat.prompt_text(PROMPT), picture)["pixel_values"][0, 0]
    np.testing.assert_allclose(pixels.transpose(1, 2, 0), picture / 127.5 - 1, atol=1e-5)


@pytest.fixture(params=["Idefics3", "SmolVLM"])
def published(tiny_base: Path, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A folder laid out like SmolVLM's and SmolVLM2's: pictures enlarged, then cut into tiles."""
    folder = tmp_path / "published"
    shutil.copytree(tiny_base, folder)
    path = folder / "processor_config.json"
    images = json.loads(path.read_text())["image_processor"] | {
        "image_processor_type": f"{request.param}ImageProcessor",
        "do_image_splitting": True,
        "size": {"longest_edge": 4 * IMAGE_SIZE_PX},
        "video_sampling": {"fps": 1, "max_frames": 64, "video_size": {"longest_edge": 128}},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(images))
    processor = {"processor_class": f"{request.param}Processor", "image_seq_len": IMAGE_TOKENS}
    path.write_text(json.dumps(processor))
    return str(folder)


def test_a_published_layout_loads_without_torchvision_and_without_tiles(published, chat):
    processor = load_processor(published)
    assert image_size(processor) == IMAGE_SIZE_PX
    picture = draw(IMAGE_SIZE_PX, IMAGE_SIZE_PX)
    ours, expected = (
        p(text=[chat.prompt_text(PROMPT)], images=[[picture]], return_tensors="np")
        for p in (processor, chat.processor)
    )
    np.testing.assert_array_equal(ours["pixel_values"], expected["pixel_values"])
    np.testing.assert_array_equal(ours["input_ids"], expected["input_ids"])
