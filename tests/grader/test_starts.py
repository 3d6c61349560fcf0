"""Every task is reached from wherever the gripper starts."""

import dataclasses
import math

import numpy as np
import pytest

from grader.cases import draw_cases
from grader.rollout import run_episode, tell
from qa_generator.tasks import TASKS
from scene_renderer.errors import SceneError
from scene_renderer.kinematics import start_joints
from scene_renderer.scene import EndEffector

LOW, HIGH = (-0.8, -0.85, 0.005), (0.85, 0.85, 0.8)


def reachable(rng: np.random.Generator) -> EndEffector:
    while True:
        x, y, z = rng.uniform(LOW, HIGH).tolist()
        yaw = float(rng.uniform(-math.pi, math.pi))
        try:
            start_joints((x, y, z), yaw)
        except SceneError:
            continue
        return EndEffector((x, y, z), yaw)


@pytest.mark.parametrize("number", range(2 * len(TASKS)))
def test_the_oracle_reaches_every_goal_from_a_random_start(number: int) -> None:
    (case,) = draw_cases("test", 91, number, list(TASKS), ("named",))
    start = reachable(np.random.default_rng(number))
    case = dataclasses.replace(case, scene=dataclasses.replace(case.scene, end_effector=start))
    episode = run_episode(case.scene, case.goal.oracle(case.scene))
    assert tell(case, episode).verdict == "success", start
