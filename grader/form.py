"""How often answers are plans: held to the grammar, and free.

Held to it every answer must be one; free, it says how well the model knows the language by itself.
"""

from collections.abc import Sequence
from typing import Any

from grader.asking import ask_policy, hold_to_plans
from grader.baselines import Policy
from grader.cases import Question
from grader.exam import BATCH_SIZE
from grader.metrics import Rate
from scene_renderer.errors import PlanError
from scene_renderer.plan import parse_plan
from vlm.policy import Answer


def measure_form(policy: Policy, questions: Sequence[Question]) -> dict[str, Any]:
    """Returns the rates of valid plans, `constrained` and `free`, and of answers that are the same.

    Args:
        policy: who answers.
        questions: what is asked, both ways.
    """
    held, free = (_ask(policy, questions, constrained) for constrained in (True, False))
    same = [a.text == b.text for a, b in zip(held, free, strict=True)]
    return {
        "constrained": _valid(held).to_dict(),
        "free": _valid(free).to_dict(),
        "same": Rate(sum(same), len(same)).to_dict(),
    }


def _ask(policy: Policy, questions: Sequence[Question], constrained: bool) -> list[Answer]:
    instructions = [q.case.instruction for q in questions]
    with hold_to_plans(policy, constrained):
        return ask_policy(policy, questions, instructions, BATCH_SIZE)


def _valid(answers: Sequence[Answer]) -> Rate:
    return Rate(sum(map(_is_plan, answers)), len(answers))


def _is_plan(answer: Answer) -> bool:
    try:
        parse_plan(answer.text)
    except PlanError:
        return False
    return True
