"""One plan after the other: seconds from question to plan, against plain `generate()`.

python benchmarks/latency.py --json
python benchmarks/latency.py --quick

Baseline: transformers' `generate()` of the same checkpoint, on one prompt with one picture, as a
script from a tutorial would; nothing of ours is in it but the prompt. Ours: `Policy.answer` with
the grammar, on a picture that it has not seen. Both take turns in one process, on the same
questions; `ours` and `baseline` are medians (p50) in milliseconds. `outputs_equal` is true if
every answer of ours is what `generate()` says under the same grammar, and what it says free
wherever that is a plan.

`limit` is the time that the bare products of matrices take, those of the vision tower and of the
text model in the forwards that ours needed for the median answer, measured in the same run;
`share_of_limit` is how much of our time they are. The waterfall says where ours goes: cold start
apart.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # works without an install

import numpy as np
import torch

from answers import draw
from grader.cases import Question
from qa_generator.prompt import build_prompt
from scene_renderer.environment import describe_environment
from scene_renderer.errors import PlanError
from scene_renderer.plan import parse_plan
from scene_renderer.vocabulary import CONTEXTS
from vlm.generation import Generation
from vlm.policy import MAX_NEW_TOKENS, Policy, load_policy
from vlm.processor import ChatTokenizer
from vlm.products import build_product
from vlm.prompts import Prompt

WARM_UP = 2


def main() -> int:
    """Runs the benchmark and prints its result; returns 1 if answers differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="few questions")
    parser.add_argument("--model", default="tiny-tuned", help="default: %(default)s")
    parser.add_argument("--draws", type=int, help="scenes, each asked in every context")
    parser.add_argument("--threads", type=int, default=2, help="torch's (default: %(default)s)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    policy = load_policy(options.model, "cpu")
    result = compare(policy, options.draws or (10 if options.quick else 40))
    if options.json:
        print(json.dumps([result], indent=2))
    else:
        print(describe(result))
    return 0 if result["outputs_equal"] else 1


def describe(result: dict[str, Any]) -> str:
    """Returns the result as a person reads it."""
    ratio, share = result["ratio"], result["share_of_limit"]
    lines = [
        f"a plan in {result['ours']:.1f} ms, generate() {result['baseline']:.1f} ms, "
        f"ratio {ratio['median']:.1f} ({ratio['low']:.1f} to {ratio['high']:.1f} by question), "
        f"{result['same_answers']} of {result['answers']} answers the same, "
        f"{share:.0%} of it bare products",
        *(f"{name:>10}  {ms:8.2f} ms" for name, ms in result["waterfall_ms"].items()),
    ]
    return "\n".join(lines)


def compare(policy: Policy, draws: int) -> dict[str, Any]:
    """Times both ways in turns."""
    plain = Generation(policy.loaded.model, ChatTokenizer(policy.loaded.processor))
    cold = (policy.load_seconds or 0.0) + timed(
        lambda: ask(policy, draw(0, 1, policy.image_size)[0])
    )
    questions = draw(1, draws, policy.image_size)
    for question in questions[:WARM_UP]:
        ask(policy, question)
        generate(plain, question, constrained=False)
    watch = Waterfall(policy)
    times, same, shares = [], 0, Counter[str]()
    for question in questions:
        start = time.perf_counter()
        ids = generate(plain, question, constrained=False)
        middle = time.perf_counter()
        text = ask(policy, question)
        end = time.perf_counter()
        times.append((middle - start, end - middle, *watch.take()))
        same += text == expected(policy, plain, question, ids)
    baseline, ours, forwards, tokens = np.array(times).T
    ratios = baseline / ours
    for name, seconds in watch.seconds.items():
        shares[name] = 1000 * seconds / len(questions)
    shares["rest"] = 1000 * float(ours.mean()) - sum(shares.values())
    limit = measure_limit(policy, float(np.median(forwards)), float(np.median(tokens)))
    return {
        "name": "one plan, against generate()",
        "baseline": 1000 * float(np.median(baseline)),
        "ours": 1000 * float(np.median(ours)),
        "ratio": {
            "median": float(np.median(baseline) / np.median(ours)),
            "low": float(ratios.min()),
            "high": float(ratios.max()),
            "rounds": len(questions),
        },
        "limit": 1000 * limit,
        "share_of_limit": limit / float(np.median(ours)),
        "outputs_equal": same == len(questions),
        "same_answers": same,
        "answers": len(questions),
        "by_context_ms": {
            context: {
                "baseline": 1000 * float(np.median(baseline[i :: len(CONTEXTS)])),
                "ours": 1000 * float(np.median(ours[i :: len(CONTEXTS)])),
                "forwards": float(np.mean(forwards[i :: len(CONTEXTS)])),
            }
            for i, context in enumerate(CONTEXTS)
        },
        "forwards": float(np.mean(forwards)),
        "waterfall_ms": {"cold start": 1000 * cold, **shares},
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        "environment": describe_environment(),
    }


def timed(work: Callable[[], object]) -> float:
    """Returns how long something takes in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ask(policy: Policy, question: Question) -> str:
    """Returns our answer; the policy has not seen the picture."""
    policy.forget()
    return policy.answer([question], [question.case.instruction], 1)[0].text


def generate(plain: Generation, question: Question, constrained: bool) -> list[int]:
    """Returns the tokens of the baseline's answer."""
    assert question.image is not None
    prompt = Prompt(question.image, build_prompt(question, question.case.instruction))
    return plain.answer([prompt], 1, MAX_NEW_TOKENS, constrained)[0].ids


def expected(policy: Policy, plain: Generation, question: Question, ids: list[int]) -> str:
    """Returns what ours must have said: the free answer, or if that is no plan, the one held."""
    tokenizer = policy.loaded.processor.tokenizer
    text = str(tokenizer.decode(ids, skip_special_tokens=True)).strip()
    try:
        parse_plan(text)
    except PlanError:
        ids = generate(plain, question, constrained=True)
        text = str(tokenizer.decode(ids, skip_special_tokens=True)).strip()
    return text


class Waterfall:
    """Adds up where the time of our answers goes, by clocks around the engine's parts.

    Attributes:
        seconds: part to wall time so far.
    """

    def __init__(self, policy: Policy) -> None:
        engine: Any = policy._engine
        self.seconds: dict[str, float] = {}
        self._read = [0.0, 0.0]
        self._clock(engine, "_encode", "tokenize")
        self._clock(engine, "_look", "vision")
        self._clock(engine._llama, "read", "prefill", lambda vectors, *_: len(vectors))
        self._clock(engine._llama, "step", "decode", lambda ids, *_: sum(map(len, ids)))
        self._clock(engine, "_guess", "drafts")
        self._clock(engine, "_write", "grammar")

    def _clock(
        self, owner: Any, method: str, part: str, count: Callable[..., int] | None = None
    ) -> None:
        work = getattr(owner, method)
        self.seconds[part] = 0.0

        def clocked(*given: Any, **named: Any) -> Any:
            start = time.perf_counter()
            result = work(*given, **named)
            self.seconds[part] += time.perf_counter() - start
            if count is not None:
                self._read[0] += 1
                self._read[1] += count(*given)
            return result

        setattr(owner, method, clocked)

    def take(self) -> tuple[float, float]:
        """Returns how many forwards there were since the last call, and tokens read in them."""
        found = self._read[0], self._read[1]
        self._read = [0.0, 0.0]
        return found


def measure_limit(policy: Policy, forwards: float, tokens: float) -> float:
    """Returns how many seconds the bare products of matrices of an answer take.

    The first forward reads most of the tokens, the others share the rest.

    Args:
        policy: whose matrices.
        forwards: how many there were.
        tokens: how many were read in all of them.
    """
    model = policy.loaded.model
    text = [w for w in model.model.text_model.layers.parameters() if w.ndim == 2]
    text.append(model.lm_head.weight)
    vision = [w for w in model.model.vision_model.encoder.parameters() if w.ndim == 2]
    patches = (model.config.vision_config.image_size // model.config.vision_config.patch_size) ** 2
    each = 4.0
    first = max(1.0, tokens - each * (forwards - 1))
    return (
        multiply(vision, patches)
        + multiply(text, round(first))
        + (forwards - 1) * multiply(text, round(each))
    )


@torch.inference_mode()
def multiply(weights: list[torch.Tensor], rows: int) -> float:
    """Returns the seconds of one product of so many rows with each matrix; median of 20."""
    inputs = [torch.randn(rows, weight.shape[1]) for weight in weights]
    products = [build_product(weight, None) for weight in weights]

    def work() -> None:
        for product, vectors in zip(products, inputs, strict=True):
            product(vectors)

    return float(np.median([timed(work) for _ in range(20)]))


if __name__ == "__main__":
    sys.exit(main())
