import json
import shutil
import zipfile
from pathlib import Path

import pytest

from finetune import bundle as writing
from finetune.__main__ import main
from finetune.bundle import write_bundle
from scene_renderer.errors import CheckpointError, OutputError
from vlm.bundle import ADAPTER_FILES, MODEL_FILES, read_bundle
from vlm.config import BASE_MODELS, CHECKPOINTS

SHIPPED = CHECKPOINTS / "tiny-tuned"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A copy of the shipped adapter."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in (*ADAPTER_FILES, "README.md", "report.json"):
        shutil.copy(SHIPPED / name, folder)
    return folder


def edit(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_an_adapter_is_four_files_in_the_same_bytes_whenever_it_is_packed(
    mine: Path, tmp_path: Path
) -> None:
    written = write_bundle(str(mine), tmp_path / "a.zip")
    for path in mine.iterdir():
        path.touch()
    write_bundle(str(mine), tmp_path / "b.zip")
    data = (tmp_path / "a.zip").read_bytes()
    assert data == (tmp_path / "b.zip").read_bytes()
    assert written.size == len(data)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [*ADAPTER_FILES, "README.md"]
        for name in ("adapter_model.safetensors", "README.md"):
            assert archive.read(name) == (mine / name).read_bytes()
    assert read_bundle(tmp_path / "a.zip").base == "tiny"


def test_a_base_that_was_named_by_its_path_gets_its_short_name(mine: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(BASE_MODELS["tiny"], moved)
    for given in (BASE_MODELS["tiny"], str(moved)):
        edit(mine / "tablehand.json", base=given)
        edit(mine / "adapter_config.json", base_model_name_or_path=given)
        write_bundle(str(mine), tmp_path / "a.zip")
        assert read_bundle(tmp_path / "a.zip").base == "tiny"
        with zipfile.ZipFile(tmp_path / "a.zip") as archive:
            assert given.encode() not in archive.read("adapter_config.json")


def test_a_base_that_nobody_else_has_is_told(mine: Path, tmp_path: Path) -> None:
    edit(mine / "tablehand.json", base="/my/base", base_sha256="0" * 64)
    with pytest.raises(CheckpointError, match="from '/my/base', which nobody else has"):
        write_bundle(str(mine), tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_what_is_too_large_is_named(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MAX_BYTES", 1_000_000)
    with pytest.raises(CheckpointError) as caught:
        write_bundle(str(mine), tmp_path / "a.zip")
    assert "1.3 MB of at most 1, of which 'adapter_model.safetensors' takes" in str(caught.value)
    assert not (tmp_path / "a.zip").exists()


def test_what_a_grader_would_refuse_is_not_written(mine: Path, tmp_path: Path) -> None:
    edit(mine / "adapter_config.json", use_dora=True)
    with pytest.raises(CheckpointError, match=r"cannot be bundled: .* turns on 'use_dora'"):
        write_bundle(str(mine), tmp_path / "a.zip")
    (mine / "adapter_model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"cannot be bundled: it lacks 'adapter_model"):
        write_bundle(str(mine), tmp_path / "a.zip")
    (mine / "adapter_config.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"adapter_config.json' is broken"):
        write_bundle(str(mine), tmp_path / "a.zip")


def test_a_whole_model_is_packed_without_what_a_bundle_does_not_hold(tmp_path: Path) -> None:
    written = write_bundle("tiny", tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == [*MODEL_FILES, "README.md"]
    assert written.bundle.base is None
    assert 5e6 < written.bundle.parameters < 7e6


def test_the_command_writes_beside_you_and_keeps_what_is_there(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["bundle", "mine", "--json"])
    captured = capsys.readouterr()
    facts = json.loads(captured.out)
    assert (facts["bundle"], facts["base"]) == ("mine.zip", "tiny")
    assert facts["bytes"] == (tmp_path / "mine.zip").stat().st_size
    assert "Next: python -m grader checkpoint mine.zip" in captured.err
    with pytest.raises(OutputError, match=r"exists already\. Give --overwrite to replace it"):
        main(["bundle", "mine"])
    main(["bundle", "mine", "--overwrite"])
    assert "mine.zip: 1.3 MB, an adapter of tiny" in capsys.readouterr().out
