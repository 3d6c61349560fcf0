"""A place on the table is found again in what models see, after their processors' resizing.

Images are resized by the image processors of SmolVLM and Qwen2-VL, built from config. Because a
picture's corner is its origin and it stays square, a place's pixel in the resized picture is
`Camera.project` with the new size; here a dot that is drawn at a place has to come out there.
"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scene_renderer.camera import Camera
from scene_renderer.cameras import view_from
from scene_renderer.sampler import sample_scene

PLACES = np.array([[x, y, 0.0] for x in (0.38, 0.52, 0.61) for y in (-0.17, 0.03, 0.19)])
Pixels = NDArray[np.float64]


def draw_dot(camera: Camera, place: Pixels, size: int) -> Image.Image:
    """A soft white dot on black around a place of the table."""
    u, v = camera.project(place[None], size)[0]
    centres = np.arange(size) + 0.5
    away = (centres[None, :] - u) ** 2 + (centres[:, None] - v) ** 2
    grey = np.round(255 * np.exp(-away / (2 * 2.5**2))).astype(np.uint8)
    return Image.fromarray(np.repeat(grey[..., None], 3, axis=-1))


def find_dot(picture: Pixels) -> Pixels:
    """The middle of what is bright: (u, v)."""
    bright = np.maximum(picture - picture.min() - 0.05 * np.ptp(picture), 0)
    centres = np.arange(len(picture)) + 0.5
    u, v = (bright.sum(axis=axis) @ centres / bright.sum() for axis in (0, 1))
    return np.array([u, v])


def smolvlm(picture: Image.Image, size: int) -> Pixels:
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    edge = {"longest_edge": size}
    processor = SmolVLMImageProcessorPil(do_image_splitting=False, size=edge, max_image_size=edge)
    pixels: Any = processor(images=[picture], return_tensors="np")["pixel_values"]
    return np.asarray(pixels[0, 0, 0], np.float64)


def qwen2_vl(picture: Image.Image, size: int) -> Pixels:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import (
        Qwen2VLImageProcessorPil,
    )

    processor = Qwen2VLImageProcessorPil(min_pixels=56**2, max_pixels=size**2)
    done: Any = processor(images=[picture], return_tensors="np")
    _, rows, columns = done["image_grid_thw"][0]
    merged, patch = processor.merge_size, processor.patch_size
    grid = (rows // merged, columns // merged, merged, merged)
    patches = done["pixel_values"].reshape(*grid, 3, processor.temporal_patch_size, patch, patch)
    pixels = patches[:, :, :, :, 0, 0].transpose(0, 2, 4, 1, 3, 5)
    return np.asarray(pixels.reshape(rows * patch, columns * patch), np.float64)


@pytest.mark.parametrize("name", ["front", "top", "left"])
@pytest.mark.parametrize(
    ("processor", "given", "wanted", "made"),
    [
        (smolvlm, 128, 128, 128),
        (smolvlm, 128, 512, 512),
        (smolvlm, 300, 224, 224),
        (qwen2_vl, 224, 224, 224),
        (qwen2_vl, 200, 448, 196),
        (qwen2_vl, 384, 280, 280),
    ],
)
def test_a_place_on_the_table_survives_the_processor(
    processor: Any, given: int, wanted: int, made: int, name: str
) -> None:
    camera = view_from(sample_scene(5, "test_look", 1), name).camera
    for place in PLACES:
        picture = processor(draw_dot(camera, place, given), wanted)
        assert picture.shape == (made, made)
        found = find_dot(picture)
        expected = camera.project(place[None], made)[0]
        assert np.abs(found - expected).max() < 0.5
        back = camera.unproject(found[None], made)
        in_given = camera.project(back, given) - camera.project(place[None], given)
        assert np.abs(in_given).max() < 0.5


def test_half_a_pixel_is_enough_to_be_noticed() -> None:
    """The dot's middle is found far more exactly than is asked for."""
    camera = sample_scene(5, "test_look", 1).camera
    picture = np.asarray(draw_dot(camera, PLACES[4], 128).convert("L"), np.float64)
    expected = camera.project(PLACES[4:5], 128)[0]
    assert np.abs(find_dot(picture) - expected).max() < 0.05
