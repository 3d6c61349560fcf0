import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from scene_renderer.__main__ import main
from scene_renderer.errors import EndpointError, OutputError, SceneError, UsageError
from scene_renderer.scene import Scene

ROOT = Path(__file__).parents[2]
SENTENCE = "three red cubes around a blue bowl, a mug behind"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


def test_a_sentence_becomes_a_scene_a_picture_and_what_to_run_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["compose", SENTENCE, "--picture", "table.png", "--image-size", "64"])
    out, err = capsys.readouterr()
    assert out == "scene.json\ntable.png\n"
    scene = Scene.from_json(Path("scene.json").read_text())
    assert [item.shape for item in scene.objects] == ["cube", "cube", "cube", "bowl", "mug"]
    with Image.open("table.png") as picture:
        assert picture.size == (64, 64)
    assert "Understood: three red cubes around the blue bowl; a blue bowl; a mug behind" in err
    check = next(line for line in err.splitlines() if "scene_renderer check" in line)
    main([*shlex.split(check.partition("scene_renderer ")[2]), "--image-size", "64"])
    assert Path(f"check-{scene.id}.png").exists()
    assert f'python -m vlm plan --scene scene.json "lift the {scene.objects[0].name}"' in err


def test_one_seed_gives_the_same_bytes_and_another_other_ones() -> None:
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        main(["compose", SENTENCE, "--seed", seed, "--output", f"{name}.json"])
    a, b, c = (Path(f"{name}.json").read_bytes() for name in "abc")
    assert a == b != c


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compose", "a ball in a bowl, two ducks", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["scene"] == json.loads(Path("scene.json").read_text())
    assert document["description"]["groups"][0]["relations"] == [{"kind": "in", "of": [1]}]


def test_what_the_hand_cannot_take_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compose", "a red ball in a bowl, a plate, a tray"])
    err = capsys.readouterr().err
    assert "Too deep in something for the hand: red ball." in err
    assert "vlm plan" not in err


def test_an_earlier_scene_is_kept_until_a_new_one_is_there() -> None:
    Path("scene.json").write_text("mine")
    with pytest.raises(OutputError, match=r"'scene\.json' exists already\. Give --overwrite"):
        main(["compose", SENTENCE])
    with pytest.raises(SceneError, match="Unknown thing 'unicorns'"):
        main(["compose", "four unicorns", "--overwrite"])
    assert Path("scene.json").read_text() == "mine"
    main(["compose", SENTENCE, "--overwrite"])
    assert Path("scene.json").read_text() != "mine"


def test_a_faulty_sentence_is_one_line_and_exit_code_1() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scene_renderer", "compose", "three grean cubes", "--offline"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: Unknown colour or other word 'grean'")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--output", "scene.png"], "'scene.png' is no place for a scene; end it in .json."),
        (["--picture", "a.bmp"], "'a.bmp' is no picture that can be written"),
        (["--model", "some"], "--model needs OPENAI_BASE_URL"),
    ],
)
def test_a_wrong_command_line_writes_nothing(arguments: list[str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        main(["compose", SENTENCE, *arguments])
    assert words in str(caught.value)
    assert not list(Path().iterdir())


def test_offline_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "some")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    main(["compose", SENTENCE, "--offline"])
    with pytest.raises(EndpointError, match="cannot be reached"):
        main(["compose", SENTENCE, "--overwrite"])
