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
