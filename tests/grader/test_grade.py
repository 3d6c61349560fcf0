import json
from pathlib import Path

import numpy as np
import pytest

from grader.__main__ import main
from grader.cases import Case, ask
from grader.grade import GREY, blank
from qa_generator.lexicon import lexicon
from scene_renderer.errors import OutputError


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA adapter that changes nothing, over a tiny base with fresh weights."""
    from peft import LoraConfig, get_peft_model

    from vlm.tiny import build_model, build_processor

    folder = tmp_path_factory.mktemp("models")
    processor = build_processor(lexicon())
    model = build_model(processor.tokenizer)
    processor.save_pretrained(folder / "base")
    model.save_pretrained(folder / "base")
    adapter = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"]))
    adapter.save_pretrained(folder / "tuned")
    (folder / "tuned" / "tablehand.json").write_text(json.dumps({"base": str(folder / "base")}))
    return folder / "tuned"


def grade(tuned: Path, output: Path, *more: str) -> None:
    which = ["--count", "2", "--contexts", "unnamed", "image", "--tasks", "lift", "--workers", "1"]
    main([str(tuned), *which, "--quiet", "--json", "--output", str(output), *more])


@pytest.mark.slow
def test_a_model_is_graded_beside_its_controls_and_a_grade_goes_on(
    tuned: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "vlm.policy.MAX_NEW_TOKENS", 8
    )  # fresh weights would not stop by themselves
    output = tmp_path / "r"
    grade(tuned, output)
    report = json.loads(capsys.readouterr().out)
    assert report["n"] == 4
    assert report["checkpoint"] == str(tuned)
    assert set(report["controls"]) == {
        "blank_image",
        "untuned_base",
        "majority",
        "random",
        "oracle",
    }
    assert report["controls"]["oracle"]["success"]["k"] == 4
    assert report["accuracy"]["success"]["k"] == 0, "fresh weights know nothing"
    assert "It is blind" in report["verdict"]
    assert report["inference"]["latency_ms"]["p50"] > 0
    assert report["inference"]["peak_memory_mib"] > 50

    answers = (output / "answers.jsonl").read_text()
    with pytest.raises(OutputError, match="--resume"):
        grade(tuned, output)
    grade(tuned, output, "--resume")
    assert (output / "answers.jsonl").read_text() == answers
    again = json.loads(capsys.readouterr().out)
    assert again["accuracy"] == report["accuracy"]
    assert again["controls"] == report["controls"]


def test_a_blank_image_is_grey_and_everything_else_stays(lift: Case) -> None:
    question = ask(lift, np.zeros((8, 8, 3), np.uint8))
    (grey,) = blank([question])
    assert grey.image is not None
    assert np.unique(grey.image).tolist() == [GREY]
    assert grey.listing == question.listing
    assert grey.case is lift
    assert question.image is not None and not question.image.any()
