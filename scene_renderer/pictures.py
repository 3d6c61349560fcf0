"""Reads pictures: bytes of a file to pixels."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scene_renderer.errors import DatasetError


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
