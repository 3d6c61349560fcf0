"""How fast a policy answers, measured apart from the grade, with nothing else under way.

- cold start: seconds from the beginning of loading, imports included, to the end of the first
  answer, without what lay between the two.
- latency: from a question to its whole answer, one at a time, each with a picture that the policy
  has not seen just before; first token: from the question to the answer's first token.
- throughput: so many questions at once, their number being the batch size.

All clocks stop when the text is there, so whatever a GPU was given to do is done by then. Before
the clocks run, a few answers warm everything up.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any

from grader.asking import ask_policy, is_want_of_memory
from grader.baselines import Policy
from grader.cases import Question
from grader.metrics import percentile
from scene_renderer.console import note
from scene_renderer.errors import CheckpointError
from vlm.policy import Answer

LATENCY_SECONDS, QUICK_LATENCY_SECONDS = 6.0, 2.5
"""No further question is asked after so long, once the fewest are answered."""

THROUGHPUT_SECONDS, QUICK_THROUGHPUT_SECONDS = 5.0, 2.0
"""Larger batches are left out if they would take longer."""

FEWEST_ANSWERS, MOST_ANSWERS = 5, 100
BATCH_SIZES = (8, 32, 128)
WARM_UP = 2

Json = dict[str, Any]


def measure_speed(
    policy: Policy, questions: Sequence[Question], batch_size: int, quick: bool = False
) -> Json:
    """Returns the `inference` part of a report.

    Args:
        policy: who answers.
        questions: what is asked; at least one.
        batch_size: the batch whose throughput is told first.
        quick: measures for some five seconds instead of some twelve.
    """
    cold_start = _start(policy, questions[0])
    asked = list(_rotate(questions))
    for question in asked[-WARM_UP:]:
        _ask(policy, [question])
    limit = QUICK_LATENCY_SECONDS if quick else LATENCY_SECONDS
    singles = _ask_singly(policy, asked, limit)
    limit = QUICK_THROUGHPUT_SECONDS if quick else THROUGHPUT_SECONDS
    rows = [_row(1, singles), *_throughput(policy, asked, batch_size, limit, singles)]
    firsts = [a.first_token_seconds for _, (a,) in singles if a.first_token_seconds is not None]
    described = policy.describe()
    latency = [1000 * seconds for seconds, _ in singles]
    return {
        **({} if cold_start is None else {"cold_start_s": cold_start}),
        "latency_ms": {
            "n": len(latency),
            **_percentiles(latency),
            "samples": [round(sample, 2) for sample in sorted(latency)],
        },
        **({"first_token_ms": _percentiles([1000 * f for f in firsts])} if firsts else {}),
        **next((row for row in rows if row["batch_size"] == batch_size), rows[-1]),
        "throughput": rows,
        **{k: described[k] for k in ("image_tokens", "device", "dtype") if k in described},
        "peak_memory_mib": peak_memory_mib(str(described.get("device", ""))),
        "threads": _threads(),
        "load": round(os.getloadavg()[0], 2),
        "model": described,
    }


def _start(policy: Policy, question: Question) -> float | None:
    """Asks the very first question and returns the cold start in seconds, if it is known."""
    load_seconds = getattr(policy, "load_seconds", None)
    is_first = getattr(policy, "first_call_seconds", 0.0) is None
    seconds, _ = _ask(policy, [question])
    return load_seconds + seconds if is_first and load_seconds is not None else None


def _rotate(questions: Sequence[Question]) -> Iterator[Question]:
    """Orders questions so that neighbours have different pictures, and differ in context.

    First comes one question about each picture, then a second one, and so on.
    """
    by_picture: dict[int, list[Question]] = {}
    for question in questions:
        by_picture.setdefault(id(question.image), []).append(question)
    turned = []
    for number, part in enumerate(by_picture.values()):
        turn = number % len(part)
        turned.append(part[turn:] + part[:turn])
    return (q for q in chain.from_iterable(zip_longest(*turned)) if q is not None)


Timed = tuple[float, list[Answer]]
"""Wall time in seconds of one call, and its answers."""


def _ask_singly(policy: Policy, questions: Sequence[Question], limit: float) -> list[Timed]:
    """Asks one question after the other, as many as the limit in seconds allows."""
    timed: list[Timed] = []
    for question in questions[:MOST_ANSWERS]:
        if len(timed) >= FEWEST_ANSWERS and sum(seconds for seconds, _ in timed) > limit:
            break
        timed.append(_ask(policy, [question]))
    return timed


def _throughput(
    policy: Policy,
    questions: Sequence[Question],
    batch_size: int,
    limit: float,
    singles: Sequence[Timed],
) -> Iterator[Json]:
    """Yields rows for batches of growing size, as long as time and memory suffice for the next."""
    row, left = _row(1, singles), limit
    for size in sorted({min(size, len(questions)) for size in (*BATCH_SIZES, batch_size)} - {1}):
        is_asked_for = size == min(batch_size, len(questions))
        if size / row["plans_per_second"] > left and not is_asked_for:
            continue
        try:
            timed = _ask(policy, questions[:size])
        except CheckpointError as error:
            if not is_want_of_memory(error):
                raise
            note(f"Throughput was measured below batches of {size}: memory is too short for them.")
            return
        left -= timed[0]
        row = _row(size, [timed])
        yield row


def _row(size: int, timed: Sequence[Timed]) -> Json:
    seconds = sum(taken for taken, _ in timed)
    answers = [answer for _, part in timed for answer in part]
    return {
        "batch_size": size,
        "plans_per_second": len(answers) / seconds,
        "tokens_per_second": sum(answer.tokens for answer in answers) / seconds,
    }


def _ask(policy: Policy, questions: Sequence[Question]) -> Timed:
    """Asks all at once; the policy has no picture of them in mind."""
    policy.forget()
    start = time.perf_counter()
    instructions = [q.case.instruction for q in questions]
    answers = ask_policy(policy, questions, instructions, len(questions))
    return time.perf_counter() - start, answers


def _percentiles(values: Sequence[float]) -> Json:
    return {f"p{p}": percentile(values, p / 100) for p in (50, 95, 99)}


def _threads() -> int:
    """Returns how many threads torch computes with; 1 where it is not loaded."""
    torch = sys.modules.get("torch")
    return 1 if torch is None else int(torch.get_num_threads())


def peak_memory_mib(device: str) -> float:
    """Returns the peak memory in MiB so far: the GPU's for a model on one, else this process's."""
    if device.startswith("cuda"):
        torch = sys.modules["torch"]
        return float(torch.cuda.max_memory_allocated(device)) / 2**20
    per_mib = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / per_mib
