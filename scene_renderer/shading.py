"""From what each pixel shows to its colour: light, shadows, table and background, in numpy.

The rasteriser (`renderer.py`) says which body every pixel shows, how far it is and how squarely
the lamp meets its surface. All else is arithmetic on whole pictures: the table is a plane, so its
texture and the shadows on it are two perspective warps.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from scene_renderer.camera import FAR, NEAR, Array, Camera
from scene_renderer.scene import Light, Scene
from scene_renderer.textures import load_texture, texel_from_table

Float = NDArray[np.float32]
Index = NDArray[np.int64]

TABLE_X, TABLE_Y = (-0.32, 0.92), (-0.75, 0.75)
"""Where the table ends, metres, base frame."""

LAMP_DISTANCE = 3.0
LAMP_REACH = 0.55
"""How far from the middle of the table shadows are drawn, metres."""

PENUMBRA = 0.008
"""How far the edge of a shadow on the table is blurred, metres."""

SHADOW_BIAS = 0.012
"""How much further than its shadow map says a surface may be and still be lit, metres."""

_SIDE_SHARE = 0.25

_FLOOR_NEAR, _FLOOR_FAR = (0.40, 0.42, 0.45), (0.62, 0.65, 0.69)


@dataclass(frozen=True)
class Raster:
    """What the pixels of one picture show.

    Attributes:
        body: int64, shape (n, n): body number, -1 where there is none.
        depth: float32, shape (n, n): distance along the camera's axis, metres.
        facing: float32, shape (n, n): cosine between surface and lamp, 0 where turned away.
    """

    body: NDArray[np.int64]
    depth: Float
    facing: Float


def lamp_camera(light: Light) -> Camera:
    """Returns the lamp as a camera: what it sees is lit."""
    target = (0.45, 0.0, 0.05)
    direction = np.array(light.direction) / np.linalg.norm(light.direction)
    x, y, z = (np.array(target) + LAMP_DISTANCE * direction).tolist()
    fov_deg = math.degrees(2 * math.atan(LAMP_REACH / LAMP_DISTANCE))
    return Camera((x, y, z), target, fov_deg, "lamp")


def linear_depth(depth: Float) -> Float:
    """Returns the distance along the camera's axis, metres, from OpenGL's depth in [0, 1]."""
    distance: Float = (2 * FAR * NEAR) / ((FAR + NEAR) - (2 * depth - 1) * (FAR - NEAR))
    return distance


def shade(scene: Scene, seen: Raster, lamp: Raster, albedo: Float, image_size: int) -> Float:
    """Colours a picture.

    Args:
        scene: gives camera, light and table.
        seen: what the scene's camera sees, at a multiple of `image_size`: each pixel of the
            picture is the mean of a block.
        lamp: what `lamp_camera` sees, at any size.
        albedo: float32, shape (bodies, 3): the colour of each body, RGB in [0, 1].
        image_size: width and height of the picture in pixels.

    Returns:
        float32, shape (image_size, image_size, 3), RGB in [0, 1].
    """
    rows, columns = np.nonzero(seen.body >= 0)
    lit = _lit(scene.camera, lamp_camera(scene.light), seen, lamp, rows, columns)
    strength = _strength(scene.light, seen.facing[rows, columns], lit)
    colors = np.minimum(albedo[seen.body[rows, columns]] * strength[:, None], 1)
    block = len(seen.body) // image_size
    pixel = rows // block * image_size + columns // block
    layers = [colors[:, 0], colors[:, 1], colors[:, 2], np.ones(len(rows))]
    sums = [np.bincount(pixel, layer, image_size**2) / block**2 for layer in layers]
    front = np.stack(sums, axis=-1).reshape(image_size, image_size, 4)
    ground = np.minimum(_ground(scene, image_size, lamp), 1)
    return np.asarray(front[..., :3] + ground * (1 - front[..., 3:]), np.float32)


def _strength(light: Light, facing: Float | np.float32, lit: Float) -> Float:
    """How brightly surfaces are lit; a little of the ambient light comes from the lamp's side."""
    around = light.ambient * (1 - _SIDE_SHARE + _SIDE_SHARE * facing)
    return np.asarray(around + light.diffuse * lit * facing, np.float32)


def _ground(scene: Scene, size: int, lamp: Raster) -> Float:
    """The table with the shadows on it, and the floor around it: float32, (size, size, 3)."""
    coarse = max(1, 512 // size)
    table_from_pixel = np.asarray(np.linalg.inv(_plane(scene.camera, size)), np.float64)
    texel = texel_from_table(scene.id, coarse) @ table_from_pixel
    texture = _warp(load_texture(scene.table, coarse), texel, size)
    lamp_pixel = _plane(lamp_camera(scene.light), len(lamp.body))
    shaded = _table_shadow(lamp.body, lamp_pixel @ table_from_pixel, size)
    direction = np.array(scene.light.direction)
    facing = np.float32(direction[2] / np.linalg.norm(direction))
    strength = _strength(scene.light, facing, 1 - shaded)
    table = texture * np.array(scene.tint, np.float32) * strength[..., None]
    inside = _is_table(table_from_pixel, size)
    return np.where(inside[..., None], table, _floor(size))


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


def _table_shadow(body: NDArray[np.int64], lamp_from_pixel: Array, size: int) -> Float:
    """How much of the lamp is hidden at each pixel of the table, 0 to 1."""
    hidden = Image.fromarray((body >= 0).astype(np.uint8) * np.uint8(255))
    radius = PENUMBRA * len(body) / (2 * LAMP_REACH)
    soft = hidden.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius))
    return _warp(soft, lamp_from_pixel, size)


def _lit(
    camera: Camera, lamp_view: Camera, seen: Raster, lamp: Raster, rows: Index, columns: Index
) -> Float:
    """How much of the lamp reaches the surfaces that some pixels show, 0 to 1.

    Source: percentage-closer filtering, Reeves, Salesin and Cook, 1987, with four samples.
    """
    lamp_pixel = lamp_view.pixel_matrix(len(lamp.body))
    start = lamp_pixel @ [*camera.position, 1.0]
    step = lamp_pixel[:, :3] @ camera.ray_matrix(len(seen.body))
    u, v, depth = columns + 0.5, rows + 0.5, seen.depth[rows, columns]
    x, y, w = (start[i] + depth * (step[i, 0] * u + step[i, 1] * v + step[i, 2]) for i in range(3))
    last = len(lamp.body) - 1
    lamp_columns = [np.clip(x / w + d, 0, last).astype(np.int64) for d in (-0.75, 0.75)]
    lamp_rows = [np.clip(y / w + d, 0, last).astype(np.int64) for d in (-0.75, 0.75)]
    hits = [w < lamp.depth[r, c] + SHADOW_BIAS for r in lamp_rows for c in lamp_columns]
    return np.asarray(np.mean(hits, axis=0), np.float32)


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
