"""Strangers' bundles: hostile ones are refused without a trace, good ones are taken as they are."""

import json
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scene_renderer.errors import CheckpointError
from tests.vlm.hostile_archives import ARCHIVES
from tests.vlm.hostile_files import ADAPTERS, MODELS, joined, split
from vlm.archive import pack, unpack
from vlm.bundle import ADAPTER_FILES, MODEL_FILES, open_bundle, read_bundle
from vlm.bundle_model import model_shapes
from vlm.config import CHECKPOINTS
from vlm.weights import folder_shapes

Files = dict[str, bytes]
SHIPPED, BASE = CHECKPOINTS / "tiny-tuned", CHECKPOINTS / "tiny-base"
HOSTILE = {
    **{f"zip: {case}": made for case, made in ARCHIVES.items()},
    **{f"adapter: {case}": made for case, made in ADAPTERS.items()},
    **{f"model: {case}": made for case, made in MODELS.items()},
}
FORBIDDEN = re.compile(r"socket|subprocess|os\.(system|exec|fork|spawn|link|symlink|rename)|pickle")


@pytest.fixture(scope="session")
def adapter_files() -> Files:
    """The files of the shipped adapter."""
    return {name: (SHIPPED / name).read_bytes() for name in (*ADAPTER_FILES, "README.md")}


@pytest.fixture(scope="session")
def model_files() -> Files:
    """The files of the embedded base."""
    return {name: (BASE / name).read_bytes() for name in MODEL_FILES}


class Witness:
    """Notes what Python reports of itself: files opened for writing, processes, sockets, pickles.

    A hook for that stays for ever; it looks on only while `seen` is a list.
    """

    seen: list[str] | None = None

    @classmethod
    def look(cls, event: str, arguments: tuple[Any, ...]) -> None:
        if cls.seen is None:
            return
        if event == "open":
            mode = arguments[1] or ""
            if set(mode) & set("wax+"):
                cls.seen.append(f"writes {arguments[0]}")
        elif FORBIDDEN.match(event) or (event == "import" and "evil" in str(arguments[0])):
            cls.seen.append(event)


@pytest.fixture(scope="session", autouse=True)
def witness() -> None:
    """Sets the hook once."""
    sys.addaudithook(Witness.look)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in, watched; its `temporary` is where temporary folders are made."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def refuse(*unused: Any, **kwargs: Any) -> None:
        raise AssertionError("a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    yield tmp_path
    Witness.seen = None


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def make(case: str, adapter_files: Files, model_files: Files) -> bytes:
    """Makes a hostile bundle."""
    change = HOSTILE[case][0]
    if case.startswith("zip: "):
        return change(adapter_files)
    return pack(change(model_files if case.startswith("model: ") else adapter_files))


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_bundle_is_refused_in_one_sentence_and_leaves_no_trace(
    case: str, place: Path, adapter_files: Files, model_files: Files
) -> None:
    path = place / "bundle.zip"
    path.write_bytes(make(case, adapter_files, model_files))
    before, loaded = tree(place), set(sys.modules)
    Witness.seen = []
    with pytest.raises(CheckpointError) as caught, open_bundle(path):
        pytest.fail("it was accepted")
    said, Witness.seen = Witness.seen, None
    assert said == []
    assert tree(place) == before
    new = {module.partition(".")[0] for module in set(sys.modules) - loaded}
    assert not {name for name in new if "evil" in name or name in ("sitecustomize", "modeling")}
    message = str(caught.value)
    assert message.startswith(f"Bundle '{path}' is refused: ")
    assert re.search(HOSTILE[case][1], message), message
    assert message.isprintable() and message.isascii()
    assert len(message) < 600
    assert message.endswith(".")


def test_there_are_many_hostile_bundles() -> None:
    assert len(HOSTILE) >= 200


def test_a_good_adapter_is_unpacked_as_it_is_and_its_folder_goes_away(
    place: Path, adapter_files: Files
) -> None:
    path = place / "good.zip"
    path.write_bytes(pack(adapter_files))
    with open_bundle(path) as (folder, bundle):
        assert folder.parent == place / "temporary"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert tree(folder) == sorted(ADAPTER_FILES)
        weights = "adapter_model.safetensors"
        assert (folder / weights).read_bytes() == adapter_files[weights] == bundle.weights
        theirs = json.loads(adapter_files["adapter_config.json"])
        ours = json.loads((folder / "adapter_config.json").read_text())
        assert {key: theirs[key] for key in ours} == ours | {
            "target_modules": theirs["target_modules"]
        }
        assert set(ours["target_modules"]) == set(theirs["target_modules"])
        assert (bundle.base, bundle.parameters) == (
            "tiny", json.loads(adapter_files["tablehand.json"])["facts"]["parameters"]
        )  # fmt: skip
    assert tree(place) == ["good.zip", "temporary", "work"]


def test_a_blind_twin_can_be_bundled(place: Path, adapter_files: Files) -> None:
    told = json.loads(adapter_files["tablehand.json"]) | {"blind": True}
    path = place / "blind.zip"
    path.write_bytes(pack(adapter_files | {"tablehand.json": json.dumps(told).encode()}))
    with open_bundle(path) as (folder, _):
        assert json.loads((folder / "tablehand.json").read_text())["blind"] is True


def test_a_temporary_folder_goes_away_after_an_error(place: Path, adapter_files: Files) -> None:
    path = place / "good.zip"
    path.write_bytes(pack(adapter_files))
    with pytest.raises(KeyboardInterrupt), open_bundle(path):
        raise KeyboardInterrupt
    assert tree(place / "temporary") == []


def test_a_good_model_passes_with_the_files_that_are_ours(model_files: Files, place: Path) -> None:
    path = place / "good.zip"
    path.write_bytes(pack(model_files))
    bundle = read_bundle(path)
    assert set(bundle.files) == {*MODEL_FILES, "generation_config.json"}
    assert bundle.base is None
    for name in MODEL_FILES:
        if name.endswith(".json"):
            assert json.loads(bundle.files[name]) == json.loads(model_files[name])
        else:
            assert bundle.files[name] == model_files[name]


def test_the_shapes_of_a_model_are_those_that_the_library_makes(tiny_base: Path) -> None:
    config = json.loads((tiny_base / "config.json").read_text())
    assert model_shapes(config) == folder_shapes(tiny_base)


def test_weights_of_16_bits_pass(place: Path, adapter_files: Files) -> None:
    head, _ = split(adapter_files["adapter_model.safetensors"])
    metadata, at = head.pop("__metadata__"), 0
    for entry in head.values():
        size = 2 * entry["shape"][0] * entry["shape"][1]
        entry |= {"dtype": "BF16", "data_offsets": [at, at + size]}
        at += size
    weights = joined({"__metadata__": metadata, **head}, b"\x80\x3f" * (at // 2))  # ones
    path = place / "half.zip"
    path.write_bytes(pack({**adapter_files, "adapter_model.safetensors": weights}))
    assert read_bundle(path).weights == weights


def test_packing_and_unpacking_are_inverse() -> None:
    files = {"a": b"", "b": b"content", "c": bytes(range(256))}
    assert unpack(pack(files), files) == files
    assert pack(files) == pack(dict(files))


def test_every_flipped_byte_of_a_small_zip_is_found() -> None:
    files = {"a": b"x", "b": b"yz"}
    data = pack(files)
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 0x01
        with pytest.raises(CheckpointError):
            unpack(bytes(broken), files)


def test_a_bundle_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="Cannot read"):
        read_bundle(tmp_path)
