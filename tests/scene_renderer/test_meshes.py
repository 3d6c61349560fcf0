"""Meshes are closed, fill the object's box, and physics has the same outline."""

from collections import Counter

import numpy as np
import pytest

from scene_renderer.catalogue import RECEIVERS, SHAPES
from scene_renderer.meshes import WALL, visual_mesh
from scene_renderer.solids import collision_parts

shapes = pytest.mark.parametrize("shape", SHAPES)


def largest(shape: str) -> float:
    return SHAPES[shape].sizes[1]


def part_corners(part) -> np.ndarray:
    """Points on the outside of a convex part, in the object's frame."""
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    if part.kind != "box":
        angles = np.linspace(0, 2 * np.pi, 64)
        level = 0.0 if part.kind == "sphere" else 1.0
        ring = np.stack([np.cos(angles), np.sin(angles), np.full(64, level)], axis=1)
        signs = np.concatenate([ring, ring * [1, 1, -1], [[0, 0, 1], [0, 0, -1]]])
    x, y, z, w = part.orientation
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return signs * np.array(part.extents) / 2 @ turn.T + np.array(part.position)


@shapes
def test_mesh_is_closed_with_every_edge_used_once_each_way(shape):
    _, faces = visual_mesh(shape, largest(shape))
    edges = Counter((int(a), int(b)) for t in faces for a, b in zip(t, np.roll(t, -1), strict=True))
    assert set(edges.values()) == {1}
    assert all((b, a) in edges for a, b in edges)


@shapes
def test_mesh_faces_outwards(shape):
    vertices, faces = visual_mesh(shape, largest(shape))
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() > 0


@shapes
def test_mesh_fills_the_box_and_is_centred_on_it(shape):
    size = largest(shape)
    vertices, _ = visual_mesh(shape, size)
    half = np.array(SHAPES[shape].extents(size)) / 2
    slack = 5e-4 if shape == "mug" else 1e-9  # whose handle's bar is round
    assert vertices.max(axis=0) == pytest.approx(half, abs=slack)
    lowest = [-half[1], -half[1], -half[2]] if shape == "mug" else -half  # one handle
    assert vertices.min(axis=0) == pytest.approx(lowest, abs=slack)


@shapes
def test_solids_stand_on_the_bottom_of_the_box_and_stay_inside_it(shape):
    size = largest(shape)
    points = np.concatenate([part_corners(p) for p in collision_parts(shape, size)])
    half = np.array(SHAPES[shape].extents(size)) / 2
    assert points[:, 2].min() == pytest.approx(-half[2], abs=1e-3)
    assert np.all(np.abs(points) <= half + 0.004)


@pytest.mark.parametrize("shape", RECEIVERS)
def test_receivers_are_hollow_above_their_floor(shape):
    size = largest(shape)
    vertices, _ = visual_mesh(shape, size)
    floor = vertices[-1]
    assert floor == pytest.approx([0, 0, WALL - SHAPES[shape].extents(size)[2] / 2], abs=1e-9)


def test_bottle_is_narrower_at_its_neck():
    vertices, _ = visual_mesh("bottle", 0.05)
    radius = np.hypot(vertices[:, 0], vertices[:, 1])
    height = vertices[:, 2]
    assert radius[height > 0.02].max() < 0.6 * radius[height < 0].max()
