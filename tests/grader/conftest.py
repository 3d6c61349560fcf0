from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from grader.cases import Case
from grader.metrics import Outcome
from grader.report import MODEL, build_report
from qa_generator.tasks import Goal
from scene_renderer.scene import Scene, SceneObject

CONTEXTS = ("named", "unnamed", "image")
TASKS = ("pick_and_place", "lift", "move_forward", "refuse")


def outcomes(shares: Mapping[str, float], count: int = 200) -> list[Outcome]:
    """Makes `count` outcomes a context, of which the given share succeed."""
    return [
        Outcome(
            case=f"{i}:{context}",
            scene=str(i),
            split="test",
            task=TASKS[i % len(TASKS)],
            context=context,
            instruction="lift the red cube",
            answer="pick(400, 0, 25)",
            valid=True,
            exact=i < share * count,
            success=i < share * count,
            cause="" if i < share * count else "missed grasp",
        )
        for context, share in shares.items()
        for i in range(count)
    ]


@pytest.fixture(scope="session")
def report_of() -> Callable[..., dict[str, Any]]:
    """Makes a report of 200 cases a context from success rates."""
    return _report


def _report(model: Sequence[float], **controls: Sequence[float]) -> dict[str, Any]:
    rates = {MODEL: model, **controls}
    return build_report(
        "tiny-tuned",
        {
            role: outcomes(dict(zip(CONTEXTS, shares, strict=True)))
            for role, shares in rates.items()
        },
        settings={"split": "test", "seed": 7, "count": 200},
    )


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
