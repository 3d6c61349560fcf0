"""`Renderer`: a scene to a picture, a mask and boxes; owns one PyBullet world for looks only.

PyBullet's software rasteriser finds what every pixel shows, once from the camera and once from
the lamp; `shading.py` colours it. A picture is rasterised at twice its size and averaged down.
The same scene gives the same bytes whatever was rendered before.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from scene_renderer.bullet import pybullet
from scene_renderer.camera import Array, Camera, Vector, outline
from scene_renderer.kinematics import FINGER_OPEN, start_joints
from scene_renderer.meshes import Faces, Quaternion, visual_mesh
from scene_renderer.panda import load_parts, place_parts
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.shading import Raster, corner_normals, lamp_camera, linear_depth, shade
from scene_renderer.vocabulary import COLORS

Index = NDArray[np.int64]
Pose = tuple[Vector, Quaternion]
"""Position of an object's centre, metres, base frame, and its orientation as xyzw."""

ARM = 255
"""What the mask says where the arm is."""

OVERSAMPLING = 2
LAMP_OVERSAMPLING = 1.5
"""Widths of what camera and lamp see, over the width of the picture."""


@dataclass(frozen=True)
class Rendering:
    """A picture and what is known about its pixels.

    Attributes:
        image: uint8, shape (size, size, 3), RGB.
        mask: uint8, shape (size, size): 0 table, i + 1 `scene.objects[i]`, `ARM` the arm.
        boxes: int64, shape (objects, 4): (u0, v0, u1, v1) pixels around what is visible of each
            object, u1 and v1 exclusive; zeros if nothing is.
        visible: float64, shape (objects,): share of each object's outline that nothing covers.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    boxes: NDArray[np.int64]
    visible: Array


class Renderer:
    """A persistent world with the arm in it; objects come and go with each scene."""

    def __init__(self) -> None:
        self._client: int = pybullet.connect(pybullet.DIRECT)
        self._shapes: dict[tuple[str, float], int] = {}
        self._meshes: dict[tuple[str, float], Array] = {}
        self._parts = load_parts()
        self._arm = [
            self._add_body(self._add_shape(part.vertices, part.faces)) for part in self._parts
        ]

    def close(self) -> None:
        """Ends the world."""
        pybullet.disconnect(self._client)

    def render(
        self,
        scene: Scene,
        image_size: int,
        *,
        joints: Array | None = None,
        opening: float = FINGER_OPEN,
        poses: Mapping[str, Pose] | None = None,
    ) -> Rendering:
        """Takes the scene's picture.

        Args:
            scene: what to draw.
            image_size: width and height in pixels.
            joints: float64, shape (7,), of the arm; default: those of the scene's end effector.
            opening: distance of each finger from the middle, metres.
            poses: where objects are by name; default: where the scene has them.

        Raises:
            SceneError: if the arm cannot reach the scene's end effector.
        """
        placed = [_pose(o, poses) for o in scene.objects]
        start = scene.end_effector
        if joints is None:
            joints = start_joints(start.position, start.yaw)
        self._place_arm(joints, opening)
        with self._objects(scene, placed) as bodies:
            numbers, lamp_direction = self._body_numbers(bodies), scene.light.direction
            size = image_size * OVERSAMPLING
            seen = self._rasterise(scene.camera, size, numbers, lamp_direction)
            size = round(image_size * LAMP_OVERSAMPLING)
            lamp = self._rasterise(lamp_camera(scene.light), size, numbers, lamp_direction)
        colors = [COLORS[o.color] for o in scene.objects] + [p.color for p in self._parts]
        picture = shade(scene, seen, lamp, np.array(colors, np.float32), image_size)
        boxes, visible = self._labels(scene, seen, placed)
        sample = seen.body[1::OVERSAMPLING, 1::OVERSAMPLING]
        mask = np.where(sample >= len(placed), ARM, sample + 1).astype(np.uint8)
        return Rendering((picture * 255 + 0.5).astype(np.uint8), mask, boxes, visible)

    def _labels(self, scene: Scene, seen: Raster, placed: list[Pose]) -> tuple[Index, Array]:
        labels = []
        camera = scene.camera
        axis = camera.view_matrix()[2]
        for number, (item, (position, turn)) in enumerate(zip(scene.objects, placed, strict=True)):
            rotation = np.reshape(pybullet.getMatrixFromQuaternion(turn), (3, 3))
            points = self._meshes[item.shape, item.size] @ rotation.T + position
            polygon = outline(camera.project(points, len(seen.body)))
            distance = -float(axis @ [*position, 1.0])
            labels.append(_label(seen, number, polygon, distance))
        return np.stack([box for box, _ in labels]), np.array([share for _, share in labels])

    def _place_arm(self, joints: Array, opening: float) -> None:
        frames = place_parts(joints, opening)
        turns = [_quaternion(frame[:3, :3]) for frame in frames]
        for body, part in zip(self._arm, self._parts, strict=True):
            pybullet.resetBasePositionAndOrientation(
                body, frames[part.frame][:3, 3].tolist(), turns[part.frame], self._client
            )

    @contextmanager
    def _objects(self, scene: Scene, poses: list[Pose]) -> Iterator[list[int]]:
        """Puts the objects into the world for a while; last in is first out (see `_rasterise`)."""
        bodies = []
        try:
            for item, pose in zip(scene.objects, poses, strict=True):
                bodies.append(self._add_body(self._object_shape(item), *pose))
            yield bodies
        finally:
            for body in reversed(bodies):
                pybullet.removeBody(body, self._client)

    def _object_shape(self, item: SceneObject) -> int:
        key = (item.shape, item.size)
        if key not in self._shapes:
            vertices, faces = visual_mesh(*key)
            self._meshes[key] = vertices
            self._shapes[key] = self._add_shape(vertices, faces)
        return self._shapes[key]

    def _add_shape(self, vertices: Array, faces: Faces) -> int:
        number: int = pybullet.createVisualShape(
            pybullet.GEOM_MESH,
            vertices=vertices[faces].reshape(-1, 3).tolist(),
            indices=list(range(faces.size)),
            normals=corner_normals(vertices, faces).reshape(-1, 3).tolist(),
            rgbaColor=[1, 1, 1, 1],
            physicsClientId=self._client,
        )
        return number

    def _add_body(
        self, shape: int, position: Vector = (0, 0, 0), turn: Quaternion = (0, 0, 0, 1)
    ) -> int:
        body: int = pybullet.createMultiBody(
            baseVisualShapeIndex=shape,
            basePosition=position,
            baseOrientation=turn,
            physicsClientId=self._client,
        )
        return body

    def _body_numbers(self, bodies: list[int]) -> NDArray[np.int64]:
        """Maps PyBullet's body ids, plus one, to: -1 nothing, 0.. objects, then arm parts."""
        ids = [*bodies, *self._arm]
        numbers = np.full(max(ids) + 2, -1)
        numbers[np.array(ids) + 1] = np.arange(len(ids))
        return numbers

    def _rasterise(
        self, camera: Camera, size: int, numbers: Index, lamp_direction: Vector
    ) -> Raster:
        """Finds what each pixel shows.

        Surfaces at the same depth are won by the body that PyBullet draws first. It draws in the
        order of a table in which a removed body's place is filled with the last one, so removing
        the last ones first keeps that order the same for every scene.
        """
        _, _, rgba, depth, ids = pybullet.getCameraImage(
            size,
            size,
            camera.view_matrix().T.ravel().tolist(),
            camera.projection_matrix().T.ravel().tolist(),
            lightDirection=lamp_direction,
            lightColor=[1, 1, 1],
            lightAmbientCoeff=0.0,
            lightDiffuseCoeff=1.0,
            lightSpecularCoeff=0.0,
            shadow=0,
            renderer=pybullet.ER_TINY_RENDERER,
            physicsClientId=self._client,
        )
        facing = np.reshape(rgba, (size, size, 4))[..., 0] / 255
        return Raster(
            numbers[np.reshape(ids, (size, size)) + 1],
            linear_depth(np.reshape(depth, (size, size))),
            facing.astype(np.float32),
        )


def _pose(item: SceneObject, poses: Mapping[str, Pose] | None) -> Pose:
    if poses is not None and item.name in poses:
        return poses[item.name]
    return item.position, (0.0, 0.0, float(np.sin(item.yaw / 2)), float(np.cos(item.yaw / 2)))


def _quaternion(turn: Array) -> list[float]:
    """A rotation matrix as a quaternion xyzw.

    Source: Bar-Itzhack, "New method for extracting the quaternion from a rotation matrix", 2000.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = turn.tolist()
    symmetric = [
        [xx - yy - zz, 0, 0, 0],
        [xy + yx, yy - xx - zz, 0, 0],
        [xz + zx, yz + zy, zz - xx - yy, 0],
        [zy - yz, xz - zx, yx - xy, xx + yy + zz],
    ]
    vectors: list[float] = np.linalg.eigh(symmetric)[1][:, 3].tolist()
    return vectors


def _label(seen: Raster, number: int, polygon: Array, distance: float) -> tuple[Index, float]:
    """Returns an object's box in pixels of the picture, and its visible share.

    That share is its own pixels over those and the pixels of nearer bodies inside its outline.
    """
    is_own = seen.body == number
    rows, columns = np.nonzero(is_own.any(1))[0], np.nonzero(is_own.any(0))[0]
    if not len(rows):
        return np.zeros(4, np.int64), 0.0
    box = np.array([columns[0], rows[0], columns[-1] + OVERSAMPLING, rows[-1] + OVERSAMPLING])
    left, top = np.maximum(np.floor(polygon.min(axis=0)).astype(int), 0)
    right, bottom = np.ceil(polygon.max(axis=0)).astype(int) + 1
    window = (slice(top, bottom), slice(left, right))
    is_nearer = (seen.body[window] >= 0) & ~is_own[window] & (seen.depth[window] < distance)
    inside = Image.new("1", is_nearer.shape[::-1])
    ImageDraw.Draw(inside).polygon((polygon - [left + 0.5, top + 0.5]).ravel().tolist(), fill=1)
    own, covered = np.count_nonzero(is_own), np.count_nonzero(np.asarray(inside) & is_nearer)
    return box // OVERSAMPLING, own / (own + covered)
