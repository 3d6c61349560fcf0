"""A plan's other forms: JSON with a published schema, and code for a robot's API in Python.

    plan_to_json, plan_from_json    {"version": 1, "actions": [{"action": "pick", "x": 412, ...}]}
    format_code                     def run(robot): robot.pick(x=412, y=-127, z=25)

The code is text for people to run on a robot of theirs; nothing here runs it. The schema is
published by

    python -m scene_renderer.plan_forms > docs/plan.schema.json
"""

import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, NoReturn

from scene_renderer.errors import PlanError, did_you_mean
from scene_renderer.plan import ACTIONS, MAX_ACTIONS, MAX_DIGITS, Action, Plan, format_plan
from scene_renderer.vocabulary import REFUSAL_REASONS

VERSION = 1
LARGEST = 10**MAX_DIGITS - 1
MAX_JSON_CHARACTERS = 65_536

Json = dict[str, Any]


def plan_to_json(plan: Plan) -> str:
    """Returns the plan as a JSON document of `plan_schema`; `plan_from_json` is its inverse."""
    actions = [
        {"action": a.name, **dict(zip(ACTIONS[a.name], a.arguments, strict=True))}
        for a in plan.actions
    ]
    return json.dumps({"version": VERSION, "actions": actions})


def plan_from_json(text: str) -> Plan:
    """Reads a plan from JSON strictly, as `plan_schema` has it.

    Raises:
        PlanError: with line and column where the text is no JSON, else with the place's name.
    """
    if len(text) > MAX_JSON_CHARACTERS:
        _refuse(f"The plan has {len(text)} characters; at most {MAX_JSON_CHARACTERS} are allowed.")
    document = _decode(text)
    if not isinstance(document, dict) or document.keys() != {"version", "actions"}:
        _refuse("A plan is an object with the keys 'version' and 'actions'.")
    if document["version"] != VERSION or isinstance(document["version"], bool):
        _refuse(f"The plan's version is not {VERSION}.")
    items = document["actions"]
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_ACTIONS:
        _refuse(f"'actions' is a list of 1 to {MAX_ACTIONS} actions.")
    actions = tuple(_action(item, f"actions[{i}]") for i, item in enumerate(items))
    if len(actions) > 1 and any(action.name == "refuse" for action in actions):
        _refuse("'refuse' must be a plan's only action.")
    return Plan(actions)


def _decode(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise PlanError(f"This is no JSON: {error.msg}.", error.lineno, error.colno) from None
    except RecursionError:
        _refuse("The JSON is nested too deeply.")


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        _refuse("A key stands twice in one object.")
    return found


def _integer(digits: str) -> int:
    """Reads an integer; a longer one than any coordinate is not converted."""
    return int(digits) if len(digits) <= MAX_DIGITS + 1 else LARGEST + 1


def _action(item: Any, place: str) -> Action:
    if not isinstance(item, dict):
        _refuse(f"{place} is no object.")
    name = item.get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        hint = did_you_mean(str(name)[:64], ACTIONS)
        _refuse(f"{place}.action is none of the actions.{hint}")
    wanted = {"action", *ACTIONS[name]}
    for key in sorted(wanted - item.keys()):
        _refuse(f"{place} lacks '{key}'.")
    for key in sorted(item.keys() - wanted):
        _refuse(f"{place} has '{key[:64]}', which '{name}' does not take.")
    values = [_value(item[key], f"{place}.{key}", key) for key in ACTIONS[name]]
    return Action(name, tuple(values))


def _value(value: Any, place: str, key: str) -> Any:
    if key == "reason":
        if value not in REFUSAL_REASONS:
            hint = did_you_mean(str(value)[:64], REFUSAL_REASONS)
            _refuse(f"{place} is none of the reasons.{hint}")
        return value
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not is_whole or abs(value) > LARGEST:
        _refuse(f"{place} is no integer of at most {MAX_DIGITS} digits.")
    return int(value)


def _refuse(message: str) -> NoReturn:
    raise PlanError(message, 0, 0)


def plan_schema() -> Json:
    """Returns the JSON Schema of a plan, as `docs/plan.schema.json` publishes it."""
    doing = [{"$ref": f"#/$defs/{name}"} for name in ACTIONS if name != "refuse"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tablehand:plan:{VERSION}",
        "title": "A plan of the action language",
        "description": "Lengths in millimetres and angles in degrees, in the robot's base frame.",
        "type": "object",
        "properties": {
            "version": {"const": VERSION},
            "actions": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_ACTIONS,
                "anyOf": [
                    {"items": {"anyOf": doing}},
                    {"items": {"$ref": "#/$defs/refuse"}, "maxItems": 1},
                ],
            },
        },
        "required": ["version", "actions"],
        "additionalProperties": False,
        "$defs": {name: _action_schema(name) for name in ACTIONS},
    }


def _action_schema(name: str) -> Json:
    number = {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST}
    reason = {"enum": list(REFUSAL_REASONS)}
    return {
        "type": "object",
        "properties": {
            "action": {"const": name},
            **{key: reason if key == "reason" else number for key in ACTIONS[name]},
        },
        "required": ["action", *ACTIONS[name]],
        "additionalProperties": False,
    }


def format_code(plan: Plan) -> str:
    """Returns the plan as a Python function of a robot that has a method for each action."""
    lines = [f"    robot.{_call(action)}" for action in plan.actions]
    return "\n".join(["def run(robot):", *lines])


def _call(action: Action) -> str:
    pairs = zip(ACTIONS[action.name], action.arguments, strict=True)
    values = (f'{k}="{v}"' if isinstance(v, str) else f"{k}={v}" for k, v in pairs)
    return f"{action.name}({', '.join(values)})"


FORMS: MappingProxyType[str, Callable[[Plan], str]] = MappingProxyType(
    {"text": format_plan, "json": plan_to_json, "python": format_code}
)
"""What a form is called on the command line, and who writes it."""


if __name__ == "__main__":
    print(json.dumps(plan_schema(), indent=2))
