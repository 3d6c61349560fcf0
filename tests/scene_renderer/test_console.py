import sys

import pytest

from scene_renderer.console import claim_output, file_name, read_text, run
from scene_renderer.errors import DatasetError, OutputError


def stop(arguments):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("words", "resumable", "said"),
    [
        (["render", "--overwrite"], None, "finished work is kept. Go on with: {} render --resume"),
        (["render"], ("render",), "finished work is kept. Go on with: {} render --resume"),
        (["check", "a b"], ("render",), "Stopped. Start again with: {} check 'a b'"),
        ([], ("render",), "Stopped. Start again with: {}"),
    ],
)
def test_ctrl_c_says_how_to_go_on(words, resumable, said, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["scene_renderer/__main__.py", *words])
    with pytest.raises(SystemExit) as end:
        run(stop, resumable)
    assert end.value.code == 130
    command = "python -m scene_renderer"
    assert capsys.readouterr().err.strip().endswith(said.format(command))


def test_the_folder_one_is_in_is_never_deleted(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for place in (tmp_path, tmp_path / "work"):
        with pytest.raises(OutputError, match="holds this folder and is not deleted"):
            claim_output(place, overwrite=True)
    assert (tmp_path / "work").is_dir()


@pytest.mark.parametrize(
    "file",
    [
        *("scenes-00000.parquet", "pairs-00000.parquet", "manifest.json", "report.json"),
        *("tablehand.json", "pretraining.json", "training/training_state.pt", "see/metrics.jsonl"),
        *("settings.json", "answers.jsonl"),
    ],
)
def test_what_was_made_here_is_replaced(tmp_path, file):
    folder = tmp_path / "run"
    (folder / file).parent.mkdir(parents=True)
    (folder / file).write_text("")
    (folder / "other.txt").write_text("")
    claim_output(folder, overwrite=True)
    assert not folder.exists()


def test_empty_folders_and_files_are_replaced(tmp_path):
    (tmp_path / "run" / "training").mkdir(parents=True)
    (tmp_path / "check.png").write_text("")
    for place in ("run", "check.png"):
        claim_output(tmp_path / place, overwrite=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", ["thesis.txt", "run-001/training/training_state.pt"])
def test_a_folder_that_was_not_made_here_is_not_deleted(tmp_path, file):
    mine = tmp_path / "work" / file
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(OutputError, match="holds nothing that Tablehand made"):
        claim_output(tmp_path / "work", overwrite=True)
    assert mine.read_text() == "mine"


def test_a_file_is_nothing_to_go_on_with(tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(OutputError, match="is no folder"):
        claim_output(tmp_path / "run", overwrite=False, resume=True)


def test_a_name_becomes_one_of_a_file():
    assert file_name("train-0-000001") == "train-0-000001"
    assert file_name("../my scene:3") == "..-my-scene-3"


def test_a_file_that_is_no_text_is_told(tmp_path):
    (tmp_path / "scene.json").write_bytes(b"\xff")
    with pytest.raises(DatasetError, match=r"Cannot read '.*scene\.json': "):
        read_text(tmp_path / "scene.json")
