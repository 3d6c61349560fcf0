"""Two grades of the same cases, answer by answer: by how much they differ, and which cases flipped.

    {"version": 1, "a": {"checkpoint", "report"}, "b": {the same}, "n": cases that both answered,
     "unpaired": {"a": cases that only A answered, "b": ...},
     "all": D, "by_context": {c: D}, "by_task": {t: D},
     "flipped": [{"case", "instruction", "context", "task", "better": "a" or "b",
                  "cause": why the other one failed}, ...]}

where a difference D is `{"a": R, "b": R, "difference", "low", "high", "lost", "gained", "p"}`: B's
success less A's with its 95 % interval, how many cases only A, and only B, got right, and an exact
p-value. The interval is Newcombe's for pairs; where a scene has several cases, it is as wide as for
the number of independent pairs that tell as much. For the p-value, too, a scene counts once
(`suites.base.tell_apart`). Cases that the oracle missed in either grade are left out.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.ledger import ANSWERS
from grader.metrics import MAIN, Outcome, grouped, success_rate
from grader.roles import MODEL
from grader.suites.base import Paired, tell_apart
from grader.table import WIDTH, align, cell
from scene_renderer.console import read_text
from scene_renderer.errors import DatasetError
from scene_renderer.intervals import design_effect, newcombe_paired

VERSION = 1
REPORT = "report.json"

Json = dict[str, Any]

_SHOWN = 20
"""Flipped cases that the table lists in each direction; JSON has all."""


@dataclass(frozen=True)
class Grade:
    """A grade that is on disk.

    Attributes:
        folder: where its report is.
        checkpoint: what was graded.
        outcomes: case id to what became of it.
    """

    folder: Path
    checkpoint: str
    outcomes: dict[str, Outcome]


def read_grade(path: Path) -> Grade:
    """Reads a report's folder, or that of a `report.json`.

    Raises:
        DatasetError: if it is no report, or its answers are damaged or missing.
    """
    folder = path.parent if path.name == REPORT else path
    text = read_text(folder / REPORT)
    try:
        report = json.loads(text)
        checkpoint = str(report["checkpoint"])
        excluded = set(report["check"]["excluded"]["cases"] if "check" in report else ())
    except (ValueError, TypeError, KeyError) as error:
        raise DatasetError(f"'{folder / REPORT}' is no report of a grade.") from error
    answers = _read_answers(folder / ANSWERS)
    return Grade(folder, checkpoint, {k: o for k, o in answers.items() if k not in excluded})


def _read_answers(path: Path) -> dict[str, Outcome]:
    """Reads what the graded policy answered to the cases as they are, the last answer to each."""
    found: dict[str, Outcome] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        try:
            data = json.loads(line)
            if data.pop("role") == MODEL and data.get("suite", MAIN) == MAIN:
                outcome = Outcome(**data)
                found[outcome.case] = outcome
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DatasetError(f"'{path}', line {number} is damaged ({error}).") from error
    return found


def compare(a: Grade, b: Grade) -> Json:
    """Returns by how much B's success differs from A's.

    Raises:
        DatasetError: if they are not grades of the same cases.
    """
    pairs = _pair(a, b)
    return {
        "version": VERSION,
        "a": {"checkpoint": a.checkpoint, "report": str(a.folder)},
        "b": {"checkpoint": b.checkpoint, "report": str(b.folder)},
        "n": len(pairs),
        "unpaired": {
            "a": len(a.outcomes.keys() - b.outcomes.keys()),
            "b": len(b.outcomes.keys() - a.outcomes.keys()),
        },
        "all": difference(pairs),
        "by_context": _differences(grouped(pairs, lambda p: p.clean.context)),
        "by_task": _differences(grouped(pairs, lambda p: p.clean.task)),
        "flipped": [_flip(p) for p in pairs if p.clean.success != p.varied.success],
    }


def _pair(a: Grade, b: Grade) -> list[Paired]:
    shared = [case for case in a.outcomes if case in b.outcomes]
    if not shared:
        raise DatasetError(
            f"'{a.folder}' and '{b.folder}' have no case in common; "
            "grade both with the same --split, --seed, --tasks and --contexts."
        )
    pairs = [Paired(a.outcomes[case], b.outcomes[case]) for case in shared]
    for pair in pairs:
        one, other = pair.clean, pair.varied
        if (one.instruction, one.task, one.context) != (
            other.instruction,
            other.task,
            other.context,
        ):
            raise DatasetError(
                f"Case '{one.case}' is not the same in both: '{one.instruction}' in '{a.folder}', "
                f"'{other.instruction}' in '{b.folder}'. Grade both with the same version."
            )
    return [p for p in pairs if p.clean.success is not None and p.varied.success is not None]


def _differences(groups: dict[str, list[Paired]]) -> dict[str, Json]:
    return {name: difference(pairs) for name, pairs in groups.items()}


def difference(pairs: Sequence[Paired]) -> Json:
    """Returns the difference D of some pairs, A's outcome first in each."""
    a, b = success_rate(p.clean for p in pairs), success_rate(p.varied for p in pairs)
    both = sum(p.clean.success is True and p.varied.success is True for p in pairs)
    found = tell_apart(pairs)
    lost, gained = found["lost"], found["gained"]
    changes = [float(p.varied.success is True) - float(p.clean.success is True) for p in pairs]
    effect = design_effect(changes, [p.clean.scene for p in pairs])
    cells = (both, gained, lost, len(pairs) - both - lost - gained)
    low, high = newcombe_paired(*(count / effect for count in cells))
    return {
        "a": a.to_dict(),
        "b": b.to_dict(),
        "difference": (gained - lost) / len(pairs) if pairs else None,
        "low": low,
        "high": high,
        **found,
    }


def _flip(pair: Paired) -> Json:
    is_lost = pair.clean.success is True
    return {
        "case": pair.clean.case,
        "instruction": pair.clean.instruction,
        "context": pair.clean.context,
        "task": pair.clean.task,
        "better": "a" if is_lost else "b",
        "cause": pair.varied.cause if is_lost else pair.clean.cause,
    }


def format_comparison(found: Json) -> str:
    """Returns a comparison as text that fits 100 columns."""
    header = [["goals reached, %", "A", "B", "B - A, points", "lost", "gained", "p"]]
    sections = [
        [_row(name, d) for name, d in {**found["by_context"], "all": found["all"]}.items()],
        [_row(name, d) for name, d in found["by_task"].items()],
    ]
    unpaired = found["unpaired"]
    lines = [
        f"A: {found['a']['checkpoint']} ({found['a']['report']})",
        f"B: {found['b']['checkpoint']} ({found['b']['report']})",
        f"{found['n']} cases that both answered; {unpaired['a']} only A, {unpaired['b']} only B.",
        "",
        *align(header, sections),
        "",
        "Points: percent with Newcombe's 95 % interval for pairs; p: exact, by scenes.",
        *_flips("Lost: A reached these, B did not", found, "a"),
        *_flips("Gained: B reached these, A did not", found, "b"),
    ]
    return "\n".join(line[:WIDTH] for line in lines)


def _row(name: str, d: Json) -> list[str]:
    points = "-"
    if d["difference"] is not None:
        low, high = 100 * d["low"], 100 * d["high"]
        points = f"{100 * d['difference']:+.1f} [{low:+.0f}, {high:+.0f}]"
    figures = str(d["lost"]), str(d["gained"]), f"{d['p']:.2g}"
    return [name, cell(d["a"]), cell(d["b"]), points, *figures]


def _flips(title: str, found: Json, better: str) -> list[str]:
    flips = [flip for flip in found["flipped"] if flip["better"] == better]
    if not flips:
        return []
    lines = [f"  {f['case']}  {f['cause']}: {f['instruction']}" for f in flips[:_SHOWN]]
    more = [f"  and {len(flips) - _SHOWN} more: see --json"] if flips[_SHOWN:] else []
    return ["", f"{title} ({len(flips)})", *lines, *more]
