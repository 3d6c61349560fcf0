"""The five-question benchmark: only the whole answer counts, and points grow as they say."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import quiz as module
from grader.__main__ import main
from grader.cases import Image
from grader.crew import CrashError
from grader.impostors import Stranger
from grader.ledger import Notebook
from grader.questions import (
    Item,
    format_questions,
    is_near,
    is_right,
    mark,
    normalise,
    points_of,
)
from grader.quiz import Quiz, draw_items, measure_questions
from qa_generator.prompt import Observation
from qa_generator.questions import KINDS
from scene_renderer.errors import UsageError
from scene_renderer.scene import Scene
from vlm.policy import Answer
from vlm.processor import GREY


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("red cube", "red cube"),
        ("  The  RED cube. ", "red cube"),
        ("the red cube: 412,-127 , 25", "red cube: 412, -127, 25"),
        ("Two", "2"),
        ("a", "a"),
        ("A.", "a"),
        ("yes .", "yes"),
    ],
)
def test_what_does_not_matter_is_left_out(said: str, right: str) -> None:
    assert is_right(said, right)


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("red cube or blue cube", "red cube"),
        ("red", "red cube"),
        ("", "red cube"),
        ("red cube red cube", "red cube"),
        ("the answer is red cube", "red cube"),
        ("yes and no", "yes"),
        ("2 or 3", "2"),
        ("12", "1"),
        ("412, -127, 26", "412, -127, 25"),
        ("red cube: 412, -127, 25", "412, -127, 25"),
        ("b", "a"),
        ("a red cube", "a"),
    ],
)
def test_neither_more_nor_less_than_the_right_answer_is_right(said: str, right: str) -> None:
    assert not is_right(said, right)


def test_a_normal_answer_is_its_own_normal_form() -> None:
    for text in ("The ten red cubes.", "a the b", "412 ,-127;  3", "Absent.", "a"):
        assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("said", "near"),
    [
        ("red cube: 412, -127, 25", True),
        ("red cube: 432, -147, 5", True),
        ("red cube: 433, -127, 25", False),
        ("blue cube: 412, -127, 25", False),
        ("red cube: 412, -127", False),
        ("412, -127, 25", False),
        ("red cube: 412, 127, 25", False),
        ("absent", False),
        ("red cube: 4" + 9000 * "1" + ", -127, 25", False),
    ],
)
def test_near_is_right_but_for_two_centimetres(said: str, near: bool) -> None:
    assert is_near(said, "red cube: 412, -127, 25") == near


@pytest.mark.parametrize(
    ("share", "points"),
    [(0, 0), (0.35, 10), (0.7, 20), (0.8, 20), (0.825, 20.5), (0.85, 21), (1, 21)],
)
def test_points_grow_to_seventy_per_cent_and_again_from_eighty_to_eighty_five(
    share: float, points: float
) -> None:
    assert points_of(share) == pytest.approx(points)


def item(kind: str, scene: Scene, right: str, question: str = "?") -> Item:
    return Item(kind, question, right, scene, 0)


def test_what_was_not_asked_has_no_points() -> None:
    marks = mark([], [])
    assert (marks["points"], marks["low"], marks["high"]) == (None, None, None)
    assert (marks["n"], marks["scenes"], marks["extra"]) == (0, 0, 0)
    assert all(kind["exact"]["n"] == 0 for kind in marks["kinds"].values())
    json.dumps(marks, allow_nan=False)
    assert "no points" in format_questions("mine", marks | Quiz(0).settings() | {"not_run": 0})


def test_one_right_answer_earns_its_kind(scene: Scene) -> None:
    marks = mark([item("count", scene, "2")], ["two"])
    assert (marks["points"], marks["extra"]) == (None, 1), "there is no sum of kinds not asked"
    assert marks["kinds"]["count"]["points"] == 21
    assert marks["kinds"]["count"]["exact"]["k"] == 1
    assert marks["kinds"]["count"]["exact"]["low"] == pytest.approx(0.2065, abs=1e-4)
    assert marks["kinds"]["count"]["low"] == pytest.approx(20 * 0.2065 / 0.7, abs=1e-2)
    assert marks["kinds"]["name"]["points"] is None


def test_all_right_earns_all_and_the_extra_credit(scene: Scene) -> None:
    items = [item(kind, scene, "yes") for kind in KINDS for _ in range(20)]
    marks = mark(items, ["yes"] * len(items))
    assert (marks["points"], marks["extra"], marks["of"], marks["most"]) == (105, 5, 100, 105)
    assert marks["low"] < marks["points"] == marks["high"]


def test_chance_is_that_of_the_closed_sets(scene: Scene) -> None:
    asked = ["is the red cube left of the blue bowl?", "where is the red cube from the blue bowl?"]
    marks = mark([item("relation", scene, "left", text) for text in asked], ["", ""])
    assert marks["kinds"]["relation"]["chance"] == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert mark([item("place", scene, "1, 2, 3")], [""])["kinds"]["place"]["chance"] == 0


def test_near_is_told_beside_exact_and_earns_nothing(scene: Scene) -> None:
    marks = mark([item("place", scene, "412, -127, 25")] * 2, ["413, -127, 25", "absent"])
    place = marks["kinds"]["place"]
    assert (place["exact"]["k"], place["near"]["k"], place["points"]) == (0, 1, 0)


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return draw_items(3, 6, "test")


def test_each_kind_is_asked_equally_often_and_once_of_a_scene(items: list[Item]) -> None:
    assert Counter(i.kind for i in items) == dict.fromkeys(KINDS, 6)
    assert max(Counter((i.kind, i.index) for i in items).values()) == 1
    assert draw_items(3, 6, "test") == items
    assert draw_items(4, 6, "test") != items


def test_fewer_questions_are_the_first_of_more(items: list[Item]) -> None:
    few = {(i.kind, i.index): i.question for i in draw_items(3, 2, "test")}
    many = {(i.kind, i.index): i.question for i in items}
    assert set(few) <= set(many)


class Spy(Stranger):
    """Knows the answers by heart, and keeps what it was shown."""

    image_size: Any = 32

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__("spy", self._note)
        self.seen: list[Observation] = []
        self.answers = [i.right for i in items]

    def _note(self, seen: Sequence[Observation]) -> list[Answer]:
        told = [Answer(self.answers[len(self.seen) + i], 1, 0.0) for i in range(len(seen))]
        self.seen += seen
        return told


def test_nobody_is_held_to_plans_while_asked_questions() -> None:
    class Writer(Spy):
        constrained = True

        def _note(self, seen: Sequence[Observation]) -> list[Answer]:
            assert not self.constrained
            return super()._note(seen)

    writer = Writer(draw_items(3, 1, "test"))
    assert measure_questions(writer, Quiz(3, 1), quiet=True)["n"] == 5
    assert writer.constrained


def test_who_sees_everything_gets_all_points_from_pictures_alone() -> None:
    items = draw_items(3, 2, "test")
    spy = Spy(items)
    marks = measure_questions(spy, Quiz(3, 2, batch_size=3), quiet=True)
    assert (marks["points"], marks["n"]) == (105, 10)
    assert (marks["context"], marks["blank"], marks["split"]) == ("image", False, "test")
    assert all(o.listing == () and o.image is not None for o in spy.seen)
    first, last = spy.seen[0].image, spy.seen[-1].image
    assert first is not None and last is not None
    assert first.shape == (32, 32, 3) and not np.array_equal(first, last)


def test_a_quiz_that_goes_on_asks_whole_batches_and_only_those_that_lack_an_answer(
    tmp_path: Path,
) -> None:
    quiz, items = Quiz(3, 2, batch_size=4), draw_items(3, 2, "test")
    whole = Notebook(tmp_path / "whole.jsonl")
    expected = measure_questions(Spy(items), quiz, whole, quiet=True)
    assert len(whole.answers) == len(items) == 10
    half = Notebook(tmp_path / "half.jsonl")
    half.add({item.key: item.right for item in items[:6]})
    spy = Spy(items[4:])
    assert measure_questions(spy, quiz, half, quiet=True) == expected
    assert len(spy.seen) == 6, "the second batch whole, and the third"
    assert half.path is not None and whole.path is not None
    assert half.path.read_bytes() == whole.path.read_bytes()
    nobody = Spy([])
    assert measure_questions(nobody, quiz, whole, quiet=True) == expected
    assert nobody.seen == []


def test_a_question_without_a_picture_or_memory_is_not_run_and_asked_again() -> None:
    quiz, items = Quiz(3, 1, batch_size=2), draw_items(3, 1, "test")
    broken = items[0].scene

    def render(scene: Scene, size: int) -> Image:
        if scene == broken:
            raise CrashError("the simulator crashed twice")
        return np.zeros((size, size, 3), np.uint8)

    lost = [item for item in items if item.scene == broken]
    notebook = Notebook()
    spy = Spy([item for item in items if item not in lost])
    marks = measure_questions(spy, quiz, notebook, render, quiet=True)
    assert (marks["n"], marks["not_run"]) == (len(items) - len(lost), len(lost))
    assert all(kind["exact"]["k"] == kind["exact"]["n"] for kind in marks["kinds"].values())
    assert not {item.key for item in lost} & notebook.answers.keys()

    class Poor(Spy):
        def _note(self, seen: Sequence[Observation]) -> list[Answer]:
            raise MemoryError

    marks = measure_questions(Poor(items), quiz, quiet=True)
    assert (marks["n"], marks["not_run"]) == (0, len(items))
    assert f"{len(items)} could not be run" in format_questions("poor", marks)


def test_a_blank_picture_is_grey_and_a_context_lists_what_it_says() -> None:
    spy = Spy(draw_items(3, 1, "test"))
    marks = measure_questions(spy, Quiz(3, 1, context="named", blank=True), quiet=True)
    assert marks["blank"] is True
    assert all(o.image is not None and (o.image == GREY).all() for o in spy.seen)
    assert all(len(o.listing) >= 4 for o in spy.seen)


def test_the_command_prints_a_table_or_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = Spy(draw_items(0, 1, "test"))
    monkeypatch.setattr("grader.find.load_subject", lambda *a: policy)
    assert main(["questions", "mine", "--count", "1", "--quiet"]) is None
    table = capsys.readouterr().out
    assert "spy: 105.0 points of 100" in table
    assert all(len(line) <= 100 for line in table.splitlines())
    policy.seen.clear()
    main(["questions", "mine", "--count", "1", "--quiet", "--json", "--blank"])
    told = json.loads(capsys.readouterr().out)
    assert (told["checkpoint"], told["points"], told["blank"]) == ("spy", 105, True)
    assert set(told["kinds"]) == set(KINDS)


def test_an_unknown_context_is_told() -> None:
    with pytest.raises(UsageError, match="Unknown context 'nmed'"):
        main(["questions", "--context", "nmed"])


def test_a_kind_that_scenes_seldom_allow_is_left_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sample_questions", lambda scene, rng, kinds: [])
    assert draw_items(0, 1, "test") == []
