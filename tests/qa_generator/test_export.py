import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from qa_generator import export_verbs
from qa_generator.__main__ import main
from qa_generator.chat_exports import LLAMA_FACTORY, ROWS_PER_FILE, Messages
from qa_generator.dataset import pairs_folder, read_pairs, write_pairs
from qa_generator.export import EXPORTERS, export_pairs
from qa_generator.pairs import Pair, Recipe
from scene_renderer.errors import DatasetError, OutputError, UsageError
from scene_renderer.scene import Scene

TEXT_FORMATS = [name for name in EXPORTERS if name != "lerobot"]
SPLITS = ["train", "valid"]


def build_png(level: int) -> bytes:
    noise = np.random.default_rng(level).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "png")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def data(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with pairs of three training scenes and one of `valid`."""
    folder = tmp_path_factory.mktemp("data")
    recipe = Recipe(per_scene=2, questions=1)
    for split, count in (("train", 3), ("valid", 1)):
        scenes = [(replace(scene, id=f"{split}-0-{i}"), build_png(i)) for i in range(count)]
        write_pairs(pairs_folder(folder, split), split, scenes, recipe)
    return folder


def pairs_of(data: Path, split: str) -> list[Pair]:
    return list(read_pairs(pairs_folder(data, split)))


def rows_of(folder: Path, split: str, cache: Path, **options: Any) -> list[dict[str, Any]]:
    """Opens an export as its users do: the folder alone, through its card."""
    from datasets import load_dataset

    return list(load_dataset(str(folder), split=split, cache_dir=str(cache), **options))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_command_knows_every_format():
    assert tuple(EXPORTERS) == export_verbs.FORMATS


def test_the_page_on_formats_knows_every_format():
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    assert all(f"| `{name}` |" in page for name in EXPORTERS)


@pytest.mark.parametrize("form", TEXT_FORMATS)
def test_datasets_streams_every_split_of_an_export(form, data, tmp_path):
    manifest = export_pairs(form, data, SPLITS, tmp_path / "out")
    for split in SPLITS:
        rows = rows_of(tmp_path / "out", split, tmp_path / "cache", streaming=True)
        assert len(rows) == manifest["splits"][split]["rows"] > 0
        assert rows == rows_of(tmp_path / "out", split, tmp_path / "cache")


@pytest.mark.parametrize("form", TEXT_FORMATS)
def test_the_same_pairs_give_the_same_bytes(form, data, tmp_path):
    for name in ("a", "b"):
        export_pairs(form, data, SPLITS, tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_pairs_themselves_can_be_streamed_through_their_card(data, tmp_path):
    folder = tmp_path / "data"
    folder.symlink_to(data)
    main(["card", "--data", str(folder), "--overwrite"])
    rows = rows_of(folder, "train", tmp_path / "cache", streaming=True)
    (data / "README.md").unlink()
    assert [row["id"] for row in rows] == [pair.id for pair in pairs_of(data, "train")]
    assert rows[0]["images"][0].size == (48, 48)


def test_messages_hold_picture_prompt_and_answer(data, tmp_path):
    export_pairs("messages", data, ["train"], tmp_path / "out")
    row, pair = (
        rows_of(tmp_path / "out", "train", tmp_path / "cache")[0],
        pairs_of(data, "train")[0],
    )
    asked, told = row["messages"]
    assert [part["type"] for part in asked["content"]] == ["image", "text"]
    assert asked["content"][1]["text"] == pair.prompt
    assert asked["text"] == "<image>" + pair.prompt
    assert told["content"] == [{"type": "text", "text": pair.answer}]
    assert np.array_equal(np.asarray(row["images"][0]), pair.image)


def test_messages_begin_another_file_after_many_rows(data, tmp_path, monkeypatch):
    monkeypatch.setattr("qa_generator.chat_exports.ROWS_PER_FILE", 8)
    monkeypatch.setattr("qa_generator.chat_exports._ROWS_PER_GROUP", 4)
    export_pairs("messages", data, ["train"], tmp_path / "out")
    pairs = pairs_of(data, "train")
    files = sorted(path.name for path in (tmp_path / "out" / "train").iterdir())
    assert files == [f"messages-{i:05d}.parquet" for i in range(-(-len(pairs) // 8))]
    rows = rows_of(tmp_path / "out", "train", tmp_path / "cache")
    assert [row["id"] for row in rows] == [pair.id for pair in pairs]
    assert ROWS_PER_FILE > 1000


def test_sharegpt_rows_name_pictures_that_are_there(data, tmp_path):
    export_pairs("sharegpt", data, ["train"], tmp_path / "out")
    lines = (tmp_path / "out" / "train.jsonl").read_text().splitlines()
    for line, pair in zip(lines, pairs_of(data, "train"), strict=True):
        row = json.loads(line)
        (image,) = row["images"]
        assert (tmp_path / "out" / image).read_bytes() == pair.png
        assert [turn["from"] for turn in row["conversations"]] == ["human", "gpt"]
        assert row["conversations"][0]["value"].count("<image>") == 1
        assert row["conversations"][1]["value"] == pair.answer
    assert len(list((tmp_path / "out" / "images" / "train").iterdir())) == 3


def test_a_scene_with_two_pictures_keeps_both(data, tmp_path):
    exporter = EXPORTERS["sharegpt"](tmp_path)
    exporter.open("train")
    first, second = pairs_of(data, "train")[:2]
    for pair in (first, replace(second, png=build_png(99))):
        exporter.add(pair)
    exporter.close()
    rows = map(json.loads, (tmp_path / "train.jsonl").read_text().splitlines())
    assert [(tmp_path / row["images"][0]).read_bytes() for row in rows] == [
        first.png,
        build_png(99),
    ]


def test_context_qa_holds_what_the_text_alone_answers(data, tmp_path):
    manifest = export_pairs("context_qa", data, ["train"], tmp_path / "out")
    named = [pair for pair in pairs_of(data, "train") if pair.context == "named"]
    rows = rows_of(tmp_path / "out", "train", tmp_path / "cache")
    for row, pair in zip(rows, named, strict=True):
        assert row["context"] + "\n" + row["question"] == pair.prompt
        assert (row["question"], row["answer"]) == (pair.instruction, pair.answer)
    assert sum(manifest["splits"]["train"]["left_out"].values()) == 2 * len(named)


@pytest.mark.parametrize("form", ["messages", "sharegpt"])
def test_llama_factory_is_told_where_each_split_is(form, data, tmp_path):
    export_pairs(form, data, SPLITS, tmp_path / "out")
    entries = json.loads((tmp_path / "out" / LLAMA_FACTORY).read_text())
    assert list(entries) == ["tablehand_train", "tablehand_valid"]
    for entry in entries.values():
        assert (tmp_path / "out" / entry["file_name"]).exists()
        assert entry["formatting"] == "sharegpt"


def test_the_manifest_tells_counts_and_files(data, tmp_path):
    manifest = export_pairs("messages", data, SPLITS, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == json.loads(
        json.dumps(manifest)
    )
    train = manifest["splits"]["train"]
    assert train["rows"] == train["pairs"] == len(pairs_of(data, "train"))
    assert sum(sum(found.values()) for found in train["counts"].values()) == train["rows"]
    assert {file["name"] for file in manifest["files"]} >= {"README.md", LLAMA_FACTORY}


def test_a_limit_counts_rows_of_each_split(data, tmp_path):
    manifest = export_pairs("context_qa", data, SPLITS, tmp_path / "out", limit=2)
    assert [split["rows"] for split in manifest["splits"].values()] == [2, 2]


def test_what_is_there_is_kept_unless_it_is_to_be_replaced(data, tmp_path):
    arguments = ["export", "--format", "messages", "--data", str(data), "--quiet"]
    arguments += ["--output", str(tmp_path / "out")]
    main(arguments)
    with pytest.raises(OutputError, match="exists already"):
        main(arguments)
    main([*arguments, "--overwrite", "--limit", "1"])
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["limit"] == 1


def test_an_export_is_there_whole_or_not_at_all(data, tmp_path, monkeypatch):
    def stop(self: Messages) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Messages, "close", stop)
        with pytest.raises(KeyboardInterrupt):
            export_pairs("messages", data, ["train"], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".out.tmp" / "train").mkdir(parents=True)  # what a killed one leaves
    export_pairs("messages", data, ["train"], tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_never_replaces_its_pairs(data):
    for output in (data, pairs_folder(data, "train")):
        with pytest.raises(OutputError, match="holds the pairs themselves"):
            export_pairs("messages", data, ["train"], output, overwrite=True)
    assert pairs_of(data, "train")


def test_pairs_that_are_not_complete_say_how_to_go_on(data, tmp_path):
    with pytest.raises(DatasetError, match=r"are not there\. .*--split test$"):
        export_pairs("messages", data, ["test"], tmp_path / "out")
    shard = next(pairs_folder(data, "valid").glob("*.parquet"))
    folder = pairs_folder(tmp_path / "part", "valid")
    folder.mkdir(parents=True)
    (folder / shard.name).write_bytes(shard.read_bytes())
    with pytest.raises(DatasetError, match=r"are not complete\. .*--resume$"):
        export_pairs("messages", tmp_path / "part", ["valid"], tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "--format", "mesages", "--output", "x"], "Unknown format 'mesages'. Did you"),
        (["export", "--format", "messages"], "--output"),
        (["export", "--format", "messages", "--output", "x", "--limit", "0"], "at least 1"),
        (["export", "--format", "messages", "--output", "x", "--split", "a"], "Unknown split 'a'"),
        (["card", "--split", "train"], "--split"),
    ],
)
def test_wrong_usage_is_told_in_one_sentence(arguments, message):
    with pytest.raises(UsageError, match=message.replace(".", r"\.")):
        main(arguments)


def test_the_command_prints_one_document_or_one_line(data, tmp_path, capsys):
    arguments = ["export", "--format", "context_qa", "--data", str(data), "--quiet"]
    main([*arguments, "--output", str(tmp_path / "a"), "--json"])
    assert json.loads(capsys.readouterr().out)["format"] == "context_qa"
    main([*arguments, "--output", str(tmp_path / "b"), "--split", "train", "valid"])
    told = capsys.readouterr()
    assert told.out == f"12 rows in {tmp_path / 'b'}\n"
    assert "24 pairs were left out" in told.err
