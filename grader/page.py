"""Draws a report as one self-contained HTML page: figures, intervals, and what the arm did."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

TEMPLATE = "report.html.jinja"
BINS = 24


@dataclass(frozen=True)
class Exhibit:
    """One answer that the page shows.

    Attributes:
        instruction: the person's sentence.
        context: what the prompt told beside the picture.
        task: the task's name.
        answer: the plan's text.
        success: whether the goal was reached.
        cause: why not; empty for a success.
        picture: an image or animation as a `data:` address; empty for none.
    """

    instruction: str
    context: str
    task: str
    answer: str
    success: bool
    cause: str = ""
    picture: str = ""


def format_page(report: Json, exhibits: Sequence[Exhibit] = ()) -> str:
    """Returns the page as HTML; it fetches nothing."""
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
    )
    samples = report["inference"]["latency_ms"]["samples"] if "inference" in report else []
    return environment.get_template(TEMPLATE).render(
        report={"inference": None, "execution": None, "environment": None} | report,
        exhibits=exhibits,
        largest_cause=max(report["reliability"]["causes"].values(), default=1),
        latency=histogram(samples),
    )


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
