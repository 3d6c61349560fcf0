"""From what each pixel shows to its colour: light, shadows, table and floor, in numpy.

The rasteriser says which solid every pixel shows, how near it is and how squarely the lamp meets
its surface; drawn from the lamp, the same solids say where its light ends. The table is a plane,
so its texture and the shadows on it are two perspective warps.
"""

import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scene_renderer.camera import Array, Camera
from scene_renderer.rasteriser import NOTHING, Float, Fragments, Index, Raster
from scene_renderer.scene import Light, Scene
from scene_renderer.textures import load_texture, texel_from_table

OVERSAMPLING = 2
LAMP_OVERSAMPLING = 1.5
"""Widths of what camera and lamp see, over the width of the picture."""

TABLE_X, TABLE_Y = (-0.32, 0.92), (-0.75, 0.75)
"""Where the table ends, metres, base frame."""

LAMP_DISTANCE = 3.0
LAMP_REACH = 0.55
"""How far from the middle of the table shadows are drawn, metres."""

PENUMBRA = 0.008
"""How far the edge of a shadow on the table is blurred, metres."""

SHADOW_BIAS = 0.012
SHADOW_SLOPE = 1.5
"""How much further than its shadow map says a surface may be and still be lit: metres, and pixels
of that map over the cosine between surface and lamp, so that slanting surfaces are not speckled."""

_COARSE = 2
_REDUCTION_BLUR = 0.36
"""How many times coarser shadows on the table are blurred than the lamp sees them, and the radius
by which that and interpolating between the coarse pixels blur them already."""

_SIDE_SHARE = 0.25

_FLOOR_NEAR, _FLOOR_FAR = (0.40, 0.42, 0.45), (0.62, 0.65, 0.69)

_SUBPIXELS = np.array([(row, column) for row in (0, 1) for column in (0, 1)])
"""The pixels of a raster that make up one of the picture: int64, shape (4, 2)."""


def lamp_size(image_size: int) -> int:
    """Returns the width of what the lamp sees in pixels, for pictures of this width."""
    return round(image_size * LAMP_OVERSAMPLING)


def lamp_direction(light: Light) -> Array:
    """Returns the unit vector from the table towards the lamp: float64, shape (3,)."""
    direction = np.array(light.direction)
    return np.asarray(direction / np.linalg.norm(direction))


def lamp_camera(light: Light) -> Camera:
    """Returns the lamp as a camera: what it sees is lit."""
    target = (0.45, 0.0, 0.05)
    x, y, z = (np.array(target) + LAMP_DISTANCE * lamp_direction(light)).tolist()
    fov_deg = math.degrees(2 * math.atan(LAMP_REACH / LAMP_DISTANCE))
    return Camera((x, y, z), target, fov_deg, "lamp")


def dark(size: int) -> Float:
    """Returns how far the light of a lamp reaches that meets nothing: float32, shape (size²,)."""
    return np.full(size * size, np.inf, np.float32)


def cast(reach: Float, fragments: Fragments) -> Float:
    """Returns how far the lamp's light reaches when solids stand in it as well.

    Args:
        reach: float32, shape (size²,): without them, metres along the lamp's axis.
        fragments: what the lamp sees of them.
    """
    shorter = reach.copy()
    np.minimum.at(shorter, fragments.pixel, 1 / fragments.nearness)
    return shorter


@dataclass(frozen=True)
class Ground:
    """The table and the floor around it as a camera sees them, but for the shadows on them.

    Attributes:
        color: float32, shape (3, size²), RGB in [0, 1] in the light.
        window: the part of what the lamp sees that can fall on pixels of the picture.
        texel: int64, shape (4, size²): the four pixels of that window, `_COARSE` times smaller,
            around where the lamp sees each pixel of the picture.
        weight: float32, shape (4, size²): which share of the light is lost for the shadow, 0 to
            255, on each of the four.
    """

    color: Float
    window: tuple[slice, slice]
    texel: Index
    weight: Float

    def shade(self, reach: Float) -> Float:
        """Returns the picture with shadows of what ends the lamp's light: float32, (3, size²)."""
        size = math.isqrt(len(reach))
        is_hidden = np.isfinite(reach).reshape(size, size)[self.window]
        hidden = Image.fromarray(is_hidden.view(np.uint8) * np.uint8(255)).reduce(_COARSE)
        kernel = _penumbra_kernel(_penumbra(size) / _COARSE)
        shadow = _blur(_blur(np.asarray(hidden, np.float32), kernel).T, kernel).T.ravel()
        shaded = np.einsum("ij,ij->j", self.weight, shadow.take(self.texel))
        return np.asarray(self.color * (1 - shaded))


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
    lit, unlit = (_strength(light, facing, share) for share in (1, 0))
    lit_table = np.minimum(table * (np.array(scene.tint, np.float32) * lit), 1)
    color = np.where(is_table[..., None], lit_table, _floor(image_size))
    window, texel, weight = _lamp_texels(light, table_from_pixel, image_size, is_table.ravel())
    weight *= np.where(is_table.ravel(), 1 - unlit / lit, 0) / np.float32(255)
    return Ground(np.ascontiguousarray(color.reshape(-1, 3).T), window, texel, weight)


def _lamp_texels(
    light: Light, table_from_pixel: Array, image_size: int, is_table: NDArray[np.bool_]
) -> tuple[tuple[slice, slice], Index, Float]:
    """Where the lamp sees the table's pixels: `window`, `texel` and the weights of the four."""
    size = lamp_size(image_size)
    lamp_from_pixel = (_plane(lamp_camera(light), size) @ table_from_pixel).astype(np.float32)
    centres = np.arange(image_size, dtype=np.float32) + np.float32(0.5)
    u, v = np.tile(centres, image_size), np.repeat(centres, image_size)
    x, y, w = (row[0] * u + row[1] * v + row[2] for row in lamp_from_pixel)
    place = [np.where(is_table, np.clip(p / w, 0, size), size / 2) for p in (y, x)]
    margin = 2 * math.ceil(_penumbra(size)) + 2 * _COARSE
    low = [max(int(p.min()) - margin, 0) for p in place]
    count = [
        -(-(min(int(p.max()) + margin, size) - first) // _COARSE)
        for p, first in zip(place, low, strict=True)
    ]
    place = [
        np.clip((p - first) / _COARSE - 0.5, 0, n - 1.001)
        for p, first, n in zip(place, low, count, strict=True)
    ]
    cell = [np.floor(p).astype(np.int64) for p in place]
    first = cell[0] * count[1] + cell[1]
    down, along = (p - c for p, c in zip(place, cell, strict=True))
    weight = [(1 - down) * (1 - along), (1 - down) * along, down * (1 - along), down * along]
    texel = np.stack([first, first + 1, first + count[1], first + count[1] + 1])
    rows, columns = (slice(start, start + n * _COARSE) for start, n in zip(low, count, strict=True))
    return (rows, columns), texel, np.stack(weight).astype(np.float32)


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
    """Blurs along the rows; beyond the picture there is nothing."""
    reach, width = len(kernel) // 2, image.shape[1]
    padded = np.pad(image, ((0, 0), (reach, reach)))
    blurred = np.zeros_like(image)
    for shift, weight in enumerate(kernel):
        blurred += weight * padded[:, shift : shift + width]
    return blurred


@dataclass(frozen=True)
class Surfaces:
    """What stands on the table, in the pixels of a picture that show some of it.

    Attributes:
        pixel: int64, shape (n,): row times the picture's width plus column.
        nearness: float32, shape (4, n), as in `Raster`, but 1 where only the ground is seen.
        facing: float32, shape (4, n), as in `Raster`.
        body: int64, shape (4, n), as in `Raster`, but 0 where only the ground is seen.
        is_ground: bool, shape (4, n): where only the ground is seen.
    """

    pixel: Index
    nearness: Float
    facing: Float
    body: Index
    is_ground: NDArray[np.bool_]


def shade(
    scene: Scene, seen: Raster, reach: Float, albedo: Float, ground: Ground
) -> NDArray[np.uint8]:
    """Colours a picture.

    Args:
        scene: gives camera and light.
        seen: what the scene's camera sees, `OVERSAMPLING` times as wide as the picture.
        reach: how far the lamp's light goes: float32, metres, as `lamp_camera` sees it.
        albedo: float32, shape (3, bodies): the colour of each body, RGB in [0, 1].
        ground: what is behind them.

    Returns:
        uint8, shape (size, size, 3), RGB.
    """
    size = math.isqrt(ground.color.shape[1])
    picture = ground.shade(reach)
    found = _surfaces(seen, size)
    lit = _lit(scene, found, reach, size)
    strength = _strength(scene.light, found.facing, lit.view(np.uint8))
    strength[found.is_ground] = 0
    share = found.is_ground.mean(axis=0, dtype=np.float32)
    image = np.empty((size * size, 3), np.uint8)
    for channel, (layer, colors) in enumerate(zip(picture, albedo, strict=True)):
        front = colors.take(found.body)
        front *= strength
        np.minimum(front, 1, out=front)
        layer[found.pixel] = layer.take(found.pixel) * share + front.mean(axis=0)
        layer *= 255
        layer += 0.5
        np.copyto(image[:, channel], layer, casting="unsafe")
    return image.reshape(size, size, 3)


def _surfaces(seen: Raster, size: int) -> Surfaces:
    is_shown = (seen.body != NOTHING).view(np.uint16).reshape(size, OVERSAMPLING, size)
    pixel = np.flatnonzero(is_shown.any(axis=1))
    first = OVERSAMPLING * (pixel + pixel // size * (OVERSAMPLING - 1) * size)
    places = first + (_SUBPIXELS @ [OVERSAMPLING * size, 1])[:, None]  # (4, pixels)
    nearness, facing, body = (values.take(places) for values in vars(seen).values())
    is_ground = body == NOTHING
    nearness[is_ground] = 1
    body[is_ground] = 0
    return Surfaces(pixel, nearness, facing, body.astype(np.int64), is_ground)


def _strength(light: Light, facing: Float | np.float32, lit: NDArray[np.uint8] | int) -> Float:
    """How brightly surfaces are lit; a little of the ambient light comes from the lamp's side."""
    around = light.ambient * (1 - _SIDE_SHARE + _SIDE_SHARE * facing)
    return np.asarray(around + light.diffuse * lit * facing, np.float32)


def _lit(scene: Scene, found: Surfaces, reach: Float, image_size: int) -> NDArray[np.bool_]:
    """Which surfaces the lamp reaches; each of a pixel's four looks past another side of it.

    Source: percentage-closer filtering, Reeves, Salesin and Cook, 1987, with four samples.
    """
    size = lamp_size(image_size)
    lamp_pixel = lamp_camera(scene.light).pixel_matrix(size)
    eye = (lamp_pixel @ [*scene.camera.position, 1.0]).astype(np.float32)
    ray = lamp_pixel[:, :3] @ scene.camera.ray_matrix(image_size)
    inside = (_SUBPIXELS + 0.5) / OVERSAMPLING
    steps = (inside @ ray[:, 1::-1].T).astype(np.float32)  # (4, 3)
    row, column = np.divmod(found.pixel, image_size)
    u, v, ray = column.astype(np.float32), row.astype(np.float32), ray.astype(np.float32)
    x, y, depth = (  # times nearness
        eye[i] * found.nearness + (ray[i, 0] * u + ray[i, 1] * v + ray[i, 2]) + steps[:, i : i + 1]
        for i in range(3)
    )
    sides = (_SUBPIXELS.astype(np.float32) - np.float32(0.5)) * np.float32(1.5)
    last = np.float32(size - 1)
    across = np.clip(x / depth + sides[:, 1:], 0, last).astype(np.int64)
    texel = np.clip(y / depth + sides[:, :1], 0, last).astype(np.int64) * size + across
    slant = np.maximum(found.facing, np.float32(0.01))
    slack = np.float32(SHADOW_SLOPE * 2 * LAMP_REACH / size) / slant
    limit = reach.take(texel) + np.maximum(slack, np.float32(SHADOW_BIAS))
    return np.asarray(depth < limit * found.nearness)


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


def corner_normals(vertices: Array, faces: NDArray[np.int64], crease: float = 0.6) -> Array:
    """Returns a normal for each corner of each face: smooth across flat edges, sharp at creases.

    Args:
        vertices: float64, shape (n, 3).
        faces: int64, shape (m, 3), counter-clockwise from outside.
        crease: faces that meet at a larger angle keep a sharp edge, radians.

    Returns:
        float64, shape (m, 3, 3): unit normals.
    """
    a, b, c = vertices[faces].transpose(1, 0, 2)
    area = np.cross(b - a, c - a)
    flat = area / np.maximum(np.linalg.norm(area, axis=1, keepdims=True), 1e-12)
    normals = np.zeros((faces.size, 3))
    vertex, face = faces.ravel(), np.repeat(np.arange(len(faces)), 3)
    order = np.argsort(vertex, kind="stable")
    for corners in np.split(order, np.nonzero(np.diff(vertex[order]))[0] + 1):
        around = face[corners]
        near = flat[around] @ flat[around].T > math.cos(crease)
        normals[corners] = near @ area[around]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return normals.reshape(-1, 3, 3)
