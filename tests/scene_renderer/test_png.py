import io

import numpy as np
import pytest
from PIL import Image

from scene_renderer.png import encode_png


@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 7), (1, 1, 3), (1, 1), (64, 64, 3)])
def test_pillow_reads_back_what_was_encoded(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    picture = Image.open(io.BytesIO(encode_png(pixels)))
    picture.load()
    assert picture.format == "PNG"
    assert picture.mode == ("RGB" if len(shape) == 3 else "L")
    np.testing.assert_array_equal(np.asarray(picture), pixels)


def test_flat_pictures_are_small_and_flat_masks_hardly_anything() -> None:
    assert len(encode_png(np.full((224, 224, 3), 7, np.uint8))) < 224 * 224 * 3 / 7
    assert len(encode_png(np.full((224, 224), 7, np.uint8))) < 1000
