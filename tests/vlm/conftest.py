"""A model that was taught two plans by heart, and an adapter that changes nothing yet."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

from finetune.checkpoint import save_adapter
from finetune.collate import encode_images
from finetune.forward import answer_logits, image_features
from finetune.packing import factor_prefix
from finetune.train import add_lora
from qa_generator.prompt import Observation, build_prompt
from scene_renderer.renderer import Renderer
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import Scene
from vlm.model import LoadedModel, load_model
from vlm.processor import ChatTokenizer

FACTS = {
    "pairs": 6, "scenes": 1, "contexts": "image", "steps": 1, "minutes": 0.1, "trainable": 1,
    "parameters": 2, "exact": 0.5, "valid_pairs": 2,
}  # fmt: skip


@pytest.fixture(scope="session")
def scene() -> Scene:
    """What is on the table."""
    return sample_scene(0, "train", 0)


@pytest.fixture(scope="session")
def picture(scene: Scene) -> NDArray[np.uint8]:
    """Its picture."""
    image: NDArray[np.uint8] = Renderer().render(scene, 128).image
    return image


@pytest.fixture(scope="session")
def lessons(scene: Scene, picture: NDArray[np.uint8]) -> list[tuple[Observation, str, str]]:
    """What is seen, what is said, and what the robot should do: prompts of unequal length."""
    tip = scene.end_effector.position
    listed = Observation(picture, tip, (("red cube", (0.412, -0.127, 0.025)),))
    return [
        (listed, "lift the red cube", "pick(412, -127, 25)\nmove_to(412, -127, 175)"),
        (Observation(picture, tip), "lift the blue ball", "refuse(absent)"),
    ]


@pytest.fixture(scope="session")
def taught(tiny_base: Path, lessons: list[tuple[Observation, str, str]]) -> LoadedModel:
    """The tiny base after it learnt the lessons by heart."""
    loaded = load_model(str(tiny_base), "cpu")
    core, chat = loaded.model, ChatTokenizer(loaded.processor)
    rows = [
        factor_prefix(chat.prompt_ids([build_prompt(seen, said)]), chat.answer_ids([plan]))
        for seen, said, plan in lessons
    ]
    pixels = encode_images(loaded.processor, [seen.image for seen, _, _ in lessons])
    with torch.no_grad():
        features = image_features(core, pixels)
    trained = [*core.model.text_model.parameters(), *core.lm_head.parameters()]
    optimizer = torch.optim.AdamW(trained, lr=3e-3)
    for _ in range(60):
        logits, labels, _ = answer_logits(core, rows, chat.tokenizer.pad_token_id, features)
        loss = functional.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss < 0.02:
            break
    return loaded


@pytest.fixture
def adapter(tiny_base: Path, tmp_path: Path) -> Path:
    """A checkpoint folder: an untrained adapter over the tiny base."""
    folder = tmp_path / "adapter"
    tuned = add_lora(load_model(str(tiny_base), "cpu").model, rank=2, seed=0)
    save_adapter(tuned, folder, str(tiny_base), FACTS, {})
    return folder
