"""What is measured before a grade never ends it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from grader.cases import Case, Image
from grader.crew import CrashError
from grader.exam import Exam
from grader.impostors import Stranger
from grader.measuring import measure
from grader.studio import Studio
from qa_generator.prompt import Observation
from vlm.policy import Answer

EXAM = Exam("test", 0, 1, ("lift",), ("named",), mode="full", batch_size=2)


class Model(Stranger):
    """Answers a hundred questions a second."""

    image_size: Any = 8

    def __init__(self) -> None:
        super().__init__("model", self._say)
        self.asked = 0

    def _say(self, seen: Sequence[Observation]) -> list[Answer]:
        self.asked += len(seen)
        return [Answer("refuse(absent)", 1, 0.01)] * len(seen)


class Breaking(Studio):
    """Cannot render what is broken."""

    def __init__(self, broken: Sequence[str]) -> None:
        self.broken = broken

    def prepare(self, cases: Any, size: int) -> None:
        pass

    def reserve(self, cases: Any, size: int) -> None:
        pass

    def look(self, case: Case, size: int) -> Image:
        if case.id in self.broken:
            raise CrashError("the simulator crashed twice")
        return np.zeros((size, size, 3), np.uint8)


def test_a_picture_that_cannot_be_rendered_is_left_out_of_what_is_measured(
    lift: Case, refuse: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measure(Model(), [lift, refuse], EXAM, Breaking([lift.id]))
    assert found["inference"]["latency_ms"]["n"] == 1
    assert found["sameness"]["runs"]["n"] == 1
    said = capsys.readouterr().err
    assert "1 of 2 pictures are missing (the simulator crashed twice)" in said


def test_without_any_picture_nothing_is_measured_and_nothing_ends(
    lift: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Model()
    assert measure(model, [lift], EXAM, Breaking([lift.id])) == {}
    assert model.asked == 0
    assert "so speed is not measured" in capsys.readouterr().err


def test_want_of_memory_ends_no_grade(lift: Case, capsys: pytest.CaptureFixture[str]) -> None:
    class Poor(Model):
        def _say(self, seen: Sequence[Observation]) -> list[Answer]:
            raise MemoryError

    assert measure(Poor(), [lift], EXAM, Breaking([])) == {}
    said = capsys.readouterr().err
    assert "Not measured: inference" in said and "Not measured: sameness" in said
