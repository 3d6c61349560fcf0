import numpy as np
import pytest

from scene_renderer.scene import EndEffector, Scene, SceneObject


def build_object(
    color: str, shape: str, x_mm: int, y_mm: int, z_mm: int = 25, size: float = 0.05
) -> SceneObject:
    position = (x_mm / 1000, y_mm / 1000, z_mm / 1000)
    return SceneObject(f"{color} {shape}", color, shape, size, position)


@pytest.fixture(scope="session")
def scene() -> Scene:
    return Scene(
        "tiny",
        (
            build_object("red", "cube", 412, -127),
            build_object("blue", "bowl", 540, 80, 28, size=0.14),
            build_object("green", "cube", 400, 200),
            build_object("red", "ball", 560, -150),
        ),
        EndEffector((0.32, 0.0, 0.42)),
    )


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)
