"""A pinhole camera in the robot's base frame: matrices, projection and its inverse on a plane.

Frames: base (x forward, y to the robot's left, z up, metres) and pixel (u right, v down, origin
at the top left corner of the image; the centre of the first pixel is (0.5, 0.5)).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Vector = tuple[float, float, float]

NEAR = 0.05
FAR = 5.0


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

    def view_matrix(self) -> Array:
        """Returns `camera_from_base`: float64, shape (4, 4); the camera looks along its -z."""
        eye, target = np.array(self.position), np.array(self.target)
        backward = (eye - target) / np.linalg.norm(eye - target)
        right = np.cross([0.0, 0.0, 1.0], backward)
        right /= np.linalg.norm(right)
        camera_from_base = np.eye(4)
        camera_from_base[:3, :3] = np.stack([right, np.cross(backward, right), backward])
        camera_from_base[:3, 3] = -camera_from_base[:3, :3] @ eye
        return camera_from_base

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

    def project(self, points: Array, image_size: int) -> Array:
        """Maps base-frame points to pixels.

        Args:
            points: float64, shape (n, 3), metres, base frame.
            image_size: width and height of the picture in pixels.

        Returns:
            float64, shape (n, 2): (u, v) in pixels.
        """
        homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1)
        clip = homogeneous @ (self.projection_matrix() @ self.view_matrix()).T
        ndc = clip[:, :2] / clip[:, 3:]
        return (ndc * [1.0, -1.0] + 1.0) * image_size / 2

    def unproject(self, pixels: Array, image_size: int, height: float = 0.0) -> Array:
        """Maps pixels to the points they show on the horizontal plane at `height`.

        Args:
            pixels: float64, shape (n, 2): (u, v) in pixels.
            image_size: width and height of the picture in pixels.
            height: z of the plane, metres, base frame.

        Returns:
            float64, shape (n, 3), metres, base frame.
        """
        ndc = (pixels * 2 / image_size - 1.0) * [1.0, -1.0]
        tangent = np.tan(np.radians(self.fov_deg) / 2)
        rays_camera = np.concatenate([ndc * tangent, -np.ones((len(ndc), 1))], axis=1)
        rays_base = rays_camera @ self.view_matrix()[:3, :3]
        eye = np.array(self.position)
        return eye + rays_base * ((height - eye[2]) / rays_base[:, 2:])
