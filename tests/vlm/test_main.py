import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from scene_renderer.errors import (
    CheckpointError,
    DatasetError,
    SceneError,
    UsageError,
)
from vlm.__main__ import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def taught_folder(taught, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "taught"
    taught.model.save_pretrained(folder)
    taught.processor.save_pretrained(folder)
    return str(folder)


@pytest.fixture
def scene_file(scene, tmp_path):
    path = tmp_path / "scene.json"
    path.write_text(scene.to_json())
    return str(path)


@pytest.fixture
def asked(taught_folder, scene_file):
    """The words of a question to which the model knows the answer."""
    return [
        "plan", "lift the blue ball", "--context", "image",
        "--model", taught_folder, "--device", "cpu", "--scene", scene_file,
    ]  # fmt: skip


def test_a_plan_is_printed(asked, capsys):
    main(asked)
    printed = capsys.readouterr()
    assert printed.out == "refuse(absent)\n"
    assert "tokens" in printed.err


def test_a_picture_of_ones_own_is_used_and_one_document_printed(asked, picture, tmp_path, capsys):
    Image.fromarray(picture).save(tmp_path / "mine.png")
    main([*asked, "--image", str(tmp_path / "mine.png"), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["plan"] == "refuse(absent)"
    assert document["tokens"] > 1
    assert document["seconds"] > 0


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("json", '{"version": 1, "actions": [{"action": "refuse", "reason": "absent"}]}\n'),
        ("python", 'def run(robot):\n    robot.refuse(reason="absent")\n'),
    ],
)
def test_a_plan_is_written_in_other_forms(asked, capsys, form, written):
    main([*asked, "--format", form])
    assert capsys.readouterr().out == written


def test_what_is_no_plan_is_told_with_the_answer(tiny_base, scene_file):
    with pytest.raises(CheckpointError, match=r'answered ".*", which is no plan: line \d+, col'):
        main(["plan", "lift it", "--model", str(tiny_base), "--scene", scene_file, "--free"])


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_truncated_picture_is_told(asked, picture, tmp_path, share):
    path = tmp_path / "mine.png"
    Image.fromarray(picture).save(path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(DatasetError, match=r"Picture '.*mine.png' is broken: "):
        main([*asked, "--image", str(path)])
    with pytest.raises(DatasetError, match=r"Cannot read '.*none.png': No such file"):
        main([*asked, "--image", str(tmp_path / "none.png")])


def test_a_scene_that_breaks_a_rule_is_told(scene_file, tiny_base):
    scene = json.loads(Path(scene_file).read_text())
    Path(scene_file).write_text(json.dumps(scene | {"objects": scene["objects"][:3]}))
    with pytest.raises(SceneError, match="has 3 objects; it needs 4 to 8"):
        main(["plan", "lift it", "--model", str(tiny_base), "--scene", scene_file])
    with pytest.raises(DatasetError, match=r"Cannot read 'none.json': No such file"):
        main(["plan", "lift it", "--model", str(tiny_base), "--scene", "none.json"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plan", "lift it"], "required: --scene"),
        (["plan", "--scene", "s.json"], "required: instruction"),
        (["plan", "x", "--scene", "s.json", "--context", "imag"], "Did you mean 'image'?"),
        (["plan", "x", "--scene", "s.json", "--seed", "-1"], "at least 0, got -1"),
        (["plan", "x", "--scene", "s.json", "--format", "jsn"], "Did you mean 'json'?"),
        (["plna"], "Unknown command 'plna'. Did you mean 'plan'?"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(arguments, words):
    with pytest.raises(UsageError) as caught:
        main(arguments)
    assert words in str(caught.value)


def test_an_unknown_model_is_one_line_without_traceback(scene_file):
    with pytest.raises(CheckpointError, match="Unknown model 'tiny-tund'"):
        main(["plan", "lift it", "--model", "tiny-tund", "--scene", scene_file])
    done = subprocess.run(
        [sys.executable, "-m", "vlm", "plan", "x", "--model", "tiny-tund", "--scene", scene_file],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Unknown model 'tiny-tund'. Did you mean 'tiny-tuned'?" in done.stderr
    assert done.stderr.count("\n") == 1
