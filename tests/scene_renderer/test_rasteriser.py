import numpy as np
from numpy.typing import NDArray

from scene_renderer.bullet import pybullet
from scene_renderer.camera import Array, Camera
from scene_renderer.meshes import visual_mesh
from scene_renderer.rasteriser import NOTHING, Raster, Solid, rasterise
from scene_renderer.renderer import _solid
from scene_renderer.scene import FRONT

UP = np.array([0.0, 0.0, 1.0])
SIZE = 200


def at(x: float, y: float, z: float) -> Array:
    frame = np.eye(4)
    frame[:3, 3] = x, y, z
    return frame


def draw(solids: list[Solid], frames: list[Array], camera: Camera = FRONT) -> Raster:
    return Raster.empty(SIZE).draw(rasterise(solids, frames, camera, SIZE, UP), 0)


def flat(corners: list[tuple[float, float]], faces: list[tuple[int, int, int]]) -> Solid:
    """Triangles in the plane z = 0 that look up."""
    vertices = np.array([(x, y, 0.0) for x, y in corners])
    return Solid(vertices, np.array(faces), np.tile(UP, (3 * len(faces), 1)))


def body_by_pybullet(shapes: list[tuple[str, float]], frames: list[Array]) -> NDArray[np.int64]:
    """PyBullet samples half a pixel to the left of and below a pixel's centre, so move that."""
    client = pybullet.connect(pybullet.DIRECT)
    for (shape, size), frame in zip(shapes, frames, strict=True):
        vertices, faces = visual_mesh(shape, size)
        visual = pybullet.createVisualShape(
            pybullet.GEOM_MESH,
            vertices=vertices[faces].reshape(-1, 3).tolist(),
            indices=list(range(faces.size)),
            physicsClientId=client,
        )
        pybullet.createMultiBody(
            baseVisualShapeIndex=visual, basePosition=frame[:3, 3].tolist(), physicsClientId=client
        )
    shift = np.eye(4)
    shift[:2, 3] = -1 / SIZE, -1 / SIZE
    projection = shift @ FRONT.projection_matrix()
    matrices = [m.T.ravel().tolist() for m in (FRONT.view_matrix(), projection)]
    *_, ids = pybullet.getCameraImage(
        SIZE, SIZE, *matrices, renderer=pybullet.ER_TINY_RENDERER, physicsClientId=client
    )
    pybullet.disconnect(client)
    return np.reshape(ids, -1)


def test_it_sees_what_pybullets_rasteriser_sees() -> None:
    shapes = [("bowl", 0.15), ("bottle", 0.05), ("cube", 0.05), ("tray", 0.18), ("ball", 0.05)]
    places = [(0.45, -0.1), (0.5, 0.0), (0.42, 0.12), (0.6, 0.12), (0.4, -0.05)]
    frames = [at(x, y, 0.03) for x, y in places]
    found = draw([_solid(*visual_mesh(*shape)) for shape in shapes], frames).body.astype(int)
    expected = body_by_pybullet(shapes, frames)
    assert set(np.unique(found)) == {*range(len(shapes)), NOTHING}
    assert np.mean(np.where(found == NOTHING, -1, found) == expected) >= 0.9999


def test_triangles_that_share_an_edge_leave_no_gap_and_share_no_pixel() -> None:
    corners = [(0.3, -0.1), (0.5, -0.12), (0.52, 0.1), (0.31, 0.13), (0.41, 0.013)]
    fan = flat(corners, [(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)])
    whole = flat(corners, [(0, 1, 2), (0, 2, 3)])
    pixels = rasterise([fan], [np.eye(4)], FRONT, SIZE, UP).pixel
    assert len(np.unique(pixels)) == len(pixels) > 1000
    expected = rasterise([whole], [np.eye(4)], FRONT, SIZE, UP).pixel
    np.testing.assert_array_equal(np.sort(pixels), np.sort(expected))


def test_the_nearer_solid_wins_in_any_order() -> None:
    square = flat([(0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1)], [(0, 1, 2), (0, 2, 3)])
    low, high = at(0.4, 0, 0), at(0.4, 0, 0.05)
    first, second = draw([square, square], [low, high]), draw([square, square], [high, low])
    swapped = np.array([1, 0])
    is_seen = first.body != NOTHING
    np.testing.assert_array_equal(swapped[first.body[is_seen]], second.body[is_seen])
    np.testing.assert_array_equal(first.nearness, second.nearness)
    assert {0, 1} <= set(np.unique(first.body).tolist())


def test_nearness_is_one_over_the_distance_along_the_axis() -> None:
    square = flat([(0.3, -0.1), (0.5, -0.1), (0.5, 0.1), (0.3, 0.1)], [(0, 1, 2), (0, 2, 3)])
    raster = draw([square], [np.eye(4)])
    u, v = FRONT.project(np.array([[0.4, 0.0, 0.0]]), SIZE)[0].astype(int)
    point = FRONT.unproject(np.array([[u + 0.5, v + 0.5]]), SIZE)[0]
    depth = float((FRONT.pixel_matrix(SIZE) @ [*point, 1.0])[2])
    np.testing.assert_allclose(raster.nearness[v * SIZE + u], 1 / depth, rtol=1e-5)
    np.testing.assert_allclose(raster.facing[v * SIZE + u], 1.0, rtol=1e-5)


def test_what_is_turned_away_behind_or_beside_the_camera_is_not_seen() -> None:
    square = flat([(0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1)], [(0, 1, 2), (0, 2, 3)])
    turned = Solid(square.vertices, square.faces[:, ::-1], square.normals)
    behind = draw([square], [at(2.5, 0, 2.2)])
    beside = draw([square], [at(0.4, 1.5, 0)])
    away = draw([turned], [at(0.4, 0, 0)])
    assert all(np.all(raster.body == NOTHING) for raster in (behind, beside, away))
