import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene_renderer.errors import PlanError
from scene_renderer.plan import ACTIONS, Plan, format_plan, parse_plan
from scene_renderer.plan_forms import format_code, plan_to_json
from scene_renderer.plan_mending import MAX_CHARACTERS, mend_plan
from scene_renderer.plan_words import KEYS, NAMES
from tests.scene_renderer.plan_strategies import plans

MALFORMED = [
    json.loads(line)
    for line in (Path(__file__).parent / "malformed_plans.jsonl").read_text("utf-8").splitlines()
]
PLAN = "pick(412, -127, 25)\nplace(520, 80, 30)"
PIECES = st.sampled_from(
    [*ACTIONS, *"()[]{}\"'`\\,;:=-.#/~<>\n 1", "pick(", "pick(1, 2, 3)", "```", '"action": ', "x=",
     "0.4", "-12", "mm", "the", "or", "<think>", "Assistant:", "\n1. ", "refuse(absent)", "\u2212"]
)  # fmt: skip


def reading(text: str) -> str | None:
    """Returns what the lenient reading makes of a text, None for an error."""
    try:
        return format_plan(mend_plan(text).plan)
    except PlanError:
        return None


def test_of_500_malformed_answers_hardly_one_stays_unread_and_none_is_misread():
    found = [(reading(row["answer"]), row["plan"]) for row in MALFORMED]
    assert len(found) == 500
    assert len({row["kind"] for row in MALFORMED}) >= 60
    assert [pair for pair in found if pair[0] not in (pair[1], None)] == []
    assert sum(got == wanted for got, wanted in found) >= 490


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("```python\n{}\n```", "took the plan out of its code fence"),
        ("Sure!\n{}", "left out what stands around the plan"),
        ("User: do it\nAssistant: {}", "left out other turns and thinking"),
        (PLAN.replace("pick", "grasp"), "read 'grasp' as pick"),
        (PLAN.replace("-", "\u2212"), "replaced typographic characters"),
        ("pick(412, -127, 25\nplace(520, 80, 30", "added a bracket that was missing"),
        ("pick[412, -127, 25]\nplace[520, 80, 30]", "put other brackets around arguments"),
        ("pick 412, -127, 25\nplace 520, 80, 30", "put brackets around arguments"),
        ("pick(412 -127 25)\nplace(520 80 30)", "put commas between arguments"),
        ("pick(0.412, -0.127, 0.025)\nplace(.52, .08, .03)", "turned metres into millimetres"),
        ("pick(412.0, -127.0, 25.0)\nplace(520, 80, 30)", "wrote numbers as whole ones"),
        ("pick(41.2 cm, -12.7 cm, 2.5 cm)\nplace(520 mm, 80 mm, 30 mm)", "read the unit cm"),
        ("pick(x=412, y=-127, z=25)\nplace(520, 80, 30)", "read arguments by their names"),
        ('pick("red cube", 412, -127, 25)\n{}', "left out a name among the arguments"),
        ("pick(412, -127, 25);place(520, 80, 30)", "wrote one action a line"),
    ],
)
def test_each_mend_is_named(text, mend):
    found = mend_plan(text.replace("{}", PLAN))
    assert mend in found.mends
    assert format_plan(found.plan).endswith(PLAN)


def test_a_valid_plan_needs_no_mend():
    assert mend_plan(PLAN).mends == ()


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("Sure!\npick(412, -127)", 2, 6, "'pick' lacks z"),
        ("pick(1, 2, 3)\nwait(5)", 2, 1, "'wait' is none of the actions"),
        ("pick(0.4, -127, 25)", 1, 6, "unit of the numbers is not clear"),
        ("pick(400 + 12, 1, 2)", 1, 10, "Sums are not computed"),
        ("refuse(absent)\npick(1, 2, 3)", 1, 1, "only action"),
        ("pick(1, 2, 3) or pick(4, 5, 6)", 1, 15, "'or' leaves the plan open"),
        ("I am not sure.", 1, 1, "No action was found"),
    ],
)
def test_what_is_not_clear_is_named_by_line_and_column(text, line, column, words):
    with pytest.raises(PlanError, match=words.replace("(", r"\(")) as caught:
        mend_plan(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@given(plans())
def test_every_written_form_of_a_plan_is_read_as_that_plan(plan: Plan):
    text = format_plan(plan)
    assert parse_plan(text) == plan
    assert mend_plan(text).plan == plan
    assert mend_plan(plan_to_json(plan)).plan == plan
    assert mend_plan(format_code(plan)).plan == plan
    assert mend_plan(f"Here it is:\n```\n{text}\n```").plan == plan


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join)))
def test_any_text_gives_a_plan_of_the_strict_language_or_an_error(text: str):
    found = reading(text)
    assert found is None or format_plan(parse_plan(found)) == found


@pytest.mark.parametrize(
    "piece",
    ["[", '{"a":', "(", '\\"', '"thought": \\"', "# ", "pick(1,", "pick 1 2 ", "```pick(", "<", "-",
     "\n- ", "9", "Assistant:\n", "<think>", "red cube, "],
)  # fmt: skip
def test_64_kilobytes_of_anything_are_read_without_a_deep_stack(piece):
    text = "pick(" + piece * (MAX_CHARACTERS // len(piece) - 5)
    assert reading(text) is None
    assert reading(text + "x" * MAX_CHARACTERS) is None


def test_words_mean_actions_and_arguments_that_exist():
    assert set(NAMES.values()) == set(ACTIONS)
    assert set(KEYS.values()) == {name for names in ACTIONS.values() for name in names}
