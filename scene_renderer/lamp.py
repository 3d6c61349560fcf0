"""One distant lamp: as a camera, how far its light reaches, and how brightly it lights a surface.

Drawn from the lamp, solids say where its light ends. Whether a surface is further away than that
is asked of the four nearest pixels and the answers are blended.

Source: percentage-closer filtering, Reeves, Salesin and Cook, "Rendering antialiased shadows with
depth maps", 1987.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scene_renderer.camera import Array, Camera
from scene_renderer.rasteriser import Float, Index
from scene_renderer.scene import Light

LAMP_OVERSAMPLING = 1.5
"""Width of what the lamp sees over the width of the picture."""

LAMP_DISTANCE = 3.0
LAMP_REACH = 0.55
"""How far from the middle of the table shadows are drawn, metres."""

SHADOW_SLACK = 1.5
"""How much further than the light reaches a surface may be and still be lit, in pixels of what the
lamp sees over the cosine between surface and lamp: slanting surfaces do not speckle themselves."""

_LEAST_FACING = np.float32(0.02)

_SIDE_SHARE = 0.25
"""Share of the ambient light that comes from the lamp's side."""


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


def strength(light: Light, facing: Float | np.float32, lit: Float | np.float32) -> Float:
    """Returns how brightly surfaces are lit.

    Args:
        light: the lamp.
        facing: cosine between surface and lamp, 0 where turned away.
        lit: share of the lamp's light that reaches them.
    """
    around = light.ambient * (1 - _SIDE_SHARE + _SIDE_SHARE * facing)
    return np.asarray(around + light.diffuse * lit * facing, np.float32)


def unhindered(size: int) -> Float:
    """Returns how far the light of a lamp reaches that meets nothing: float32, shape (size²,)."""
    return np.full(size * size, np.inf, np.float32)


def hinder(reach: Float, pixel: Index, nearness: Float) -> Float:
    """Returns how far the lamp's light reaches when solids stand in it as well.

    Args:
        reach: float32, shape (size²,): without them, metres along the lamp's axis.
        pixel: int64, shape (n,): where the lamp sees the solids.
        nearness: float32, shape (n,): of those, per metre along the lamp's axis.
    """
    shorter = reach.copy()
    np.minimum.at(shorter, pixel, 1 / nearness)
    return shorter


@dataclass(frozen=True)
class Spots:
    """Places on surfaces as the lamp sees them, each between four pixels.

    Attributes:
        texel: int64, shape (n,): the first of the four.
        along: float32, shape (n,): how far the place is from its column to the next, 0 to 1.
        down: float32, shape (n,): the same for rows.
        depth: float32, shape (n,): how far the light must reach, metres along the lamp's axis.
    """

    texel: Index
    along: Float
    down: Float
    depth: Float

    def lit(self, reach: Float) -> Float:
        """Returns which share of the light arrives: float32, shape (n,)."""
        size, texel = math.isqrt(len(reach)), self.texel
        upper, lower = (
            self._blend(reach.take(first) > self.depth, reach.take(first + 1) > self.depth)
            for first in (texel, texel + size)
        )
        return upper + (lower - upper) * self.down

    def _blend(self, left: NDArray[np.bool_], right: NDArray[np.bool_]) -> Float:
        return (1 - self.along) * left + self.along * right


def find_spots(
    light: Light,
    camera: Camera,
    image_size: int,
    places: tuple[Float, Float],
    near: Float,
    facing: Float,
) -> Spots:
    """Finds where the lamp sees what a camera sees.

    Args:
        light: the lamp.
        camera: that sees them.
        image_size: width of the camera's picture in pixels.
        places: columns and rows in that picture, float32, shape (n,) each.
        near: float32, shape (n,): nearness to the camera.
        facing: float32, shape (n,): cosine between surface and lamp.
    """
    size = lamp_size(image_size)
    lamp_pixel = lamp_camera(light).pixel_matrix(size)
    eye = (lamp_pixel @ [*camera.position, 1.0]).astype(np.float32)
    ray = (lamp_pixel[:, :3] @ camera.ray_matrix(image_size)).astype(np.float32)
    u, v = places
    x, y, depth = (eye[i] * near + (ray[i, 0] * u + ray[i, 1] * v + ray[i, 2]) for i in range(3))
    last = np.float32(size - 1.01)
    along, down = (np.clip(p / depth - np.float32(0.5), 0, last) for p in (x, y))
    column, row = along.astype(np.int64), down.astype(np.int64)
    along -= column
    down -= row
    slack = np.float32(SHADOW_SLACK * 2 * LAMP_REACH / size)
    depth = depth / near - slack / np.maximum(facing, _LEAST_FACING)
    return Spots(row * size + column, along, down, depth)
