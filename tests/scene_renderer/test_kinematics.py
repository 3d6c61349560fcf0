"""The arm's geometry agrees with pybullet's Panda."""

import math

import numpy as np
import pybullet
import pybullet_data
import pytest

from scene_renderer.camera import Array
from scene_renderer.console import stdout_to_stderr
from scene_renderer.kinematics import HOME, JOINT_LIMITS, forward, inverse

GRASP_TARGET = 11


@pytest.fixture(scope="module")
def panda():
    with stdout_to_stderr():
        client = pybullet.connect(pybullet.DIRECT)
        path = pybullet_data.getDataPath() + "/franka_panda/panda.urdf"
        body = pybullet.loadURDF(path, useFixedBase=True, physicsClientId=client)
        yield client, body
        pybullet.disconnect(client)


def pose_in_pybullet(panda: tuple[int, int], joints: Array) -> Array:
    client, body = panda
    for index, angle in enumerate(joints):
        pybullet.resetJointState(body, index, angle, physicsClientId=client)
    state = pybullet.getLinkState(
        body, GRASP_TARGET, computeForwardKinematics=True, physicsClientId=client
    )
    pose = np.eye(4)
    pose[:3, :3] = np.reshape(pybullet.getMatrixFromQuaternion(state[5]), (3, 3))
    pose[:3, 3] = state[4]
    return pose


def test_forward_agrees_with_pybullet(panda):
    rng = np.random.default_rng(0)
    for _ in range(50):
        joints = rng.uniform(JOINT_LIMITS[:, 0], JOINT_LIMITS[:, 1])
        assert np.allclose(forward(joints), pose_in_pybullet(panda, joints), atol=1e-6)


def test_joint_limits_are_those_of_the_urdf(panda):
    client, body = panda
    for index, limits in enumerate(JOINT_LIMITS):
        info = pybullet.getJointInfo(body, index, physicsClientId=client)
        assert info[8:10] == pytest.approx(tuple(limits))


def test_inverse_reaches_the_pose_pointing_down():
    rng = np.random.default_rng(1)
    for _ in range(200):
        position = rng.uniform([0.30, -0.40, 0.0], [0.65, 0.40, 0.30])
        yaw = rng.uniform(-math.pi / 2, math.pi / 2)
        joints = inverse(tuple(position), yaw)
        if joints is None:
            joints = inverse(tuple(position), yaw + math.pi)
            yaw += math.pi
        assert joints is not None
        pose = forward(joints)
        assert np.allclose(pose[:3, 3], position, atol=1e-9)
        assert np.allclose(pose[:3, 2], [0, 0, -1], atol=1e-9)
        assert np.allclose(pose[:3, 0], [math.cos(yaw), math.sin(yaw), 0], atol=1e-9)


@pytest.mark.parametrize("position", [(0.9, 0.0, 0.1), (0.0, 0.0, 0.1), (0.5, 0.0, -3.0)])
def test_out_of_reach_has_no_joints(position):
    assert inverse(position, 0.0) is None


def test_home_is_the_usual_start_of_the_end_effector():
    assert forward(HOME)[:3, 3] == pytest.approx([0.32, 0.0, 0.42])
