"""One pair as a picture: what the model sees, reads and should answer, and what speaks for it.

The places that the answer names are drawn into the image, numbered like the answer's lines; the
things that are meant have a frame. Under the image stand the facts that a sceptic asks for.
"""

import io
import itertools
import math
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa_generator.pair_card import ACCENT, INK, PAPER, Line, badge_color, draw_lines, wrap
from qa_generator.pairs import PLAN, Pair
from qa_generator.proof import Fact, find_meant, gather_facts
from qa_generator.questions.words import split_options
from scene_renderer.camera import Camera
from scene_renderer.console import write_whole
from scene_renderer.pictures import encode_picture
from scene_renderer.plan import parse_plan
from scene_renderer.scene import Vector
from scene_renderer.vocabulary import DIRECTIONS

_SIZE = (11.6, 7.6)
_DPI = 120
"""Inches, and pixels an inch."""
_COLUMN = 8
"""Most lines of an answer that stand in one column."""
_TOGETHER = 0.028
"""Places nearer than this to each other, as a share of the picture, have one badge."""
_TILE = 300
"""Width of a picture on a sheet, pixels."""
Pixel = NDArray[np.float64]
_TRIPLE = re.compile(r"(-?\d+), (-?\d+), (-?\d+)")


def save_check(pair: Pair, split: str, path: Path) -> None:
    """Draws a pair and saves it as PNG.

    Raises:
        DatasetError: if its picture is broken.
        OutputError: if the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor=PAPER)
    width, height = _SIZE
    side, edge = 5.75, 0.3

    def add(left: float, bottom: float, wide: float, high: float) -> Any:
        return figure.add_axes((left / width, bottom / height, wide / width, high / height))

    _draw_image(add(edge, height - edge - side, side, side), pair)
    high = height - side - edge - 0.25
    draw_lines(add(edge, 0.2, side, high), _fact_lines(gather_facts(pair, split)), side, high)
    left = 2 * edge + side
    wide, high = width - left - edge, height - 0.4
    draw_lines(add(left, 0.2, wide, high), _lines(pair), wide, high)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_whole(path, buffer.getvalue())


def save_sheet(pairs: Iterable[Pair], title: str, path: Path) -> None:
    """Draws pairs in a grid, instruction and answer under each picture.

    Raises:
        DatasetError: if a picture is broken.
        OutputError: if the file cannot be written.
    """
    from PIL import Image

    from scene_renderer.sheets import lay_out

    tiles = []
    for pair in pairs:
        picture = Image.fromarray(pair.image).resize((_TILE, _TILE), Image.Resampling.LANCZOS)
        asked = [line.text for line in wrap("option", pair.instruction)][:3]
        answer = "answer: " + pair.answer.replace("\n", " ")
        blank = [""] * (3 - len(asked))
        words = [*asked, answer, f"{pair.task}, in context '{pair.context}'", *blank]
        tiles.append((picture, "\n".join(words)))
    write_whole(path, encode_picture(lay_out(title, tiles, 4), path))


def answer_points(pair: Pair) -> list[tuple[int, Vector]]:
    """Returns the places that an answer names: number of its line (from 1), metres, base frame.

    A push has two of one number, from where to where.
    """
    text = split_options(pair.instruction)[1].get(pair.answer, pair.answer)
    if pair.kind != PLAN:
        found = enumerate(_TRIPLE.findall(text), 1)
        return [(i, (int(x) / 1e3, int(y) / 1e3, int(z) / 1e3)) for i, (x, y, z) in found]
    points: list[tuple[int, Vector]] = []
    for number, action in enumerate(parse_plan(pair.answer).actions, 1):
        if len(action.arguments) >= 3:
            x, y, z, *end = (int(value) / 1e3 for value in action.arguments)
            points.append((number, (x, y, z)))
            points += [(number, (end[0], end[1], z))] if end else []
    return points


def _lines(pair: Pair) -> list[Line]:
    """Returns the card beside the image, from top to bottom."""
    text, options = split_options(pair.instruction)
    return [
        Line("heading", "INSTRUCTION" if pair.kind == PLAN else "QUESTION"),
        *wrap("title", text),
        *(
            Line("option", f"({a}) {option}", strong=a == pair.answer)
            for a, option in options.items()
        ),
        Line("gap"),
        Line("heading", "ALL THE TEXT THAT THE MODEL READS BESIDE THE PICTURE"),
        *(line for part in pair.prompt.split("\n") for line in wrap("text", part)),
        Line("gap"),
        Line("heading", "WHAT IT SHOULD ANSWER"),
        *_answer_lines(pair),
    ]


def _answer_lines(pair: Pair) -> list[Line]:
    """Returns the answer, from `_COLUMN` lines on in two columns."""
    answers = pair.answer.split("\n" if pair.kind == PLAN else "; ")
    marked = {number for number, _ in answer_points(pair)}
    lines = [
        Line("answer", answer, badge=str(number) if number in marked else "")
        for number, answer in enumerate(answers, 1)
    ]
    if len(lines) <= _COLUMN:
        return lines
    half = math.ceil(len(lines) / 2)
    right = [replace(line, column=1) for line in lines[half:]]
    return [line for row in itertools.zip_longest(lines[:half], right) for line in row if line]


def _fact_lines(facts: Iterable[Fact]) -> list[Line]:
    """Returns the table under the image."""
    return [
        replace(line, label=name if number == 0 else "")
        for name, fact in facts
        for number, line in enumerate(wrap("fact", fact))
    ]


def _draw_image(axes: Any, pair: Pair) -> None:
    image = pair.image
    size = len(image)
    axes.imshow(image, extent=(0, size, size, 0), interpolation="lanczos")
    axes.set_axis_off()
    _draw_frames(axes, pair)
    _draw_compass(axes, pair.scene.camera, size)
    _draw_answer(axes, pair, size)
    axes.set_xlim(0, size)
    axes.set_ylim(size, 0)


def _draw_frames(axes: Any, pair: Pair) -> None:
    """Frames the things that are meant."""
    from matplotlib.patches import Rectangle

    for _, (left, top, right, bottom), _ in find_meant(pair):
        place, size = (left - 1, top - 1), (right - left + 2, bottom - top + 2)
        for color, width in (("white", 2.6), (INK, 1.0)):
            axes.add_patch(Rectangle(place, *size, fill=False, ec=color, lw=width, alpha=0.9))


def _draw_answer(axes: Any, pair: Pair, size: int) -> None:
    """Draws numbered places, each with a line down to the table, and arrows from step to step."""
    points = answer_points(pair)
    if not points:
        return
    places = np.array([place for _, place in points])
    pixels = pair.scene.camera.project(places, size)
    feet = pair.scene.camera.project(places * [1, 1, 0], size)
    for pixel, foot in zip(pixels, feet, strict=True):
        axes.plot(*zip(pixel, foot, strict=True), color="white", lw=1.2, ls=(0, (2, 2)))
    if pair.kind == PLAN:
        for start, end in itertools.pairwise(pixels):
            if math.dist(start, end) > _TOGETHER * size:
                _draw_arrow(axes, start, end, bend=-0.25)
    groups: list[tuple[Pixel, list[int]]] = []
    for (number, _), pixel in zip(points, pixels, strict=True):
        near = (group for at, group in groups if math.dist(at, pixel) < _TOGETHER * size)
        group = next(near, None)
        if group is None:
            groups.append((pixel, [number]))
        elif number not in group:
            group.append(number)
    for pixel, numbers in groups:
        _draw_badge(axes, pixel, numbers)


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
    from matplotlib.patheffects import withStroke

    corner = camera.unproject(np.array([[0.065, 0.88]]) * size, size)[0]
    for word in ("forward", "left"):
        step = np.array([*DIRECTIONS[word], 0.0])
        ends = camera.project(np.array([corner, corner + 0.035 * step]), size)
        _draw_arrow(axes, ends[0], ends[1], color=INK)
        label = {"size": 7.5, "color": INK, "ha": "center", "va": "center", "weight": "bold"}
        label["path_effects"] = [withStroke(linewidth=3, foreground="white")]
        axes.text(*camera.project(corner[None] + 0.053 * step, size)[0], word, **label)


def _draw_badge(axes: Any, pixel: Pixel, numbers: list[int]) -> None:
    """Draws a dot with a number, or one with all numbers of steps at one place."""
    box = {
        "boxstyle": "circle,pad=0.3" if len(numbers) == 1 else "round,pad=0.35,rounding_size=0.7",
        "fc": badge_color(str(numbers[0])),
        "ec": "white",
        "lw": 1.8,
    }
    text = "·".join(map(str, numbers))
    look = {"color": "white", "weight": "bold", "size": 9.5 if len(numbers) == 1 else 8}
    axes.text(*pixel, text, ha="center", va="center_baseline", bbox=box, **look)
