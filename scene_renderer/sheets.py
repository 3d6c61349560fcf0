"""Contact sheets: the catalogue, or scenes of a split, in a grid with words under each."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scene_renderer.camera import Camera
from scene_renderer.cameras import view_from
from scene_renderer.catalogue import GRASPABLE, RECEIVERS, SHAPES
from scene_renderer.renderer import Renderer
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import Light, Scene, SceneObject
from scene_renderer.splits import find_split
from scene_renderer.vocabulary import COLORS

Picture = Image.Image
Tile = tuple[Picture, str]
"""A picture and what is written under it; a newline starts a line."""

_INK, _GREY, _PAPER = "#1f2933", "#616e7c", "#ffffff"

_SAMPLES = 4
"""Colours and sizes of each shape that the catalogue shows."""

_SHELVES = 3
"""Shapes in a row of the catalogue."""

_SHELF_X = 0.62
_YAW = 0.45
_STRIP = 0.40
"""Height of the catalogue's pictures over their width."""


def lay_out(title: str, tiles: Sequence[Tile], columns: int) -> Picture:
    """Puts pictures of one size into a grid, each with its words under it.

    Args:
        title: above all; shortened where it does not fit.
        tiles: one or more.
        columns: pictures in a row.
    """
    width, height = tiles[0][0].size
    columns = min(columns, len(tiles))
    pad = max(6, width // 40)
    small, large = _font(max(11.0, 0.032 * width)), _font(max(15.0, 0.040 * width))
    lines = max(words.count("\n") for _, words in tiles) + 1
    foot, head = pad // 2 + lines * _line(small), pad + _line(large)
    rows = math.ceil(len(tiles) / columns)
    size = columns * (width + pad) + pad, head + rows * (height + foot + pad) + pad
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((pad, pad), _shorten(title, large, size[0] - 2 * pad), _INK, large)
    for number, (picture, words) in enumerate(tiles):
        row, column = divmod(number, columns)
        left, top = pad + column * (width + pad), head + pad + row * (height + foot + pad)
        sheet.paste(picture, (left, top))
        for line, text in enumerate(words.split("\n")):
            place = left, top + height + pad // 2 + line * _line(small)
            draw.text(place, _shorten(text, small, width), _INK if line == 0 else _GREY, small)
    return sheet


def stack(sheets: Sequence[Picture]) -> Picture:
    """Puts sheets under one another."""
    width, height = max(sheet.width for sheet in sheets), sum(sheet.height for sheet in sheets)
    whole = Image.new("RGB", (width, height), _PAPER)
    top = 0
    for sheet in sheets:
        whole.paste(sheet, (0, top))
        top += sheet.height
    return whole


def draw_catalogue(width: int) -> Picture:
    """Draws every shape in a few colours, from its smallest to its largest.

    Args:
        width: of each shape's picture, in pixels.
    """
    renderer = Renderer()
    tiles = []
    for number, shape in enumerate((*GRASPABLE, *RECEIVERS)):
        words = [list(COLORS)[(3 * number + i) % len(COLORS)] for i in range(_SAMPLES)]
        whole = Image.fromarray(renderer.render(_shelf(shape, words), width).image)
        cut = round(width * (1 - _STRIP) / 2)
        picture = whole.crop((0, cut, width, cut + round(width * _STRIP)))
        tiles.append((picture, f"{describe_shape(shape)}\n{', '.join(words)}"))
    title = f"Catalogue: {len(SHAPES)} shapes, {len(COLORS)} colours"
    return lay_out(title, tiles, _SHELVES)


def describe_shape(word: str) -> str:
    """Returns a shape's word, role, sizes and mass."""
    shape = SHAPES[word]
    role = {"graspable": "can be taken", "receiver": "receives"}[shape.role]
    low, high = (round(1000 * size) for size in shape.sizes)
    heights = sorted({round(1000 * shape.extents(size)[2]) for size in shape.sizes})
    tall = " to ".join(str(height) for height in heights)
    return f"{word}: {role}; {low} to {high} mm wide, {tall} high; {1000 * shape.mass:.0f} g"


def draw_split(split: str, seed: int, count: int, size: int, camera: str, columns: int) -> Picture:
    """Draws the first scenes of a split.

    Args:
        split: a word from `SPLITS`.
        seed: of the data set.
        count: how many scenes.
        size: width and height of each picture, in pixels.
        camera: a word from `CAMERAS`.
        columns: pictures in a row.

    Raises:
        UsageError: if there is no such split or camera.
    """
    rules = find_split(split)
    renderer = Renderer()
    tiles = []
    for index in range(count):
        scene = view_from(sample_scene(seed, split, index), camera)
        tiles.append((Image.fromarray(renderer.render(scene, size).image), scene.id))
    low, high = rules.objects
    objects = f"{low} objects" if low == high else f"{low} to {high} objects"
    title = f"{split}: {objects}, {rules.look} look, {rules.combinations} combinations"
    title += f"; camera '{camera}'"
    return lay_out(title, tiles, columns)


def _shelf(shape: str, words: Sequence[str]) -> Scene:
    """Objects of one shape side by side; as large in the picture for all shapes of one role."""
    kind = SHAPES[shape]
    largest = [s.extents(s.sizes[1]) for s in SHAPES.values() if s.role == kind.role]
    pitch, middle = 1.2 * max(max(x, y) for x, y, _ in largest), max(z for *_, z in largest) / 2
    objects = []
    for place, (color, size) in enumerate(
        zip(words, np.linspace(*kind.sizes, len(words)).tolist(), strict=True)
    ):
        y = (place - (len(words) - 1) / 2) * pitch
        position = (_SHELF_X, y, kind.extents(size)[2] / 2)
        yaw = 0.0 if kind.round else _YAW
        objects.append(SceneObject(f"{color} {shape}", color, shape, size, position, yaw))
    half = pitch * len(words) / 2
    eye, target = (_SHELF_X + 8.5 * half, 0.0, 5.4 * half), (_SHELF_X, 0.0, middle)
    fov_deg = math.degrees(2 * math.atan(1.06 * half / math.dist(eye, target)))
    camera = Camera(eye, target, fov_deg, "shelf")
    return Scene(f"shelf-{shape}", tuple(objects), camera=camera, light=Light(), table="plain")


def _font(size: float) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def _line(font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> int:
    """Height of a line of text in pixels."""
    return round(1.3 * (font.getbbox("Ag")[3]))


def _shorten(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: float) -> str:
    """Cuts a line that is too wide, and says so with an ellipsis."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "\N{HORIZONTAL ELLIPSIS}") > width:
        text = text[:-1]
    return text + "\N{HORIZONTAL ELLIPSIS}"
