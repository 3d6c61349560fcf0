"""How fast a policy answers, measured apart from the grade, with nothing else under way.

Latency: one question at a time, after a warm-up. Throughput: whole batches.
"""

import resource
import sys
import time
from collections.abc import Sequence
from typing import Any

from grader.baselines import Policy
from grader.cases import Question
from grader.metrics import percentile

FEWEST_ANSWERS, MOST_ANSWERS = 24, 100
LATENCY_SECONDS = 10.0
"""A slow model is asked no further question after so long, once it has given the fewest."""

WARM_UP = 2


def measure_speed(policy: Policy, questions: Sequence[Question], batch_size: int) -> dict[str, Any]:
    """Returns the `inference` part of a report.

    Args:
        policy: who answers.
        questions: what is asked; at least one.
        batch_size: questions in a batch for the throughput.
    """
    for question in questions[:WARM_UP]:
        _ask(policy, [question])
    samples = sorted(1000 * seconds for seconds in _latencies(policy, questions))
    count = min(batch_size, len(questions))
    seconds, tokens = _ask(policy, questions[:count])
    described = policy.describe()
    return {
        "latency_ms": {
            "n": len(samples),
            "p50": percentile(samples, 0.50),
            "p95": percentile(samples, 0.95),
            "p99": percentile(samples, 0.99),
            "samples": [round(s, 2) for s in samples],
        },
        "batch_size": count,
        "plans_per_second": count / seconds,
        "tokens_per_second": tokens / seconds,
        "peak_memory_mib": peak_memory_mib(),
        "device": described["device"],
        "model": described,
    }


def _latencies(policy: Policy, questions: Sequence[Question]) -> list[float]:
    """Returns the wall time in seconds of single answers, as many as time allows."""
    seconds: list[float] = []
    for question in questions[:MOST_ANSWERS]:
        if len(seconds) >= FEWEST_ANSWERS and sum(seconds) > LATENCY_SECONDS:
            break
        seconds.append(_ask(policy, [question])[0])
    return seconds


def _ask(policy: Policy, questions: Sequence[Question]) -> tuple[float, int]:
    """Returns the wall time in seconds and the number of tokens of one batch."""
    start = time.perf_counter()
    instructions = [q.case.instruction for q in questions]
    answers = policy.answer(questions, instructions, batch_size=len(questions))
    return time.perf_counter() - start, sum(a.tokens for a in answers)


def peak_memory_mib() -> float:
    """Returns the peak memory in MiB: the GPU's if torch used one, else this process's."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 2**20
    per_mib = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / per_mib
