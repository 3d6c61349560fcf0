"""From what each pixel shows to its colour, in numpy.

The rasteriser says which solid every pixel of a raster shows, how near it is and how squarely the
lamp meets its surface. A pixel of the picture is made of four of those; where all four show the
same solid, it is coloured once.
"""

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from scene_renderer.ground import Ground
from scene_renderer.lamp import Spots, find_spots, strength
from scene_renderer.rasteriser import NOTHING, Float, Index, Raster
from scene_renderer.scene import Light, Scene

Value = TypeVar("Value", np.float32, np.uint8)

OVERSAMPLING = 2
"""Width of what the camera sees over the width of the picture."""


@dataclass(frozen=True)
class Surfaces:
    """What stands on the table, in some pixels of a picture.

    Attributes:
        pixel: int64, shape (n,): which pixels show solids, row times the picture's width plus
            column; first those that show one smooth surface of one solid and nothing else.
        whole: how many do. They have one sample each; the samples of the others follow, first
            the upper left one of each, then the upper right, lower left and lower right ones.
        body: int64, shape (samples,), as in `Raster`, but 0 where only the ground is seen.
        facing: float32, shape (samples,), as in `Raster`.
        is_solid: bool, shape (samples,): false where only the ground is seen.
        spots: where the lamp sees the samples.
    """

    pixel: Index
    whole: int
    body: Index
    facing: Float
    is_solid: NDArray[np.bool_]
    spots: Spots

    def average(self, samples: Float) -> Float:
        """Returns the mean of each pixel's samples: float32, shape (n,)."""
        mixed = samples[self.whole :].reshape(4, -1)
        mean = (mixed[0] + mixed[1] + mixed[2] + mixed[3]) * np.float32(0.25)
        return np.concatenate([samples[: self.whole], mean])

    def pixels_of(self, samples: NDArray[np.bool_]) -> Index:
        """Returns the pixels of some samples; a pixel may come more than once."""
        mixed = samples[self.whole :].reshape(4, -1).any(axis=0)
        chosen = np.concatenate([samples[: self.whole], mixed])
        return np.asarray(self.pixel[chosen])


def find_surfaces(scene: Scene, seen: Raster, pixels: Index) -> Surfaces:
    """Finds the solids that pixels of a picture show.

    Args:
        scene: gives camera and light.
        seen: what the scene's camera sees, `OVERSAMPLING` times as wide as the picture.
        pixels: int64, shape (n,), row times the picture's width plus column.
    """
    size = math.isqrt(len(seen.body)) // OVERSAMPLING
    first = (pixels + pixels // size * size) * OVERSAMPLING
    body = _four(seen.body, first, size)
    solid = np.flatnonzero((body != NOTHING).any(axis=0))
    pixels, first, body = pixels.take(solid), first.take(solid), body.take(solid, axis=1)
    near = _four(seen.nearness, first, size)
    is_flat = (near.max(axis=0) - near.min(axis=0)) * np.float32(size) < near[0]
    is_whole = is_flat & (body[1:] == body[0]).all(axis=0)
    whole, mixed = np.flatnonzero(is_whole), np.flatnonzero(~is_whole)
    bodies = np.concatenate([body[0, whole], body[:, mixed].ravel()])
    is_ground = bodies == NOTHING
    nearness = _samples(near, whole, mixed)
    facing = _samples(_four(seen.facing, first, size), whole, mixed)
    nearness[is_ground] = 1
    bodies[is_ground] = 0
    pixel = pixels.take(np.concatenate([whole, mixed]))
    places = _places(pixel, len(whole), size)
    spots = find_spots(scene.light, scene.camera, size, places, nearness, facing)
    return Surfaces(pixel, len(whole), bodies.astype(np.int64), facing, ~is_ground, spots)


def _four(layer: NDArray[Value], first: Index, size: int) -> NDArray[Value]:
    """Returns the four pixels of a raster that make up each one of the picture: (4, n)."""
    below = OVERSAMPLING * size
    return np.stack([layer.take(first + step) for step in (0, 1, below, below + 1)])


def _samples(four: Float, whole: Index, mixed: Index) -> Float:
    """Returns the mean of the four where pixels are whole, then the four of those that are not."""
    mean = (four[0] + four[1] + four[2] + four[3]) * np.float32(0.25)
    return np.concatenate([mean.take(whole), four.take(mixed, axis=1).ravel()])


def _places(pixel: Index, whole: int, size: int) -> tuple[Float, Float]:
    """Returns columns and rows of samples in the picture."""
    row = pixel // size
    parts = (pixel - row * size).astype(np.float32), row.astype(np.float32)
    near, far = np.float32(0.25), np.float32(0.75)
    aside = ((near, far, near, far), (near, near, far, far))
    u, v = (
        np.concatenate([part[:whole] + np.float32(0.5), *(part[whole:] + step for step in steps)])
        for part, steps in zip(parts, aside, strict=True)
    )
    return u, v


def shade(
    light: Light,
    found: Surfaces,
    reach: Float,
    albedo: Float,
    ground: Ground,
    shadow: Float,
    pixels: Index,
) -> NDArray[np.uint8]:
    """Colours pixels of a picture.

    Args:
        light: what lights them.
        found: the solids in these pixels.
        reach: how far the lamp's light goes: float32, metres, as `lamp_camera` sees it.
        albedo: float32, shape (3, bodies): the colour of each body, RGB in [0, 1].
        ground: what is behind them.
        shadow: on the ground, as `Ground.soften` returns it.
        pixels: int64, shape (n,), sorted: row times the picture's width plus column.

    Returns:
        uint8, shape (n, 3), RGB.
    """
    share = np.ones(len(pixels), np.float32)
    place = np.searchsorted(pixels, found.pixel)
    share[place] = 1 - found.average(found.is_solid.astype(np.float32))
    bare = np.flatnonzero(share)
    lit = strength(light, found.facing, found.spots.lit(reach)) * found.is_solid
    behind = ground.shade(shadow, pixels.take(bare)) * share.take(bare)
    image = np.empty((len(pixels), 3), np.uint8)
    for channel, (back, colors) in enumerate(zip(behind, albedo, strict=True)):
        layer = np.zeros(len(pixels), np.float32)
        layer[bare] = back
        layer[place] += found.average(np.minimum(colors.take(found.body) * lit, 1))
        layer *= 255
        layer += np.float32(0.5)
        np.copyto(image[:, channel], layer, casting="unsafe")
    return image
