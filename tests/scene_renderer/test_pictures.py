import io

import numpy as np
import pytest
from PIL import Image

from scene_renderer.errors import DatasetError
from scene_renderer.pictures import decode_picture


@pytest.fixture
def png():
    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_mask_stays_flat_and_a_picture_has_three_channels(png):
    assert decode_picture(png, "It", mode="L").shape == (8, 8)
    assert decode_picture(png, "It").shape == (8, 8, 3)


@pytest.mark.parametrize("length", [0, 20, 45])
def test_a_truncated_picture_is_told(png, length):
    with pytest.raises(DatasetError, match="The picture of pair 'a' is broken: "):
        decode_picture(png[:length], "The picture of pair 'a'")
