"""Other libraries open our exports. Those that are not installed are skipped; docs/formats.md
tells which versions opened them."""

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from qa_generator.export import export_pairs

DEMO = Path(__file__).parents[2] / "data" / "demo"
ROWS = 6

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one export of each format that needs no encoder."""
    folder = tmp_path_factory.mktemp("exports")
    for form in ("messages", "sharegpt", "context_qa"):
        export_pairs(form, DEMO, ["train"], folder / form, limit=ROWS)
    return folder


def load(folder: Path, cache: Path, streaming: bool = False) -> Any:
    from datasets import load_dataset

    return load_dataset(str(folder), split="train", cache_dir=str(cache), streaming=streaming)


def is_in(row: dict[str, Any], text: str) -> bool:
    return all(turn["text"].removeprefix("<image>") in text for turn in row["messages"])


@pytest.mark.slow
@pytest.mark.parametrize("streaming", [False, True])
def test_trl_trains_a_step_on_messages(exports, tiny_base, tmp_path, streaming):
    trl = pytest.importorskip("trl")
    from vlm.model import load_model

    loaded = load_model(str(tiny_base), "cpu")
    settings = trl.SFTConfig(
        output_dir=str(tmp_path / "run"),
        max_steps=1,
        per_device_train_batch_size=2,
        max_length=None,
        bf16=False,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
    )
    rows = load(exports / "messages", tmp_path / "cache", streaming)
    trainer = trl.SFTTrainer(
        model=loaded.model,
        args=settings,
        train_dataset=rows,
        processing_class=loaded.processor,
    )
    batch = next(iter(trainer.get_train_dataloader()))
    text = loaded.processor.tokenizer.decode(batch["input_ids"][0])
    assert batch["pixel_values"].shape[0] == 2
    assert any(
        all(turn["text"].removeprefix("<image>") in text for turn in row["messages"])
        for row in rows
    )
    assert text.index("<image>") < text.index("gripper:")
    assert trainer.train().training_loss > 0


@pytest.mark.parametrize("form", ["messages", "sharegpt"])
def test_llama_factory_finds_turns_and_pictures(exports, form, tmp_path, monkeypatch):
    pytest.importorskip("llamafactory.data", exc_type=ImportError)
    loader = importlib.import_module("llamafactory.data.loader")
    parser = importlib.import_module("llamafactory.data.parser")
    plugin = importlib.import_module("llamafactory.data.mm_plugin")
    folder = str(exports / form)
    (entry,) = parser.get_dataset_list(["tablehand_train"], folder)
    model = SimpleNamespace(cache_dir=str(tmp_path), hf_hub_token=None)
    told = SimpleNamespace(
        dataset_dir=folder,
        media_dir=folder,
        streaming=False,
        max_samples=None,
        preprocessing_num_workers=None,
        overwrite_cache=True,
    )
    rows = loader._load_single_dataset(entry, model, told, SimpleNamespace(local_process_index=0))
    reader = plugin.get_mm_plugin("llava", image_token="<image>")
    assert len(rows) == ROWS
    for row in rows:
        reader._validate_messages(row["_prompt"] + row["_response"], row["_images"], [], [])
        opened = reader._regularize_images(
            row["_images"], image_max_pixels=10**6, image_min_pixels=32
        )
        assert opened["images"][0].size == (128, 128)


def test_axolotl_puts_the_picture_into_its_place(exports, loaded, tmp_path):
    strategies = pytest.importorskip("axolotl.processing_strategies", exc_type=ImportError)
    row = next(iter(load(exports / "messages", tmp_path)))
    (example,) = strategies.ProcessingStrategy(loaded.processor)([row])
    picture, text = example["messages"][0]["content"]
    assert picture["image"].size == (128, 128)
    assert text["text"] == row["messages"][0]["content"][1]["text"]


def test_axolotl_trains_on_the_answer_of_context_qa(exports, loaded, tmp_path):
    strategy = pytest.importorskip("axolotl.prompt_strategies.context_qa", exc_type=ImportError)
    tokenizer = loaded.processor.tokenizer
    settings = SimpleNamespace(train_on_inputs=False, sequence_len=512)
    row = next(iter(load(exports / "context_qa", tmp_path)))
    tokens = strategy.load_v2(tokenizer, settings).tokenize_prompt(row)
    learnt = tokenizer.decode([token for token in tokens["labels"] if token != -100])
    assert row["answer"] in learnt
    assert row["question"] not in learnt


def test_lerobot_opens_an_episode(tmp_path):
    datasets = pytest.importorskip("lerobot.datasets.lerobot_dataset", exc_type=ImportError)
    pytest.importorskip("imageio_ffmpeg")
    export_pairs("lerobot", DEMO, ["train"], tmp_path / "out", limit=1)
    found = datasets.LeRobotDataset(
        "tablehand/demo", root=tmp_path / "out", video_backend="pyav", delta_timestamps=None
    )
    for index in (0, len(found) - 1):
        frame = found[index]
        assert frame["observation.images.front"].shape == (3, 128, 128)
        assert frame["action"].shape == frame["observation.state"].shape == (8,)
