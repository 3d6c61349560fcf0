import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.__main__ import main
from grader.grade import without_times
from scene_renderer.errors import CheckpointError, OutputError, TablehandError, UsageError

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "grader"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["oracle", "--count", "0"], "at least 1, got 0"),
        (["oracle", "--count", "-3"], "at least 1, got -3"),
        (["oracle", "--seed", "-1"], "at least 0, got -1"),
        (["oracle", "--split", "tst"], "Unknown split 'tst'. Did you mean 'test'?"),
        (
            ["oracle", "--tasks", "lifts"],
            "--tasks: Unknown task 'lifts'. Did you mean 'lift'?",
        ),
        (["oracle", "--contexts", "nmed"], "Unknown context 'nmed'. Did you mean 'named'?"),
        (["baseline", "--kind", "majorit"], "Unknown kind 'majorit'. Did you mean 'majority'?"),
        (["orcale"], "Unknown command 'orcale'. Did you mean 'oracle'?"),
        (["oracle", "--resume", "--overwrite"], "--resume and --overwrite exclude each other"),
        (["oracle", "--quick", "--full"], "--quick and --full exclude each other"),
        (["oracle", "--fresh", "1", "--seed", "0"], "--fresh and --seed exclude each other"),
        (["oracle", "--fresh", "1", "--cases", "a"], "--fresh and --cases exclude each other"),
        (["x", "--no-controls", "--blind-twin", "y"], "--no-controls and --blind-twin exclude"),
        (["oracle", "--cases", "a", "--split", "test"], "--cases and --split exclude each other"),
        (["oracle", "--cases", "a", "--tasks", "lift"], "--cases and --tasks exclude each other"),
        (["x", "--cases", "a", "--contexts", "named"], "--cases and --contexts exclude"),
        (["x", "--cases", "a", "--count", "3"], "--cases and --count exclude each other"),
        (["oracle", "--limit", "0"], "at least 1, got 0"),
        (["oracle", "--suites", "pitures"], "Unknown suite 'pitures'."),
        ([], "required: COMMAND"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(arguments: list[str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        main(arguments)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bare_path_is_a_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for arguments in ([str(tmp_path / "empty")], ["checkpoint", str(tmp_path / "empty")]):
        with pytest.raises(CheckpointError, match="empty"):
            main(arguments)


def test_a_missing_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        main(["checkpoint", str(tmp_path / "none")])


def test_a_missing_case_file_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(TablehandError, match="Cannot read"):
        main(["oracle", "--cases", str(tmp_path / "no.jsonl"), "--output", str(tmp_path / "r")])
    assert not (tmp_path / "r").exists()


def test_cases_and_output_are_looked_at_before_the_model(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    command = ["checkpoint", str(broken), "--output", str(tmp_path / "r")]
    with pytest.raises(TablehandError, match="Cannot read"):
        main([*command, "--cases", str(tmp_path / "no.jsonl")])
    (tmp_path / "r").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        main(command)
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        main(["checkpoint", str(broken), "--output", str(tmp_path / "new")])


def test_an_existing_report_is_kept(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "report.json").write_text("mine")
    with pytest.raises(OutputError, match="--overwrite"):
        main(["oracle", "--count", "1", "--output", str(tmp_path / "r")])


def test_the_oracle_reaches_every_goal_and_prints_one_document(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "oracle", "--count", "14", "--workers", "1", "--json", "--output", "r"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["accuracy"]["success"] | {"low": 0} == {
        "value": 1.0, "low": 0, "high": 1.0, "k": 14, "n": 14
    }  # fmt: skip
    assert report["execution"]["episodes_per_second"] > 0
    assert len((tmp_path / "r" / "answers.jsonl").read_text().splitlines()) == 14
    assert json.loads((tmp_path / "r" / "report.json").read_text()) == report
    assert "<html" in (tmp_path / "r" / "report.html").read_text()


def test_a_baseline_is_bad_in_every_context(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["baseline", "--count", "8", "--quiet", "--json", "--output", str(tmp_path / "r")])
    report = json.loads(capsys.readouterr().out)
    assert set(report["accuracy"]["by_context"]) == {"named", "unnamed", "image"}
    assert report["accuracy"]["success"]["value"] < 0.5
    assert report["reliability"]["valid_plans"]["value"] == 1.0


def test_two_grades_differ_in_times_alone_and_a_limit_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = []
    for name in ("a", "b"):
        output = ["--output", str(tmp_path / name), "--quiet", "--json"]
        main(["baseline", "--fresh", "5", "--suites", "none", "--limit", "7", *output])
        reports.append(json.loads(capsys.readouterr().out))
    assert without_times(reports[0]) == without_times(reports[1])
    assert reports[0]["settings"]["fresh"] == 5
    answers = [(tmp_path / name / "answers.jsonl").read_bytes() for name in ("a", "b")]
    assert answers[0] == answers[1]
    roles = [json.loads(line)["role"] for line in answers[0].splitlines()]
    assert roles.count("model") == 6, "two draws in three contexts"
    assert roles.count("oracle") == 2, "whose goals are checked, which the limit does not count"


def test_after_ctrl_c_a_grade_goes_on(tmp_path: Path) -> None:
    command = [*COMMAND, "oracle", "--count", "300", "--workers", "1", "--output", "r"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )
    answers = tmp_path / "r" / "answers.jsonl"
    deadline = time.monotonic() + 200
    while not answers.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in said
    assert "Traceback" not in said
    assert answers.read_text().endswith("\n")


def test_help_needs_no_heavy_import() -> None:
    code = (
        "import sys; from grader.__main__ import main\n"
        "try: main(['checkpoint', '--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'numpy', 'pybullet', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
