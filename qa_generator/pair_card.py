"""Text of a checked pair, laid out line by line in inches, and shrunk as a whole if it is long."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

INK, FAINT, PAPER, ACCENT, SECOND = "#1f2430", "#7a8194", "#fbfaf7", "#d9481c", "#1c6fd9"


@dataclass(frozen=True)
class Style:
    """How lines of one kind look.

    Attributes:
        height: from one line to the next, inches.
        width: characters in a line as wide as the card.
        font: what matplotlib is told.
    """

    height: float
    width: int
    font: dict[str, Any]


STYLES: MappingProxyType[str, Style] = MappingProxyType(
    {
        "heading": Style(0.30, 80, {"color": FAINT, "size": 8, "weight": "bold"}),
        "title": Style(0.34, 38, {"color": INK, "size": 14.5, "weight": "bold"}),
        "text": Style(0.245, 52, {"color": INK, "size": 10.5, "family": "monospace"}),
        "option": Style(0.30, 44, {"color": INK, "size": 12}),
        "answer": Style(0.33, 40, {"color": INK, "size": 12.5, "family": "monospace"}),
        "fact": Style(0.205, 82, {"color": INK, "size": 8.5}),
        "gap": Style(0.16, 1, {}),
    }
)


@dataclass(frozen=True)
class Line:
    """A line of a card.

    Attributes:
        style: a word from `STYLES`.
        text: what it says.
        badge: a number in a dot before it.
        label: what it is about, in faint capitals before it.
        column: 1 if it stands right of the line before.
        strong: whether it stands out.
    """

    style: str
    text: str = ""
    badge: str = ""
    label: str = ""
    column: int = 0
    strong: bool = False

    @property
    def height(self) -> float:
        """How much of the card it takes, inches."""
        return 0.0 if self.column else STYLES[self.style].height


def wrap(style: str, text: str) -> list[Line]:
    """Breaks a text into lines that fit, those after the first indented if they are verbatim."""
    indent = "  " if style == "text" else ""
    parts = textwrap.wrap(text, STYLES[style].width, subsequent_indent=indent)
    return [Line(style, part) for part in parts or [""]]


def draw_lines(axes: Any, lines: Sequence[Line], width: float, height: float) -> None:
    """Writes lines from the top of axes, all smaller if they would not fit.

    Args:
        axes: where to.
        lines: what.
        width: of the axes, inches.
        height: of the axes, inches.
    """
    shrink = min(1.0, height / sum(line.height for line in lines))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    y = 0.0
    for line in lines:
        y += shrink * line.height
        _draw_line(axes, line, line.column * width / 2, y, shrink)


def _draw_line(axes: Any, line: Line, x: float, y: float, shrink: float) -> None:
    font = dict(STYLES[line.style].font)
    if line.strong:
        font |= {"weight": "bold", "color": ACCENT}
    if "size" in font:
        font["size"] *= shrink
    if line.badge:
        dot = {"boxstyle": "circle,pad=0.3", "fc": badge_color(line.badge), "ec": "none"}
        label = {"color": "white", "weight": "bold", "size": 8.5 * shrink, "bbox": dot}
        axes.text(x + 0.13, y, line.badge, ha="center", va="center", **label)
    if line.style == "fact":
        axes.text(
            x, y, line.label.upper(), va="center", color=FAINT, weight="bold", size=7 * shrink
        )
    left = 0.36 if line.badge else 0.85 if line.style == "fact" else 0.0
    axes.text(x + left, y, line.text, va="center", **font)


def badge_color(number: str) -> str:
    """Returns the colour of a numbered place: the first stands out."""
    return ACCENT if number == "1" else SECOND
