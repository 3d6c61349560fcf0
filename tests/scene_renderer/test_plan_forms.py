import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene_renderer.errors import PlanError
from scene_renderer.plan import Action, Plan, parse_plan
from scene_renderer.plan_forms import (
    MAX_JSON_CHARACTERS,
    format_code,
    plan_from_json,
    plan_schema,
    plan_to_json,
)
from tests.scene_renderer.plan_strategies import plans

SCHEMA = Path(__file__).parents[2] / "docs" / "plan.schema.json"
PLAN = parse_plan("pick(412, -127, 25)\nopen_gripper()")
DOCUMENT = {
    "version": 1,
    "actions": [{"action": "pick", "x": 412, "y": -127, "z": 25}, {"action": "open_gripper"}],
}


def is_valid(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether a value fits a JSON Schema, as far as ours uses the language."""
    if "$ref" in schema:
        return is_valid(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "anyOf" in schema and not any(is_valid(value, s, root) for s in schema["anyOf"]):
        return False
    if "const" in schema:
        return not isinstance(value, bool) and bool(value == schema["const"])
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema.get("type")
    if isinstance(value, list):
        sizes = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return kind in (None, "array") and sizes and all(
            is_valid(item, schema.get("items", {}), root) for item in value
        )  # fmt: skip
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return kind in (None, "object") and set(schema.get("required", ())) <= value.keys() and all(
            is_valid(item, known[key], root) if key in known
            else schema.get("additionalProperties", True)
            for key, item in value.items()
        )  # fmt: skip
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if kind == "integer" and is_whole and not isinstance(value, bool):
        return bool(schema["minimum"] <= value <= schema["maximum"])
    return kind is None


SPOILERS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["pick", "refuse", "absent", "", [], {}]),
)


@st.composite
def spoilt_documents(draw: st.DrawFn) -> Any:
    """A plan's document with up to one value replaced, added or taken away."""
    document = json.loads(plan_to_json(draw(plans())))
    item = draw(st.sampled_from([document, *document["actions"][:3]]))
    key = draw(st.sampled_from([*item, "extra"]))
    if draw(st.booleans()):
        item[key] = draw(SPOILERS)
    elif draw(st.booleans()):
        item.pop(key, None)
    return document


@given(plans())
def test_a_plan_round_trips_through_json(plan: Plan):
    assert plan_from_json(plan_to_json(plan)) == plan


def test_the_document_says_what_each_number_is():
    assert json.loads(plan_to_json(PLAN)) == DOCUMENT


def test_the_published_schema_is_that_of_the_code():
    assert json.loads(SCHEMA.read_text("utf-8")) == plan_schema()


@given(spoilt_documents())
def test_the_reader_accepts_what_the_schema_accepts(document: Any):
    try:
        plan_from_json(json.dumps(document))
        is_accepted = True
    except PlanError:
        is_accepted = False
    schema = plan_schema()
    assert is_valid(document, schema, schema) == is_accepted


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "The plan's version is not 1."),
        ({"extra": 1}, "A plan is an object with the keys 'version' and 'actions'."),
        ({"actions": []}, "'actions' is a list of 1 to 64 actions."),
        ({"actions": ["pick"]}, "actions[0] is no object."),
        ({"actions": [{"action": "pik"}]}, "none of the actions. Did you mean 'pick'?"),
        ({"actions": [{"action": "pick", "x": 1, "y": 2}]}, "actions[0] lacks 'z'."),
        ({"actions": [{"action": "rotate", "yaw_deg": 1, "x": 2}]}, "has 'x', which 'rotate' does"),
        ({"actions": [{"action": "rotate", "yaw_deg": 1.5}]}, "actions[0].yaw_deg is no integer"),
        ({"actions": [{"action": "rotate", "yaw_deg": 10**5}]}, "integer of at most 5 digits"),
        ({"actions": [{"action": "refuse", "reason": "absnt"}]}, "Did you mean 'absent'?"),
        ({"actions": [{"action": "refuse", "reason": "absent"}] * 2}, "plan's only action"),
    ],
)
def test_a_fault_in_a_document_is_named_by_its_place(change, words):
    with pytest.raises(PlanError) as caught:
        plan_from_json(json.dumps(DOCUMENT | change))
    assert words in str(caught.value)
    assert not str(caught.value).startswith("line")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"version": 1,\n "actions": [}', "line 2, column 14: This is no JSON"),
        ('{"version": 1, "version": 1, "actions": []}', "A key stands twice"),
        ("[" * MAX_JSON_CHARACTERS, "nested too deeply"),
        ('{"version": ' + "9" * 60_000 + "}", "A plan is an object with"),
        ("[" * (MAX_JSON_CHARACTERS + 1), "at most 65536 are allowed"),
        ("pick(1, 2, 3)", "line 1, column 1: This is no JSON"),
    ],
)
def test_what_is_no_document_is_an_error(text, words):
    with pytest.raises(PlanError) as caught:
        plan_from_json(text)
    assert words in str(caught.value)


class Recorder:
    """A stand-in for a robot: remembers what it was told."""

    def __init__(self) -> None:
        self.actions: list[Action] = []

    def __getattr__(self, name: str) -> Any:
        return lambda **arguments: self.actions.append(Action(name, tuple(arguments.values())))


def test_code_is_short_and_readable():
    assert format_code(PLAN) == (
        "def run(robot):\n    robot.pick(x=412, y=-127, z=25)\n    robot.open_gripper()"
    )


@given(plans())
def test_the_code_tells_a_robot_every_action_of_the_plan(plan: Plan):
    names: dict[str, Any] = {}
    exec(compile(format_code(plan), "plan", "exec"), names)
    robot = Recorder()
    names["run"](robot)
    assert Plan(tuple(robot.actions)) == plan
