"""The table and the floor around it, and the soft shadows on them, in numpy.

The table is a plane, so its texture and the shadows on it are two perspective warps.
"""

import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scene_renderer.camera import Array, Camera
from scene_renderer.lamp import LAMP_REACH, lamp_camera, lamp_direction, lamp_size, strength
from scene_renderer.rasteriser import Float, Index
from scene_renderer.scene import Light, Scene
from scene_renderer.textures import load_texture, texel_from_table

TABLE_X, TABLE_Y = (-0.32, 0.92), (-0.75, 0.75)
"""Where the table ends, metres, base frame."""

PENUMBRA = 0.008
"""How far the edge of a shadow on the table is blurred, metres."""

_COARSE = 2
_REDUCTION_BLUR = 0.36
"""How many times coarser shadows on the table are blurred than the lamp sees them, and the radius
by which that and interpolating between the coarse pixels blur them already."""

_FLOOR_NEAR, _FLOOR_FAR = (0.40, 0.42, 0.45), (0.62, 0.65, 0.69)


@dataclass(frozen=True)
class Ground:
    """The table and the floor around it as a camera sees them, but for the shadows on them.

    Attributes:
        color: float32, shape (3, size²), RGB in [0, 1] in the light.
        loss: float32, shape (size²,): which share of the light a full shadow takes, over 255.
        window: the part of what the lamp sees that can fall on pixels of the picture.
        shape: rows and columns of that window when `_COARSE` times smaller.
        texel: int64, shape (size²,): the first of the four pixels of that smaller window around
            where the lamp sees each pixel of the picture.
        down: float32, shape (size²,): how far it is from that pixel's row to the next, 0 to 1.
        along: float32, shape (size²,): the same for columns.
    """

    color: Float
    loss: Float
    window: tuple[slice, slice]
    shape: tuple[int, int]
    texel: Index
    down: Float
    along: Float

    def soften(self, reach: Float) -> Float:
        """Returns the shadows in the smaller window, blurred: float32, 0 to 255, of `shape`."""
        size = math.isqrt(len(reach))
        is_hidden = np.isfinite(reach).reshape(size, size)[self.window]
        hidden = Image.fromarray(is_hidden.view(np.uint8) * np.uint8(255)).reduce(_COARSE)
        kernel = _penumbra_kernel(_penumbra(size) / _COARSE)
        return _blur(np.asarray(hidden, np.float32), kernel)

    def shade(self, shadow: Float, pixels: Index) -> Float:
        """Returns pixels of the picture with a softened shadow: float32, shape (3, pixels)."""
        texel, flat, columns = self.texel.take(pixels), shadow.ravel(), self.shape[1]
        along, down = self.along.take(pixels), self.down.take(pixels)
        upper, lower = (
            _between(flat.take(first), flat.take(first + 1), along)
            for first in (texel, texel + columns)
        )
        light = 1 - self.loss.take(pixels) * _between(upper, lower, down)
        return np.stack([layer.take(pixels) * light for layer in self.color])


def _between(a: Float, b: Float, share: Float) -> Float:
    return a + (b - a) * share


def build_ground(scene: Scene, image_size: int) -> Ground:
    """Prepares the table of a scene for pictures of this width."""
    camera, light = scene.camera, scene.light
    coarse = max(1, 512 // image_size)
    table_from_pixel = np.asarray(np.linalg.inv(_plane(camera, image_size)), np.float64)
    number = zlib.crc32(repr((camera, light, scene.tint)).encode())
    texture = load_texture(scene.table, coarse)
    table = _warp(texture, texel_from_table(number, coarse) @ table_from_pixel, image_size)
    is_table = _is_table(table_from_pixel, image_size)
    facing = np.float32(lamp_direction(light)[2])
    lit, unlit = (strength(light, facing, np.float32(share)) for share in (1, 0))
    lit_table = np.minimum(table * (np.array(scene.tint, np.float32) * lit), 1)
    color = np.where(is_table[..., None], lit_table, _floor(image_size))
    loss = np.where(is_table.ravel(), (1 - unlit / lit) / np.float32(255), np.float32(0))
    places = _lamp_places(light, table_from_pixel, image_size, is_table.ravel())
    layers = np.ascontiguousarray(color.reshape(-1, 3).T)
    return Ground(layers, loss, *_texels(places, lamp_size(image_size), is_table.ravel()))


def _lamp_places(
    light: Light, table_from_pixel: Array, image_size: int, is_table: NDArray[np.bool_]
) -> list[Float]:
    """Rows and columns at which the lamp sees the table's pixels; its middle for others."""
    size = lamp_size(image_size)
    lamp_from_pixel = (_plane(lamp_camera(light), size) @ table_from_pixel).astype(np.float32)
    centres = np.arange(image_size, dtype=np.float32) + np.float32(0.5)
    u, v = np.tile(centres, image_size), np.repeat(centres, image_size)
    x, y, w = (row[0] * u + row[1] * v + row[2] for row in lamp_from_pixel)
    return [np.where(is_table, np.clip(p / w, 0, size), np.float32(size / 2)) for p in (y, x)]


def _texels(
    places: list[Float], size: int, is_table: NDArray[np.bool_]
) -> tuple[tuple[slice, slice], tuple[int, int], Index, Float, Float]:
    """Returns `window`, `shape`, `texel`, `down` and `along`; what is no table has texel 0."""
    margin = 2 * math.ceil(_penumbra(size)) + 2 * _COARSE
    low = [max(int(p.min()) - margin, 0) for p in places]
    rows, columns = (
        -(-(min(int(p.max()) + margin, size) - first) // _COARSE)
        for p, first in zip(places, low, strict=True)
    )
    place = [
        np.clip((p - first) / _COARSE - 0.5, 0, n - 1.001)
        for p, first, n in zip(places, low, (rows, columns), strict=True)
    ]
    cell = [np.floor(p).astype(np.int64) for p in place]
    down, along = ((p - c).astype(np.float32) for p, c in zip(place, cell, strict=True))
    window = (
        slice(low[0], low[0] + rows * _COARSE),
        slice(low[1], low[1] + columns * _COARSE),
    )
    return window, (rows, columns), (cell[0] * columns + cell[1]) * is_table, down, along


def _penumbra(size: int) -> float:
    """How far shadows on the table are blurred, in pixels of what the lamp sees."""
    return PENUMBRA * size / (2 * LAMP_REACH)


def _penumbra_kernel(radius: float) -> Float:
    """Two boxes of this radius, less what reducing and interpolating blur already."""
    radius = max(radius - _REDUCTION_BLUR, 0)
    whole = int(radius)
    ends = [radius - whole]
    box = np.array(ends + [1] * (2 * whole + 1) + ends) / (2 * radius + 1)
    return np.convolve(box, box).astype(np.float32)


def _blur(image: Float, kernel: Float) -> Float:
    """Blurs along rows and columns with a symmetric kernel; beyond the picture there is nothing."""
    reach, (rows, columns) = len(kernel) // 2, image.shape
    padded = np.zeros((rows + 2 * reach, columns + 2 * reach), np.float32)
    padded[reach : reach + rows, reach : reach + columns] = image
    down = kernel[reach] * padded[reach : reach + rows]
    for step in range(1, reach + 1):
        pair = padded[reach - step : reach - step + rows] + padded[reach + step :][:rows]
        down += kernel[reach + step] * pair
    blurred = kernel[reach] * down[:, reach : reach + columns]
    for step in range(1, reach + 1):
        pair = down[:, reach - step :][:, :columns] + down[:, reach + step :][:, :columns]
        blurred += kernel[reach + step] * pair
    return np.asarray(blurred)


def _is_table(table_from_pixel: Array, size: int) -> NDArray[np.bool_]:
    """Which pixels would show the table if nothing stood on it."""
    centres = np.arange(size) + 0.5
    u, v = centres[None, :], centres[:, None]
    x, y, w = (row[0] * u + row[1] * v + row[2] for row in table_from_pixel)
    (x0, x1), (y0, y1) = TABLE_X, TABLE_Y
    side = np.sign(w[-1, size // 2])  # the bottom of the picture is below the horizon
    x, y, w = x * side, y * side, w * side
    return np.asarray((w > 0) & (x > x0 * w) & (x < x1 * w) & (y > y0 * w) & (y < y1 * w))


def _floor(size: int) -> Float:
    """A calm grey that is lighter further away."""
    down = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    far, near = np.array(_FLOOR_FAR, np.float32), np.array(_FLOOR_NEAR, np.float32)
    return np.broadcast_to(far + (near - far) * down, (size, size, 3))


def _plane(camera: Camera, size: int) -> Array:
    """Returns `pixel_from_table`: homogeneous, float64, shape (3, 3), from (x, y, 1)."""
    return camera.pixel_matrix(size)[:, [0, 1, 3]]


def _warp(image: Image.Image, source_from_pixel: Array, size: int) -> Float:
    """Draws a flat image as the camera sees it."""
    matrix = source_from_pixel / source_from_pixel[2, 2]
    coefficients = matrix.ravel()[:8].tolist()
    warped = image.transform(
        (size, size), Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(warped, np.float32) / np.float32(255)
