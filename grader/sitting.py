"""Who answers what: the policy that is graded, and its controls beside it.

- The policy answers the main cases and all their variants. The oracle keeps a little ahead of it:
  it proves each goal possible, so a grader that is out of order is found out soon, and workers
  that execute its plans keep nobody waiting.
- Models as controls, then rules, answer the first main cases.

The batches are the same whatever was answered before, so that an answer does not depend on where a
grade was stopped: what shares a batch may change the last bits of a model's numbers.
"""

import contextlib
import dataclasses
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.baselines import BASELINES, Baseline, Policy, oracle_plan
from grader.cases import BLANK as BLANK_PICTURE
from grader.cases import Case, ask
from grader.crew import CrashError
from grader.exam import Paper
from grader.ledger import Ledger
from grader.roles import BLANK, BLIND_TWIN, MODEL, ORACLE
from grader.rollout import NO_ANSWER, Arena, Attempt, begin
from grader.studio import Studio

_PICTURES_AHEAD = 24
"""For so many batches pictures are rendered ahead of the answers."""


@dataclass(frozen=True)
class Sitting:
    """One policy answering some cases in the report's role `role`."""

    role: str
    policy: Policy
    cases: Sequence[Case]


@dataclass(frozen=True)
class Batch:
    """What is answered at once.

    Attributes:
        sitting: whose it is.
        cases: in their order.
    """

    sitting: Sitting
    cases: Sequence[Case]

    @property
    def image_size(self) -> int | None:
        """Width and height in pixels of the pictures it needs; None if it needs none."""
        return self.sitting.policy.image_size


def seat(
    subject: Policy, paper: Paper, rivals: Mapping[str, Policy], controls: Sequence[str]
) -> list[Sitting]:
    """Returns who answers what, in this order; the oracle first, unless it is what is graded.

    Args:
        subject: what is graded.
        paper: what is asked.
        rivals: models that are controls, by role.
        controls: the roles of all controls but the oracle, whose check is no control.
    """
    rules = {name: Baseline(name, rule) for name, rule in BASELINES.items()}
    policies: dict[str, Policy] = {
        **rivals,
        **rules,
        BLANK: subject,
    }
    sittings = [Sitting(MODEL, subject, paper.by_picture())]
    if not is_oracle(subject):
        sittings.insert(0, Sitting(ORACLE, Baseline(ORACLE, oracle_plan), paper.checks()))
    for role in controls:
        cases = blanked(paper.controls) if role in (BLANK, BLIND_TWIN) else paper.controls
        sittings.append(Sitting(role, policies[role], cases))
    return [sitting for sitting in sittings if sitting.cases]


def is_oracle(policy: Policy) -> bool:
    """Whether a policy is our oracle; no model is, whatever it is called."""
    return isinstance(policy, Baseline) and policy.name == ORACLE


def blanked(cases: Sequence[Case]) -> list[Case]:
    """Returns the cases with a grey image in place of the picture."""
    return [dataclasses.replace(case, picture=BLANK_PICTURE) for case in cases]


def split_up(sittings: Sequence[Sitting], ledger: Ledger, batch_size: int) -> list[Batch]:
    """Returns the batches in which something is not answered yet.

    One sitting comes after the other, but the oracle's is spread over the model's.
    """
    ranked: list[tuple[tuple[float, int], Batch]] = []
    for number, sitting in enumerate(sittings):
        beside = sitting.role in (ORACLE, MODEL)
        for at in range(0, len(sitting.cases), batch_size):
            batch = Batch(sitting, sitting.cases[at : at + batch_size])
            when = at / len(sitting.cases) if beside else float(number)
            ranked.append(((when, number), batch))
    return [
        batch
        for _, batch in sorted(ranked, key=lambda entry: entry[0])
        if any(not ledger.has(batch.sitting.role, case.id) for case in batch.cases)
    ]


def reserve(batches: Sequence[Batch], studio: Studio) -> None:
    """Tells the studio which pictures the batches are going to need."""
    for batch in batches:
        if batch.image_size:
            studio.reserve(batch.cases, batch.image_size)


def answer_all(
    batches: Sequence[Batch], studio: Studio, arena: Arena
) -> Iterator[tuple[Batch, list[Attempt]]]:
    """Lets the policies answer, while workers render ahead and execute behind.

    Yields:
        Each batch with the attempts at its cases, for `settle_in_order`.
    """
    for number, batch in enumerate(batches):
        for coming in batches[number : number + _PICTURES_AHEAD]:
            if coming.image_size:
                studio.prepare(coming.cases, coming.image_size)
        yield batch, _answer(batch, studio, arena)


def _answer(batch: Batch, studio: Studio, arena: Arena) -> list[Attempt]:
    """Asks the cases of a batch whose pictures there are; the others are not run."""
    questions, attempts = [], {}
    for case in batch.cases:
        try:
            image = studio.look(case, batch.image_size) if batch.image_size else None
        except CrashError as error:
            attempts[case.id] = Attempt(case, NO_ANSWER, fault=f"no picture: {error}")
        else:
            questions.append(ask(case, image))
    attempts |= {a.case.id: a for a in begin(batch.sitting.policy, questions, arena)}
    return [attempts[case.id] for case in batch.cases]


@contextlib.contextmanager
def leave_room(workers: int) -> Iterator[None]:
    """Lets a model on a CPU compute in `threads_beside` threads for a while.

    Args:
        workers: how many processes work beside.
    """
    torch, threads = sys.modules.get("torch"), threads_beside(workers)
    if torch is None or threads is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def threads_beside(workers: int) -> int | None:
    """Returns in how many threads a model on a CPU computes while workers need the rest.

    Threads that wait for each other in turns with other processes are slower than fewer threads.
    Who sets OMP_NUM_THREADS gets that number.

    Args:
        workers: how many processes work beside.

    Returns:
        The number; None if no model is loaded.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    usual: int = torch.get_num_threads()
    if os.environ.get("OMP_NUM_THREADS"):
        return usual
    return max(1, usual - workers, usual // 2)
