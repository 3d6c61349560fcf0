"""Which pictures are nearly the same: a code of 576 bits that survives another light or noise.

A code holds the signs of the 192 lowest cosine frequencies of three channels of the picture's
logarithm at 32 x 32 pixels: brightness, red against green, blue against yellow. The pictures all
show one table and one arm, so that the usual 64 bits of brightness say little about the objects.

Two pictures of the same things in another light, with noise, or compressed, are seldom more than
`NEAR` bits apart; of 160 million pairs of scenes drawn apart none came as near (`docs/leakage.md`
has the figures).

Source: C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010 (the
cosine hash of brightness; channels and signs are ours).
"""

import functools

import numpy as np
from numpy.typing import NDArray

from scene_renderer.camera import Array

NEAR = 80
"""Bits of `BITS` in which pictures may differ and still count as one."""
BITS = 576
_CHANNELS, _PIXELS = 3, 32
_DARK = 12.0
"""Grey levels added before the logarithm, so that noise in the dark does not count."""
_ROWS_AT_A_TIME = 64

Codes = NDArray[np.uint64]


def picture_code(image: NDArray[np.uint8]) -> Codes:
    """Returns the code of a picture: uint64, shape (9,).

    Args:
        image: uint8, shape (height, width, 3), RGB.
    """
    from PIL import Image

    shrunk = Image.fromarray(image).resize((_PIXELS, _PIXELS), Image.Resampling.BOX)
    red, green, blue = np.moveaxis(np.log(np.asarray(shrunk, np.float64) + _DARK), 2, 0)
    channels = np.stack([red + green + blue, red - green, blue - (red + green) / 2])
    basis, (rows, columns) = _basis(), _lowest()
    bits = (basis @ channels @ basis.T)[:, rows, columns] > 0
    return np.packbits(bits.ravel()).view(np.uint64)


def nearest(codes: Codes, others: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Finds for each code the nearest of the others, by the number of bits that differ.

    Args:
        codes: uint64, shape (n, 9).
        others: uint64, shape (m, 9), at least one.

    Returns:
        Distances in bits and indices into `others`, each int64, shape (n,).
    """
    distances, indices = np.empty((2, len(codes)), np.int64)
    columns = np.ascontiguousarray(others.T)
    for start in range(0, len(codes), _ROWS_AT_A_TIME):
        some = codes[start : start + _ROWS_AT_A_TIME]
        apart = np.zeros((len(some), len(others)), np.uint16)
        for word, column in zip(some.T, columns, strict=True):
            apart += np.bitwise_count(word[:, None] ^ column)
        index = apart.argmin(axis=1)
        indices[start : start + len(some)] = index
        distances[start : start + len(some)] = apart[np.arange(len(some)), index]
    return distances, indices


@functools.cache
def _basis() -> Array:
    """The cosines: float64, shape (frequency, pixel)."""
    steps = np.arange(_PIXELS)
    return np.cos(np.pi / _PIXELS * np.outer(steps, steps + 0.5))


@functools.cache
def _lowest() -> tuple[list[int], list[int]]:
    """Row and column of the lowest frequencies, without the mean."""
    pairs = [(i, j) for i in range(_PIXELS) for j in range(_PIXELS)]
    lowest = sorted(pairs, key=lambda pair: (sum(pair), pair))[1 : BITS // _CHANNELS + 1]
    return [i for i, _ in lowest], [j for _, j in lowest]
