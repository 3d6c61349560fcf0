"""Writes a report: its JSON, and one self-contained HTML page that shows what the arm did.

The page fetches nothing and runs no script; a policy in its head forbids both, whatever a model
answered. Every part of a report may be missing: what was not measured is left out, or says so.
"""

import base64
import dataclasses
import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader import page_data, page_figures, plots
from grader.markdown import format_markdown
from grader.metrics import Outcome
from grader.page_filters import FILTERS
from scene_renderer.console import write_whole

if TYPE_CHECKING:
    import jinja2

Json = dict[str, Any]

TEMPLATES = Path(__file__).parent / "templates"
TEMPLATE = "report.html.jinja"
ANIMATIONS = "animations"

MOST_BYTES = 5_500_000
"""Of pictures in the page, before base64 makes a third more of them."""


@dataclass(frozen=True)
class Mark:
    """Where an action goes, in its picture.

    Attributes:
        kind: pick, place, push (to a place) or move.
        x: from the left, percent of the picture's width.
        y: from the top, percent of its height.
    """

    kind: str
    x: float
    y: float


@dataclass(frozen=True)
class Exhibit:
    """One answer that the page shows.

    Attributes:
        outcome: what was answered, and what became of it.
        gif: its animation's file; empty for none.
        still: what the camera saw, a JPEG file; empty for none.
        oracle: the plan that would have reached the goal.
        aims: where the answer's actions go, in the still.
        wanted: where the oracle's go.
        is_worst: whether it belongs to the sheet of the worst cases, rather than to the films.
    """

    outcome: Outcome
    gif: bytes = b""
    still: bytes = b""
    oracle: str = ""
    aims: tuple[Mark, ...] = ()
    wanted: tuple[Mark, ...] = ()
    is_worst: bool = False

    @property
    def picture(self) -> str:
        """The animation, or else the still, as a `data:` address; empty for none."""
        if self.gif:
            return _data_address("gif", self.gif)
        return _data_address("jpeg", self.still) if self.still else ""

    @property
    def title(self) -> str:
        """What its animation's file is called: the context, the task, and how it ended."""
        end = "success" if self.outcome.success else self.outcome.cause or "miss"
        return f"{self.outcome.context}-{self.outcome.task}-{end}".replace(" ", "-")


def _data_address(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def format_page(report: Json, exhibits: Sequence[Exhibit] = ()) -> str:
    """Returns the page as HTML.

    Args:
        report: as `grader.report` makes it, of this or an earlier version.
        exhibits: answers to show: films, and stills of the worst cases.
    """
    shown = fit(exhibits)
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            report=report,
            films=[e for e in shown if not e.is_worst],
            worst=[e for e in shown if e.is_worst],
            charts=_charts(report),
            groups=page_data.group_suites((report.get("reliability") or {}).get("suites") or {}),
            data=page_data,
            figures=page_figures,
        )
    )


@functools.cache
def _environment() -> "jinja2.Environment":
    """Returns what reads templates: it escapes all that is put into them, and forgives absence."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    return environment


def _charts(report: Json) -> dict[str, plots.Chart | None]:
    reliability, speed = report.get("reliability") or {}, report.get("inference") or {}
    confidence = reliability.get("confidence") or {}
    return {
        "reliability": plots.reliability_diagram(confidence),
        "risk": plots.risk_coverage(confidence),
        "noise": plots.noise_curve(reliability.get("noise_curve") or ()),
        "latency": plots.latency_histogram(speed.get("latency_ms") or {}),
        "throughput": plots.throughput_curve(speed.get("throughput") or ()),
    }


def fit(exhibits: Sequence[Exhibit]) -> list[Exhibit]:
    """Leaves out the pictures that would make the page heavier than `MOST_BYTES`.

    Films give way to stills: first come all stills, then as many films as there is room for.
    """
    room = MOST_BYTES - sum(len(e.still) for e in exhibits)
    kept = []
    for exhibit in exhibits:
        fits = len(exhibit.gif) <= room
        room -= len(exhibit.gif) if fits else 0
        kept.append(exhibit if fits else dataclasses.replace(exhibit, gif=b""))
    return kept


def write_report(report: Json, exhibits: Sequence[Exhibit], folder: Path) -> Path:
    """Writes the report as JSON, Markdown and page, and its animations; returns where the page is.

    Raises:
        OutputError: if the folder cannot be written.
    """
    write_whole(folder / "report.json", json.dumps(report, indent=2, allow_nan=False))
    write_whole(folder / "report.md", format_markdown(report))
    write_whole(folder / "report.html", format_page(report, exhibits))
    for number, exhibit in enumerate(exhibits, start=1):
        if exhibit.gif:
            write_whole(folder / ANIMATIONS / f"{number}-{exhibit.title}.gif", exhibit.gif)
    return folder / "report.html"
