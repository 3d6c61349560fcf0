"""From a policy's answers to outcomes: parse, execute in physics, judge the final state.

An answer that is no valid plan is a miss. What the lenient reading makes of it is executed too,
and told apart: it says how much of the failure is form.

Answers are asked for in batches in this process while worker processes execute earlier ones: a
policy waits for physics only if it is far ahead. A plan is executed once on a scene, however many
questions it answers. An enormous plan stalls nobody: a plan of more than `MAX_ACTIONS` actions is
no plan, and an episode is given up after `TIME_LIMIT` simulated seconds (one or two real ones).
"""

import contextlib
import dataclasses
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from grader.asking import ask_policy, is_want_of_memory
from grader.baselines import Policy
from grader.cases import Case, Question
from grader.causes import explain
from grader.crew import CrashError, Crew, Ticket
from grader.fields import compare_plans, oracle_of
from grader.metrics import Outcome
from scene_renderer.errors import CheckpointError, PlanError
from scene_renderer.failures import Failure
from scene_renderer.plan import Plan, format_plan, parse_plan
from scene_renderer.plan_mending import mend_plan
from scene_renderer.scene import Scene
from vlm.policy import Answer

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

Tag = TypeVar("Tag")

FAR_AHEAD = 1024
"""How many answers may wait for physics before the policy has to wait too."""

CONFIDENCE_DIGITS = 6


class Arena:
    """Executes plans on scenes in worker processes, each pair once.

    Attributes:
        executed: how many episodes were executed.
        seconds: wall time from the first plan handed in to the last result, without idle time.
    """

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.seconds = 0.0
        self._tickets: dict[tuple[Scene, Plan], Ticket] = {}
        self._open = 0
        self._since = 0.0

    @property
    def executed(self) -> int:
        """How many different plans were executed."""
        return len(self._tickets)

    def submit(self, scene: Scene, plan: Plan) -> Ticket:
        """Starts an episode, or finds the one that was started before."""
        if self._open == 0:
            self._since = time.perf_counter()
        self._open += 1
        key = scene, plan
        if key not in self._tickets:
            self._tickets[key] = self.crew.submit(run_episode, scene, plan)
        return self._tickets[key]

    def result(self, ticket: Ticket) -> "Episode":
        """Waits for an episode.

        Raises:
            CrashError: if the simulator broke down; the plan is not to blame.
        """
        try:
            episode: Episode = self.crew.result(ticket)
        finally:
            self._open -= 1
            if self._open == 0:
                self.seconds += time.perf_counter() - self._since
        return episode


def run_episode(scene: Scene, plan: Plan) -> "Episode":
    """Executes a plan in this process's simulator."""
    from scene_renderer.episode import execute

    return execute(scene, plan)


def roll_out(
    policy: Policy, questions: Sequence[Question], arena: Arena, batch_size: int
) -> Iterator[list[Outcome]]:
    """Asks a policy and executes what it answers.

    Yields:
        The outcomes of one batch after the other, in the order of the questions.

    Raises:
        CheckpointError: if the policy breaks down, or does not give one text to each question.
    """
    batches = (
        ("", begin(policy, questions[at : at + batch_size], arena))
        for at in range(0, len(questions), batch_size)
    )
    for _, outcomes in settle_in_order(batches, arena):
        yield outcomes


@dataclass(frozen=True)
class Attempt:
    """An answer that is being executed.

    Attributes:
        case: what was asked.
        answer: what was said to it.
        ticket: of its plan; None if nobody can read one.
        mended: the plan, if only the lenient reading understood it.
        fault: why there is no answer, if it is not the policy's fault.
    """

    case: Case
    answer: Answer
    ticket: Ticket | None = None
    mended: str = ""
    fault: str = ""


NO_ANSWER = Answer("", tokens=0, seconds=0.0)


def begin(policy: Policy, questions: Sequence[Question], arena: Arena) -> list[Attempt]:
    """Lets a policy answer some questions at once, and starts executing its answers.

    Raises:
        CheckpointError: if the policy breaks down, or does not give one text to each question.
    """
    try:
        instructions = [q.case.instruction for q in questions]
        answers = ask_policy(policy, questions, instructions, len(questions))
    except Exception as error:  # whatever a model's library raises
        if not is_want_of_memory(error):
            raise
        fault = "out of memory while answering"
        return [Attempt(q.case, NO_ANSWER, fault=fault) for q in questions]
    pairs = zip(questions, answers, strict=True)
    return [_begin(question.case, answer, arena) for question, answer in pairs]


def settle_in_order(
    begun: Iterable[tuple[Tag, list[Attempt]]], arena: Arena
) -> Iterator[tuple[Tag, list[Outcome]]]:
    """Waits for what became of answers, while more are begun.

    Args:
        begun: batches as `begin` returns them, each with a tag; drawn from as long as no more than
            `FAR_AHEAD` answers are waiting for physics.
        arena: who executes.

    Yields:
        Each tag with the outcomes, in the same order.

    Raises:
        CheckpointError: if the policy breaks down, after what it answered before is settled.
    """
    waiting: deque[tuple[Tag, list[Attempt]]] = deque()
    broken: CheckpointError | None = None
    try:
        for entry in begun:
            waiting.append(entry)
            while waiting and (_is_far(waiting) or _is_settled(waiting[0][1])):
                yield _settled(waiting.popleft(), arena)
    except CheckpointError as error:
        broken = error  # what was answered before counts
    while waiting:
        yield _settled(waiting.popleft(), arena)
    if broken is not None:
        raise broken


def _is_far(waiting: Iterable[tuple[Tag, list[Attempt]]]) -> bool:
    return sum(len(attempts) for _, attempts in waiting) > FAR_AHEAD


def _is_settled(attempts: Iterable[Attempt]) -> bool:
    return all(attempt.ticket is None or attempt.ticket.is_done for attempt in attempts)


def _settled(entry: tuple[Tag, list[Attempt]], arena: Arena) -> tuple[Tag, list[Outcome]]:
    tag, attempts = entry
    return tag, [_told(attempt, arena) for attempt in attempts]


def _told(attempt: Attempt, arena: Arena) -> Outcome:
    """Waits for what became of an answer, and adds what the policy said of itself."""
    answer = attempt.answer
    sure = None if answer.confidence is None else round(answer.confidence, CONFIDENCE_DIGITS)
    return dataclasses.replace(_settle(attempt, arena), confidence=sure, tokens=answer.tokens)


def _begin(case: Case, answer: Answer, arena: Arena) -> Attempt:
    """Starts executing an answer."""
    try:
        return Attempt(case, answer, arena.submit(case.scene, parse_plan(answer.text)))
    except PlanError:
        pass
    try:
        plan = mend_plan(answer.text).plan
    except PlanError:
        return Attempt(case, answer)
    return Attempt(case, answer, arena.submit(case.scene, plan), format_plan(plan))


def not_run(case: Case, text: str, fault: str, *, valid: bool) -> Outcome:
    """Returns the outcome of a case that something else than the policy spoilt."""
    return _outcome(case, text, valid=valid, success=None, cause=f"not run: {fault}")


def _settle(attempt: Attempt, arena: Arena) -> Outcome:
    case, text = attempt.case, attempt.answer.text
    if attempt.fault:
        return not_run(case, text, attempt.fault, valid=False)
    if attempt.ticket is None or attempt.mended:
        return _settle_miss(attempt, arena)
    try:
        episode = arena.result(attempt.ticket)
    except CrashError as error:
        return not_run(case, text, str(error), valid=True)
    return judge(case, text, episode)


def _settle_miss(attempt: Attempt, arena: Arena) -> Outcome:
    """Returns the miss that an invalid answer is, with what its mended plan would have done."""
    case, reached = attempt.case, None
    if attempt.ticket is not None:
        with contextlib.suppress(CrashError):
            reached = case.goal.reached(case.scene, arena.result(attempt.ticket))
    miss = _outcome(case, attempt.answer.text, valid=False, success=False, cause=Failure.PARSE)
    return dataclasses.replace(miss, mended=attempt.mended, mended_success=reached)


def judge(case: Case, text: str, episode: "Episode") -> Outcome:
    """Returns the outcome of a valid plan: whether the goal holds, and if not, why."""
    cause = tell(case, episode).cause
    return _outcome(case, text, valid=True, success=cause is None, cause=cause or "")


def tell(case: Case, episode: "Episode") -> "Episode":
    """Returns the episode with the goal's verdict on it."""
    from scene_renderer.episode import SUCCESS

    reached = case.goal.reached(case.scene, episode)
    return dataclasses.replace(episode, verdict=SUCCESS if reached else explain(case, episode))


def _outcome(case: Case, text: str, *, valid: bool, success: bool | None, cause: str) -> Outcome:
    oracle = oracle_of(case.goal, case.scene)
    fields = compare_plans(case.goal, case.scene, parse_plan(text) if valid else None)
    return Outcome(
        case=case.id,
        scene=case.scene.id,
        split=case.split,
        task=case.goal.task,
        context=case.context,
        instruction=case.instruction,
        answer=text,
        valid=valid,
        exact=text == format_plan(oracle),
        success=success,
        cause=cause,
        suite=case.suite,
        variant=case.variant,
        origin=case.origin or case.id,
        objects=len(case.scene.objects),
        actions=len(oracle.actions),
        reason=oracle.refusal or "",
        equivalent=fields.equivalent,
        object_right=fields.object,
        place_right=fields.place,
        order_right=fields.order,
        partial=fields.partial,
        decoys=case.decoys,
    )
