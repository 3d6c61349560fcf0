"""Table tops made by arithmetic: wood, stone, cloth and plain, 2 m by 2 m each.

A texture is brightness and hue only; a scene's `tint` colours it, and its camera, light and tint
together say which part of it the table shows, so that hardly two tables look the same.
"""

import functools
import math
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scene_renderer.camera import Array

SIDE = 2.0
"""Width and depth that a texture covers, metres."""

TEXELS = 2048

_WOOD_DARK, _WOOD_LIGHT = (0.50, 0.36, 0.24), (0.70, 0.55, 0.40)
_STONE_DARK, _STONE_LIGHT = (0.50, 0.50, 0.51), (0.66, 0.66, 0.65)
_CLOTH_DARK, _CLOTH_LIGHT = (0.53, 0.55, 0.57), (0.72, 0.71, 0.68)
_PLAIN = (0.66, 0.64, 0.61)


@functools.cache
def load_texture(kind: str, coarse: int) -> Image.Image:
    """Returns a table top seen from above: RGB, its rows along x, its columns along y.

    Args:
        kind: a word from `TABLES`.
        coarse: how many texels of each axis become one; small pictures need few.
    """
    if coarse > 1:
        return load_texture(kind, 1).reduce(coarse)
    rng = np.random.default_rng(zlib.crc32(kind.encode()))
    rgb = {"wood": _wood, "stone": _stone, "cloth": _cloth, "plain": _plain}[kind](rng)
    return Image.fromarray((np.clip(rgb, 0, 1) * 255).astype(np.uint8))


def texel_from_table(number: int, coarse: int) -> Array:
    """Returns where a table shows its texture: a shift of up to 0.3 m, maybe mirrored.

    Args:
        number: its lowest 18 bits decide.
        coarse: as in `load_texture`.

    Returns:
        float64, shape (3, 3): from (x, y, 1) in metres, base frame, to (column, row, 1).
    """
    along, across = (number & 255) / 255, (number >> 8 & 255) / 255
    side_x, side_y = (1 if number >> 16 & 1 else -1), (1 if number >> 17 & 1 else -1)
    scale = TEXELS / coarse / SIDE
    middle_x, middle_y = 0.35, 0.0
    column = (SIDE / 2 + 0.3 * (2 * across - 1) - side_y * middle_y) * scale
    row = (SIDE / 2 + 0.3 * (2 * along - 1) - side_x * middle_x) * scale
    return np.array([[0.0, side_y * scale, column], [side_x * scale, 0.0, row], [0.0, 0.0, 1.0]])


def _wood(rng: np.random.Generator) -> NDArray[np.float32]:
    """Boards along y, each with long wavy grain of its own."""
    across = np.linspace(0, 1, TEXELS, False, dtype=np.float32)[:, None]
    along = across.T
    boards = 14
    board = np.floor(across * boards).astype(np.int64)
    phase, shade = rng.random((2, boards)).astype(np.float32)
    bend = 0.012 * np.sin(2 * math.pi * (along * np.float32(1.3) + phase[board]))
    grain = _noise(rng, 96, 3) + _noise(rng, 400, 6) / 2
    rings = np.sin(2 * math.pi * 55 * (across + bend) + 5 * _noise(rng, 12, 3))
    share = 0.5 + 0.10 * rings + 0.30 * grain + 0.16 * (shade[board] * 2 - 1)
    seam = np.abs(across * boards - np.round(across * boards))[:, 0] < 0.012
    rgb = _blend(_WOOD_DARK, _WOOD_LIGHT, share)
    rgb[seam] *= 0.72
    return rgb


def _stone(rng: np.random.Generator) -> NDArray[np.float32]:
    """Clouds with a few pale veins."""
    clouds = _noise(rng, 6, 6) + 0.6 * _noise(rng, 24, 24) + 0.35 * _noise(rng, 200, 200)
    veins = np.exp(-((14 * (_noise(rng, 5, 5) + 0.3 * _noise(rng, 20, 20))) ** 2))
    return _blend(_STONE_DARK, _STONE_LIGHT, 0.5 + 0.35 * clouds + 0.22 * veins)


def _cloth(rng: np.random.Generator) -> NDArray[np.float32]:
    """A checked tablecloth: stripes of two widths both ways, threads of uneven strength, folds."""
    place = np.linspace(0, SIDE, TEXELS, False, dtype=np.float32)
    stripe = (place % 0.16 < 0.055) * 0.5 + (np.abs(place % 0.16 - 0.105) < 0.008) * 0.3
    threads = rng.normal(0, 0.07, (2, TEXELS)).astype(np.float32)
    share = (stripe + threads[0])[:, None] + (stripe + threads[1])[None, :]
    weave = 0.05 * np.sin(2 * math.pi * place / 0.005)
    share += weave[:, None] * np.sign(weave)[None, :] + 0.05 * _noise(rng, 9, 9)
    return _blend(_CLOTH_DARK, _CLOTH_LIGHT, 1 - 0.9 * np.clip(share, 0, 1.2))


def _plain(rng: np.random.Generator) -> NDArray[np.float32]:
    """A painted board, hardly uneven."""
    unevenness = 1 + 0.015 * _noise(rng, 300, 300) + 0.02 * _noise(rng, 6, 6)
    return (np.array(_PLAIN, np.float32) * unevenness[..., None]).astype(np.float32)


def _noise(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Smooth noise in about [-1, 1] with this many bumps along each axis."""
    coarse = Image.fromarray(rng.uniform(-1, 1, (rows, columns)).astype(np.float32))
    smooth = coarse.resize((TEXELS, TEXELS), Image.Resampling.BICUBIC)
    return np.asarray(smooth, np.float32)


def _blend(
    dark: tuple[float, float, float], light: tuple[float, float, float], share: Array
) -> NDArray[np.float32]:
    low, high = np.array(dark, np.float32), np.array(light, np.float32)
    return (low + (high - low) * share[..., None]).astype(np.float32)
