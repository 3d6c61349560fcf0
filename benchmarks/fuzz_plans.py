"""Whether both readers of plans survive everything, in linear time; and whether they agree.

python benchmarks/fuzz_plans.py
python benchmarks/fuzz_plans.py --inputs 10000000 --plans 1000000 --workers 2

Three parts. *Plans*: random plans are written and read again as text, JSON, code and in lenient
form; every reading has to be the plan. *Inputs*: spoilt plans, random characters, nested brackets,
huge numbers, long tokens and JSON bombs, most of them short and one in ten thousand up to 64 KB, go
to the strict, the lenient and the JSON reader; each has to return a `Plan` or raise a `PlanError`.
*Time*: of hostile inputs of 1 to 64 KB; the exponent is the slope of log(time) over log(size), the
least of three times each. Exit code 3 if something else was raised, two readings differ, or an
exponent is 1.25 or more.
"""

import argparse
import json
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # works without an install

from scene_renderer.console import EXIT_THRESHOLD, positive
from scene_renderer.errors import PlanError
from scene_renderer.plan import ACTIONS, Action, Plan, format_plan, parse_plan
from scene_renderer.plan_forms import format_code, plan_from_json, plan_to_json
from scene_renderer.plan_mending import mend_plan
from scene_renderer.vocabulary import REFUSAL_REASONS

LIMIT = 1.25
"""Exponent of time over size; noise of a shared machine included."""

BATCH = 10_000
SIZES = tuple(1024 * 2**i for i in range(7))
READERS: dict[str, Callable[[str], object]] = {
    "strict": parse_plan,
    "lenient": mend_plan,
    "json": plan_from_json,
}
PIECES = (
    *ACTIONS, "pick(", "place(412, -127, 25)", "(", ")", "[", "]", "{", "}", ",", ";", ":", "=",
    "\n", " ", "-", "+", ".", "#", "//", "/", "\\", "\\n", '"', "'", "`", "```", "~~~", "<think>",
    "</think>", "<pick>", "User:", "Assistant:", "Final answer", "1.", "0.412", "412", "-127",
    "1e9", "mm", "cm", "m", "x=", '"action": ', '"args": [', '"thought": "', "or", "not", "if",
    "the", "red", "refuse(absent)", "absent", "grasp", "move to", "robot.", "...", "\u2026",
    "\u2212", "\uff11", "\u00b2", "\u0660", "\u200b", "\ud800", "\x00", "\u00df", "\u0130", "\r",
)  # fmt: skip


def main() -> int:
    """Runs the three parts and prints one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=positive, default=100_000, help="default: %(default)s")
    parser.add_argument("--plans", type=positive, default=10_000, help="default: %(default)s")
    parser.add_argument("--workers", type=positive, default=1, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    options = parser.parse_args()
    growth = measure_growth()
    started = time.perf_counter()
    with ProcessPoolExecutor(options.workers) as pool:
        differing = sum(pool.map(count_differing, *jobs(options.seed, options.plans)))
        faults: Counter[str] = Counter()
        for done, found in enumerate(pool.map(fuzz, *jobs(options.seed, options.inputs)), start=1):
            faults += found
            if done % 50 == 0:
                print(f"{done * BATCH:,} inputs", file=sys.stderr, flush=True)
    steepest = max(row["exponent"] for row in growth)
    result = {
        "plans": options.plans,
        "plans_read_differently": differing,
        "inputs": options.inputs,
        "outcomes": dict(sorted(faults.items())),
        "seconds": round(time.perf_counter() - started, 1),
        "steepest_exponent": steepest,
        "growth": growth,
    }
    print(json.dumps(result))
    is_broken = any("raised" in outcome for outcome in faults)
    return EXIT_THRESHOLD if differing or is_broken or steepest >= LIMIT else 0


def jobs(seed: int, count: int) -> tuple[list[str], list[int]]:
    """Returns the seeds and sizes of batches that make `count`."""
    sizes = [min(BATCH, count - start) for start in range(0, count, BATCH)]
    return [f"{seed}/{i}" for i in range(len(sizes))], sizes


def count_differing(seed: str, count: int) -> int:
    """Returns how many random plans one of the readers reads as something else."""
    rng = random.Random(f"plans/{seed}")
    return sum(not is_read_back(random_plan(rng)) for _ in range(count))


def is_read_back(plan: Plan) -> bool:
    """Whether every reader reads what was written as this plan."""
    text = format_plan(plan)
    return (
        parse_plan(text) == plan
        and mend_plan(text).plan == plan
        and plan_from_json(plan_to_json(plan)) == plan
        and mend_plan(plan_to_json(plan)).plan == plan
        and mend_plan(format_code(plan)).plan == plan
        and mend_plan(f"Sure!\n```\n{text}.\n```").plan == plan
    )


def random_plan(rng: random.Random) -> Plan:
    """Returns a refusal, or up to 64 actions with numbers of up to five digits."""
    if rng.random() < 0.05:
        return Plan((Action("refuse", (rng.choice(REFUSAL_REASONS),)),))
    names = [name for name in ACTIONS if name != "refuse"]
    count = rng.randint(1, 64) if rng.random() < 0.02 else rng.randint(1, 5)
    return Plan(tuple(_random_action(rng, rng.choice(names)) for _ in range(count)))


def _random_action(rng: random.Random, name: str) -> Action:
    largest = 10 ** rng.randint(1, 5) - 1
    return Action(name, tuple(rng.randint(-largest, largest) for _ in ACTIONS[name]))


def fuzz(seed: str, count: int) -> Counter[str]:
    """Returns what became of so many inputs, by reader."""
    rng = random.Random(f"inputs/{seed}")
    found: Counter[str] = Counter()
    for _ in range(count):
        text = random_input(rng)
        for name, reader in READERS.items():
            found[f"{name} {outcome(reader, text)}"] += 1
    return found


def outcome(reader: Callable[[str], object], text: str) -> str:
    """Returns 'plan', 'error', or what else was raised."""
    try:
        reader(text)
    except PlanError:
        return "error"
    except Exception as error:
        print(f"{type(error).__name__}: {text[:2000]!r}", file=sys.stderr)
        return f"raised {type(error).__name__}"
    return "plan"


def random_input(rng: random.Random) -> str:
    """Returns a spoilt plan, a heap of pieces, random characters, or something large."""
    chance = rng.random()
    if chance < 0.0001:
        make, size = rng.choice(list(HOSTILE.values())), rng.choice(SIZES)
        return make(size)[: rng.randint(size // 2, size)]
    if chance < 0.45:
        return _spoil(rng, _written(rng))
    if chance < 0.9:
        return "".join(rng.choices(PIECES, k=rng.randint(0, 24)))
    return "".join(chr(rng.randrange(rng.choice((128, 0x3000)))) for _ in range(rng.randint(0, 40)))


def _written(rng: random.Random) -> str:
    names = [name for name in ACTIONS if name != "refuse"]
    actions = tuple(_random_action(rng, rng.choice(names)) for _ in range(rng.randint(1, 3)))
    return rng.choice((format_plan, format_plan, plan_to_json, format_code))(Plan(actions))


def _spoil(rng: random.Random, text: str) -> str:
    for _ in range(rng.randint(1, 4)):
        a, b = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
        b = min(b, a + 6)
        text = text[:a] + rng.choice((rng.choice(PIECES), "", text[a:b] * 2)) + text[b:]
    return text


def repeat(piece: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """Returns a maker of inputs of a given size that repeat a piece."""
    return lambda size: (before + piece * (size // len(piece) + 1))[: size - len(after)] + after


HOSTILE = {
    "letters": repeat("a"),
    "digits": repeat("9", "pick("),
    "a long fraction": repeat("9", '{"version": 1.'),
    "spaces": repeat(" ", "pick("),
    "new lines": repeat("\n", "pick("),
    "tabs and lines": repeat("\n\t ", "pick(1"),
    "opening brackets": repeat("("),
    "JSON bomb": repeat("["),
    "JSON bomb of objects": repeat('{"a":'),
    "brackets that do not fit": repeat("[{(", after="]"),
    "closing brackets": repeat(")}]", "pick(1, 2, 3"),
    "quotes": repeat('"'),
    "escaped quotes": repeat('\\"', '"thought": '),
    "remarks never closed": repeat('"thought": \\"'),
    "backslashes": repeat("\\"),
    "hashes before a quote": repeat("# ", after='"'),
    "slashes before a brace": repeat("//a", after="}"),
    "minus signs": repeat("-", "pick("),
    "bullets": repeat("\n- "),
    "fences": repeat("```"),
    "fences around plans": repeat("```pick(1,2,3)```"),
    "fences around differing plans": repeat("```pick(1,2,3)``` pick(1,2,4) "),
    "tags": repeat("<"),
    "tags nearly": repeat("<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    "thinking": repeat("<think>", after="</think>"),
    "turns": repeat("Assistant:\n"),
    "turns with talk": repeat("Assistant: pick it\n"),
    "names": repeat("pick "),
    "names with two numbers": repeat("pick the 1 2 "),
    "names in brackets": repeat("(pick the 1 "),
    "actions": repeat("pick(1,2,3)\n"),
    "actions without brackets": repeat("pick 1 2 3\n"),
    "actions never closed": repeat("pick(1,2,"),
    "actions in sentences": repeat("place it at (1,2,3) "),
    "JSON actions": repeat('{"action":"pick","x":1,"y":2,"z":3},', "["),
    "JSON actions never closed": repeat('{"action":"pick","x":1,"y":2,"z":3,'),
    "arguments": repeat("1,", "pick("),
    "keys": repeat("x=", "pick("),
    "reasons": repeat(",", "refuse("),
    "labels": repeat("red cube, ", "pick("),
    "calls": repeat("a(", "pick(1,2,3)\n"),
    "ellipses": repeat("\n..."),
    "choices": repeat("or ", "pick(1,2,3) "),
    "typographic": repeat("\u2212\uff11\u201c"),
    "many languages": repeat("\u03b1\u05d0\u4e2d"),
}
"""Inputs that a careless reader needs more than linear time, or a deep stack, for."""


def measure_growth() -> list[dict[str, object]]:
    """Returns the times of every hostile input by reader, steepest growth first."""
    rows = []
    for name, make in HOSTILE.items():
        for reader in READERS:
            times = [_least_time(READERS[reader], make(size)) for size in SIZES]
            rows.append(
                {
                    "input": name,
                    "reader": reader,
                    "milliseconds": {f"{s // 1024} KB": round(t, 3) for s, t in times_of(times)},
                    "exponent": round(_slope(times), 2),
                }
            )
    return sorted(rows, key=lambda row: -float(str(row["exponent"])))


def times_of(times: list[float]) -> list[tuple[int, float]]:
    """Pairs sizes with times."""
    return list(zip(SIZES, times, strict=True))


def _least_time(reader: Callable[[str], object], text: str) -> float:
    """Returns the least of three CPU times in milliseconds."""
    times = []
    for _ in range(3):
        started = time.process_time()
        outcome(reader, text)
        times.append(time.process_time() - started)
    return 1000 * max(min(times), 1e-6)


def _slope(times: list[float]) -> float:
    """Returns the slope over the larger half of sizes, where constant costs weigh little."""
    points = [(math.log(s), math.log(t)) for s, t in times_of(times)[2:]]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    across = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / across


if __name__ == "__main__":
    sys.exit(main())
