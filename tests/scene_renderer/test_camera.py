import numpy as np
import pytest

from scene_renderer.camera import Camera, are_apart, outline
from scene_renderer.errors import SceneError
from scene_renderer.scene import FRONT

DOWN = Camera((0.5, 0.0, 1.0), (0.5, 0.0, 0.0), 40.0)
POINTS = np.array([[0.4, -0.1, 0.0], [0.6, 0.2, 0.1], [0.45, 0.0, 0.3]])


@pytest.mark.parametrize("camera", [FRONT, DOWN])
def test_a_point_on_a_plane_is_found_again_from_its_pixel(camera: Camera) -> None:
    for point in POINTS:
        pixels = camera.project(point[None], 128)
        np.testing.assert_allclose(camera.unproject(pixels, 128, point[2])[0], point, atol=1e-9)


def test_the_target_is_in_the_middle_of_the_picture() -> None:
    np.testing.assert_allclose(FRONT.project(np.array([FRONT.target]), 100), [[50, 50]])


def test_the_robots_left_is_right_in_the_picture_and_forward_is_down() -> None:
    at, left, forward = FRONT.project(np.array([[0.45, 0, 0], [0.45, 0.1, 0], [0.55, 0, 0]]), 100)
    assert left[0] > at[0]
    assert forward[1] > at[1]


@pytest.mark.parametrize("camera", [FRONT, DOWN])
def test_pixels_agree_with_the_opengl_matrices(camera: Camera) -> None:
    homogeneous = np.column_stack([POINTS, np.ones(3)])
    clip = homogeneous @ (camera.projection_matrix() @ camera.view_matrix()).T
    expected = (clip[:, :2] / clip[:, 3:] * [1, -1] + 1) * 64
    np.testing.assert_allclose(camera.project(POINTS, 128), expected)


def test_a_ray_goes_one_metre_along_the_axis() -> None:
    pixel = FRONT.project(POINTS[:1], 128)[0]
    ray = FRONT.ray_matrix(128) @ [*pixel, 1]
    depth = -(FRONT.view_matrix() @ [*POINTS[0], 1])[2]
    np.testing.assert_allclose(FRONT.position + depth * ray, POINTS[0])


def test_an_outline_keeps_the_outer_points_and_drops_inner_ones() -> None:
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    found = outline(np.concatenate([square, [[0.5, 0.5]]]))
    assert {tuple(point) for point in found} == {tuple(point) for point in square}


def test_outlines_are_apart_until_they_touch() -> None:
    square = outline(np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]]))
    assert are_apart(square, square + np.array([1.1, 0.4]))
    assert not are_apart(square, square + np.array([0.9, 0.4]))


def test_an_impossible_camera_is_refused() -> None:
    with pytest.raises(SceneError, match="looks at where it is"):
        Camera((1, 0, 1), (1, 0, 1), 30.0)
    with pytest.raises(SceneError, match=r"has fov_deg 170; give 1 to 120"):
        Camera((1, 0, 1), (0, 0, 0), 170)
