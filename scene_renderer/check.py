"""One scene as a large picture with its boxes, names, coordinates in millimetres and axes."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scene_renderer.camera import Array, Vector
from scene_renderer.cameras import view_from
from scene_renderer.renderer import Renderer
from scene_renderer.scene import Scene
from scene_renderer.sheets import lay_out
from scene_renderer.vocabulary import COLORS

Box = tuple[float, float, float, float]
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
    seen = [number for number, share in enumerate(rendering.visible.tolist()) if share > 0]
    overlay.draw_axes(boxes)
    for number in seen:
        item = scene.objects[number]
        overlay.draw_box(item.position, boxes[number], _color(item.color))
    for number in seen:
        item, share = scene.objects[number], float(rendering.visible[number])
        text = f"{item.name}\n{_millimetres(item.position)}"
        text += "" if share > _WHOLE else f"\n{share:.0%} visible"
        others = boxes[:number] + boxes[number + 1 :]
        overlay.write_beside(boxes[number], text, _color(item.color), others)
    overlay.draw_gripper(boxes)
    unseen = [item.name for n, item in enumerate(scene.objects) if n not in seen]
    words = f"camera '{scene.camera.name}'; millimetres: x forward, y to the robot's left, z up"
    return overlay.picture, words + (f"\nnot in view: {', '.join(unseen)}" if unseen else "")


class _Overlay:
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
            self._write((end[0] - 6, end[1] - 2), name, color)

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

    def draw_gripper(self, boxes: list[Box]) -> None:
        """A cross between the finger tips, where the picture shows them, and clear of boxes."""
        u, v = self._pixel(self._scene.end_effector.position)
        if not (0 <= u < self._size and 0 <= v < self._size):
            return
        arm = self._size / 60
        for color, width in ((_INK, 4), (_WHITE, 2)):
            self._draw.line([u - arm, v, u + arm, v], fill=color, width=width)
            self._draw.line([u, v - arm, u, v + arm], fill=color, width=width)
        text = f"gripper\n{_millimetres(self._scene.end_effector.position)}"
        self.write_beside((u - arm, v - arm, u + arm, v + arm), text, _WHITE, boxes)

    def write_beside(self, box: Box, text: str, color: Color, others: list[Box]) -> None:
        """Writes below, above or beside a box, wherever it covers least of what is drawn."""
        width, height = self._extents(text)
        left, top, right, bottom = box
        columns = ((left + right - width) / 2, left, right - width)
        rows = ((top + bottom - height) / 2, top, bottom - height)
        places = [(x, y) for x in columns for y in (bottom + 3, top - height - 3)]
        places += [(x, y) for y in rows for x in (right + 3, left - width - 3)]
        plates = [self._plate(place, width, height) for place in places]

        def cost(plate: Box) -> float:
            on_boxes = sum(_overlap(plate, other) for other in (*others, box))
            return on_boxes + 3 * sum(_overlap(plate, other) for other in self._written)

        self._write(min(plates, key=cost)[:2], text, color)

    def _write(self, place: Pixel, text: str, color: Color) -> None:
        """Writes on a dark plate with a coloured edge whose upper left corner is at `place`."""
        plate = self._plate(place, *self._extents(text))
        self._draw.rounded_rectangle(plate, _PAD, fill=(*_INK, 190), outline=color)
        middle, top = (plate[0] + plate[2]) / 2, plate[1] + _PAD
        self._draw.multiline_text(
            (middle, top), text, font=self._font, fill=_WHITE, align="center", anchor="ma"
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


def _contrast(color: Color) -> Color:
    return _WHITE if sum(color) < 240 else _INK


def _millimetres(position: Vector) -> str:
    return ", ".join(str(math.floor(1000 * value + 0.5)) for value in position)
