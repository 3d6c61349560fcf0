"""One pair as a picture: what the model sees, what it reads, and what it should answer.

The places that the answer names are drawn into the image, numbered like the answer's lines.
"""

import io
import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa_generator.pairs import PLAN, Pair
from scene_renderer.camera import Camera
from scene_renderer.console import write_whole
from scene_renderer.plan import parse_plan
from scene_renderer.vocabulary import DIRECTIONS

INK, FAINT, PAPER, ACCENT, SECOND = "#1f2430", "#7a8194", "#fbfaf7", "#d9481c", "#1c6fd9"
_MONO = {"family": "monospace", "fontsize": 10.5}
_LINE = 0.042
"""Distance between two lines of text, as a share of the card's height."""
Pixel = NDArray[np.float64]
_TRIPLE = re.compile(r"(-?\d+), (-?\d+), (-?\d+)")


def save_check(pair: Pair, path: Path) -> None:
    """Draws a pair and saves it as PNG.

    Raises:
        DatasetError: if its picture is broken.
        OutputError: if the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.2, 6.2), dpi=120, facecolor=PAPER)
    _draw_image(figure.add_axes((0.025, 0.035, 0.515, 0.93)), pair)
    _draw_card(figure.add_axes((0.565, 0.035, 0.41, 0.93)), pair)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_whole(path, buffer.getvalue())


def answer_points(pair: Pair) -> list[tuple[int, tuple[float, float, float]]]:
    """Returns the places that an answer names: number of its line (from 1), metres, base frame."""
    if pair.kind != PLAN:
        triples = _TRIPLE.findall(pair.answer)
        return [
            (i, (int(x) / 1e3, int(y) / 1e3, int(z) / 1e3))
            for i, (x, y, z) in enumerate(triples, 1)
        ]
    points = []
    for number, action in enumerate(parse_plan(pair.answer).actions, 1):
        if len(action.arguments) >= 3:
            x, y, z = (int(value) / 1e3 for value in action.arguments[:3])
            points.append((number, (x, y, z)))
    return points


def _draw_image(axes: Any, pair: Pair) -> None:
    image = pair.image
    size = len(image)
    axes.imshow(image, extent=(0, size, size, 0), interpolation="lanczos")
    axes.set_axis_off()
    _draw_compass(axes, pair.scene.camera, size)
    _draw_answer(axes, pair, size)
    axes.set_xlim(0, size)
    axes.set_ylim(size, 0)


def _draw_answer(axes: Any, pair: Pair, size: int) -> None:
    """Draws numbered places, each with a line down to the table, and arrows from step to step."""
    points = answer_points(pair)
    if not points:
        return
    places = np.array([place for _, place in points])
    pixels = pair.scene.camera.project(places, size)
    for pixel, foot in zip(
        pixels, pair.scene.camera.project(places * [1, 1, 0], size), strict=True
    ):
        axes.plot(*zip(pixel, foot, strict=True), color="white", lw=1.2, ls=(0, (2, 2)))
    if pair.kind == PLAN:
        for start, end in itertools.pairwise(pixels):
            _draw_arrow(axes, start, end, bend=-0.25)
    for (number, _), pixel in zip(points, pixels, strict=True):
        _draw_badge(axes, pixel, number)


def _draw_arrow(axes: Any, start: Pixel, end: Pixel, color: str = ACCENT, bend: float = 0) -> None:
    from matplotlib.patheffects import withStroke

    look = {
        "arrowstyle": "-|>,head_width=0.3,head_length=0.5",
        "connectionstyle": f"arc3,rad={bend}",
        "path_effects": [withStroke(linewidth=5, foreground="white")],
    }
    gap = {"shrinkA": 11, "shrinkB": 11} if bend else {"shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops={**look, **gap, "color": color, "lw": 2.2})


def _draw_compass(axes: Any, camera: Camera, size: int) -> None:
    """Shows the robot's directions on the table: they are not the viewer's."""
    corner = camera.unproject(np.array([[0.065, 0.88]]) * size, size)[0]
    for word in ("forward", "left"):
        step = np.array([*DIRECTIONS[word], 0.0])
        ends = camera.project(np.array([corner, corner + 0.035 * step]), size)
        _draw_arrow(axes, ends[0], ends[1], color=INK)
        label = {"size": 7.5, "color": INK, "ha": "center", "va": "center", "weight": "bold"}
        axes.text(*camera.project(corner[None] + 0.053 * step, size)[0], word, **label)


def _draw_badge(axes: Any, pixel: Pixel, number: int) -> None:
    color = badge_color(number)
    axes.plot(*pixel, "o", ms=17, mfc=color, mec="white", mew=1.8)
    axes.text(
        *pixel,
        str(number),
        color="white",
        weight="bold",
        size=9.5,
        ha="center",
        va="center_baseline",
    )


def badge_color(number: int) -> str:
    """Returns the colour of a numbered place: the first stands out."""
    return ACCENT if number == 1 else SECOND


def _draw_card(axes: Any, pair: Pair) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(1, 0)
    axes.set_axis_off()
    badge = {"boxstyle": "round,pad=0.45", "fc": INK, "ec": "none"}
    axes.text(
        0.015, 0.03, f"{pair.context} context", color="white", size=9.5, va="center", bbox=badge
    )
    axes.text(0.985, 0.03, pair.id, color=FAINT, size=9, va="center", ha="right")
    y = _write(axes, 0.115, "instruction" if pair.kind == PLAN else "question", [])
    y = _write_title(axes, y, pair.instruction)
    y = _write(axes, y + 0.035, "what the model reads beside the picture", pair.prompt.split("\n"))
    title = "what it should answer" + (f"  ·  task {pair.task}" if pair.kind == PLAN else "")
    _write_answer(axes, y + 0.035, title, pair)


def _write(axes: Any, y: float, title: str, lines: list[str]) -> float:
    """Writes a titled block and returns where the next one may begin."""
    axes.text(0, y, title.upper(), color=FAINT, size=8, weight="bold", va="center")
    for line in lines:
        y += _LINE
        axes.text(0, y, line, color=INK, va="center", **_MONO)
    return y + _LINE


def _write_title(axes: Any, y: float, text: str) -> float:
    import textwrap

    for line in textwrap.wrap(text, 38):
        axes.text(0, y + 0.012, line, color=INK, size=14.5, weight="bold", va="center")
        y += 0.055
    return y


def _write_answer(axes: Any, y: float, title: str, pair: Pair) -> None:
    axes.text(0, y, title.upper(), color=FAINT, size=8, weight="bold", va="center")
    marked = {number for number, _ in answer_points(pair)}
    lines = pair.answer.split("\n") if pair.kind == PLAN else pair.answer.split("; ")
    for number, line in enumerate(lines, 1):
        y += 0.055
        if number in marked:
            axes.plot(0.03, y, "o", ms=15, mfc=badge_color(number), mec="none", clip_on=False)
            label = {"color": "white", "weight": "bold", "size": 8.5}
            axes.text(0.03, y, str(number), ha="center", va="center_baseline", **label)
        left = 0.08 if marked else 0.0
        axes.text(left, y, line, color=INK, va="center", **{**_MONO, "fontsize": 12.5})
