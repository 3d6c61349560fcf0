"""From a policy's answers to outcomes: parse, execute in physics, judge the final state.

An answer that is no valid plan is a miss. What the lenient reading makes of it is executed too,
and told apart: it says how much of the failure is form.

Answers are asked for in batches in this process while worker processes execute the batch before.
A plan is executed once on a scene, however many questions it answers.
"""

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.asking import ask_policy
from grader.baselines import Policy
from grader.cases import Case, Question
from grader.causes import explain
from grader.crew import CrashError, Crew, Ticket
from grader.fields import compare_plans, oracle_of
from grader.metrics import Outcome
from scene_renderer.errors import PlanError
from scene_renderer.failures import Failure
from scene_renderer.plan import Plan, format_plan, parse_plan
from scene_renderer.plan_mending import mend_plan
from scene_renderer.scene import Scene
from vlm.policy import Answer

if TYPE_CHECKING:
    from scene_renderer.episode import Episode


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
    waiting: list[tuple[Question, Answer, Attempt]] = []
    for start in range(0, len(questions), batch_size):
        batch = questions[start : start + batch_size]
        instructions = [q.case.instruction for q in batch]
        answers = ask_policy(policy, batch, instructions, batch_size)
        pairs = zip(batch, answers, strict=True)
        begun = [(q, answer, _begin(q.case, answer.text, arena)) for q, answer in pairs]
        if waiting:
            yield [_told(q.case, answer, attempt, arena) for q, answer, attempt in waiting]
        waiting = begun
    if waiting:
        yield [_told(q.case, answer, attempt, arena) for q, answer, attempt in waiting]


def _told(case: Case, answer: Answer, attempt: "Attempt", arena: Arena) -> Outcome:
    """Waits for what became of an answer, and adds what the policy said of itself."""
    outcome = _settle(case, answer.text, attempt, arena)
    return dataclasses.replace(outcome, confidence=answer.confidence, tokens=answer.tokens)


@dataclass(frozen=True)
class Attempt:
    """An answer that is being executed.

    Attributes:
        ticket: of its plan; None if nobody can read one.
        mended: the plan, if only the lenient reading understood it.
    """

    ticket: Ticket | None
    mended: str = ""


def _begin(case: Case, text: str, arena: Arena) -> Attempt:
    """Starts executing an answer."""
    try:
        return Attempt(arena.submit(case.scene, parse_plan(text)))
    except PlanError:
        pass
    try:
        plan = mend_plan(text).plan
    except PlanError:
        return Attempt(None)
    return Attempt(arena.submit(case.scene, plan), format_plan(plan))


def _settle(case: Case, text: str, attempt: Attempt, arena: Arena) -> Outcome:
    if attempt.ticket is None or attempt.mended:
        return _settle_miss(case, text, attempt, arena)
    try:
        episode = arena.result(attempt.ticket)
    except CrashError as error:
        return _outcome(case, text, valid=True, success=None, cause=f"not run: {error}")
    return judge(case, text, episode)


def _settle_miss(case: Case, text: str, attempt: Attempt, arena: Arena) -> Outcome:
    """Returns the miss that an invalid answer is, with what its mended plan would have done."""
    reached = None
    if attempt.ticket is not None:
        with contextlib.suppress(CrashError):
            reached = case.goal.reached(case.scene, arena.result(attempt.ticket))
    miss = _outcome(case, text, valid=False, success=False, cause=Failure.PARSE)
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
