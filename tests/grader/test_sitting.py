from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.baselines import Baseline, oracle_plan
from grader.cases import BLANK, MIRRORED, Case
from grader.crew import Crew
from grader.entry import Entry
from grader.exam import Paper
from grader.impostors import Stranger
from grader.ledger import Ledger
from grader.metrics import Outcome
from grader.rollout import Arena, settle_in_order
from grader.sitting import Sitting, answer_all, blanked, reserve, seat, split_up
from grader.studio import Studio
from qa_generator.prompt import Observation
from scene_renderer.errors import CheckpointError
from vlm.policy import Answer

SIZE = 24


class Painter(Baseline):
    """Looks at pictures, refuses everything, and remembers what it was shown."""

    image_size = SIZE  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__("painter", oracle_plan)
        self.seen: list[Any] = []
        self.asked: list[int] = []

    def answer(
        self, observations: Sequence[Observation], instructions: Sequence[str], batch_size: int = 1
    ) -> list[Answer]:
        self.seen += [o.image for o in observations]
        self.asked.append(len(observations))
        return [Answer("refuse(absent)", tokens=1, seconds=0.0, confidence=1 / 3)] * len(
            observations
        )


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew(workers=1) as crew:
        yield crew


def run(sittings: list[Sitting], ledger: Ledger, crew: Crew) -> list[Outcome]:
    studio, arena = Studio(crew), Arena(crew)
    batches = split_up(sittings, ledger, 2)
    reserve(batches, studio)
    found = []
    for batch, outcomes in settle_in_order(answer_all(batches, studio, arena), arena):
        ledger.add(batch.sitting.role, outcomes)
        found += outcomes
    assert studio.held == 0, "every picture is let go after its last use"
    return found


def test_pictures_are_shown_as_the_case_says(lift: Case, crew: Crew, tmp_path: Path) -> None:
    mirrored = lift.vary("pictures", "mirrored", picture=MIRRORED)
    blank = lift.vary("pictures", "blank", picture=BLANK)
    painter = Painter()
    ledger = Ledger(tmp_path / "r", {}, overwrite=False, resume=False)
    found = run([Sitting("model", painter, [lift, mirrored, blank])], ledger, crew)
    true, other, grey = painter.seen
    assert true.shape == (SIZE, SIZE, 3)
    assert np.array_equal(other, true[:, ::-1])
    assert np.unique(grey).tolist() == [127]
    assert [o.origin for o in found] == [lift.id] * 3
    assert [(o.suite, o.variant) for o in found[1:]] == [
        ("pictures", "mirrored"),
        ("pictures", "blank"),
    ]
    assert found[0].confidence == 0.333333


def test_the_batches_of_a_grade_that_goes_on_are_those_of_one_that_was_not_stopped(
    lift: Case, crew: Crew, tmp_path: Path
) -> None:
    cases = [lift, *(lift.vary("say", str(i)) for i in range(4))]
    painter = Painter()
    ledger = Ledger(tmp_path / "r", {}, overwrite=False, resume=False)
    found = run([Sitting("model", painter, cases)], ledger, crew)
    assert painter.asked == [2, 2, 1]
    half = Ledger(tmp_path / "half", {}, overwrite=False, resume=False)
    half.add("model", found[:3])
    batches = split_up([Sitting("model", painter, cases)], half, 2)
    assert [[c.id for c in b.cases] for b in batches] == [
        [c.id for c in cases[2:4]],
        [cases[4].id],
    ]


def test_a_picture_that_cannot_be_rendered_is_no_miss(
    lift: Case, crew: Crew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from os import _exit

    def break_down(self: Studio, cases: Sequence[Case], size: int) -> None:
        for case in cases:
            self._tickets[case.shown, size] = self._crew.submit(_exit, 1)

    monkeypatch.setattr(Studio, "prepare", break_down)
    ledger = Ledger(tmp_path / "r", {}, overwrite=False, resume=False)
    painter = Painter()
    (outcome,) = run([Sitting("model", painter, [lift])], ledger, crew)
    assert outcome.success is None
    assert outcome.cause == "not run: no picture: the simulator crashed twice"
    assert painter.seen == []


def test_the_oracle_comes_first_and_the_blind_see_nothing(lift: Case) -> None:
    painter, twin = Painter(), Painter()
    paper = Paper([lift], [], [lift])
    roles = ["blank_image", "blind_twin", "majority", "random"]
    sittings = seat(painter, paper, {"blind_twin": twin}, roles)
    assert [s.role for s in sittings] == [
        "oracle", "model", "blank_image", "blind_twin", "majority", "random"
    ]  # fmt: skip
    assert [s.policy for s in sittings[1:4]] == [painter, painter, twin]
    assert [s.cases[0].picture for s in sittings[:4]] == ["true", "true", BLANK, BLANK]


def test_who_is_asked_nothing_does_not_sit(lift: Case) -> None:
    sittings = seat(Painter(), Paper([lift], [], []), {}, ["majority"])
    assert [s.role for s in sittings] == ["oracle", "model"]


def test_the_oracle_checks_whoever_is_graded_but_itself(lift: Case) -> None:
    paper = Paper([lift], [], [])
    ours, called_so = Baseline("oracle", oracle_plan), Stranger("oracle", lambda seen: [])
    assert [s.role for s in seat(ours, paper, {}, [])] == ["model"]
    assert [s.role for s in seat(called_so, paper, {}, [])] == ["oracle", "model"]


def test_the_oracle_keeps_a_little_ahead_of_the_model(lift: Case, tmp_path: Path) -> None:
    cases = [lift.vary("say", str(i)) for i in range(6)]
    sittings = [
        Sitting("oracle", Painter(), cases[:4]),
        Sitting("model", Painter(), cases),
        Sitting("random", Painter(), cases[:2]),
    ]
    ledger = Ledger(tmp_path / "r", {}, overwrite=False, resume=False)
    order = [b.sitting.role for b in split_up(sittings, ledger, 2)]
    assert order == ["oracle", "model", "model", "oracle", "model", "random"]


def test_a_blank_case_is_the_same_but_for_its_picture(lift: Case) -> None:
    (blank,) = blanked([lift])
    assert (blank.id, blank.scene, blank.picture) == (lift.id, lift.scene, BLANK)


def test_what_was_answered_before_a_model_breaks_down_is_kept(
    lift: Case, crew: Crew, tmp_path: Path
) -> None:
    class Tired(Painter):
        def answer(self, *asked: Any, **more: Any) -> list[Answer]:
            if self.asked:
                raise CheckpointError("It has answered for too long.")
            told = super().answer(*asked, **more)
            return [replace(answer, text="pick(420, -120, 25)") for answer in told]

    cases = [lift, *(lift.vary("say", str(i)) for i in range(3))]
    ledger = Ledger(tmp_path / "r", {}, overwrite=False, resume=False)
    with pytest.raises(CheckpointError, match="for too long"):
        run([Sitting("model", Tired(), cases)], ledger, crew)
    again = Ledger(tmp_path / "r", {}, overwrite=False, resume=True)
    assert list(again.outcomes["model"]) == [case.id for case in cases[:2]]


def test_threads_are_told_only_of_a_model_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    class Placed(Painter):
        def __init__(self, device: str) -> None:
            super().__init__()
            self.device = device

        def describe(self) -> dict[str, Any]:
            return {"device": self.device, "calibration": {"slope": 2.0}}

    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    settings = Entry(Placed("cpu"), "hash").settings
    assert [settings(workers)["threads"] for workers in (1, 2, 8)] == [7, 6, 4]
    assert (settings(1)["weights_sha256"], settings(1)["calibration"]) == ("hash", {"slope": 2.0})
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert settings(2)["threads"] == 8
    assert "threads" not in Entry(Placed("cuda:0")).settings(1)
    assert Entry(Baseline("rule", oracle_plan)).settings(1) == {
        "weights_sha256": None,
        "controls": False,
    }
