"""What liars say: texts that are almost the oracle's, each wrong in one way.

Source: mutation testing; DeMillo, Lipton and Sayward, "Hints on test data selection", 1978.
"""

import zlib
from collections.abc import Callable, Sequence

from grader.baselines import oracle_plan
from grader.cases import Question
from grader.sabotage import SABOTAGES
from qa_generator.prompt import build_prompt, to_millimetres
from qa_generator.tasks import LIFT_MM
from scene_renderer.plan import Action, Plan, format_plan

Tell = Callable[[Question], str | None]
"""What a liar says to a question; None where its lie could be no lie."""

OFF_MM = 80

_LEAST_MM = 45
"""What lies nearer to the middle line is not told from its mirror image."""


def truth(question: Question) -> str:
    """Returns the oracle's answer."""
    return format_plan(oracle_plan(question))


def sabotaged(kind: str) -> Tell:
    """Returns the lie that is one of the grader's sabotages."""

    def tell(question: Question) -> str | None:
        spoilt = SABOTAGES[kind](question.case, oracle_plan(question).actions)
        return None if spoilt is None else spoilt[0]

    return tell


def drop_one(question: Question) -> str | None:
    """Drops what the goal needs: at the end of a lift, a move to a place may be idle."""
    actions = oracle_plan(question).actions
    needed = [i for i, a in enumerate(actions) if a.name in ("pick", "place", "push")]
    if len(actions) < 2 or not needed:
        return None
    gone = needed[zlib.crc32(question.case.id.encode()) % len(needed)]
    return _text(*actions[:gone], *actions[gone + 1 :])


def shift(question: Question) -> str | None:
    """8 cm to the side: towards the middle line, so that it stays in reach."""
    actions = oracle_plan(question).actions
    first = _numbers(actions[0])
    if not first:
        return None
    off = -OFF_MM if first[1] > 0 else OFF_MM
    return _text(*(_across(action, lambda y: y + off) for action in actions))


def flip(question: Question) -> str | None:
    """Left for right."""
    actions = oracle_plan(question).actions
    first = _numbers(actions[0])
    if not first or abs(first[1]) < _LEAST_MM:
        return None
    return _text(*(_across(action, lambda y: -y) for action in actions))


def first_half(question: Question) -> str | None:
    """The first half of the actions; of a lift that might do."""
    actions = oracle_plan(question).actions
    if len(actions) < 2 or question.case.goal.task == "lift":
        return None
    return _text(*actions[: len(actions) // 2])


def double(question: Question) -> str:
    """The right plan, twice."""
    return f"{truth(question)}\n{truth(question)}"


def in_metres(question: Question) -> str | None:
    """All lengths in metres; angles stay."""
    actions = oracle_plan(question).actions
    if not _numbers(actions[0]):
        return None
    return "\n".join(
        f"{a.name}({', '.join(str(n / 1000) for n in _numbers(a))})" if _numbers(a) else str(a)
        for a in actions
    )


def cut(question: Question) -> str:
    """Somewhere in its last line, which has a bracket to lose."""
    text = truth(question)
    last = len(text.splitlines()[-1])
    return text[: -1 - zlib.crc32(question.case.id.encode()) % (last - 1)]


def lift_first(question: Question) -> str:
    """Lifts what is listed first."""
    x, y, z = map(to_millimetres, question.listing[0][1])
    return _text(Action("pick", (x, y, z)), Action("move_to", (x, y, z + LIFT_MM)))


def echo(question: Question) -> str:
    """The prompt."""
    return build_prompt(question, question.case.instruction)


def another(question: Question, questions: Sequence[Question]) -> Question:
    """Returns a question of the same task about another scene, or of any task without one."""
    own = question.case
    others = [q for q in questions if q.case.scene.id != own.scene.id] or [question]
    alike = [q for q in others if q.case.goal.task == own.goal.task] or others
    return alike[zlib.crc32(own.id.encode()) % len(alike)]


def _text(*actions: Action) -> str:
    return format_plan(Plan(actions))


def _numbers(action: Action) -> tuple[int, ...]:
    """Returns an action's lengths in millimetres: x, y, z, of a push x2, y2 too; else nothing."""
    if action.name not in ("pick", "place", "move_to", "push"):
        return ()
    return tuple(int(value) for value in action.arguments)


def _across(action: Action, change: Callable[[int], int]) -> Action:
    """The same action with another y, and of a push another y2."""
    numbers = list(_numbers(action))
    for axis in (1, 4):
        if axis < len(numbers):
            numbers[axis] = change(numbers[axis])
    return Action(action.name, tuple(numbers)) if numbers else action
