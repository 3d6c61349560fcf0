import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from finetune import __main__ as commands
from finetune import prepare, runs, train
from finetune.__main__ import main
from finetune.runs import STATE
from scene_renderer.console import run
from scene_renderer.errors import CheckpointError, DatasetError, OutputError, UsageError
from vlm.model import load_model, read_metadata

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "finetune"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--minutes", "0"], "argument --minutes: Expected a number above 0, got 0. See"),
        (["train", "--minutes", "-2"], "above 0, got -2"),
        (["train", "--minutes", "inf"], "above 0, got inf"),
        (["train", "--minutes", "nan"], "above 0, got nan"),
        (["train", "--minutes", "soon"], "Expected a number, got 'soon'"),
        (["train", "--scenes", "0"], "at least 1, got 0"),
        (["train", "--scenes", "-5"], "at least 1, got -5"),
        (["train", "--rank", "0"], "at least 1, got 0"),
        (["train", "--learning-rate", "0"], "above 0, got 0"),
        (["train", "--seed", "-1"], "at least 0, got -1"),
        (["demo_train", "--minutes", "0"], "above 0, got 0"),
        (["pretrain", "--scenes", "0"], "at least 1, got 0"),
        (["pretrain", "--see-minutes", "-1"], "above 0, got -1"),
        (["train", "--resume", "--overwrite"], "exclude each other"),
        (["train", "--drop-lines", "2"], "lists that lose lines is 2.0; give one from 0 to 1"),
        (["train", "--mask-digits", "nan"], "is nan; give one from 0 to 1"),
        (["train", "--noise-mm", "9"], "cannot be 9 mm off; give 0 to 5"),
        (["train", "--no-augment", "--noise-mm", "2"], "turns off what --noise-mm asks for"),
        (["trian"], "Unknown command 'trian'. Did you mean 'train'?"),
        ([], "required: COMMAND"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(arguments, words):
    with pytest.raises(UsageError) as caught:
        main(arguments)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("verb", ["train", "demo_train"])
def test_an_unknown_model_is_told_before_anything_is_written(verb, tmp_path):
    with pytest.raises(CheckpointError, match=r"Did you mean 'smolvlm-256m'\?"):
        main([verb, "--base-model", "smolvlm-265m", "--output", str(tmp_path / "run")])
    with pytest.raises(CheckpointError, match="There is no folder 'checkpoints/nope'"):
        main([verb, "--base-model", "checkpoints/nope", "--output", str(tmp_path / "run")])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", ["train", "demo_train", "pretrain"])
def test_an_existing_output_is_kept(verb, tiny_base, tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    base = [] if verb == "pretrain" else ["--base-model", str(tiny_base)]
    with pytest.raises(OutputError, match=r"exists already\. Give --resume to go on, --overwrite"):
        main([verb, *base, "--output", str(tmp_path)])
    assert (tmp_path / "mine.txt").exists()


@pytest.mark.parametrize("verb", ["train", "demo_train", "pretrain"])
def test_nothing_to_resume_is_told(verb, tiny_base, tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "CHECKPOINTS", tmp_path)
    base = [] if verb == "pretrain" else ["--base-model", str(tiny_base)]
    with pytest.raises(UsageError, match="There is no run to resume"):
        main([verb, *base, "--resume"])


def test_an_unwritable_output_is_told(tiny_base, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write"):
        main(["train", "--base-model", str(tiny_base), "--output", str(tmp_path / "file" / "run")])


def test_a_broken_base_is_told(tmp_path):
    (tmp_path / "base").mkdir()
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        main(["train", "--base-model", str(tmp_path / "base"), "--output", str(tmp_path / "run")])


def test_train_tunes_on_data_that_is_there_and_prints_one_document(
    tiny_base, data, tmp_path, capsys
):
    checkpoint = tmp_path / "run"
    options = ["--data", str(data), "--base-model", str(tiny_base), "--minutes", "0.01"]
    main(["train", *options, "--output", str(checkpoint), "--json", "--quiet"])
    printed = capsys.readouterr()
    facts = json.loads(printed.out)
    assert facts["checkpoint"] == str(checkpoint)
    assert facts["pairs"] == read_metadata(checkpoint)["facts"]["pairs"] == 48
    assert f"Next: python -m grader checkpoint {checkpoint}" in printed.err
    main(["train", *options, "--output", str(checkpoint), "--quiet", "--overwrite"])
    assert capsys.readouterr().out.startswith(f"{checkpoint}: ")
    assert load_model(str(checkpoint), "cpu").base == str(tiny_base)


def test_train_can_stop_after_a_number_of_steps(tiny_base, data, tmp_path, capsys):
    options = ["--data", str(data), "--base-model", str(tiny_base), "--quiet", "--json"]
    main(["train", *options, "--steps", "2", "--minutes", "9", "--output", str(tmp_path / "run")])
    assert json.loads(capsys.readouterr().out)["steps"] == 2


@pytest.mark.parametrize(
    ("options", "recorded"),
    [
        ([], {"drop_lines": 0.0, "noise_mm": 3, "mask_digits": 0.0}),
        (["--noise-mm", "2", "--mask-digits", "0.1"],
         {"drop_lines": 0.0, "noise_mm": 2, "mask_digits": 0.1}),
        (["--no-augment"], None),
    ],
)  # fmt: skip
def test_augmentation_is_an_option_that_the_checkpoint_records(
    options, recorded, tiny_base, data, tmp_path
):
    shared = ["--data", str(data), "--base-model", str(tiny_base), "--minutes", "0.001", "--quiet"]
    main(["train", *shared, *options, "--output", str(tmp_path / "run")])
    assert read_metadata(tmp_path / "run")["settings"]["augmentation"] == recorded


def test_train_renders_what_is_missing(tiny_base, tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "VALID_SCENES", 2)
    folder = tmp_path / "data"
    options = ["--data", str(folder), "--base-model", str(tiny_base), "--minutes", "0.01"]
    main(["train", *options, "--scenes", "3", "--output", str(tmp_path / "run"), "--quiet"])
    for split, scenes in (("train", 3), ("valid", 2)):
        manifest = json.loads((folder / split / "scenes" / "manifest.json").read_text())
        assert (manifest["scenes"], manifest["image_size"]) == (scenes, 128)
        assert (folder / split / "pairs" / "manifest.json").exists()


def test_pretrain_makes_a_base_from_nothing(tmp_path, capsys):
    base = tmp_path / "base"
    stages = [f"--{stage}-minutes=0.002" for stage in ("see", "read", "ask")]
    options = ["--data", str(tmp_path / "data"), "--scenes", "4", "--output", str(base)]
    main(["pretrain", *options, *stages, "--json", "--quiet"])
    assert json.loads(capsys.readouterr().out)["scenes"] == 4
    assert load_model(str(base), "cpu").source == str(base)


def test_demo_train_goes_on_after_ctrl_c(tiny_base, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    checkpoint = tmp_path / "run"
    options = ["demo_train", "--base-model", str(tiny_base), "--output", str(checkpoint), "--quiet"]
    draw = train._draw

    def draw_and_stop(step, *rest):
        if step == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return draw(step, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(train, "_draw", draw_and_stop)
        patch.setattr(sys, "argv", ["finetune/__main__.py", *options])
        with pytest.raises(SystemExit) as stop:
            run(main)
    assert stop.value.code == 130
    words = f"Go on with: python -m finetune {shlex.join(options)} --resume\n"
    assert capsys.readouterr().err.endswith(words)
    assert (checkpoint / "training" / STATE).exists()
    main([*options, "--minutes", "0.001", "--resume"])
    assert load_model(str(checkpoint), "cpu").source == str(checkpoint)


def test_a_run_that_was_stopped_before_tuning_can_be_resumed(
    tiny_base, data, tmp_path, monkeypatch
):
    monkeypatch.setattr(runs, "CHECKPOINTS", tmp_path)

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    options = ["train", "--data", str(data), "--base-model", str(tiny_base), "--minutes", "0.001"]
    with monkeypatch.context() as patch:
        patch.setattr(prepare, "prepare_scenes", stop)
        with pytest.raises(KeyboardInterrupt):
            main([*options, "--quiet"])
    main([*options, "--quiet", "--resume"])
    assert load_model(str(tmp_path / "run-001"), "cpu").base == str(tiny_base)


def test_a_mistake_ends_with_one_line_and_no_traceback(tmp_path):
    done = subprocess.run(
        [*COMMAND, "train", "--base-model", "smolvlm-265m"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: Unknown model 'smolvlm-265m'.")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_missing_demo_data_is_told(tiny_base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match="There are no pairs"):
        main(["demo_train", "--base-model", str(tiny_base), "--output", str(tmp_path / "run")])
