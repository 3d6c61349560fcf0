"""Writes a report: its JSON, and one self-contained HTML page that shows what the arm did."""

import base64
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.metrics import Outcome
from scene_renderer.console import write_whole

Json = dict[str, Any]

TEMPLATE = "report.html.jinja"
ANIMATIONS = "animations"
BINS = 24


@dataclass(frozen=True)
class Exhibit:
    """One answer that the page shows.

    Attributes:
        outcome: what was answered, and what became of it.
        gif: its animation's file; empty for none.
    """

    outcome: Outcome
    gif: bytes = b""

    @property
    def picture(self) -> str:
        """The animation as a `data:` address; empty for none."""
        return f"data:image/gif;base64,{base64.b64encode(self.gif).decode()}" if self.gif else ""

    @property
    def title(self) -> str:
        """What its animation's file is called: the context, the task, and how it ended."""
        end = "success" if self.outcome.success else self.outcome.cause or "miss"
        return f"{self.outcome.context}-{self.outcome.task}-{end}".replace(" ", "-")


def format_page(report: Json, exhibits: Sequence[Exhibit] = ()) -> str:
    """Returns the page as HTML; it fetches nothing."""
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["unbroken"] = keep_figures_whole
    samples = report["inference"]["latency_ms"]["samples"] if "inference" in report else []
    return environment.get_template(TEMPLATE).render(
        report={"inference": None, "execution": None, "environment": None} | report,
        exhibits=exhibits,
        largest_cause=max(report["reliability"]["causes"].values(), default=1),
        latency=histogram(samples),
    )


def keep_figures_whole(text: str) -> str:
    """Replaces the spaces within figures like '91.2 % [87, 94]' by unbreakable ones."""
    return re.sub(r"[\d.]+ %( \[\d+, \d+\])?", lambda m: m[0].replace(" ", "\u00a0"), text)


def write_report(report: Json, exhibits: Sequence[Exhibit], folder: Path) -> Path:
    """Writes the report and its animations; returns where the page is.

    Raises:
        OutputError: if the folder cannot be written.
    """
    write_whole(folder / "report.json", json.dumps(report, indent=2, allow_nan=False))
    write_whole(folder / "report.html", format_page(report, exhibits))
    for number, exhibit in enumerate(exhibits, start=1):
        if exhibit.gif:
            write_whole(folder / ANIMATIONS / f"{number}-{exhibit.title}.gif", exhibit.gif)
    return folder / "report.html"


def histogram(values: Sequence[float]) -> Json:
    """Returns `low`, `high` and the heights (percent of the highest) of `BINS` equal bins."""
    if not values:
        return {"low": 0.0, "high": 0.0, "heights": []}
    low, high = min(values), max(values)
    width = (high - low) / BINS or 1.0
    counts = [0] * BINS
    for value in values:
        counts[min(math.floor((value - low) / width), BINS - 1)] += 1
    return {"low": low, "high": high, "heights": [100 * c / max(counts) for c in counts]}
