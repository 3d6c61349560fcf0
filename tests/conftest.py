"""What the tests of models share: one tiny base, built from config with fresh weights."""

import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Shells start background jobs deaf to Ctrl-C, and so would be the commands that tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

if TYPE_CHECKING:
    from vlm.model import LoadedModel
    from vlm.processor import ChatTokenizer


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an untrained base."""
    from qa_generator.lexicon import lexicon
    from vlm.tiny import build_model, build_processor

    folder = tmp_path_factory.mktemp("models") / "tiny-base"
    processor = build_processor(lexicon())
    build_model(processor.tokenizer).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_idefics3(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an untrained Idefics3, the architecture of the first SmolVLM."""
    from transformers import AutoConfig, Idefics3Config, Idefics3ForConditionalGeneration

    folder = tmp_path_factory.mktemp("models") / "tiny-idefics3"
    shutil.copytree(tiny_base, folder)
    base = AutoConfig.from_pretrained(tiny_base)
    vision = base.vision_config.to_dict() | {"model_type": "idefics3_vision"}
    config = Idefics3Config(
        vision_config=vision,
        text_config=base.text_config,
        scale_factor=base.scale_factor,
        image_token_id=base.image_token_id,
        pad_token_id=base.text_config.pad_token_id,
        tie_word_embeddings=False,
    )
    Idefics3ForConditionalGeneration(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def loaded(tiny_base: Path) -> "LoadedModel":
    """The untrained base, loaded; nobody changes it."""
    from vlm.model import load_model

    return load_model(str(tiny_base), "cpu")


@pytest.fixture(scope="session")
def chat(loaded: "LoadedModel") -> "ChatTokenizer":
    """Its tokenizer."""
    from vlm.processor import ChatTokenizer

    return ChatTokenizer(loaded.processor)
