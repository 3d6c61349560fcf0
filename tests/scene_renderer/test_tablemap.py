import numpy as np
import pytest

from scene_renderer.catalogue import RECEIVERS, SHAPES
from scene_renderer.meshes import visual_mesh
from scene_renderer.tablemap import find_top


def width(points: np.ndarray) -> float:
    return float(np.ptp(points[:, 0]))


@pytest.mark.parametrize("shape", RECEIVERS)
def test_what_receives_shows_the_inside_of_its_rim(shape: str) -> None:
    vertices, _ = visual_mesh(shape, SHAPES[shape].sizes[0])
    assert 0.8 < width(find_top(vertices)) / width(vertices) < 0.97


def test_a_bottle_shows_its_cap_and_a_block_nothing_but_itself() -> None:
    bottle, _ = visual_mesh("bottle", 0.05)
    assert 0.4 < width(find_top(bottle)) / width(bottle) < 0.6
    assert all(not len(find_top(visual_mesh(shape, 0.05)[0])) for shape in ("cube", "ball"))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_top_is_above_and_within_the_whole(shape: str) -> None:
    vertices, _ = visual_mesh(shape, SHAPES[shape].sizes[1])
    top = find_top(vertices)
    assert not len(top) or len(np.unique(top.round(6), axis=0)) >= 3
    assert (top[:, 2] > vertices[:, 2].mean()).all()
    assert (np.abs(top[:, :2]) <= np.abs(vertices[:, :2]).max(axis=0)).all()
