"""Whether a policy says the same, however it is asked.

A question counts as the same if every answer to it is the same text: in batches of one, of a few
and of many; with one thread and with two; and twice in a row. Sums of floats depend on their order,
which may depend on any of these; where two tokens are almost equally likely, it decides.
"""

import contextlib
import math
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from grader.asking import ask_policy
from grader.baselines import Policy
from grader.cases import Question
from grader.metrics import Rate

QUESTIONS, FEWEST_QUESTIONS = 40, 4
SECONDS = 8.0
"""So long questions are asked one by one, and with each number of threads."""

A_FEW = 7
"""A batch that is no power of two."""

THREADS = (1, 2)


def measure_sameness(policy: Policy, questions: Sequence[Question]) -> dict[str, Any]:
    """Returns the rate of questions with the same answer across batch sizes, threads and runs.

    Two threads on a busy machine can take ten times as long as one; fewer questions are asked then.

    Args:
        policy: who answers.
        questions: some of them, evenly chosen, are asked.
    """
    asked = _choose(questions, QUESTIONS)
    singly = _say(policy, asked, 1, limit=SECONDS)
    asked = asked[: len(singly)]
    together = _say(policy, asked, len(asked))
    rounds = {
        "batch_size": [together, singly, _say(policy, asked, A_FEW)],
        "threads": [_say(policy, asked, A_FEW, threads, SECONDS) for threads in THREADS],
        "runs": [together, _say(policy, asked, len(asked))],
    }
    return {name: _share(said).to_dict() for name, said in rounds.items()}


def _share(said: Sequence[Sequence[str]]) -> Rate:
    """Returns how many of the questions that all rounds came to have one answer in all of them."""
    same = [len(set(texts)) == 1 for texts in zip(*said, strict=False)]
    return Rate(sum(same), len(same))


def _choose(questions: Sequence[Question], count: int) -> list[Question]:
    """Returns at most `count` questions at equal distances."""
    count = min(count, len(questions))
    return [questions[number * len(questions) // count] for number in range(count)]


def _say(
    policy: Policy,
    questions: Sequence[Question],
    batch_size: int,
    threads: int | None = None,
    limit: float = math.inf,
) -> list[str]:
    """Returns the texts of the answers, `batch_size` in each call, each made anew.

    It stops after the limit in seconds, but not before the fewest questions are asked.
    """
    texts: list[str] = []
    start = time.perf_counter()
    with _threads(threads):
        while len(texts) < len(questions):
            if len(texts) >= FEWEST_QUESTIONS and time.perf_counter() - start >= limit:
                break
            part = questions[len(texts) : len(texts) + batch_size]
            policy.forget()
            instructions = [q.case.instruction for q in part]
            answers = ask_policy(policy, part, instructions, batch_size)
            texts += [answer.text for answer in answers]
    return texts


@contextlib.contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Lets torch, where it is loaded, compute with so many threads for a while."""
    torch = sys.modules.get("torch")
    if torch is None or count is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
