"""Whether a policy says the same, however it is asked.

A question counts as the same if every answer to it is the same text: in batches of one, of a few
and of many; with one thread and with two; and twice in a row. Sums of floats depend on their order,
which may depend on any of these; where two tokens are almost equally likely, it decides.
"""

import contextlib
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
"""So long questions are asked one by one; all other rounds together take about as long again."""

A_FEW = 7
"""A batch that is no power of two."""

THREADS = (1, 2)


def measure_sameness(policy: Policy, questions: Sequence[Question]) -> dict[str, Any]:
    """Returns the rate of questions with the same answer across batch sizes, threads and runs.

    Args:
        policy: who answers.
        questions: some of them, evenly chosen, are asked.
    """
    asked = _choose(questions, QUESTIONS)
    singly = _say_singly(policy, asked)
    asked = asked[: len(singly)]
    together = _say(policy, asked, len(asked))
    rounds = {
        "batch_size": [together, singly, _say(policy, asked, A_FEW)],
        "threads": [together, *(_say(policy, asked, len(asked), count) for count in THREADS)],
        "runs": [together, _say(policy, asked, len(asked))],
    }
    return {
        name: Rate(
            sum(len(set(texts)) == 1 for texts in zip(*said, strict=True)), len(asked)
        ).to_dict()
        for name, said in rounds.items()
    }


def _choose(questions: Sequence[Question], count: int) -> list[Question]:
    """Returns at most `count` questions at equal distances."""
    count = min(count, len(questions))
    return [questions[number * len(questions) // count] for number in range(count)]


def _say_singly(policy: Policy, questions: Sequence[Question]) -> list[str]:
    """Returns the texts of as many answers as time allows."""
    start = time.perf_counter()
    texts: list[str] = []
    for question in questions:
        if len(texts) >= FEWEST_QUESTIONS and time.perf_counter() - start > SECONDS:
            break
        texts += _say(policy, [question], 1)
    return texts


def _say(
    policy: Policy, questions: Sequence[Question], batch_size: int, threads: int | None = None
) -> list[str]:
    """Returns the texts of the answers, `batch_size` in each call, made anew."""
    forget = getattr(policy, "forget", None)
    texts: list[str] = []
    with _threads(threads):
        for at in range(0, len(questions), max(batch_size, 1)):
            part = questions[at : at + batch_size]
            if forget is not None:
                forget()
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
