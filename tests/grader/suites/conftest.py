from collections.abc import Callable
from typing import Any

import pytest

from grader.metrics import Outcome
from grader.suites.base import Paired

PLAN = "pick(420, -120, 25)"


@pytest.fixture
def pair() -> Callable[..., Paired]:
    """Makes a pair: what became of a case, and of one of its variants."""
    return _pair


def _pair(
    variant: str,
    clean: bool,
    varied: bool,
    *,
    scene: str = "one",
    said: str = PLAN,
    **changes: Any,
) -> Paired:
    def outcome(suite: str, success: bool, **more: Any) -> Outcome:
        return Outcome(
            case=f"{scene}~{suite}",
            scene=scene,
            split="test",
            task="lift",
            context="named",
            instruction="lift the red cube",
            exact=success,
            success=success,
            suite=suite,
            origin=f"{scene}~main",
            **{"answer": PLAN, "valid": True, **more},
        )

    return Paired(
        outcome("main", clean),
        outcome("varied", varied, variant=variant, answer=said, **changes),
    )
