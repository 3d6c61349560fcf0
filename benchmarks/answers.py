"""Answers a second: rows that come and go, against `generate()` called one by one.

python benchmarks/answers.py --json
python benchmarks/answers.py --quick

Baseline: transformers' `generate()` on one question at a time, as a script from a tutorial would.
Ours: `Policy.answer` on all questions in one call. Both use the same weights, the adapter merged
into them, and the same processor and words. Each round asks new pictures in every context, both
ways in turns within one process, once with both held to the plan grammar and once with both free.
`outputs_equal` is true if all answers are the same texts.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # works without an install

import numpy as np
import torch

from grader.cases import Question, ask, draw_cases, render_image
from qa_generator.prompt import build_prompt
from qa_generator.tasks import TASKS
from scene_renderer.console import stdout_to_stderr
from scene_renderer.environment import describe_environment
from scene_renderer.vocabulary import CONTEXTS
from vlm.generation import Generation
from vlm.policy import MAX_NEW_TOKENS, Policy, load_policy
from vlm.processor import ChatTokenizer
from vlm.prompts import Prompt


def main() -> int:
    """Runs the benchmark and prints its result; returns 1 if the answers differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="few rounds of few questions")
    parser.add_argument("--model", default="tiny-tuned", help="default: %(default)s")
    parser.add_argument("--device", default="auto", help="default: %(default)s")
    parser.add_argument("--draws", type=int, help="scenes in a round, each asked in every context")
    parser.add_argument("--rounds", type=int, help="how often both are timed")
    parser.add_argument("--threads", type=int, help="torch's (default: as many as there are cores)")
    parser.add_argument("--batch-size", type=int, default=32, help="ours (default: %(default)s)")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    rounds = options.rounds or (3 if options.quick else 10)
    draws = options.draws or (8 if options.quick else 40)
    policy = load_policy(options.model, options.device)
    results = [
        compare(policy, rounds, draws, options.batch_size, constrained)
        for constrained in (True, False)
    ]
    if options.json:
        print(json.dumps(results, indent=2))
        return 0 if all(result["outputs_equal"] for result in results) else 1
    for result in results:
        ratio = result["ratio"]
        print(
            f"{result['name']}: ours {result['ours']:.1f} answers/s, "
            f"one by one {result['baseline']:.1f} answers/s, "
            f"ratio {ratio['median']:.1f} ({ratio['low']:.1f} to {ratio['high']:.1f}), "
            f"{result['same_answers']} of {result['answers']} answers the same"
        )
    return 0 if all(result["outputs_equal"] for result in results) else 1


def compare(
    policy: Policy, rounds: int, draws: int, batch_size: int, constrained: bool
) -> dict[str, Any]:
    """Times both ways in turns, both held to the plan grammar or both free."""
    policy.constrained = constrained
    loaded = policy.loaded
    plain = Generation(loaded.model, ChatTokenizer(loaded.processor))
    times, same, tokens = [], 0, 0
    for number in range(rounds + 1):
        questions = draw(number, draws if number else 2, policy.image_size)
        start = time.perf_counter()
        baseline = one_by_one(plain, questions, constrained)
        middle = time.perf_counter()
        said = policy.answer(questions, [q.case.instruction for q in questions], batch_size)
        end = time.perf_counter()
        if number:  # the first round warms up
            times.append((middle - start, end - middle))
            texts = loaded.processor.batch_decode(baseline, skip_special_tokens=True)
            same += sum(a.text == text.strip() for a, text in zip(said, texts, strict=True))
            tokens += sum(a.tokens for a in said)
    slow, fast = np.array(times).T
    ratios = slow / fast
    count = len(CONTEXTS) * draws
    form = "constrained" if constrained else "free"
    return {
        "name": f"{form} answers, all at once against generate() one by one",
        "baseline": count / float(np.median(slow)),
        "ours": count / float(np.median(fast)),
        "ratio": {
            "median": float(np.median(ratios)),
            "low": float(ratios.min()),
            "high": float(ratios.max()),
            "rounds": rounds,
        },
        "limit": None,
        "share_of_limit": None,
        "outputs_equal": same == count * rounds,
        "same_answers": same,
        "answers": count * rounds,
        "tokens_per_answer": tokens / (count * rounds),
        "batch_size": batch_size,
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        "environment": describe_environment(),
    }


def one_by_one(plain: Generation, questions: list[Question], constrained: bool) -> list[list[int]]:
    """Returns the tokens of each answer."""
    answers = []
    for question in questions:
        assert question.image is not None
        prompt = Prompt(question.image, build_prompt(question, question.case.instruction))
        answers.append(plain.answer([prompt], 1, MAX_NEW_TOKENS, constrained)[0].ids)
    return answers


def draw(seed: int, count: int, image_size: int) -> list[Question]:
    """Draws scenes of split `test` and what is asked about them."""
    questions = []
    with stdout_to_stderr():
        for index in range(count):
            cases = draw_cases("test", seed, index, tuple(TASKS), CONTEXTS)
            image = render_image(cases[0].shown, image_size)
            questions += [ask(case, image) for case in cases]
    return questions


if __name__ == "__main__":
    sys.exit(main())
