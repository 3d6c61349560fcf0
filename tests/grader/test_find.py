import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from finetune.bundle import write_bundle
from grader.__main__ import main
from grader.find import check_checkpoint, hash_checkpoint, load_subject
from grader.limits import LimitedPolicy
from grader.rivals import find_rivals
from qa_generator.prompt import Observation
from scene_renderer.errors import CheckpointError
from vlm.archive import pack

ROOT = Path(__file__).parents[2]
QUESTIONS = (
    [Observation(np.full((128, 128, 3), 90, np.uint8), (0.32, 0.0, 0.42))] * 2,
    ["lift the red cube", "move the blue mug to the left"],
)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bundles of the shipped adapter and of the embedded base."""
    folder = tmp_path_factory.mktemp("bundles")
    for name in ("tiny", "tiny-tuned"):
        write_bundle(name, folder / f"{name}.zip")
    return folder


@pytest.mark.parametrize(("name", "base"), [("tiny", None), ("tiny-tuned", "tiny")])
def test_a_bundle_answers_like_its_folder_after_its_own_folder_is_gone(
    bundles: Path, name: str, base: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = str(bundles / f"{name}.zip")
    subject = load_subject(path, "cpu")
    assert not list(tmp_path.glob("tablehand-*"))
    assert isinstance(subject, LimitedPolicy)
    assert subject.name == subject.describe()["source"] == path
    assert subject.describe()["base"] == (base or path)
    rivals = find_rivals(subject, None, "cpu")
    assert {role: rival.source for role, rival in rivals.items()} == (
        {"untuned_base": base} if base else {}
    )
    expected = load_subject(name, "cpu")
    answers, others = (policy.answer(*QUESTIONS) for policy in (subject, expected))
    assert [(a.text, a.tokens) for a in answers] == [(a.text, a.tokens) for a in others]
    assert hash_checkpoint(path) == hash_checkpoint(name)


def test_what_is_no_bundle_is_told_before_anything_is_written(tmp_path: Path) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"\x80\x04 a pickle")
    for arguments in ([str(weights)], ["checkpoint", str(weights)]):
        with pytest.raises(CheckpointError, match="is refused: it does not begin like a zip file"):
            main([*arguments, "--output", str(tmp_path / "r")])
    assert not (tmp_path / "r").exists()
    with pytest.raises(CheckpointError, match="There is no folder"):
        check_checkpoint(str(tmp_path / "gone.zip"))


def test_the_command_refuses_a_hostile_bundle_in_one_sentence(
    bundles: Path, tmp_path: Path
) -> None:
    for folder in ("temporary", "work"):
        (tmp_path / folder).mkdir()
    bundle = tmp_path / "work" / "evil.zip"
    bundle.write_bytes(pack({"../evil.py": b"raise SystemExit(7)"}))
    done = subprocess.run(
        [sys.executable, "-m", "grader", "evil.zip"],
        cwd=tmp_path / "work",
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "temporary")},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: Bundle 'evil.zip' is refused: it holds '../evil.py', which is no file of a bundle; "
        "bundles are made by 'python -m finetune bundle'.\n"
    )
    found = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    assert [str(path) for path in found] == ["temporary", "work", "work/evil.zip"]


def test_the_command_grades_a_bundle(
    bundles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    few = ["--count", "1", "--contexts", "named", "--workers", "1", "--no-controls", "--suites"]
    main(
        [str(bundles / "tiny-tuned.zip"), *few, "none", "--quiet", "--output", str(tmp_path / "r")]
    )
    answers = (tmp_path / "r" / "answers.jsonl").read_text().splitlines()
    assert len(answers) == 2, "the model's and the oracle's"
    assert not list(tmp_path.glob("tablehand-*"))
