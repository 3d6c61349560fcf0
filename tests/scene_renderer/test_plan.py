import pickle

import pytest

from scene_renderer.errors import PlanError
from scene_renderer.plan import ACTIONS, Action, Plan, format_plan, parse_plan

TEXT = "pick(412, -127, 25)\nplace(520, 80, 30)"


def test_plan_round_trips_through_text():
    plan = parse_plan(TEXT)
    assert plan == Plan((Action("pick", (412, -127, 25)), Action("place", (520, 80, 30))))
    assert format_plan(plan) == TEXT


def test_every_action_can_be_written():
    for name, parameters in ACTIONS.items():
        values = ["absent"] if name == "refuse" else [str(i) for i in range(len(parameters))]
        text = f"{name}({', '.join(values)})"
        assert format_plan(parse_plan(text)) == text


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("pck(1, 2, 3)", 1, 1, "Did you mean 'pick'"),
        ("pick(1, 2, 3)\nplace(4, 5", 2, 11, "Expected ','"),
        ("lift(1)\n", 1, 1, "Unknown action"),
        ("pick(nan, 1, 2)", 1, 6, "an integer for 'x'"),
        ("pick(1" + "0" * 5000 + ", 2, 3)", 1, 6, "5001 digits"),
        ("refuse(absnt)", 1, 8, "Did you mean 'absent'"),
        ("pick(1, 2, 3) x", 1, 14, "the end of the line"),
        ("", 1, 1, "empty"),
        ("refuse(absent)\npick(1, 2, 3)", 1, 1, "only action"),
    ],
)
def test_a_fault_is_named_by_line_and_column(text, line, column, words):
    with pytest.raises(PlanError, match=words.replace("(", r"\(")) as caught:
        parse_plan(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_single_refusal_gives_its_reason():
    assert parse_plan("refuse(absent)").refusal == "absent"
    assert parse_plan(TEXT).refusal is None


def test_a_fault_survives_the_way_between_processes():
    with pytest.raises(PlanError) as caught:
        parse_plan("pick(1, 2")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (
        str(copy)
        == str(caught.value)
        == "line 1, column 10: Expected ',', found " + ("the end of the line.")
    )
    assert (copy.line, copy.column) == (1, 10)
