import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qa_generator.__main__ import main
from qa_generator.dataset import pairs_folder, read_pairs, write_pairs
from qa_generator.export import export_pairs
from qa_generator.pairs import Recipe
from qa_generator.qa_pairs import read_qa_pairs
from scene_renderer.errors import DatasetError
from scene_renderer.scene import Scene


@pytest.fixture
def data(scene: Scene, tmp_path: Path) -> Path:
    """A data folder with the pairs of two scenes in each of two splits."""
    for split in ("train", "valid"):
        scenes = [(replace(scene, id=f"{split}-0-{i}"), f"{split} {i}".encode()) for i in range(2)]
        write_pairs(pairs_folder(tmp_path, split), split, scenes, Recipe(per_scene=2, questions=2))
    return tmp_path


def write(folder: Path, rows: Any) -> Path:
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "a.png").write_bytes(b"picture")
    text = rows if isinstance(rows, str) else json.dumps(rows)
    (folder / "train" / "a_qa_pairs.json").write_text(text)
    return folder


def test_what_is_exported_is_read_back(data, tmp_path):
    export_pairs("qa_pairs", data, ["train", "valid"], tmp_path / "out")
    for split in ("train", "valid"):
        read = list(read_qa_pairs(tmp_path / "out", split))
        expected = list(read_pairs(pairs_folder(data, split)))
        assert [(r.question, r.answer) for r in read] == [(p.prompt, p.answer) for p in expected]
        assert [r.image_file.read_bytes() for r in read] == [p.png for p in expected]
    assert len(list(read_qa_pairs(tmp_path / "out"))) == 2 * len(read)


def test_each_scene_has_one_file_beside_its_picture(data, tmp_path):
    export_pairs("qa_pairs", data, ["train"], tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out" / "train").iterdir())
    assert names == [f"train-0-{i}{end}" for i in range(2) for end in (".png", "_qa_pairs.json")]
    rows = json.loads((tmp_path / "out" / "train" / names[1]).read_text())
    assert set(rows[0]) == {"image_file", "question", "answer"}
    assert rows[0]["image_file"] == "train/train-0-0.png"


@pytest.mark.parametrize("image_file", ["train/a.png", "a.png"])
def test_pictures_are_found_from_the_folder_or_from_the_file(image_file, tmp_path):
    row = {"image_file": image_file, "question": "q", "answer": "a", "more": 1}
    (read,) = read_qa_pairs(write(tmp_path / "d", [row]))
    assert read.image_file.read_bytes() == b"picture"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("[{", r"'.*a_qa_pairs.json' is no JSON file"),
        ({"image_file": "a.png"}, "must hold a list of objects"),
        (["a.png"], "Entry 0 of .* must be an object with the keys 'image_file', 'question'"),
        ([{"image": "a.png"}], "lacks the key 'image_file'. Did you mean 'image_file'"),
        ([{"image_file": "a.png", "question": "q"}], r"lacks the key 'answer'\.$"),
        ([{"image_file": "a.png", "question": " ", "answer": "a"}], "'question' must be a text"),
        ([{"image_file": "b.png", "question": "q", "answer": "a"}], "there is no picture 'b.png'"),
    ],
)
def test_what_is_broken_is_told_in_one_sentence(rows, message, tmp_path):
    with pytest.raises(DatasetError, match=message):
        list(read_qa_pairs(write(tmp_path / "d", rows)))


def test_a_folder_without_such_files_says_what_is_wanted(tmp_path):
    with pytest.raises(DatasetError, match=r"no 'valid/\*_qa_pairs.json' in .*export --format"):
        list(read_qa_pairs(tmp_path, "valid"))


def test_import_checks_and_counts(data, tmp_path, capsys):
    export_pairs("qa_pairs", data, ["train", "valid"], tmp_path / "out")
    main(["import", "--data", str(tmp_path / "out")])
    assert "questions about 4 pictures" in capsys.readouterr().out
    main(["import", "--data", str(tmp_path / "out"), "--split", "valid", "--json"])
    assert json.loads(capsys.readouterr().out)["pictures"] == 2
