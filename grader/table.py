"""Draws a report as a table of text that fits 100 columns."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from grader.verdict import bound, number

Json = dict[str, Any]

WIDTH = 100
_LONGEST = 34
"""Characters of a variant's name in the table, so that the figures fit beside it."""


def format_table(report: Json) -> str:
    """Returns the report as text: verdict, success by task and control, suites, speed."""
    contexts = list(report["accuracy"]["by_context"])
    header = [["goals reached, %", *contexts]]
    lines = align(header, [_tasks(report, contexts), _policies(report, contexts)])
    legend = "Each rate: % [Wilson's 95 % interval] k/n."
    parts = [wrap(report["verdict"]), lines, format_suites(report), [legend, *_facts(report)]]
    return "\n\n".join("\n".join(part) for part in parts if part)


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


def format_suites(report: Json) -> list[str]:
    """Returns how much success is left of each variant; no lines if no suite was run."""
    rows = suite_rows(report)
    if not rows:
        return []
    header = [["asked otherwise", "as it is, %", "varied, %", "retention", "-/+", "p"]]
    narrow = [[row[0][:_LONGEST], *row[1:]] for row in rows]
    return align(header, [narrow])


def suite_rows(report: Json) -> list[list[str]]:
    """Returns name, clean and varied success, retention, pairs lost and gained, and p."""
    suites = report["reliability"].get("suites", {})
    return [
        [
            f"{name}: {arm['variant']}",
            share(arm["clean"]),
            cell(arm["varied"]),
            *_changes(arm),
        ]
        for name, suite in suites.items()
        for arm in suite["variants"]
    ]


def _changes(arm: Json) -> list[str]:
    """Returns retention, pairs lost and gained, and p; dashes where another wish was asked."""
    if "retention" not in arm:
        return ["-", "-", "-"]
    kept = arm["retention"]
    return [
        "-" if kept is None else f"{100 * kept:.0f} %",
        f"{arm['lost']}/{arm['gained']}",
        f"{arm['p']:.2g}",
    ]


def share(rate: Json) -> str:
    """Returns '91.2', or '-' for what was not measured."""
    return "-" if rate["value"] is None else number(rate["value"])


def cell(rate: Json | None) -> str:
    """Returns '91.2 [87-94] 182/200', or '-' for what was not measured."""
    if rate is None or rate["value"] is None:
        return "-"
    return f"{number(rate['value'])} {span(rate)} {rate['k']}/{rate['n']}"


def span(figure: Json) -> str:
    """Returns an interval in percent, '[87-94]'."""
    return f"[{bound(figure['low'])}-{bound(figure['high'])}]"


def tell_points(marks: Json) -> str:
    """Returns '61.2 points of 100 [52, 70]', or that some kind of question could not be asked."""
    if marks["points"] is None:
        return "no points, since of some kind no question could be asked,"
    return (
        f"{marks['points']:.1f} points of {marks['of']} [{marks['low']:.0f}, {marks['high']:.0f}]"
    )


def align(header: list[list[str]], sections: Sequence[list[list[str]]]) -> list[str]:
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


def overall_rates(report: Json) -> dict[str, Json]:
    """Returns the rates over all contexts by what they are called, as far as they were measured."""
    accuracy, found = report["accuracy"], report["reliability"]
    fields = accuracy.get("fields", {})
    rates = {
        "all contexts": accuracy["success"],
        "exact match": accuracy["exact"],
        "plan-equivalent": accuracy.get("plan_equivalent"),
        **{f"{name} right": rate for name, rate in fields.items()},
        "valid plans": found["valid_plans"],
        **{f"valid plans, {k}": found.get("form", {}).get(k) for k in ("constrained", "free")},
        **_mended(found),
        "refusal recall": found["refusal_recall"],
        "for the right reason": found.get("right_reason"),
        "over-refusal": found["over_refusal"],
        "blank image": found.get("blank_image_success"),
        "another scene's image": found.get("swapped_image_success"),
        "same verdict in other words": found.get("paraphrase_agreement"),
        "success in all words": found.get("paraphrase_all_succeed"),
        "same answer to other lists": found.get("order_agreement"),
        **{
            f"same answer, other {name.replace('_', ' ')}": rate
            for name, rate in found.get("sameness", {}).items()
        },
    }
    return {name: rate for name, rate in rates.items() if rate and rate.get("n")}


def overall_figures(report: Json) -> dict[str, str]:
    """Returns the other figures over all contexts, as far as they were measured."""
    accuracy, found = report["accuracy"], report["reliability"]
    figures: dict[str, str] = {}
    together = accuracy.get("clustered")
    if together and 1 < together["clusters"] < accuracy["success"]["n"]:
        figures["all contexts, with scenes as clusters"] = (
            f"{span(together)} of {together['clusters']} scenes"
        )
    credit = accuracy.get("partial_credit")
    if credit and credit["n"]:
        figures["partial credit"] = f"{number(credit['mean'])} {span(credit)}"
    drop = found.get("paraphrase_drop")
    if drop and drop["scenes"]:
        figures["success lost in other words, points"] = (
            f"{100 * drop['value']:.1f} {span(drop)} of {drop['scenes']} scenes"
        )
    confidence = found.get("confidence")
    if confidence:
        auroc = "-" if confidence["auroc"] is None else f"{confidence['auroc']:.2f}"
        figures["confidence"] = (
            f"ECE {confidence['ece']:.3f}, Brier {confidence['brier']:.3f}, AUROC of failure "
            f"{auroc}, AURC {confidence['aurc']:.3f} (n {confidence['n']})"
        )
    if "questions" in report:
        asked = report["questions"]
        lost = f", {asked['not_run']} not run" if asked.get("not_run") else ""
        where = f", split {asked['split']}" if "split" in asked else ""
        figures["questions"] = f"{tell_points(asked)} (n {asked['n']}{lost}{where})"
    return figures


def _mended(reliability: Json) -> Mapping[str, Json]:
    """Returns the rates of mended answers, if there are any; older reports have none."""
    mended = reliability.get("mended_plans")
    if not (mended and mended["k"]):
        return {}
    return {"only mended": mended, "mended that reach the goal": reliability["mended_success"]}


def _facts(report: Json) -> list[str]:
    lines = wrap("; ".join(f"{name} {cell(r)}" for name, r in overall_rates(report).items()))
    lines += wrap("; ".join(f"{name}: {text}" for name, text in overall_figures(report).items()))
    if report["reliability"]["causes"]:
        causes = [f"{cause} {count}" for cause, count in report["reliability"]["causes"].items()]
        lines += wrap(f"misses: {', '.join(causes[:6])}")
    return lines + [line for text in speed_lines(report) for line in wrap(text)]


def speed_lines(report: Json) -> list[str]:
    """Returns how fast the model answered and the simulator executed, a sentence each."""
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
    return lines
