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

TABLE_X, TABLE_Y = (-0.32, 0.92), (-0.75, 0.75)
"""Where the table ends, metres, base frame."""

LAMP_DISTANCE = 3.0
LAMP_REACH = 0.55
"""How far from the middle of the table shadows are drawn, metres."""

PENUMBRA = 0.008
"""How far the edge of a shadow on the table is blurred, metres."""

SHADOW_BIAS = 0.012
"""How much further than its shadow map says a surface may be and still be lit, metres."""

_FLOOR_NEAR, _FLOOR_FAR = (0.40, 0.42, 0.45), (0.62, 0.65, 0.69)
_EDGE = 0.012


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
    return np.float32(2 * FAR * NEAR) / (
        np.float32(FAR + NEAR) - (2 * depth - 1) * np.float32(FAR - NEAR)
    )


def shade(scene: Scene, seen: Raster, lamp: Raster, albedo: Float) -> Float:
    """Colours a picture.

    Args:
        scene: gives camera, light and table.
        seen: the picture from the scene's camera.
        lamp: the picture from `lamp_camera`.
        albedo: float32, shape (bodies, 3): the colour of each body, RGB in [0, 1].

    Returns:
        float32, shape (n, n, 3), RGB in [0, 1].
    """
    picture = _ground(scene, len(seen.body), lamp)
    rows, columns = np.nonzero(seen.body >= 0)
    lit = _is_lit(scene, seen, lamp, rows, columns)
    strength = scene.light.ambient + scene.light.diffuse * lit * seen.facing[rows, columns]
    colors = albedo[seen.body[rows, columns]] * strength[:, None].astype(np.float32)
    picture[rows, columns] = colors
    return np.clip(picture, 0, 1, out=picture)


def _ground(scene: Scene, size: int, lamp: Raster) -> Float:
    """The table with the shadows on it, and the floor around it."""
    coarse = max(1, 512 // size)
    table_from_pixel = np.linalg.inv(_plane(scene.camera, size))
    texel = texel_from_table(scene.id, coarse) @ table_from_pixel
    texture = _warp(load_texture(scene.table, coarse), texel, size)
    shaded = _table_shadow(lamp.body, _plane(lamp_camera(scene.light), size) @ table_from_pixel)
    direction = np.array(scene.light.direction)
    lamp_share = scene.light.diffuse * direction[2] / np.linalg.norm(direction)
    strength = (scene.light.ambient + lamp_share * (1 - shaded)).astype(np.float32)
    tint = np.array(scene.tint, np.float32) / np.float32(255)
    return texture * tint * strength[..., None]


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
    return np.asarray(warped, np.float32)


def _table_shadow(body: NDArray[np.int64], lamp_from_pixel: Array) -> Float:
    """How much of the lamp is hidden at each pixel of the table, 0 to 1."""
    size = len(body)
    hidden = Image.fromarray(((body >= 0) * np.uint8(255)).astype(np.uint8))
    radius = PENUMBRA * size / (2 * LAMP_REACH)
    soft = hidden.filter(ImageFilter.BoxBlur(radius)).filter(ImageFilter.BoxBlur(radius))
    return _warp(soft, lamp_from_pixel, size) / np.float32(255)


def _is_lit(
    scene: Scene,
    seen: Raster,
    lamp: Raster,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether the lamp reaches the surfaces that some pixels show."""
    size = len(seen.body)
    camera, eye = scene.camera, np.array(scene.camera.position)
    lamp_view = lamp_camera(scene.light)
    ray_from_pixel = camera.ray_matrix(size)
    lamp_pixel = lamp_view.pixel_matrix(size)
    step = (lamp_pixel[:, :3] @ ray_from_pixel).astype(np.float32)
    start = (lamp_pixel @ [*eye, 1.0]).astype(np.float32)
    u, v = columns.astype(np.float32) + 0.5, rows.astype(np.float32) + 0.5
    depth = seen.depth[rows, columns]
    x, y, w = (start[i] + depth * (step[i, 0] * u + step[i, 1] * v + step[i, 2]) for i in range(3))
    lamp_column = np.clip((x / w).astype(np.int64), 0, size - 1)
    lamp_row = np.clip((y / w).astype(np.int64), 0, size - 1)
    return np.asarray(w < lamp.depth[lamp_row, lamp_column] + SHADOW_BIAS)


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
