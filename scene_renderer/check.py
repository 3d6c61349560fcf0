"""One scene as a large picture with its boxes, names, coordinates in millimetres and axes."""

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scene_renderer.camera import Camera, Vector
from scene_renderer.errors import DatasetError
from scene_renderer.renderer import Renderer, Rendering
from scene_renderer.scene import Scene
from scene_renderer.shards import read_scenes
from scene_renderer.vocabulary import COLORS

AXIS = 0.10
"""Length of the drawn axes, metres."""

_X_COLOR, _Y_COLOR, _Z_COLOR = (235, 64, 52), (60, 179, 80), (64, 120, 245)
_WHITE, _INK = (255, 255, 255), (20, 22, 26)

Font = ImageFont.ImageFont | ImageFont.FreeTypeFont
Color = tuple[int, int, int]
Pixel = tuple[float, float]


def find_scene(folder: Path, scene_id: str) -> Scene:
    """Finds a scene by its id in a data folder, in any of its splits.

    Raises:
        DatasetError: if no scene of the folder has this id.
    """
    count = 0
    for shards in sorted(folder.glob("**/scenes")):
        for record in read_scenes(shards):
            count += 1
            if record.scene.id == scene_id:
                return record.scene
    raise DatasetError(
        f"No scene in '{folder}' has the id '{scene_id}' ({count} were looked through). Give "
        "another --data folder, a scene's JSON file, or --seed, --split and --index."
    )


def draw_check(scene: Scene, size: int) -> Image.Image:
    """Renders a scene and draws what is known about it over the picture.

    Args:
        scene: the scene.
        size: width and height in pixels.
    """
    rendering = Renderer().render(scene, size)
    picture = Image.fromarray(rendering.image)
    draw = ImageDraw.Draw(picture, "RGBA")
    font = ImageFont.load_default(max(11, size / 52))
    _draw_axes(draw, scene.camera, size, font)
    _draw_gripper(draw, scene, size, font)
    _draw_objects(draw, scene, rendering, font)
    return picture


def _draw_axes(draw: ImageDraw.ImageDraw, camera: Camera, size: int, font: Font) -> None:
    """The base frame's axes, drawn at a corner of the workspace, with that corner's place."""
    corner = (0.62, -0.27, 0.0)
    start = _pixel(camera, corner, size)
    for axis, (name, color) in enumerate((("x", _X_COLOR), ("y", _Y_COLOR), ("z", _Z_COLOR))):
        tip = [*corner]
        tip[axis] += AXIS if axis < 2 else AXIS / 2
        end = _pixel(camera, (tip[0], tip[1], tip[2]), size)
        draw.line([start, end], fill=color, width=max(2, size // 200))
        _label(draw, end, name, font, color)


def _draw_gripper(draw: ImageDraw.ImageDraw, scene: Scene, size: int, font: Font) -> None:
    u, v = _pixel(scene.camera, scene.end_effector.position, size)
    arm = size / 60
    draw.line([(u - arm, v), (u + arm, v)], fill=_WHITE, width=2)
    draw.line([(u, v - arm), (u, v + arm)], fill=_WHITE, width=2)
    _label(draw, (u, v + arm + 2), f"gripper {_place(scene.end_effector.position)}", font, _WHITE)


def _draw_objects(
    draw: ImageDraw.ImageDraw, scene: Scene, rendering: Rendering, font: Font
) -> None:
    size = len(rendering.image)
    for item, box in zip(scene.objects, rendering.boxes.tolist(), strict=True):
        red, green, blue = (round(255 * share) for share in COLORS[item.color])
        color = (red, green, blue)
        draw.rectangle(box, outline=color, width=max(2, size // 256))
        u, v = _pixel(scene.camera, item.position, size)
        draw.ellipse([u - 3, v - 3, u + 3, v + 3], fill=_WHITE, outline=_INK)
        middle = ((box[0] + box[2]) / 2, box[3] + 1)
        _label(draw, middle, f"{item.name}\n{_place(item.position)}", font, color)


def _label(
    draw: ImageDraw.ImageDraw,
    top: Pixel,
    text: str,
    font: Font,
    color: Color,
) -> None:
    """Writes centred text below a point on a dark plate with a coloured edge, in the picture."""
    width, height = draw.im.size
    left, upper, right, lower = draw.multiline_textbbox((0, 0), text, font=font, align="center")
    pad = 4
    w, h = right - left + 2 * pad, lower - upper + 2 * pad
    x = min(max(top[0] - w / 2, 1), width - w - 1)
    y = min(max(top[1], 1), height - h - 1)
    draw.rounded_rectangle([x, y, x + w, y + h], 4, fill=(*_INK, 190), outline=color)
    place = (x + pad - left, y + pad - upper)
    draw.multiline_text(place, text, font=font, fill=_WHITE, align="center")


def _pixel(camera: Camera, point: Vector, size: int) -> Pixel:
    u, v = camera.project(np.array([point]), size)[0].tolist()
    return u, v


def _place(position: Vector) -> str:
    """A position in whole millimetres."""
    return ", ".join(str(math.floor(1000 * value + 0.5)) for value in position)
