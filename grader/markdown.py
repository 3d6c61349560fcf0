"""`format_markdown`: a report as Markdown, for a model card or as `report.md`."""

from collections.abc import Iterable, Sequence
from typing import Any

from grader.table import cell, overall_figures, overall_rates, share, speed_lines, suite_rows

Json = dict[str, Any]


def format_markdown(report: Json) -> str:
    """Returns the report as Markdown: headings of level 2, so that it fits into a model card."""
    parts = [
        f"## How {_plain(report['checkpoint'])} was graded",
        _plain(report["verdict"]),
        _contexts(report),
        "Each rate: % [Wilson's 95 % interval] k/n. A goal counts if it holds in physics after a "
        "simulated arm has carried the plan out.",
        *_section("By task", _tasks(report)),
        *_section("By objects on the table and actions needed", _strata(report)),
        *_section("All contexts together", _overall(report)),
        *_section("The same cases, asked otherwise", _suites(report)),
        *_section("Why goals were missed", _causes(report)),
        *_section("Questions", _questions(report)),
        *_section("Conditions", _conditions(report)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, body: str) -> list[str]:
    return [f"### {title}", body] if body else []


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table, or nothing if it has no rows."""
    lines = [f"| {' | '.join(map(_plain, row))} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(header)} |", "|---" * len(header) + "|", *lines])


def _plain(text: str) -> str:
    """Returns a text that cannot break a table, whatever a name or a path holds."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def _contexts(report: Json) -> str:
    contexts = report["accuracy"]["by_context"]
    rows = [[f"**{report['checkpoint']}**", *(cell(r) for r in contexts.values())]]
    for name, control in report["controls"].items():
        row = [cell(control["by_context"].get(context)) for context in contexts]
        rows.append([name.replace("_", " "), *row])
    return _table(["goals reached, %", *contexts], rows if contexts else [])


def _tasks(report: Json) -> str:
    cells = report["accuracy"]["by_context_and_task"]
    rows = [
        [task, *(cell(rates.get(task)) for rates in cells.values())]
        for task in report["accuracy"]["by_task"]
    ]
    return _table(["goals reached, %", *cells], rows)


def _strata(report: Json) -> str:
    accuracy = report["accuracy"]
    kinds = {"objects": "by_objects", "actions": "by_actions"}
    rows = [
        [f"{number} {kind if number != '1' else kind[:-1]}", cell(rate)]
        for kind, key in kinds.items()
        for number, rate in accuracy.get(key, {}).items()
    ]
    return _table(["cases with", "goals reached, %"], rows)


def _overall(report: Json) -> str:
    rates = [[name, cell(rate)] for name, rate in overall_rates(report).items()]
    figures = [[name, text] for name, text in overall_figures(report).items()]
    worst = report["accuracy"].get("worst")
    lowest = [[f"worst: {worst['stratum']}", cell(worst["rate"])]] if worst else []
    return _table(["figure", "%"], [*rates, *lowest, *figures])


def _suites(report: Json) -> str:
    header = ["asked otherwise", "as it is, %", "varied, %", "retention", "lost/gained", "p"]
    table = _table(header, suite_rows(report))
    curve = report["reliability"].get("noise_curve", [])
    points = ", ".join(f"{point['mm']} mm {share(point['success'])}" for point in curve)
    return f"{table}\n\nNoise on listed coordinates: {points}." if table and points else table


def _causes(report: Json) -> str:
    return _table(
        ["cause", "answers"], ([c, str(n)] for c, n in report["reliability"]["causes"].items())
    )


def _questions(report: Json) -> str:
    asked = report.get("questions", {})
    rows = [
        [kind, cell(k["exact"]), "-" if k["points"] is None else f"{k['points']:.1f}"]
        for kind, k in asked.get("kinds", {}).items()
    ]
    table = _table(["questions about", "exactly right, %", "points"], rows)
    if not table or "split" not in asked:
        return table
    return f"About scenes of split {asked['split']}, in context {asked['context']}.\n\n{table}"


def _conditions(report: Json) -> str:
    told = {**report["settings"], **report.get("environment", {})}
    rows = [[key.replace("_", " "), _say(value)] for key, value in told.items()]
    speed = "\n".join(f"- {line}" for line in speed_lines(report))
    return "\n\n".join(part for part in (_table(["condition", "value"], rows), speed) if part)


def _say(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
