"""Pictures: bytes of a file to pixels, and back."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scene_renderer.errors import DatasetError, UsageError

ENDINGS: tuple[str, ...] = (".png", ".jpg")
"""Of the pictures that commands write."""

_JPEG_QUALITY = 90


def decode_picture(data: bytes, what: str, mode: str = "RGB") -> NDArray[np.uint8]:
    """Returns a picture's pixels: uint8, shape (height, width, 3), RGB; without the 3 for "L".

    Args:
        data: the bytes of a PNG, or of any other kind that Pillow reads.
        what: how an error calls the picture, e.g. "The picture of scene 'train-7-000012'".
        mode: "RGB", or "L" for a mask.

    Raises:
        DatasetError: if the picture is truncated, broken, or far too large.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return np.asarray(picture.convert(mode))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{what} is broken: {error}.") from error


def encode_picture(picture: Image.Image, path: Path) -> bytes:
    """Returns the bytes of a picture's file, of the kind that the path's ending says.

    Raises:
        UsageError: if the path ends in none of `ENDINGS`.
    """
    check_ending(path)
    buffer = io.BytesIO()
    if path.suffix == ".png":
        picture.save(buffer, "PNG", optimize=True)
    else:
        picture.save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


def check_ending(path: Path) -> None:
    """Makes sure that a picture of this name can be encoded, before it is drawn.

    Raises:
        UsageError: if it ends in none of `ENDINGS`.
    """
    if path.suffix not in ENDINGS:
        raise UsageError(
            f"'{path}' is no picture that can be written; end it in {' or '.join(ENDINGS)}."
        )
