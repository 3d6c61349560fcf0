"""One table with every shape on it, for the tests of physics."""

import pytest

from scene_renderer.catalogue import SHAPES
from scene_renderer.episode import Episode, execute
from scene_renderer.plan import parse_plan
from scene_renderer.scene import Scene, SceneObject

PLACES = {
    "red cube": (0.05, 0.40, -0.12, 0.4),
    "green brick": (0.04, 0.40, 0.12, 1.2),
    "blue cylinder": (0.044, 0.50, 0.02, 0.0),
    "yellow ball": (0.05, 0.38, 0.0, 0.0),
    "cyan bottle": (0.046, 0.62, 0.02, 0.0),
    "white bowl": (0.14, 0.56, 0.20, 0.0),
    "pink plate": (0.16, 0.40, -0.28, 0.0),
    "purple tray": (0.18, 0.60, -0.20, 0.3),
}
"""Name to size, x, y and yaw."""


def put(name: str, size: float, x: float, y: float, yaw: float) -> SceneObject:
    color, shape = name.split()
    height = SHAPES[shape].extents(size)[2]
    return SceneObject(name, color, shape, size, (x, y, height / 2), yaw)


@pytest.fixture(scope="session")
def full_table() -> Scene:
    return Scene("full", tuple(put(name, *place) for name, place in PLACES.items()))


@pytest.fixture(scope="session")
def lifted(full_table: Scene) -> Episode:
    plan = parse_plan("pick(400, -120, 25)\nmove_to(400, -120, 175)")
    return execute(full_table, plan, instruction="lift the red cube", record_hz=30)
