"""The physics world holds still until something moves it."""

import dataclasses
import math
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scene_renderer.bullet import pybullet
from scene_renderer.episode import execute
from scene_renderer.errors import SceneError
from scene_renderer.kinematics import FINGER_OPEN, HOME, forward, inverse
from scene_renderer.meshes import WALL, visual_mesh
from scene_renderer.plan import parse_plan
from scene_renderer.scene import EndEffector, Scene, SceneObject
from scene_renderer.simulator import HAND, PHYSICS_HZ, TABLE, Pose, Simulator

STATM = Path("/proc/self/statm")
SIZES = (0.044, 0.047, 0.050)
COLORS = ("red", "blue", "green", "white")


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return Simulator()


def run(simulator: Simulator, seconds: float) -> None:
    for _ in range(round(seconds * PHYSICS_HZ)):
        simulator.step()


def lowest(item: SceneObject, pose: Pose) -> float:
    vertices, _ = visual_mesh(item.shape, item.size)
    turn = np.reshape(pybullet.getMatrixFromQuaternion(pose.orientation), (3, 3))
    return pose.position[2] + (vertices @ turn.T)[:, 2].min()


def test_everything_stays_where_the_scene_puts_it(simulator, full_table):
    simulator.load(full_table)
    run(simulator, 2.0)
    for item in full_table.objects:
        pose = simulator.object_poses()[item.name]
        assert math.dist(pose.position, item.position) < 0.001
        assert math.remainder(pose.yaw - item.yaw, 2 * math.pi) == pytest.approx(0, abs=0.01)
    assert simulator.speed() < 1e-3


def test_a_ball_at_rest_does_not_roll(simulator, full_table):
    simulator.load(full_table)
    run(simulator, 10.0)
    start, end = full_table["yellow ball"].position, simulator.object_poses()["yellow ball"]
    assert math.dist(start, end.position) < 0.001


@pytest.mark.parametrize("receiver", ["white bowl", "pink plate", "purple tray"])
@pytest.mark.parametrize("lean_deg", [60, 100, 180])
def test_a_receiver_that_tips_over_stays_on_the_table(simulator, full_table, receiver, lean_deg):
    item, half = full_table[receiver], math.radians(lean_deg) / 2
    fallen = Pose((*item.position[:2], 0.12), (math.sin(half), 0.0, 0.0, math.cos(half)))
    simulator.load(full_table)
    awake = pybullet.ACTIVATION_STATE_WAKE_UP
    simulator._call("changeDynamics", simulator._bodies[receiver], -1, activationState=awake)
    simulator._call("resetBasePositionAndOrientation", simulator._bodies[receiver], *fallen)
    run(simulator, 2.0)
    end = simulator.object_poses()[receiver]
    assert end.position[2] < 0.1
    assert lowest(item, end) > -0.002


def test_a_tray_that_is_pushed_stays_on_the_table(full_table):
    plan = parse_plan("push(600, -60, 20, 600, -330)")
    episode = execute(full_table, plan, record_hz=60)
    tray = full_table["purple tray"]
    assert math.dist(tray.position, episode.final["purple tray"].position) > 0.05
    assert min(lowest(tray, frame.poses["purple tray"]) for frame in episode.frames) > -0.002


@pytest.mark.parametrize("receiver", ["white bowl", "pink plate", "purple tray"])
@pytest.mark.parametrize("name", ["yellow ball", "red cube", "blue cylinder"])
def test_receivers_hold_what_falls_into_them(simulator, full_table, receiver, name):
    dish, item = full_table[receiver], full_table[name]
    x, y, z = dish.position
    above_floor = z - dish.extents[2] / 2 + WALL + item.extents[2] / 2 + 0.02
    dropped = dataclasses.replace(item, position=(x + 0.005, y, above_floor))
    others = [o for o in full_table.objects if o.name != name]
    simulator.load(Scene("drop", (dropped, *others)))
    run(simulator, 2.0)
    end = simulator.object_poses()[name].position
    assert math.dist(end[:2], (x, y)) < 0.02
    assert end[2] < above_floor - 0.01
    assert receiver in simulator.touches(name)


def wedge(color: str, size: float, position: tuple[float, float, float]) -> SceneObject:
    return SceneObject(f"{color} prism", color, "prism", size, position)


@pytest.mark.skipif(not STATM.exists(), reason="only Linux tells a process's memory so")
def test_memory_does_not_grow_with_the_worlds_that_were_loaded(simulator):
    row = [(0.4 + 0.1 * i, 0.0, 0.025) for i in range(4)]
    worlds = [
        Scene(
            f"wedges-{size}",
            tuple(wedge(color, size, at) for color, at in zip(COLORS, row, strict=True)),
        )
        for size in SIZES
    ]

    def load(count: int) -> int:
        for i in range(count):
            simulator.load(worlds[i % len(worlds)])
        return int(STATM.read_text().split()[1]) * resource.getpagesize()

    before = load(100)
    assert load(500) - before < 500 * 1024  # a hull of bare corners takes two kilobytes each time


def test_the_arm_starts_at_the_scenes_end_effector(simulator, full_table):
    start = EndEffector((0.34, 0.1, 0.3), 0.4)
    simulator.load(dataclasses.replace(full_table, end_effector=start))
    pose = forward(simulator.joints())
    assert pose[:3, 3] == pytest.approx(start.position, abs=0.001)
    assert math.atan2(pose[1, 0], pose[0, 0]) == pytest.approx(0.4, abs=0.01)
    assert simulator.opening() == pytest.approx(FINGER_OPEN, abs=0.001)


def test_an_end_effector_out_of_reach_is_refused(simulator, full_table):
    far = dataclasses.replace(full_table, end_effector=EndEffector((1.5, 0.0, 0.3)))
    with pytest.raises(SceneError, match=r"cannot reach .* \(1\.5, 0\.0, 0\.3\)"):
        simulator.load(far)


def test_the_arm_follows_its_motors(simulator, full_table):
    simulator.load(full_table)
    target = inverse((0.36, 0.05, 0.38), 0.0)
    simulator.drive(target, np.zeros(7))
    run(simulator, 0.5)
    assert simulator.joints() == pytest.approx(target, abs=1e-3)
    assert not np.allclose(target, HOME, atol=1e-2)


def test_touches_names_what_is_touched(simulator, full_table):
    simulator.load(full_table)
    simulator.step()
    assert simulator.touches("red cube") == {TABLE}
    assert simulator.touches(HAND) == set()
    assert simulator.held() is None


def test_steps_count_from_the_load_and_observers_are_called(simulator, full_table):
    simulator.load(full_table)
    seen = []
    simulator.on_step = lambda: seen.append(simulator.steps)
    run(simulator, 3 / PHYSICS_HZ)
    simulator.on_step = None
    assert seen == [1, 2, 3]


def test_yaw_of_a_pose_is_about_z():
    half = math.sin(0.35), math.cos(0.35)
    assert Pose((0, 0, 0), (0.0, 0.0, *half)).yaw == pytest.approx(0.7)


def test_physics_writes_nothing_to_stdout():
    code = "from scene_renderer.simulator import Simulator; Simulator()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b""
