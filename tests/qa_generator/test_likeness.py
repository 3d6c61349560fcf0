from dataclasses import replace

import numpy as np
import pytest

from qa_generator.likeness import BITS, NEAR, nearest, picture_code
from scene_renderer.renderer import Renderer
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import Scene

RENDERER = Renderer()


def code(scene: Scene, size: int = 64):
    return picture_code(RENDERER.render(scene, size).image)


def apart(one, other) -> int:
    return int(nearest(one[None], other[None])[0][0])


def test_the_nearest_is_found_among_all(rng):
    codes, others = (rng.integers(0, 2**64, (n, BITS // 64), dtype=np.uint64) for n in (70, 150))
    others[140] = codes[69] ^ np.uint64(5)
    bits = np.unpackbits(codes[:, None].view(np.uint8) ^ others[None].view(np.uint8), axis=2)
    counted = bits.sum(axis=2)
    distances, indices = nearest(codes, others)
    assert np.array_equal(distances, counted.min(axis=1))
    assert np.array_equal(counted[np.arange(70), indices], distances)
    assert indices[69] == 140


@pytest.mark.parametrize("index", range(4))
def test_another_light_or_noise_or_size_leaves_a_picture_near(index):
    scene, lit = sample_scene(3, "test", index), sample_scene(4, "test", index)
    assert apart(code(scene), code(replace(scene, light=lit.light))) <= NEAR
    assert apart(code(scene), code(replace(scene, noise=8.0))) <= NEAR
    assert apart(code(scene), code(scene, 128)) <= NEAR


def test_scenes_that_share_table_camera_and_light_are_far_apart():
    codes = np.array([code(sample_scene(3, "train", index)) for index in range(8)])
    for place in range(8):
        distances, _ = nearest(codes[place : place + 1], np.delete(codes, place, axis=0))
        assert distances[0] > 1.5 * NEAR
