"""Impostors: policies that must not pass, each with what it deserves.

A liar knows the right plan and says something else, so that the grader is shown what is almost
right. The rest know nothing and hope. What an impostor deserves is known before anything is
executed: which goals it reaches and whether its answers are plans.

Source: mutation testing; DeMillo, Lipton and Sayward, "Hints on test data selection", 1978.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from grader.baselines import Baseline, Policy, oracle_plan
from grader.cases import Question
from grader.sabotage import SABOTAGES
from qa_generator.prompt import Observation, build_prompt, to_millimetres
from qa_generator.tasks import LIFT_MM
from scene_renderer.plan import Action, Plan, format_plan
from vlm.policy import Answer

Tell = Callable[[Question], str | None]
"""What a liar says to a question; None where its lie could be no lie."""

Deserves = Callable[[Question, str], bool]
"""Whether an answer to a question deserves to reach its goal."""

OFF_MM = 80
LUCKY = 0.05
"""The share of goals that who knows nothing may reach by luck."""

_LEAST_MM = 45
"""What lies nearer to the middle line is not told from its mirror image."""
_REFUSAL = "refuse(absent)"
_IDLE = "open_gripper()"
_CODE = '__import__("os").abort()'
_FLOOD = "pick(412, -127, 25)\n" * 50_000


class Liar(Baseline):
    """A policy that tells what a rule says.

    Args:
        name: what it is called.
        tell: what it says; it is asked only what it has an answer to.
        confidence: how sure it claims to be.
    """

    def __init__(self, name: str, tell: Tell, confidence: float | None = None) -> None:
        super().__init__(name, oracle_plan)
        self.tell, self._confidence = tell, confidence

    def answer(
        self, observations: Sequence[Observation], instructions: Sequence[str], batch_size: int = 1
    ) -> list[Answer]:
        """Tells what its rule says."""
        texts = [self.tell(o) or "" for o in observations if isinstance(o, Question)]
        return [Answer(text, 0, 0.0, self._confidence) for text in texts]


class Stranger:
    """A policy that is none of ours: what it sees is all that it knows.

    Args:
        name: what it is called.
        reply: turns what it sees into answers.
    """

    image_size = None

    def __init__(self, name: str, reply: Callable[[Sequence[Observation]], list[Answer]]) -> None:
        self.name, self._reply = name, reply

    def answer(
        self, observations: Sequence[Observation], instructions: Sequence[str], batch_size: int = 1
    ) -> list[Answer]:
        """Replies to what it sees."""
        return self._reply(observations)

    def describe(self) -> dict[str, Any]:
        """Returns its name."""
        return {"source": self.name}


@dataclass(frozen=True)
class Impostor:
    """A policy that must get what it deserves.

    Attributes:
        policy: who answers.
        what: what it says, in a few words.
        reaches: which goals it must reach; None where that is for physics to say.
        luck: the share of other goals that it may reach all the same.
        valid: whether its answers are plans; None where they may be or not.
        mends: whether its answers are none, but can all be mended, and then reach their goals.
        stops: whether it cannot be graded, which must be said in one sentence.
    """

    policy: Policy
    what: str
    reaches: Deserves | None
    luck: float = 0.0
    valid: bool | None = True
    mends: bool = False
    stops: bool = False

    def answers(self, question: Question) -> bool:
        """Whether it has something to say to a question."""
        return not isinstance(self.policy, Liar) or self.policy.tell(question) is not None


def never(question: Question, text: str) -> bool:
    """No goal at all."""
    return False


def always(question: Question, text: str) -> bool:
    """Every goal."""
    return True


def only_if_right(question: Question, text: str) -> bool:
    """The goals to which it is the oracle's very answer."""
    return text == truth(question)


def only_lifts(question: Question, text: str) -> bool:
    """The goals that are to lift what is listed first."""
    goal = question.case.goal
    return goal.task == "lift" and goal.slots["object"] == question.listing[0][0]


def truth(question: Question) -> str:
    """Returns the oracle's answer."""
    return format_plan(oracle_plan(question))


def build_impostors(questions: Sequence[Question]) -> list[Impostor]:
    """Returns every impostor, the oracle first.

    Args:
        questions: what they will be asked, in context `named`; at least one.
    """
    return [
        Impostor(Liar("the oracle", truth), "the right plan", always),
        *_liars(),
        *_hopeful(questions),
        *_strangers(),
    ]


def _liars() -> list[Impostor]:
    """Those that know what is right and say something else."""
    spoilt = [
        Impostor(Liar(name, _sabotage(kind)), what, never)
        for name, kind, what in (
            ("wrong object", "takes another object", "takes something else"),
            ("wrong place", "places on something else", "puts it onto something else"),
            ("wrong way", "goes the other way", "as far, in the opposite direction"),
            ("order swapped", "swaps the order", "puts down before it picks up"),
            ("steps reversed", "reverses the steps", "the last step first"),
        )
    ]
    return [
        *spoilt,
        Impostor(Liar("one action dropped", _drop_one), "all but one action", never),
        Impostor(Liar("8 cm off", _shift), "the plan 8 cm to the side", never),
        Impostor(Liar("sign flipped", _flip), "left for right", never),
        Impostor(Liar("half the plan", _first_half), "the first half of the actions", never),
        Impostor(Liar("doubled", _double), "the right plan twice", None, valid=None),
        Impostor(Liar("metres", _in_metres), "0.412 for 412", never, valid=False, mends=True),
        Impostor(
            Liar("and more lines", lambda q: f"{truth(q)}\nThat is the plan."),
            "the right plan and a sentence",
            never,
            valid=False,
        ),
        Impostor(Liar("and more", lambda q: f"{truth(q)}0"), "the right text and more", never,
                 valid=False),
        Impostor(Liar("cut", _cut), "the right text, cut", never, valid=False),
        Impostor(Liar("not sure", truth, float("nan")), "right, confidence NaN", always),
    ]  # fmt: skip


def _hopeful(questions: Sequence[Question]) -> list[Impostor]:
    """Those that know nothing."""
    others = {q.case.id: truth(_another(q, questions)) for q in questions}
    constant = truth(questions[0])
    return [
        Impostor(Liar("always refuses", lambda q: _REFUSAL), _REFUSAL, only_if_right),
        Impostor(
            Liar("first object", _lift_first), "lifts what is listed first", only_lifts, LUCKY
        ),
        Impostor(Liar("constant", lambda q: constant), "one plan to all", only_if_right, LUCKY),
        Impostor(
            Liar("another's plan", lambda q: others[q.case.id]),
            "the oracle's for another scene",
            only_if_right,
            LUCKY,
        ),
        Impostor(Liar("idle", lambda q: _IDLE), _IDLE, never),
        Impostor(Liar("silent", lambda q: ""), "nothing", never, valid=False),
        Impostor(Liar("echo", _echo), "the prompt", never, valid=False),
        Impostor(Liar("code", lambda q: _CODE), _CODE, never, valid=False),
        Impostor(Liar("flood", lambda q: _FLOOD), "a megabyte of actions", never, valid=False),
    ]


def _strangers() -> list[Impostor]:
    """Those that are no rule of ours, and fools of the grader's own machinery."""
    return [
        Impostor(
            Stranger("reads the case", _peek), "the oracle's plan if shown the case", never,
            valid=None,
        ),
        Impostor(Stranger("breaks down", _break), "raises an error", None, stops=True),
        Impostor(Stranger("too few", lambda seen: _silence(seen)[1:]), "one answer less", None,
                 stops=True),
        Impostor(Stranger("too many", lambda seen: [*_silence(seen), *_silence(seen)]),
                 "two answers each", None, stops=True),
    ]  # fmt: skip


# The lies.


def _sabotage(kind: str) -> Tell:
    def tell(question: Question) -> str | None:
        spoilt = SABOTAGES[kind](question.case, oracle_plan(question).actions)
        return None if spoilt is None else spoilt[0]

    return tell


def _drop_one(question: Question) -> str | None:
    """Drops what the goal needs: at the end of a lift, a move to a place may be idle."""
    actions = oracle_plan(question).actions
    needed = [i for i, a in enumerate(actions) if a.name in ("pick", "place", "push")]
    if len(actions) < 2 or not needed:
        return None
    gone = needed[zlib.crc32(question.case.id.encode()) % len(needed)]
    return _text(*actions[:gone], *actions[gone + 1 :])


def _shift(question: Question) -> str | None:
    """Towards the middle line, so that it stays in reach."""
    actions = oracle_plan(question).actions
    first = _numbers(actions[0])
    if not first:
        return None
    off = -OFF_MM if first[1] > 0 else OFF_MM
    return _text(*(_across(action, lambda y: y + off) for action in actions))


def _flip(question: Question) -> str | None:
    actions = oracle_plan(question).actions
    first = _numbers(actions[0])
    if not first or abs(first[1]) < _LEAST_MM:
        return None
    return _text(*(_across(action, lambda y: -y) for action in actions))


def _first_half(question: Question) -> str | None:
    actions = oracle_plan(question).actions
    if len(actions) < 2 or question.case.goal.task == "lift":
        return None
    return _text(*actions[: len(actions) // 2])


def _double(question: Question) -> str:
    return f"{truth(question)}\n{truth(question)}"


def _in_metres(question: Question) -> str | None:
    """All lengths; angles stay."""
    actions = oracle_plan(question).actions
    if not _numbers(actions[0]):
        return None
    return "\n".join(
        f"{a.name}({', '.join(str(n / 1000) for n in _numbers(a))})" if _numbers(a) else str(a)
        for a in actions
    )


def _cut(question: Question) -> str:
    """Somewhere in its last line, which has a bracket to lose."""
    text = truth(question)
    last = len(text.splitlines()[-1])
    return text[: -1 - zlib.crc32(question.case.id.encode()) % (last - 1)]


def _lift_first(question: Question) -> str:
    x, y, z = map(to_millimetres, question.listing[0][1])
    return _text(Action("pick", (x, y, z)), Action("move_to", (x, y, z + LIFT_MM)))


def _echo(question: Question) -> str:
    return build_prompt(question, question.case.instruction)


def _another(question: Question, questions: Sequence[Question]) -> Question:
    """Returns a question of the same task about another scene, or of any task without one."""
    own = question.case
    others = [q for q in questions if q.case.scene.id != own.scene.id] or [question]
    alike = [q for q in others if q.case.goal.task == own.goal.task] or others
    return alike[zlib.crc32(own.id.encode()) % len(alike)]


# What strangers do.


def _peek(seen: Sequence[Observation]) -> list[Answer]:
    plans = [truth(o) if isinstance(o, Question) else _IDLE for o in seen]
    return [Answer(plan, 0, 0.0) for plan in plans]


def _break(seen: Sequence[Observation]) -> list[Answer]:
    raise RuntimeError("out of memory\nwhile allocating")


def _silence(seen: Sequence[Observation]) -> list[Answer]:
    return [Answer("", 0, 0.0) for _ in seen]


# Plans.


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
