"""Pairs a second when tuning: plain padded batches against packed prefixes and cached features.

python benchmarks/tuning.py --json
python benchmarks/tuning.py --quick

Baseline: what a padded-batch trainer does. Every pair is a sequence of its own and its picture
goes through the vision tower every time. Ours: `finetune.train`'s step. Both take optimiser steps
of LoRA on the same pairs of `data/demo`, in turns within one process.
"""

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # works without an install

import numpy as np
import torch
from torch.nn import functional

from finetune.collate import encode_images
from finetune.forward import answer_logits, image_features
from finetune.train import Lesson, add_lora
from scene_renderer.environment import describe_environment
from vlm.model import load_model

DEMO = Path(__file__).resolve().parent.parent / "data" / "demo"
GROUPS = 8


def main() -> None:
    """Runs the benchmark and prints its result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="three rounds instead of ten")
    options = parser.parse_args()
    result = compare(rounds=3 if options.quick else 10)
    if options.json:
        print(json.dumps([result], indent=2))
    else:
        ratio = result["ratio"]
        print(
            f"packed {result['ours']:.1f} pairs/s, plain {result['baseline']:.1f} pairs/s, "
            f"ratio {ratio['median']:.1f} ({ratio['low']:.1f} to {ratio['high']:.1f})"
        )


def compare(rounds: int) -> dict[str, object]:
    """Times both ways in turns."""
    loaded = load_model("tiny")
    core, processor = loaded.model, loaded.processor
    lesson = Lesson(core, processor, DEMO, "train")
    tuned = add_lora(core, 16, 0)
    optimizer = torch.optim.AdamW([p for p in tuned.parameters() if p.requires_grad], lr=1e-6)
    index = [i % len(lesson.groups.groups) for i in range(GROUPS)]
    groups = [lesson.groups.groups[i] for i in index]
    pairs = sum(len(group.row[1]) for group in groups)
    singles = [
        (group.image, ([], [type(turn)(group.row[0] + turn.prompt, turn.answer)]))
        for group in groups
        for turn in group.row[1]
    ]
    pixels = encode_images(processor, lesson.groups.images)

    def plain() -> torch.Tensor:
        with torch.no_grad():
            features = image_features(core, pixels[[image for image, _ in singles]])
        logits, labels, _ = answer_logits(
            core, [row for _, row in singles], lesson.pad_id, features
        )
        return functional.cross_entropy(logits, labels)

    def packed() -> torch.Tensor:
        logits, labels, _ = lesson.forward(index)
        return functional.cross_entropy(logits, labels)

    def seconds(loss_of: object) -> tuple[float, float]:
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of()  # type: ignore[operator]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return time.perf_counter() - start, loss.item()

    times = []
    for turn in range(rounds + 1):
        (slow, loss_plain), (fast, loss_packed) = seconds(plain), seconds(packed)
        if turn:  # the first round warms up
            times.append((slow, fast))
    ratios = np.array([slow / fast for slow, fast in times])
    slow, fast = np.median(np.array(times), axis=0)
    return {
        "name": "tuning step, packed against plain",
        "baseline": pairs / slow,
        "ours": pairs / fast,
        "ratio": {
            "median": float(np.median(ratios)),
            "low": float(ratios.min()),
            "high": float(ratios.max()),
            "rounds": rounds,
        },
        "limit": None,
        "share_of_limit": None,
        "outputs_equal": abs(loss_plain - loss_packed) < 0.02,
        "environment": describe_environment(),
    }


if __name__ == "__main__":
    main()
