"""Charts as geometry: what a template draws as inline SVG, in units of the picture's own frame.

Everything is computed here, so that templates only print numbers and texts. The frame is `WIDTH`
by `HEIGHT` units, x to the right and y down, as in SVG.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.metrics import Rate
from grader.verdict import bound

Json = dict[str, Any]

WIDTH, HEIGHT = 360.0, 236.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 350.0, 24.0, 196.0
"""Of the field within the axes."""

BINS = 24
"""Bars of a histogram."""

MOST_TICKS = 5
MARGIN = 1.1
"""How much further than its highest value an axis goes that has no natural end."""

COUNTS_HEIGHT = 30.0
"""Of the highest bar of a chart's counts, which stand on its x axis."""

EDGE = 0.12
"""A text beside a line turns to its left in the last so much of the field."""


@dataclass(frozen=True)
class Path:
    """A line or an area.

    Attributes:
        role: says how it looks: line, band, bar, count, whisker, guide or rule.
        d: as SVG's attribute of that name.
        title: what it says when pointed at.
    """

    role: str
    d: str
    title: str = ""


@dataclass(frozen=True)
class Dot:
    """A point of data."""

    x: float
    y: float
    title: str


@dataclass(frozen=True)
class Text:
    """A word in the chart; `anchor` as in SVG: start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Axis:
    """One dimension of a chart.

    Attributes:
        label: what it shows, with its unit.
        low: the value at its beginning.
        high: the value at its end.
        at: its beginning and end in the frame.
        ticks: the values that are written, and how.
    """

    label: str
    low: float
    high: float
    at: tuple[float, float]
    ticks: tuple[tuple[float, str], ...]

    def place(self, value: float) -> float:
        """Returns where a value is in the frame; outside values go to the nearest end."""
        share = (value - self.low) / (self.high - self.low)
        start, end = self.at
        return round(start + min(1.0, max(0.0, share)) * (end - start), 2)


@dataclass(frozen=True)
class Chart:
    """What is drawn.

    Attributes:
        name: says what it shows, for those who cannot see it.
        x: its horizontal axis.
        y: its vertical axis.
        paths: from back to front.
        dots: in front of them.
        texts: in front of all.
    """

    name: str
    x: Axis
    y: Axis
    paths: Sequence[Path] = field(default_factory=list)
    dots: Sequence[Dot] = field(default_factory=list)
    texts: Sequence[Text] = field(default_factory=list)


def x_axis(label: str, low: float, high: float, ticks: Sequence[float] | None = None) -> Axis:
    """Returns a horizontal axis; ticks are chosen if none are given."""
    return _axis(label, low, high, (LEFT, RIGHT), ticks)


def y_axis(label: str, high: float) -> Axis:
    """Returns a vertical axis that begins with 0."""
    return _axis(label, 0.0, high, (BOTTOM, TOP), None)


def _axis(
    label: str, low: float, high: float, at: tuple[float, float], ticks: Sequence[float] | None
) -> Axis:
    high = high if high > low else low + 1.0
    chosen = choose_ticks(low, high) if ticks is None else ticks
    return Axis(label, low, high, at, tuple((t, f"{t:,.10g}") for t in chosen))


def choose_ticks(low: float, high: float) -> list[float]:
    """Returns up to `MOST_TICKS` + 1 round values from `low` to `high`, equally spaced."""
    step = 10.0 ** math.floor(math.log10((high - low) / MOST_TICKS))
    step *= next(f for f in (1, 2, 2.5, 5, 10) if step * f * MOST_TICKS >= (high - low) * 0.9999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def reliability_diagram(confidence: Json) -> Chart | None:
    """Shows how often goals were reached at each confidence; None without bins that hold any."""
    bins = [b for b in confidence.get("bins") or () if b["success"]["n"]]
    if not bins:
        return None
    x = x_axis("confidence, %", 0, 100, (0, 25, 50, 75, 100))
    y = y_axis("goals reached, %", 100)
    most = max(b["success"]["n"] for b in bins)
    counts, whiskers, dots = [], [], []
    for part in bins:
        rate, sure = part["success"], 100 * part["confidence"]
        title = f"confidence {sure:.0f} %: {_told(rate)}"
        height = COUNTS_HEIGHT * rate["n"] / most
        ends = x.place(100 * part["low"]) + 1, x.place(100 * part["high"]) - 1
        counts.append(Path("count", box(*ends, BOTTOM - height, BOTTOM), title))
        whiskers.append(whisker(x.place(sure), y, rate, title))
        dots.append(Dot(x.place(sure), y.place(100 * rate["value"]), title))
    guide = Path("guide", line([(LEFT, BOTTOM), (RIGHT, TOP)]), "as often right as sure")
    return Chart(
        "Goals reached at each confidence", x, y, [*counts, guide, *whiskers], dots
    )  # fmt: skip


def risk_coverage(confidence: Json) -> Chart | None:
    """Shows the share of misses among the surest answers; None without a curve."""
    curve = confidence.get("risk_coverage") or []
    if not curve:
        return None
    x = x_axis("answers kept, the surest first, %", 0, 100, (0, 25, 50, 75, 100))
    y = y_axis("misses among them, %", 100)
    places = [(x.place(100 * p["coverage"]), y.place(100 * p["risk"])) for p in curve]
    paths = [Path("guide", line([(LEFT, places[-1][1]), (RIGHT, places[-1][1])]), "all answers")]
    if confidence.get("n"):
        paths.insert(0, Path("band", _risk_band(curve, confidence["n"], x, y), "95 % interval"))
    title = f"risk from {100 * curve[0]['risk']:.1f} to {100 * curve[-1]['risk']:.1f} %"
    return Chart(
        "Misses among the surest answers", x, y, [*paths, Path("line", line(places), title)]
    )


def _risk_band(curve: Sequence[Json], count: int, x: Axis, y: Axis) -> str:
    """Returns the area between Wilson's bounds of the risk at each coverage."""
    lows, highs = [], []
    for point in curve:
        kept = max(1, round(point["coverage"] * count))
        low, high = Rate(min(kept, round(point["risk"] * kept)), kept).interval
        at = x.place(100 * point["coverage"])
        lows.append((at, y.place(100 * low)))
        highs.append((at, y.place(100 * high)))
    return area(lows, highs)


def noise_curve(points: Sequence[Json]) -> Chart | None:
    """Shows how success falls with noise on the listed coordinates; None without points."""
    points = sorted((p for p in points if p["success"]["n"]), key=lambda p: p["mm"])
    if not points:
        return None
    levels = [p["mm"] for p in points]
    x = x_axis("noise on the listed coordinates, mm", 0, max(levels), levels)
    y = y_axis("goals reached, %", 100)
    at = [x.place(mm) for mm in levels]
    rates = [p["success"] for p in points]
    lows, middles, highs = (
        [(a, y.place(100 * r[key])) for a, r in zip(at, rates, strict=True)]
        for key in ("low", "value", "high")
    )
    titles = [f"{p['mm']} mm: {_told(p['success'])}" for p in points]
    dots = [Dot(*place, title) for place, title in zip(middles, titles, strict=True)]
    paths = [Path("band", area(lows, highs), "95 % interval"), Path("line", line(middles))]
    whiskers = [whisker(a, y, r, t) for a, r, t in zip(at, rates, titles, strict=True)]
    return Chart("Goals reached with noisy coordinates", x, y, [*paths, *whiskers], dots)


def throughput_curve(points: Sequence[Json]) -> Chart | None:
    """Shows plans a second over batch sizes, which double from tick to tick."""
    points = sorted(points, key=lambda p: p["batch_size"])
    if len(points) < 2:
        return None
    sizes = [math.log2(p["batch_size"]) for p in points]
    ticks = tuple((s, str(p["batch_size"])) for s, p in zip(sizes, points, strict=True))
    x = Axis("questions in a batch", sizes[0], sizes[-1], (LEFT, RIGHT), ticks)
    y = y_axis("plans a second", MARGIN * max(p["plans_per_second"] for p in points))
    dots = [
        Dot(
            x.place(s),
            y.place(p["plans_per_second"]),
            f"in batches of {p['batch_size']}: {p['plans_per_second']:.1f} plans a second",
        )
        for s, p in zip(sizes, points, strict=True)
    ]
    path = Path("line", line([(d.x, d.y) for d in dots]))
    return Chart("Plans a second over batch sizes", x, y, [path], dots)


def latency_histogram(latency: Json) -> Chart | None:
    """Shows how long single answers took, with the percentiles; None without samples."""
    samples = latency.get("samples") or []
    if not samples:
        return None
    low, width, counts = histogram(samples)
    x = x_axis("time for one answer, ms", low, low + width * BINS)
    y = y_axis("answers", MARGIN * max(counts))
    bars, edges = [], [low + width * i for i in range(BINS + 1)]
    for start, end, count in zip(edges, edges[1:], counts, strict=False):
        if count:
            shape = box(x.place(start) + 0.5, x.place(end) - 0.5, y.place(count), BOTTOM)
            bars.append(Path("bar", shape, f"{start:.0f} to {end:.0f} ms: {count}"))
    rules, texts = [], []
    for height, key in enumerate(k for k in ("p50", "p95", "p99") if latency.get(k)):
        at, title = x.place(latency[key]), f"{key}: {latency[key]:.0f} ms"
        rules.append(Path("rule", line([(at, BOTTOM), (at, TOP)]), title))
        texts.append(_beside(at, TOP + 8 + 13 * height, key))
    return Chart("How long single answers took", x, y, [*bars, *rules], texts=texts)


def _beside(x: float, y: float, text: str) -> Text:
    """Returns a text at the right of a line, or at its left where there is no more room."""
    is_late = x > RIGHT - EDGE * (RIGHT - LEFT)
    return Text(x - 4 if is_late else x + 4, y, text, "end" if is_late else "start")


def histogram(values: Sequence[float]) -> tuple[float, float, list[int]]:
    """Returns where `BINS` equal bins begin, how wide each is, and how many values are in each."""
    low = min(values)
    width = (max(values) - low) / BINS or 1.0
    counts = [0] * BINS
    for value in values:
        counts[min(math.floor((value - low) / width), BINS - 1)] += 1
    return low, width, counts


def whisker(x: float, y: Axis, rate: Json, title: str) -> Path:
    """Returns a rate's interval as an upright line."""
    ends = [(x, y.place(100 * rate["low"])), (x, y.place(100 * rate["high"]))]
    return Path("whisker", line(ends), title)


def line(places: Sequence[tuple[float, float]]) -> str:
    """Returns a line through places in the frame, as SVG's `d`."""
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in places)


def area(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> str:
    """Returns the area between two lines."""
    return f"{line([*one, *reversed(other)])}Z"


def box(left: float, right: float, top: float, bottom: float) -> str:
    """Returns an upright rectangle."""
    return f"{line([(left, bottom), (left, top), (right, top), (right, bottom)])}Z"


def _told(rate: Json) -> str:
    return (
        f"{100 * rate['value']:.1f} % [{bound(rate['low'])} to {bound(rate['high'])}], "
        f"{rate['k']} of {rate['n']}"
    )
