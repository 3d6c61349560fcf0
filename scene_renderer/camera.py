"""A pinhole camera in the robot's base frame: matrices, projection and its inverse on a plane.

Frames: base (x forward, y to the robot's left, z up, metres) and pixel (u right, v down, origin
at the top left corner of the image; the centre of the first pixel is (0.5, 0.5)).
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scene_renderer.errors import SceneError

Array = NDArray[np.float64]
Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
"""x, y, z, w."""

NEAR = 0.05
FAR = 5.0

_VIEW_FROM_CAMERA = np.diag([1.0, -1.0, -1.0, 1.0])
"""From OpenGL's camera, which looks along -z with y up, to one that looks along z with y down."""


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from; images are square.

    Attributes:
        position: the eye, metres, base frame.
        target: the point in the middle of the picture, metres, base frame.
        fov_deg: vertical field of view in degrees.
        name: what it is called.
    """

    position: Vector
    target: Vector
    fov_deg: float
    name: str = "front"

    def __post_init__(self) -> None:
        if self.position == self.target:
            raise SceneError(f"Camera '{self.name}' looks at where it is; move its target.")
        if not 1 <= self.fov_deg <= 120:
            raise SceneError(
                f"Camera '{self.name}' has fov_deg {self.fov_deg}; give 1 to 120 degrees."
            )

    def view_matrix(self) -> Array:
        """Returns `camera_from_base`: float64, shape (4, 4); the camera looks along its -z.

        Up in the picture is the base's z, or -x for a camera that looks straight down.
        """
        return _view_matrix(self.position, self.target)

    def projection_matrix(self) -> Array:
        """Returns `clip_from_camera` as OpenGL defines it: float64, shape (4, 4)."""
        f = 1.0 / np.tan(np.radians(self.fov_deg) / 2)
        depth = NEAR - FAR
        return np.array(
            [
                [f, 0.0, 0.0, 0.0],
                [0.0, f, 0.0, 0.0],
                [0.0, 0.0, (FAR + NEAR) / depth, 2 * FAR * NEAR / depth],
                [0.0, 0.0, -1.0, 0.0],
            ]
        )

    def intrinsics(self, image_size: int) -> Array:
        """Returns `pixel_from_view`: float64, shape (3, 3), pixels.

        Its frame is that of computer vision: x to the right in the picture, y down, z forward.
        """
        half, f = image_size / 2, 1.0 / np.tan(np.radians(self.fov_deg) / 2)
        return np.array([[f * half, 0.0, half], [0.0, f * half, half], [0.0, 0.0, 1.0]])

    def extrinsics(self) -> Array:
        """Returns `view_from_base`: float64, shape (4, 4), metres; frame as in `intrinsics`."""
        return _VIEW_FROM_CAMERA @ self.view_matrix()

    def pixel_matrix(self, image_size: int) -> Array:
        """Returns `pixel_from_base`, homogeneous: float64, shape (3, 4); row 2 gives the depth."""
        return _pixel_matrix(self, image_size)

    def ray_matrix(self, image_size: int) -> Array:
        """Returns the ray through each pixel, of length 1 along the camera's axis.

        Returns:
            float64, shape (3, 3): from (u, v, 1) in pixels to a direction in the base frame.
        """
        return np.asarray(np.linalg.inv(self.pixel_matrix(image_size)[:, :3]), np.float64)

    def project(self, points: Array, image_size: int) -> Array:
        """Maps base-frame points to pixels.

        Args:
            points: float64, shape (n, 3), metres, base frame.
            image_size: width and height of the picture in pixels.

        Returns:
            float64, shape (n, 2): (u, v) in pixels.
        """
        homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1)
        pixels = homogeneous @ self.pixel_matrix(image_size).T
        return np.asarray(pixels[:, :2] / pixels[:, 2:])

    def unproject(self, pixels: Array, image_size: int, height: float = 0.0) -> Array:
        """Maps pixels to the points they show on the horizontal plane at `height`.

        Args:
            pixels: float64, shape (n, 2): (u, v) in pixels.
            image_size: width and height of the picture in pixels.
            height: z of the plane, metres, base frame.

        Returns:
            float64, shape (n, 3), metres, base frame.
        """
        homogeneous = np.concatenate([pixels, np.ones((len(pixels), 1))], axis=1)
        rays = homogeneous @ self.ray_matrix(image_size).T
        eye = np.array(self.position)
        return np.asarray(eye + rays * ((height - eye[2]) / rays[:, 2:]))


@functools.lru_cache(maxsize=16)
def _view_matrix(position: Vector, target: Vector) -> Array:
    eye, middle = np.array(position), np.array(target)
    backward = (eye - middle) / np.linalg.norm(eye - middle)
    up = [0.0, 0.0, 1.0] if abs(backward[2]) < 0.999 else [-1.0, 0.0, 0.0]
    right = np.cross(up, backward)
    right /= np.linalg.norm(right)
    camera_from_base = np.eye(4)
    camera_from_base[:3, :3] = np.stack([right, np.cross(backward, right), backward])
    camera_from_base[:3, 3] = -camera_from_base[:3, :3] @ eye
    camera_from_base.flags.writeable = False
    return camera_from_base


@functools.lru_cache(maxsize=16)
def _pixel_matrix(camera: Camera, image_size: int) -> Array:
    matrix: Array = camera.intrinsics(image_size) @ camera.extrinsics()[:3]
    matrix.flags.writeable = False
    return matrix


_AROUND = np.stack([f(np.arange(32) * np.pi / 16) for f in (np.cos, np.sin)])
"""32 directions round the circle: float64, shape (2, 32)."""


def outline(pixels: Array) -> Array:
    """Returns the convex outline of points: float64, shape (32, 2), in order round it."""
    return np.asarray(pixels[np.argmax(pixels @ _AROUND, axis=0)])


def are_apart(a: Array, b: Array) -> bool:
    """Whether one of 32 directions separates two outlines."""
    return bool(np.any((a @ _AROUND).max(axis=0) < (b @ _AROUND).min(axis=0)))
