import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.cases import Case, ask, draw_cases, read_cases
from qa_generator.tasks import TASKS
from scene_renderer.errors import DatasetError
from scene_renderer.vocabulary import CONTEXTS, REFUSAL_REASONS


def line_of(case: Case, **changes: Any) -> str:
    data = {
        "id": case.id,
        "scene": json.loads(case.scene.to_json()),
        "instruction": case.instruction,
        "context": case.context,
        "goal": case.goal.to_dict(),
    }
    return json.dumps(data | changes)


def test_a_case_file_is_read(lift: Case, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{line_of(lift)}\n\n{line_of(lift, id='two', context='image')}\n")
    first, second = read_cases(path)
    assert first.scene == lift.scene
    assert first.goal == lift.goal
    assert (first.id, second.id, second.context) == ("one:lift:named", "two", "image")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"context": "nmed"}, "Unknown context 'nmed'. Did you mean 'named'?"),
        ({"goal": {"task": "lft", "object": "red cube"}}, "Did you mean 'lift'?"),
        ({"goal": {"task": "lift", "object": "red cup"}}, "'red cup' is not in scene 'one'"),
        ({"goal": 3}, "A goal must be a JSON object"),
        ({"instruction": 5}, "'instruction' must be a text"),
        ({"scene": {"id": "one", "objects": []}}, "has 0 objects"),
        ({"surprise": 1}, "a case has no key 'surprise'"),
        ({"id": "first"}, "the id 'first' was used before"),
    ],
)
def test_a_malformed_line_is_named_by_its_number(
    lift: Case, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{line_of(lift, id='first')}\n{line_of(lift, **changes)}\n")
    with pytest.raises(DatasetError, match=r"line 2: ") as caught:
        read_cases(path)
    assert words in str(caught.value)


def test_a_start_out_of_reach_is_named_by_its_line(lift: Case, tmp_path: Path) -> None:
    scene = json.loads(lift.scene.to_json())
    scene["end_effector"]["position"] = [0.3, 0.0, 2.0]
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{line_of(lift, id='first')}\n{line_of(lift, scene=scene)}\n")
    with pytest.raises(DatasetError, match=r"line 2: The arm cannot reach the end effector's"):
        read_cases(path)


@pytest.mark.parametrize("text", ["{", "[]", "null", "\u2028", "NaN", '{"id": "x"}', "[" * 100_000])
def test_what_is_no_case_is_named_by_its_number(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(DatasetError):
        read_cases(path)


def test_a_missing_and_an_empty_case_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Cannot read"):
        read_cases(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DatasetError, match="has no cases"):
        read_cases(tmp_path / "empty.jsonl")


def test_text_that_is_no_utf_8_is_named_by_its_line(lift: Case, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    for wrong in (b"\xff\xfe", line_of(lift, instruction="\ud800").encode()):
        path.write_bytes(line_of(lift, id="first").encode() + b"\n\n" + wrong)
        with pytest.raises(DatasetError, match="line 3: this is no UTF-8 text"):
            read_cases(path)
    path.write_bytes(b"\xef\xbb\xbf" + line_of(lift).encode() + b"\r\n")
    assert [case.id for case in read_cases(path)] == [lift.id], "with a byte order mark, as Excel"


def test_what_is_no_file_or_a_huge_one_is_not_read(
    lift: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatasetError, match="Is a directory"):
        read_cases(tmp_path)
    with pytest.raises(DatasetError, match="no regular file"):
        read_cases(Path("/dev/zero"))
    path = tmp_path / "huge.jsonl"
    with open(path, "wb") as file:
        file.truncate(300 * 2**20)
    with pytest.raises(DatasetError, match=r"has 300 MiB; at most 256 are read\. Split it\."):
        read_cases(path)


def test_drawn_cases_ask_the_same_in_every_context() -> None:
    cases = draw_cases("test", 0, 3, tuple(TASKS), CONTEXTS)
    assert [c.context for c in cases] == list(CONTEXTS)
    assert len({(c.scene, c.instruction) for c in cases}) == 1
    assert len({c.id for c in cases}) == len(CONTEXTS)
    assert cases[0].goal.task == tuple(TASKS)[3]


def test_a_draw_depends_on_seed_split_and_index_alone() -> None:
    first, again = (draw_cases("test", 5, 2, ("stack", "lift"), ("named",)) for _ in range(2))
    assert first[0].scene == again[0].scene
    assert first[0].instruction == again[0].instruction
    other = draw_cases("test", 6, 2, ("stack", "lift"), ("named",))
    assert other[0].scene != first[0].scene


def test_a_scene_that_does_not_allow_the_task_is_passed_over() -> None:
    for index in range(12):
        (case,) = draw_cases("test", 1, index, ("stack",), ("named",))
        assert case.goal.task == "stack"


def test_the_list_of_a_case_is_in_the_same_order_each_time(lift: Case) -> None:
    first, again = ask(lift, None), ask(lift, None)
    assert first.listing == again.listing
    assert first.case is lift


def test_the_image_context_tells_no_places(lift: Case) -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    assert ask(dataclasses.replace(lift, context="image"), image).listing == ()


def test_the_reasons_of_what_must_be_refused_take_turns() -> None:
    drawn = [draw_cases("test", 2, i, ("refuse", "lift"), ("named",))[0] for i in range(0, 14, 2)]
    reasons = [case.goal.slots["reason"] for case in drawn]
    assert reasons == [*REFUSAL_REASONS, REFUSAL_REASONS[0]]
