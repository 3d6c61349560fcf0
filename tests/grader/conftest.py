import pytest

from grader.cases import Case
from qa_generator.tasks import Goal
from scene_renderer.scene import Scene, SceneObject


@pytest.fixture(scope="session")
def scene() -> Scene:
    """A table with room around everything."""
    return Scene(
        id="one",
        objects=(
            SceneObject("red cube", "red", "cube", 0.05, (0.42, -0.12, 0.025)),
            SceneObject("green cube", "green", "cube", 0.05, (0.45, 0.02, 0.025)),
            SceneObject("blue bowl", "blue", "bowl", 0.14, (0.55, 0.16, 0.028)),
            SceneObject("white ball", "white", "ball", 0.05, (0.58, -0.12, 0.025)),
        ),
    )


@pytest.fixture
def lift(scene: Scene) -> Case:
    goal = Goal("lift", {"object": "red cube"})
    return Case("one:lift:named", scene, "lift the red cube", "named", goal, "test")


@pytest.fixture
def refuse(scene: Scene) -> Case:
    goal = Goal("refuse", {"reason": "absent"})
    return Case("one:refuse:named", scene, "lift the pink cube", "named", goal, "test")
