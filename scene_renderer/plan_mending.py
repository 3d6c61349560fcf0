"""Reads a plan leniently: `mend_plan` understands what a language model meant, and says how.

    mend_plan('Sure!\\n1. grasp(x=0.412, y=-0.127, z=0.025)').plan    pick(412, -127, 25)

The answer is aligned with the actions and their arguments instead of being parsed by one format's
grammar: the names of actions are looked for, and to each belong the numbers that stand in its
brackets, its JSON object or its line. Nothing is evaluated, nothing guessed: an argument that is
not there, a unit that is not clear, a step that cannot be read, or two plans that differ give a
`PlanError`. Time is linear in the length of the answer.

Source: schema-aligned parsing, as in BAML (BoundaryML).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scene_renderer.errors import PlanError
from scene_renderer.plan import MAX_ACTIONS, Plan, parse_plan
from scene_renderer.plan_arguments import Draft, Mends, settle
from scene_renderer.plan_reader import read_actions
from scene_renderer.plan_tokens import ASCII, MisreadError

MAX_CHARACTERS = 65_536

_FENCE = re.compile(r"```|~~~")
_THINKING = re.compile(r"<(/?)think(?:ing)?>|final answer", re.IGNORECASE)
_ROLE = re.compile(
    r"^[ \t]*+(?:#{1,4} ?)?"
    r"(?:(assistant|robot|ai|model|gpt)|user|human|system|instruction|question)[ \t]*+:",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Mended:
    """A plan that was read leniently.

    Attributes:
        plan: what was understood.
        mends: what was mended, a short sentence each; empty if the text was valid.
    """

    plan: Plan
    mends: tuple[str, ...]


def mend_plan(text: str) -> Mended:
    """Reads a plan out of a language model's answer.

    Raises:
        PlanError: if there is none, or if it is not clear which.
    """
    try:
        return Mended(parse_plan(text), ())
    except PlanError:
        pass
    if len(text) > MAX_CHARACTERS:
        raise PlanError(
            f"The answer has {len(text)} characters; at most {MAX_CHARACTERS} are read.", 1, 1
        )
    mends, plain_text = Mends(), text.translate(ASCII)
    if plain_text != text:
        mends.note("replaced typographic characters")
    try:
        plan = _first_turn(plain_text, mends)
    except MisreadError as error:
        before = plain_text[: max(error.position, 0)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise PlanError(str(error), line, column) from None
    mends.note("wrote one action a line")
    return Mended(plan, tuple(mends))


def _first_turn(text: str, mends: Mends) -> Plan:
    """Reads the first turn of the robot's that holds a plan; what others say is left out."""
    start = _after_thinking(text)
    for begin, end in _turns(text, start):
        drafts = _fenced(text, begin, end, mends)
        if drafts:
            if (begin, end) != (0, len(text)):
                mends.note("left out other turns and thinking")
            return _plan(text, drafts, mends)
    raise MisreadError("No action was found.", start)


def _after_thinking(text: str) -> int:
    markers = list(_THINKING.finditer(text))
    if not markers:
        return 0
    last = markers[-1]
    if last[0].startswith("<") and not last[1]:
        raise MisreadError("The answer ends while it is still thinking.", last.start())
    return last.end()


def _turns(text: str, start: int) -> Iterable[tuple[int, int]]:
    """Yields where the turns are that may hold the plan."""
    begin, is_ours = start, True
    for role in _ROLE.finditer(text, start):
        if is_ours:
            yield begin, role.start()
        begin, is_ours = role.end(), bool(role[1])
    if is_ours:
        yield begin, len(text)


def _fenced(text: str, begin: int, end: int, mends: Mends) -> list[Draft]:
    """Reads the code within fences; without one, or if it holds no action, everything."""
    fences = [m.start() for m in _FENCE.finditer(text, begin, end)]
    inside = list(zip(fences[::2], [*fences[1::2], end], strict=False))
    plans = [d for d in (read_actions(text, a + 3, b, mends) for a, b in inside) if d]
    if not plans:
        return read_actions(text, begin, end, mends)
    first = _meanings(plans[0])
    if any(_meanings(drafts) != first for drafts in plans[1:]):
        raise MisreadError("There are two plans that differ.", begin)
    outside = zip([begin, *fences[1::2]], [*fences[::2], end], strict=False)
    for a, b in outside:
        if not _is_told_in(text, a, b, set(first)):
            raise MisreadError("Actions stand inside and outside of a code fence.", a)
    mends.note("took the plan out of its code fence")
    return plans[0]


def _is_told_in(text: str, begin: int, end: int, known: set[object]) -> bool:
    """Whether the text beside a plan names no other action than it."""
    try:
        drafts = read_actions(text, begin, end, Mends())
    except MisreadError:
        return True  # talk about a plan need not be readable
    return all(meaning in known for meaning in _meanings(drafts))


def _meanings(drafts: Sequence[Draft]) -> list[object]:
    """Returns what the drafts say, to be compared."""
    return [
        (d.name, d.arguments)
        if isinstance(d.arguments, str)
        else (d.name, *((n.value, n.unit) for n in d.arguments))
        for d in drafts
    ]


def _plan(text: str, drafts: list[Draft], mends: Mends) -> Plan:
    """Puts actions together to a plan that the strict rules allow."""
    if {(d.name, str(d.arguments)) for d in drafts} == {("refuse", str(drafts[0].arguments))}:
        drafts = drafts[:1]
    for draft in drafts:
        if draft.name == "refuse" and len(drafts) > 1:
            raise MisreadError("'refuse' must be a plan's only action.", draft.token.start)
    if len(drafts) > MAX_ACTIONS:
        raise MisreadError(
            f"A plan has at most {MAX_ACTIONS} actions.", drafts[MAX_ACTIONS].token.start
        )
    return Plan(settle(drafts, mends))
