"""Writes a report to its folder: report.json and report.html."""

import json
from pathlib import Path

from grader.cases import Case
from grader.crew import Crew
from grader.gallery import build_exhibits
from grader.ledger import Ledger
from grader.page import format_page
from grader.report import MODEL, Json
from scene_renderer.console import write_whole


def publish(report: Json, cases: dict[str, Case], ledger: Ledger, crew: Crew, folder: Path) -> Path:
    """Writes the report and returns where its page is.

    Raises:
        OutputError: if the folder cannot be written.
    """
    write_whole(folder / "report.json", json.dumps(report, indent=2, allow_nan=False))
    exhibits = build_exhibits(list(ledger.outcomes.get(MODEL, {}).values()), cases, crew)
    write_whole(folder / "report.html", format_page(report, exhibits))
    return folder / "report.html"
