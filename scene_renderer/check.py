"""One scene as a large picture with its boxes, names, coordinates in millimetres and axes."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scene_renderer.camera import Vector
from scene_renderer.renderer import Renderer
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import COLORS

AXIS = 0.05
"""Length of the drawn axes, metres."""

Box = tuple[float, float, float, float]
Color = tuple[int, int, int]
Pixel = tuple[float, float]

_AXES: tuple[tuple[str, Color], ...] = (
    ("x", (235, 64, 52)),
    ("y", (60, 179, 80)),
    ("z", (64, 120, 245)),
)
_AXES_AT = (0.05, 0.83)
"""Where in the picture the axes start, as shares of its width and height."""

_WHITE, _INK = (255, 255, 255), (20, 22, 26)
_PAD = 4


def draw_check(scene: Scene, size: int) -> Image.Image:
    """Renders a scene and draws what is known about it over the picture.

    Args:
        scene: the scene.
        size: width and height in pixels.
    """
    rendering = Renderer().render(scene, size)
    sheet = Sheet(Image.fromarray(rendering.image), scene)
    boxes: list[Box] = [(u0, v0, u1, v1) for u0, v0, u1, v1 in rendering.boxes.tolist()]
    sheet.draw_axes()
    for item, box in zip(scene.objects, boxes, strict=True):
        sheet.draw_box(item.position, box, _color(item.color))
    labels = [f"{item.name}\n{_millimetres(item.position)}" for item in scene.objects]
    for number, (item, text) in enumerate(zip(scene.objects, labels, strict=True)):
        others = boxes[:number] + boxes[number + 1 :]
        sheet.write_beside(boxes[number], text, _color(item.color), others)
    sheet.draw_gripper()
    return sheet.picture


class Sheet:
    """A picture of a scene that is being drawn over.

    Attributes:
        picture: the picture.
    """

    def __init__(self, picture: Image.Image, scene: Scene) -> None:
        self.picture = picture
        self._scene = scene
        self._size = picture.width
        self._draw = ImageDraw.Draw(picture, "RGBA")
        self._font = ImageFont.load_default(max(11, self._size / 52))
        self._line = max(2, self._size // 256)
        self._written: list[Box] = []

    def draw_axes(self) -> None:
        """The directions of the base frame's axes, on the table near a corner of the picture."""
        camera, size = self._scene.camera, self._size
        start = camera.unproject(np.array([_AXES_AT]) * size, size)[0]
        for direction, (name, color) in zip(np.eye(3), _AXES, strict=True):
            begin, end = camera.project(np.stack([start, start + AXIS * direction]), size).tolist()
            self._draw.line([*begin, *end], fill=color, width=2 * self._line)
            self._write((end[0] - 6, end[1] - 2), name, color)

    def draw_box(self, position: Vector, box: Box, color: Color) -> None:
        """An object's box and centre."""
        self._draw.rectangle(box, outline=color, width=self._line)
        u, v = self._pixel(position)
        self._draw.ellipse([u - 3, v - 3, u + 3, v + 3], fill=_WHITE, outline=_INK)

    def draw_gripper(self) -> None:
        """A cross between the finger tips."""
        u, v = self._pixel(self._scene.end_effector.position)
        arm = self._size / 60
        self._draw.line([u - arm, v, u + arm, v], fill=_WHITE, width=2)
        self._draw.line([u, v - arm, u, v + arm], fill=_WHITE, width=2)
        text = f"gripper\n{_millimetres(self._scene.end_effector.position)}"
        self.write_beside((u - arm, v - arm, u + arm, v + arm), text, _WHITE, [])

    def write_beside(self, box: Box, text: str, color: Color, others: list[Box]) -> None:
        """Writes below, above or beside a box, wherever it covers least of what is drawn."""
        width, height = self._extents(text)
        left, top, right, bottom = box
        middle, half = (left + right - width) / 2, (top + bottom - height) / 2
        places = [(middle, bottom + 2), (middle, top - height - 2)]
        places += [(right + 2, half), (left - width - 2, half)]
        plates = [self._plate(place, width, height) for place in places]
        taken = [*self._written, *others, box]
        best = min(plates, key=lambda plate: sum(_overlap(plate, other) for other in taken))
        self._write(best[:2], text, color)

    def _write(self, place: Pixel, text: str, color: Color) -> None:
        """Writes on a dark plate with a coloured edge whose upper left corner is at `place`."""
        plate = self._plate(place, *self._extents(text))
        self._draw.rounded_rectangle(plate, _PAD, fill=(*_INK, 190), outline=color)
        x, y = plate[0] + _PAD, plate[1] + _PAD
        self._draw.multiline_text(
            (x, y), text, font=self._font, fill=_WHITE, align="center", anchor="la"
        )
        self._written.append(plate)

    def _extents(self, text: str) -> Pixel:
        _, _, width, height = self._draw.multiline_textbbox((0, 0), text, font=self._font)
        return width + 2 * _PAD, height + 2 * _PAD

    def _plate(self, place: Pixel, width: float, height: float) -> Box:
        """The plate's box, moved into the picture."""
        x = min(max(place[0], 1), self._size - width - 1)
        y = min(max(place[1], 1), self._size - height - 1)
        return x, y, x + width, y + height

    def _pixel(self, point: Vector) -> Pixel:
        u, v = self._scene.camera.project(np.array([point]), self._size)[0].tolist()
        return u, v


def _overlap(a: Box, b: Box) -> float:
    """The area that two boxes share."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)


def _color(word: str) -> Color:
    red, green, blue = (round(255 * share) for share in COLORS[word])
    return red, green, blue


def _millimetres(position: Vector) -> str:
    return ", ".join(str(math.floor(1000 * value + 0.5)) for value in position)
