"""Ways of the hand begin and end where they should."""

import math

import numpy as np
import pytest

from scene_renderer.kinematics import bend, forward
from scene_renderer.path import HandPose, descent, glide, pose_at, sweep

START = pose_at((0.45, -0.10, 0.20), 0.3, HandPose(0.0, 0.4, 0.2, 0.0))
END = pose_at((0.40, 0.20, 0.10), -0.8, START)


def test_a_pose_is_where_it_was_asked_for():
    assert START.position == pytest.approx((0.45, -0.10, 0.20))
    assert math.remainder(START.yaw - 0.3, math.pi) == pytest.approx(0.0)


def test_a_pose_twists_the_wrist_as_little_as_it_can():
    near = HandPose(0.0, 0.4, 0.2, 2.0)
    twists = [pose_at((0.45, 0.0, 0.2), yaw, near).twist for yaw in (-1.0, math.pi - 1.0)]
    assert twists == pytest.approx([1.0 + math.pi / 4] * 2)


def test_joints_of_a_pose_hold_the_hand_there():
    joints = bend(np.array([[START.turn, START.reach, START.height, START.twist]]))
    hand = forward(joints[0])
    assert hand[:3, 3] == pytest.approx(START.position)
    assert math.atan2(hand[1, 0], hand[0, 0]) == pytest.approx(START.yaw)


@pytest.mark.parametrize("way", [glide(START, END, 50), descent(START, END, 50)])
def test_a_way_ends_at_its_end(way):
    assert way.shape == (50, 4)
    assert way[-1] == pytest.approx([END.turn, END.reach, END.height, END.twist])
    assert np.all(np.diff(way[:, 1]) * (END.reach - START.reach) >= 0)


def test_a_glide_starts_and_stops_gently():
    steps = np.abs(np.diff(glide(START, END, 50)[:, 2]))
    assert max(steps[0], steps[-1]) < 0.05 * steps.max()


def test_a_sweep_is_straight_and_keeps_height_and_yaw():
    way = sweep(START, (0.55, 0.15), 40)
    poses = [HandPose(*row) for row in way.tolist()]
    first, last = np.array(START.position), np.array(poses[-1].position)
    assert last == pytest.approx([0.55, 0.15, 0.20])
    (dx, dy), points = (last - first)[:2], [np.array(p.position) - first for p in poses]
    assert [dx * y - dy * x for x, y, _ in points] == pytest.approx([0.0] * 40, abs=1e-9)
    for pose in poses:
        assert math.remainder(pose.yaw - START.yaw, 2 * math.pi) == pytest.approx(0.0)


@pytest.mark.parametrize(("reach", "is_reachable"), [(0.5, True), (0.9, False), (0.1, False)])
def test_a_pose_knows_whether_the_arm_gets_there(reach, is_reachable):
    assert HandPose(0.0, reach, 0.05, 0.0).is_reachable is is_reachable
