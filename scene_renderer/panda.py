"""What the Panda looks like: a coarse mesh of every link, and where each stands.

The meshes come with pybullet_data and have 108,000 triangles, most of them too small to see; here
vertices that share a small cell of space become one, which leaves about 9,000.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scene_renderer.camera import Array, Vector
from scene_renderer.kinematics import link_frames

Faces = NDArray[np.int64]

SHELL: Vector = (0.90, 0.91, 0.93)
JOINT: Vector = (0.20, 0.21, 0.23)
"""The two colours of the arm: RGB in [0, 1]."""

CELL = 0.018
HAND_CELL = 0.007
"""Cells in which the vertices of links and of the hand become one, metres."""

_LINKS = (
    "collision/link0",
    *(f"visual/link{i}" for i in range(1, 7)),
    "collision/link7",
    "visual/hand",
    "visual/finger",
    "visual/finger",
)
"""Mesh of each frame of `place_parts`; links 0 and 7 have none for show."""

_FLANGE_TO_HAND = 0.107
_HAND_TO_FINGER = 0.0584


@dataclass(frozen=True)
class ArmPart:
    """The triangles of one colour on one link.

    Attributes:
        frame: index into the frames of `place_parts`.
        color: RGB in [0, 1].
        vertices: float64, shape (n, 3), metres, link frame.
        faces: int64, shape (m, 3).
    """

    frame: int
    color: Vector
    vertices: Array
    faces: Faces


def load_parts() -> tuple[ArmPart, ...]:
    """Reads and thins the meshes of all links; takes about half a second."""
    import pybullet_data

    folder = Path(pybullet_data.getDataPath()) / "franka_panda" / "meshes"
    parts = []
    for frame, name in enumerate(_LINKS):
        cell = CELL if "link" in name else HAND_CELL
        vertices, faces = _read_obj(folder / f"{name}.obj")
        for color, some in faces.items():
            parts.append(ArmPart(frame, color, *_thin(vertices, some, cell)))
    return tuple(parts)


def place_parts(joints: Array, opening: float) -> list[Array]:
    """Returns where the links, the hand and both fingers are.

    Args:
        joints: float64, shape (7,), radians.
        opening: distance of each finger from the middle, metres.

    Returns:
        `base_from_link` of links 0 to 7, hand, left and right finger: float64, each (4, 4).
    """
    frames = link_frames(joints)
    hand = frames[-1] @ _turned(-math.pi / 4, (0.0, 0.0, _FLANGE_TO_HAND))
    left = hand @ _turned(0.0, (0.0, opening, _HAND_TO_FINGER))
    right = hand @ _turned(math.pi, (0.0, -opening, _HAND_TO_FINGER))
    return [*frames, hand, left, right]


def _turned(yaw: float, offset: Vector) -> Array:
    c, s = math.cos(yaw), math.sin(yaw)
    matrix = np.eye(4)
    matrix[:2, :2] = [[c, -s], [s, c]]
    matrix[:3, 3] = offset
    return matrix


def _read_obj(path: Path) -> tuple[Array, dict[Vector, Faces]]:
    """Reads vertices, and faces by colour."""
    materials = _read_mtl(path.with_suffix(".mtl"))
    vertices: list[list[float]] = []
    faces: dict[Vector, list[list[int]]] = {}
    color = SHELL
    for line in path.read_text().splitlines():
        key, *words = line.split() or [""]
        if key == "v":
            vertices.append([float(word) for word in words[:3]])
        elif key == "usemtl":
            color = materials.get(words[0], SHELL)
        elif key == "f":
            faces.setdefault(color, []).append([int(w.split("/")[0]) - 1 for w in words])
    return np.array(vertices), {c: np.array(f) for c, f in faces.items()}


def _read_mtl(path: Path) -> dict[str, Vector]:
    """Reads which materials are bright, hence shell, and which dark."""
    materials: dict[str, Vector] = {}
    name = ""
    for line in path.read_text().splitlines() if path.exists() else ():
        key, *words = line.split() or [""]
        if key == "newmtl":
            name = words[0]
        elif key == "Kd":
            materials[name] = SHELL if min(float(word) for word in words) > 0.6 else JOINT
    return materials


def _thin(vertices: Array, faces: Faces, cell: float) -> tuple[Array, Faces]:
    """Makes the vertices of a cell one, at their mean, and drops faces that vanish.

    Source: Rossignac and Borrel, "Multi-resolution 3D approximations for rendering complex
        scenes", 1993.
    """
    used, faces = np.unique(faces, return_inverse=True)
    points = vertices[used]
    cells = np.floor(points / cell)
    _, group, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    means = np.zeros((len(count), 3))
    np.add.at(means, group.ravel(), points)
    thin = group.ravel()[faces.reshape(-1, 3)]
    a, b, c = thin.T
    thin = thin[(a != b) & (b != c) & (a != c)]
    _, first = np.unique(np.sort(thin, axis=1), axis=0, return_index=True)
    return means / count[:, None], thin[np.sort(first)]
