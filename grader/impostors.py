"""Impostors: policies that must not pass, each with what it deserves.

A liar knows the right plan and says something else, so that the grader is shown what is almost
right. The rest know nothing and hope. What an impostor deserves is known before anything is
executed: which goals it reaches and whether its answers are plans.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from grader.baselines import Baseline, Policy, oracle_plan
from grader.cases import Question
from grader.lies import (
    Tell,
    another,
    cut,
    double,
    drop_one,
    echo,
    first_half,
    flip,
    in_metres,
    lift_first,
    sabotaged,
    shift,
    truth,
)
from qa_generator.prompt import Observation
from vlm.policy import Answer

Deserves = Callable[[Question, str], bool]
"""Whether an answer to a question deserves to reach its goal."""

LUCKY = 0.05
"""The share of goals that who knows nothing may reach by luck."""

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

    def forget(self) -> None:
        """It keeps nothing."""

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
        Impostor(Liar(name, sabotaged(kind)), what, never)
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
        Impostor(Liar("one action dropped", drop_one), "all but one action", never),
        Impostor(Liar("8 cm off", shift), "the plan 8 cm to the side", never),
        Impostor(Liar("sign flipped", flip), "left for right", never),
        Impostor(Liar("half the plan", first_half), "the first half of the actions", never),
        Impostor(Liar("doubled", double), "the right plan twice", None, valid=None),
        Impostor(Liar("metres", in_metres), "0.412 for 412", never, valid=False, mends=True),
        Impostor(
            Liar("and more lines", lambda q: f"{truth(q)}\nThat is the plan."),
            "the right plan and a sentence",
            never,
            valid=False,
        ),
        Impostor(Liar("and more", lambda q: f"{truth(q)}0"), "the right text and more", never,
                 valid=False),
        Impostor(Liar("cut", cut), "the right text, cut", never, valid=False),
        Impostor(Liar("not sure", truth, float("nan")), "right, confidence NaN", always),
    ]  # fmt: skip


def _hopeful(questions: Sequence[Question]) -> list[Impostor]:
    """Those that know nothing."""
    others = {q.case.id: truth(another(q, questions)) for q in questions}
    constant = truth(questions[0])
    return [
        Impostor(Liar("always refuses", lambda q: _REFUSAL), _REFUSAL, only_if_right),
        Impostor(Liar("first object", lift_first), "lifts what is listed first", only_lifts, LUCKY),
        Impostor(Liar("constant", lambda q: constant), "one plan to all", only_if_right, LUCKY),
        Impostor(
            Liar("another's plan", lambda q: others[q.case.id]),
            "the oracle's for another scene",
            only_if_right,
            LUCKY,
        ),
        Impostor(Liar("idle", lambda q: _IDLE), _IDLE, never),
        Impostor(Liar("silent", lambda q: ""), "nothing", never, valid=False),
        Impostor(Liar("echo", echo), "the prompt", never, valid=False),
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


# What strangers do.


def _peek(seen: Sequence[Observation]) -> list[Answer]:
    plans = [truth(o) if isinstance(o, Question) else _IDLE for o in seen]
    return [Answer(plan, 0, 0.0) for plan in plans]


def _break(seen: Sequence[Observation]) -> list[Answer]:
    raise RuntimeError("out of memory\nwhile allocating")


def _silence(seen: Sequence[Observation]) -> list[Answer]:
    return [Answer("", 0, 0.0) for _ in seen]
