"""One scene as a large picture with its boxes, names, coordinates in millimetres and axes."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scene_renderer.camera import Array, Vector
from scene_renderer.cameras import view_from
from scene_renderer.labels import Box, leader, place_labels
from scene_renderer.renderer import Renderer
from scene_renderer.scene import Scene
from scene_renderer.sheets import lay_out
from scene_renderer.vocabulary import COLORS

Color = tuple[int, int, int]
Pixel = tuple[float, float]

_AXES: tuple[tuple[str, Color], ...] = (
    ("x", (235, 64, 52)),
    ("y", (60, 179, 80)),
    ("z", (64, 120, 245)),
)
_AXES_AT = np.array([(u, v) for v in (0.85, 0.65) for u in (0.07, 0.86, 0.47)])
_AXIS = 0.11
"""Where in the picture the axes may start and about how long they are, as shares of its width."""

_WHITE, _INK = (255, 255, 255), (20, 22, 26)
_PAD, _ROOM = 4, 20
_WHOLE = 0.995
"""Visible share from which on it is not worth a word."""

_HIDDEN, _SLIVER = 0.05, 0.025
"""Visible share, and side of a box as a share of the picture's, up to which it is out of view."""

_COLUMNS = 3


def draw_check(scene: Scene, size: int, cameras: Sequence[str]) -> Image.Image:
    """Renders a scene and draws what is known about it over the picture.

    Args:
        scene: the scene.
        size: width and height in pixels of what each camera sees.
        cameras: words from `CAMERAS`, or the name of the scene's own camera; one picture each.

    Raises:
        UsageError: if there is no such camera.
        SceneError: if the arm cannot reach the scene's end effector.
    """
    renderer = Renderer()
    tiles = [_draw_view(renderer, view_from(scene, camera), size) for camera in cameras]
    title = f"{scene.id}: {len(scene.objects)} objects, {scene.table} table"
    return lay_out(title, tiles, _COLUMNS)


def _draw_view(renderer: Renderer, scene: Scene, size: int) -> tuple[Image.Image, str]:
    """Returns a picture with its labels, and the words under it."""
    rendering = renderer.render(scene, size)
    overlay = _Overlay(Image.fromarray(rendering.image), scene)
    boxes: list[Box] = [(u0, v0, u1, v1) for u0, v0, u1, v1 in rendering.boxes.tolist()]
    shares: list[float] = rendering.visible.tolist()
    seen = [n for n, share in enumerate(shares) if share > _HIDDEN and _is_clear(boxes[n], size)]
    overlay.draw_axes([boxes[number] for number in seen])
    for number in seen:
        item, share = scene.objects[number], shares[number]
        overlay.draw_box(item.position, boxes[number], _color(item.color))
        words = f"{item.name}\n{_millimetres(item.position)}"
        words += "" if share > _WHOLE else f"\n{share:.0%} visible"
        overlay.labels.append(Label(boxes[number], words, _color(item.color)))
    overlay.draw_gripper()
    overlay.write_labels()
    unseen = [item.name for n, item in enumerate(scene.objects) if n not in seen]
    words = f"camera '{scene.camera.name}'; millimetres: x forward, y to the robot's left, z up"
    return overlay.picture, words + (
        f"\nhardly or not in view: {', '.join(unseen)}" if unseen else ""
    )


class Label(NamedTuple):
    """Words about what is in a box.

    Attributes:
        box: of the thing, pixels.
        text: a newline starts a line.
        color: of the thing, RGB.
    """

    box: Box
    text: str
    color: Color


class _Overlay:
    """A picture of a scene that is being drawn over.

    Attributes:
        picture: the picture.
        labels: what `write_labels` will write.
    """

    def __init__(self, picture: Image.Image, scene: Scene) -> None:
        self.picture = picture
        self.labels: list[Label] = []
        self._scene = scene
        self._size = picture.width
        self._draw = ImageDraw.Draw(picture, "RGBA")
        self._font = ImageFont.load_default(max(11, self._size / 52))
        self._line = max(2, self._size // 256)
        self._taken: list[Box] = []

    def draw_axes(self, boxes: Sequence[Box]) -> None:
        """The base frame's axes, on the table in the corner where they cover least.

        Args:
            boxes: of the objects.
        """

        def cost(lines: Array) -> float:
            (left, top), (right, bottom) = lines.min(axis=0).tolist(), lines.max(axis=0).tolist()
            around = (left - _ROOM, top - _ROOM, right + _ROOM, bottom + _ROOM)
            inside = _overlap(around, (0.0, 0.0, float(self._size), float(self._size)))
            return sum(_overlap(around, box) for box in boxes) - inside

        start, *ends = min((self._axes(share) for share in _AXES_AT), key=cost).tolist()
        for end, (name, color) in zip(ends, _AXES, strict=True):
            self._draw.line([*start, *end], fill=color, width=2 * self._line)
            self._write(self._plate(end, name), name, color)
        corners = np.array([start, *ends])
        (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        self._taken.append((left - _ROOM / 2, top - _ROOM / 2, right + _ROOM, bottom + _ROOM))

    def _axes(self, share: Array) -> Array:
        """Where axes from some place of the picture start and end: float64, shape (4, 2)."""
        camera, size = self._scene.camera, self._size
        start = camera.unproject(share[None] * size, size)[0]
        depth = float((camera.extrinsics() @ [*start, 1.0])[2])
        metres = _AXIS * size * depth / camera.intrinsics(size)[0, 0]
        return camera.project(start + metres * np.eye(4, 3, -1), size)

    def draw_box(self, position: Vector, box: Box, color: Color) -> None:
        """An object's box with a fine edge that stands out from it, and its centre."""
        left, top, right, bottom = box
        edge = (left - 1, top - 1, right + 1, bottom + 1)
        self._draw.rectangle(edge, outline=_contrast(color), width=self._line + 2)
        self._draw.rectangle(box, outline=color, width=self._line)
        u, v = self._pixel(position)
        self._draw.ellipse([u - 3, v - 3, u + 3, v + 3], fill=_WHITE, outline=_INK)

    def draw_gripper(self) -> None:
        """A cross between the finger tips, where the picture shows them."""
        u, v = self._pixel(self._scene.end_effector.position)
        if not (0 <= u < self._size and 0 <= v < self._size):
            return
        arm = self._size / 60
        for color, width in ((_INK, 4), (_WHITE, 2)):
            self._draw.line([u - arm, v, u + arm, v], fill=color, width=width)
            self._draw.line([u, v - arm, u, v + arm], fill=color, width=width)
        text = f"gripper\n{_millimetres(self._scene.end_effector.position)}"
        self.labels.append(Label((u - arm, v - arm, u + arm, v + arm), text, _WHITE))

    def write_labels(self) -> list[Box]:
        """Writes all labels clear of each other, with a line to what is not right beside.

        Returns:
            Their boxes.
        """
        boxes = [label.box for label in self.labels]
        extents = [self._extents(label.text) for label in self.labels]
        plates = place_labels(boxes, extents, self._taken, self._size)
        for label, plate in zip(self.labels, plates, strict=True):
            line = leader(plate, label.box)
            for color, width in ((_contrast(label.color), self._line + 1), (label.color, 1)):
                self._draw.line(line, fill=color, width=width)
        for label, plate in zip(self.labels, plates, strict=True):
            self._write(plate, label.text, label.color)
        return plates

    def _write(self, plate: Box, text: str, color: Color) -> None:
        """Writes on a dark plate with a coloured edge."""
        self._draw.rounded_rectangle(plate, _PAD, fill=(*_INK, 190), outline=color)
        middle, top = (plate[0] + plate[2]) / 2, plate[1] + _PAD
        self._draw.multiline_text(
            (middle, top), text, font=self._font, fill=_WHITE, align="center", anchor="ma"
        )

    def _extents(self, text: str) -> Pixel:
        _, _, width, height = self._draw.multiline_textbbox((0, 0), text, font=self._font)
        return width + 2 * _PAD, height + 2 * _PAD

    def _plate(self, end: Sequence[float], text: str) -> Box:
        """The plate of a short word at the end of an axis, moved into the picture."""
        width, height = self._extents(text)
        x = min(max(end[0] - width / 2, 1), self._size - width - 1)
        y = min(max(end[1] - height / 2, 1), self._size - height - 1)
        return x, y, x + width, y + height

    def _pixel(self, point: Vector) -> Pixel:
        u, v = self._scene.camera.project(np.array([point]), self._size)[0].tolist()
        return u, v


def _is_clear(box: Box, size: int) -> bool:
    """Whether more than a sliver is in the picture."""
    left, top, right, bottom = box
    return min(right - left, bottom - top) > _SLIVER * size


def _overlap(a: Box, b: Box) -> float:
    """The area that two boxes share."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)


def _color(word: str) -> Color:
    red, green, blue = (round(255 * share) for share in COLORS[word])
    return red, green, blue


def _contrast(color: Color) -> Color:
    return _WHITE if sum(color) < 240 else _INK


def _millimetres(position: Vector) -> str:
    return ", ".join(str(math.floor(1000 * value + 0.5)) for value in position)
