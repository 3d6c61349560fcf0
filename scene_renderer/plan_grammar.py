"""The action language as a grammar in Lark's notation, for decoding that can write nothing else.

It is derived from `ACTIONS` and admits what `parse_plan` reads, in the one spelling that
`format_plan` writes: no superfluous zeros, blanks or lines.
"""

import json

from scene_renderer.plan import ACTIONS, MAX_ACTIONS, MAX_DIGITS
from scene_renderer.vocabulary import REFUSAL_REASONS

REASON = "reason"
"""The argument that is a word; all others are integers."""

_INTEGER = rf"(0|-?[1-9][0-9]{{0,{MAX_DIGITS - 1}}})"
_REASON = f"({'|'.join(REFUSAL_REASONS)})"

LONGEST_ACTION = max(
    len(name) + len("()") + sum(len(f"-{'9' * MAX_DIGITS}, ") for _ in parameters)
    for name, parameters in ACTIONS.items()
)
"""No action in canonical spelling has more characters, so none has more tokens."""


def plan_grammar(lead: str = "") -> str:
    """Returns the grammar of plans.

    Args:
        lead: what stands before the plan, as a chat template words it; often a space.
    """
    alone = [name for name, parameters in ACTIONS.items() if REASON in parameters]
    actions = [name for name in ACTIONS if name not in alone]
    start = f'({" | ".join(map(_terminal, alone))} | action ("\\n" action){{0,{MAX_ACTIONS - 1}}})'
    return "\n".join(
        [
            f"start: {json.dumps(lead, ensure_ascii=False)} {start}" if lead else f"start: {start}",
            f"action: {' | '.join(map(_terminal, actions))}",
            *(f"{_terminal(name)}: /{_pattern(name)}/" for name in ACTIONS),
        ]
    )


def _terminal(name: str) -> str:
    return name.upper()


def _pattern(name: str) -> str:
    values = [_REASON if parameter == REASON else _INTEGER for parameter in ACTIONS[name]]
    return rf"{name}\({', '.join(values)}\)"
