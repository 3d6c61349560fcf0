"""Draws a report as a table of text that fits 100 columns."""

import textwrap
from typing import Any

from grader.report import number

Json = dict[str, Any]

WIDTH = 100


def format_table(report: Json) -> str:
    """Returns the report as text: verdict, success by task and control, speed."""
    contexts = list(report["accuracy"]["by_context"])
    header = [["goals reached, %", *contexts]]
    lines = align(header, [_tasks(report, contexts), _policies(report, contexts)])
    legend = "Each rate: % [Wilson's 95 % interval] k/n."
    return "\n".join([*wrap(report["verdict"]), "", *lines, "", legend, *_facts(report)])


def _tasks(report: Json, contexts: list[str]) -> list[list[str]]:
    by_context = report["accuracy"]["by_context_and_task"]
    tasks = report["accuracy"]["by_task"]
    return [[task, *(cell(by_context[c].get(task)) for c in contexts)] for task in tasks]


def _policies(report: Json, contexts: list[str]) -> list[list[str]]:
    by_context = {"all tasks": report["accuracy"]["by_context"]}
    by_context |= {name: c["by_context"] for name, c in report["controls"].items()}
    return [
        [name.replace("_", " "), *(cell(rates.get(c)) for c in contexts)]
        for name, rates in by_context.items()
    ]


def cell(rate: Json | None) -> str:
    """Returns '91.2 [87-94] 182/200', or '-' for what was not measured."""
    if rate is None or rate["value"] is None:
        return "-"
    interval = f"[{100 * rate['low']:.0f}-{100 * rate['high']:.0f}]"
    return f"{number(rate['value'])} {interval} {rate['k']}/{rate['n']}"


def align(header: list[list[str]], sections: list[list[list[str]]]) -> list[str]:
    """Aligns rows in columns, the first left and the others right, a rule before each section."""
    rows = [row for section in [header, *sections] for row in section]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    lines = [_line(row, widths) for row in header]
    for section in sections:
        lines += [rule, *(_line(row, widths) for row in section)]
    return lines


def _line(row: list[str], widths: list[int]) -> str:
    cells = [row[0].ljust(widths[0])]
    cells += [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
    return "  ".join(cells).rstrip()


def wrap(text: str) -> list[str]:
    """Breaks a text into lines of at most 100 characters."""
    return textwrap.wrap(text, WIDTH)


def _facts(report: Json) -> list[str]:
    reliability = report["reliability"]
    rates = {
        "all contexts": report["accuracy"]["success"],
        "exact match": report["accuracy"]["exact"],
        "valid plans": reliability["valid_plans"],
        **_mended(reliability),
        "refusal recall": reliability["refusal_recall"],
        "over-refusal": reliability["over_refusal"],
    }
    lines = wrap("; ".join(f"{name} {cell(r)}" for name, r in rates.items() if r["n"]))
    if reliability["causes"]:
        causes = [f"{cause} {count}" for cause, count in reliability["causes"].items()]
        lines += wrap(f"misses: {', '.join(causes[:6])}")
    return lines + _speed(report)


def _mended(reliability: Json) -> Json:
    """Returns the rates of mended answers, if there are any; older reports have none."""
    mended = reliability.get("mended_plans")
    if not (mended and mended["k"]):
        return {}
    return {"only mended": mended, "mended that reach the goal": reliability["mended_success"]}


def _speed(report: Json) -> list[str]:
    lines = []
    if "inference" in report:
        speed, latency = report["inference"], report["inference"]["latency_ms"]
        lines.append(
            f"one answer takes {latency['p50']:.0f} ms (p95 {latency['p95']:.0f}) on "
            f"{speed['device']}; {speed['plans_per_second']:.1f} plans/s in batches of "
            f"{speed['batch_size']}; peak memory {speed['peak_memory_mib']:.0f} MiB"
        )
    if "execution" in report:
        speed = report["execution"]
        lines.append(
            f"{speed['episodes']} episodes executed at {speed['episodes_per_second']:.1f} a second "
            f"by {speed['workers']} workers"
        )
    return [line for text in lines for line in wrap(text)]
