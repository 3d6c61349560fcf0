"""The action language: `Action`, `Plan`, `parse_plan` and its inverse `format_plan`.

A plan is text with one action a line; coordinates are integer millimetres in the robot's base
frame. This grammar is the robot's whole interface:

    plan    := action ("\\n" action)*
    action  := NAME "(" [value (", " value)*] ")"
    value   := ["-"] DIGIT+              an integer; at most 5 digits
             | REASON                    only in refuse(...)

A plan is never evaluated as code. To add an action: one entry in `ACTIONS`, one method in `arm.py`.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType

from scene_renderer.errors import PlanError, did_you_mean
from scene_renderer.vocabulary import REFUSAL_REASONS

ACTIONS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "pick": ("x", "y", "z"),
        "place": ("x", "y", "z"),
        "move_to": ("x", "y", "z"),
        "open_gripper": (),
        "close_gripper": (),
        "push": ("x", "y", "z", "x2", "y2"),
        "rotate": ("yaw_deg",),
        "refuse": ("reason",),
    }
)
"""Action name to the names of its arguments."""

MAX_ACTIONS = 64
MAX_CHARACTERS = 8192
MAX_DIGITS = 5

_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]{0,63}")
_INTEGER = re.compile(r"-?[0-9]+")
_SPACE = re.compile(r"[ \t]*")


@dataclass(frozen=True)
class Action:
    """One step: `name` from `ACTIONS` and its arguments, integers or a refusal reason."""

    name: str
    arguments: tuple[int, ...] | tuple[str] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(str(a) for a in self.arguments)})"


@dataclass(frozen=True)
class Plan:
    """A sequence of one or more actions."""

    actions: tuple[Action, ...]

    @property
    def refusal(self) -> str | None:
        """The reason, if this plan is a single refusal."""
        if len(self.actions) == 1 and self.actions[0].name == "refuse":
            return str(self.actions[0].arguments[0])
        return None


def format_plan(plan: Plan) -> str:
    """Returns the plan's text; `parse_plan` is its inverse."""
    return "\n".join(str(action) for action in plan.actions)


def parse_plan(text: str) -> Plan:
    """Reads a plan strictly.

    Blank lines and spaces around an action are allowed, nothing else is forgiven.

    Args:
        text: the plan's text.

    Raises:
        PlanError: with line and column of the first fault.
    """
    if len(text) > MAX_CHARACTERS:
        raise PlanError(
            f"The plan has {len(text)} characters; at most {MAX_CHARACTERS} are allowed.", 1, 1
        )
    actions = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip(" \t\r"):
            actions.append(_parse_action(line.rstrip(" \t\r"), number))
        if len(actions) > MAX_ACTIONS:
            raise PlanError(f"A plan has at most {MAX_ACTIONS} actions.", number, 1)
    if not actions:
        raise PlanError("The plan is empty; it needs at least one action.", 1, 1)
    if len(actions) > 1 and any(a.name == "refuse" for a in actions):
        raise PlanError("'refuse' must be a plan's only action.", 1, 1)
    return Plan(tuple(actions))


def _parse_action(line: str, number: int) -> Action:
    position = _skip_space(line, 0)
    match = _NAME.match(line, position)
    if match is None:
        raise _fault("an action's name", line, number, position)
    name = match.group()
    if name not in ACTIONS:
        hint = did_you_mean(name, ACTIONS)
        raise PlanError(f"Unknown action '{name}'.{hint}", number, position + 1)
    position = _expect("(", line, number, match.end())
    arguments: list[int | str] = []
    for index, parameter in enumerate(ACTIONS[name]):
        if index > 0:
            position = _expect(",", line, number, position)
        position = _skip_space(line, position)
        value, position = _parse_value(parameter, line, number, position)
        arguments.append(value)
    position = _expect(")", line, number, position)
    if position != len(line):
        raise _fault("the end of the line", line, number, position)
    return Action(name, tuple(arguments))  # type: ignore[arg-type]


def _parse_value(parameter: str, line: str, number: int, position: int) -> tuple[int | str, int]:
    if parameter == "reason":
        word = _NAME.match(line, position)
        if word is None:
            raise _fault("a reason", line, number, position)
        if word.group() not in REFUSAL_REASONS:
            hint = did_you_mean(word.group(), REFUSAL_REASONS)
            raise PlanError(f"Unknown reason '{word.group()}'.{hint}", number, position + 1)
        return word.group(), word.end()
    digits = _INTEGER.match(line, position)
    if digits is None:
        raise _fault(f"an integer for '{parameter}'", line, number, position)
    if len(digits.group().lstrip("-")) > MAX_DIGITS:
        count = len(digits.group().lstrip("-"))
        raise PlanError(
            f"The number for '{parameter}' has {count} digits; at most {MAX_DIGITS} are allowed.",
            number,
            position + 1,
        )
    return int(digits.group()), digits.end()


def _skip_space(line: str, position: int) -> int:
    match = _SPACE.match(line, position)
    return match.end() if match else position


def _expect(character: str, line: str, number: int, position: int) -> int:
    position = _skip_space(line, position)
    if position >= len(line) or line[position] != character:
        raise _fault(f"'{character}'", line, number, position)
    return position + 1


def _fault(wanted: str, line: str, number: int, position: int) -> PlanError:
    rest = line[position : position + 12]
    found = f"'{rest}'" if rest else "the end of the line"
    return PlanError(f"Expected {wanted}, found {found}.", number, position + 1)
