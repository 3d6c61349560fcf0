"""Each action does what it says, and names what went wrong."""

import dataclasses
import math

import pytest

from scene_renderer.arm import Arm
from scene_renderer.failures import ActionFailure
from scene_renderer.grasping import LOWEST
from scene_renderer.kinematics import FINGER_OPEN, forward
from scene_renderer.plan import Action
from scene_renderer.scene import EndEffector, Scene
from scene_renderer.simulator import Simulator


class Bench:
    """An arm over a scene, and short ways to drive it and look."""

    def __init__(self, simulator: Simulator, scene: Scene) -> None:
        simulator.load(scene)
        simulator.on_step = None
        self.simulator, self.scene = simulator, scene
        self.arm = Arm(simulator, scene)

    def do(self, name: str, *arguments: int | str) -> None:
        self.arm.perform(Action(name, arguments))

    def pick(self, name: str) -> None:
        self.do("pick", *self.at(name))

    def at(self, name: str) -> list[int]:
        return [round(v * 1000) for v in self.scene[name].position]

    def hand(self) -> tuple[list[float], float]:
        pose = forward(self.simulator.joints())
        return pose[:3, 3].tolist(), math.atan2(pose[1, 0], pose[0, 0])

    def moved(self) -> list[str]:
        poses = self.simulator.object_poses()
        return [
            item.name
            for item in self.scene.objects
            if math.dist(item.position, poses[item.name].position) > 0.01
        ]


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return Simulator()


@pytest.fixture
def bench(simulator, full_table) -> Bench:
    return Bench(simulator, full_table)


@pytest.mark.parametrize(
    "name", ["red cube", "green brick", "blue cylinder", "yellow ball", "cyan bottle"]
)
def test_pick_takes_every_graspable_shape_upright(bench, name):
    bench.pick(name)
    pose = bench.simulator.object_poses()[name]
    assert bench.arm.carried == bench.simulator.held() == name
    assert pose.position[2] > bench.scene[name].position[2] + 0.1
    assert math.hypot(*pose.orientation[:2]) < 0.05
    assert bench.moved() == [name]


def test_pick_forgives_ten_millimetres(bench):
    x, y, z = bench.at("red cube")
    bench.do("pick", x + 7, y - 7, z)
    assert bench.arm.carried == "red cube"


def test_place_on_the_table_ends_where_it_says(bench):
    bench.pick("red cube")
    bench.do("place", 320, -120, 25)
    x, y, z = bench.simulator.object_poses()["red cube"].position
    assert (x, y, z) == pytest.approx((0.32, -0.12, 0.025), abs=0.004)
    assert bench.simulator.held() is None


def test_place_lowers_until_contact(bench):
    bench.pick("yellow ball")
    bench.do("place", *bench.at("white bowl"))
    assert "white bowl" in bench.simulator.touches("yellow ball")
    assert bench.moved() == ["yellow ball"]


def test_move_to_carries_what_is_held(bench):
    bench.pick("red cube")
    bench.do("move_to", 450, 100, 250)
    assert bench.hand()[0] == pytest.approx([0.45, 0.1, 0.25], abs=0.003)
    assert bench.simulator.held() == "red cube"


def test_move_to_stays_above_the_table(bench):
    bench.do("move_to", 320, -60, -5000)
    assert bench.hand()[0][2] == pytest.approx(LOWEST, abs=0.003)


def test_rotate_turns_the_gripper_in_place(bench):
    before, _ = bench.hand()
    bench.do("rotate", 40)
    after, yaw = bench.hand()
    assert after == pytest.approx(before, abs=0.003)
    assert math.remainder(yaw - math.radians(40), math.pi) == pytest.approx(0, abs=0.01)


def test_gripper_closes_and_opens(bench):
    bench.do("close_gripper")
    assert bench.simulator.opening() < 0.002
    bench.do("open_gripper")
    assert bench.simulator.opening() == pytest.approx(FINGER_OPEN, abs=0.004)


def test_push_moves_what_is_in_its_way(bench):
    x, y, z = bench.at("red cube")
    bench.do("push", x - 60, y, z, x + 20, y)
    assert bench.moved() == ["red cube"]
    assert bench.arm.handled == {"red cube"}


def test_refuse_moves_nothing(bench):
    bench.do("refuse", "absent")
    assert bench.simulator.steps == 0


@pytest.mark.parametrize(
    ("name", "arguments", "failure"),
    [
        ("pick", (99999, 0, 0), "out of reach"),
        ("move_to", (0, 0, 0), "out of reach"),
        ("push", (400, 0, 20, -99999, 99999), "out of reach"),
        ("place", (400, 0, 20), "nothing in hand"),
        ("push", (200, 300, 20, 200, -300), "out of reach"),
        ("pick", (320, -60, 10), "unknown place"),
        ("pick", (400, -120, 90), "missed grasp"),
        ("pick", (560, 200, 28), "missed grasp"),
    ],
)
def test_failures_are_named(bench, name, arguments, failure):
    with pytest.raises(ActionFailure, match=failure):
        bench.do(name, *arguments)
    assert bench.moved() == []


@pytest.mark.parametrize("action", [("pick", 400, 120, 16), ("push", 400, 0, 20, 450, 0)])
def test_a_full_hand_neither_picks_nor_pushes(bench, action):
    bench.pick("red cube")
    with pytest.raises(ActionFailure, match="hand full"):
        bench.do(*action)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("pick", (790, 0, 25)),
        ("push", (400, 0, 20, 99999, 0)),
        ("pick", (320, -60, 10)),
        ("push", (400, -120, 20, 450, -120)),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_moves(bench, name, arguments):
    with pytest.raises(ActionFailure):
        bench.do(name, *arguments)
    assert bench.simulator.steps == 0


def test_a_brick_between_neighbours_is_not_tried(simulator, full_table):
    x, y, _ = full_table["green brick"].position
    side = full_table["green brick"].yaw + math.pi / 2
    walls = [
        dataclasses.replace(
            full_table[name],
            position=(x + r * math.cos(side), y + r * math.sin(side), full_table[name].position[2]),
            yaw=side,
        )
        for name, r in (("red cube", 0.055), ("blue cylinder", -0.055))
    ]
    others = [full_table[n] for n in ("green brick", "pink plate")]
    bench = Bench(simulator, Scene("narrow", (*others, *walls)))
    with pytest.raises(ActionFailure, match="blocked"):
        bench.pick("green brick")
    assert bench.simulator.steps == 0


def test_pushing_through_a_neighbour_means_only_what_is_met_first(bench):
    bench.do("push", 311, -11, 25, 540, 27)
    assert set(bench.moved()) >= {"yellow ball", "blue cylinder"}
    assert bench.arm.handled == {"yellow ball"}
    assert bench.arm.aimed == ["yellow ball"]


def test_opening_the_hand_in_the_air_is_a_drop(bench):
    bench.pick("red cube")
    with pytest.raises(ActionFailure, match="dropped"):
        bench.do("open_gripper")


def test_opening_the_hand_over_the_table_is_none(bench):
    bench.pick("red cube")
    bench.do("move_to", 320, -120, 25)
    bench.do("open_gripper")
    assert bench.arm.carried is None
    assert bench.arm.unsupported == set()


@pytest.mark.parametrize(
    ("position", "yaw"),
    [
        ((0.30, 0.38, 0.02), 1.5),
        ((0.74, 0.0, 0.05), -1.5),
        ((0.50, 0.10, 0.05), 3.0),
        ((0.12, 0.0, 0.45), 0.0),
        ((0.20, -0.55, 0.30), 0.7),
        ((-0.30, 0.40, 0.40), 2.0),
        ((0.044, 0.252, 0.046), -1.66),
        ((-0.062, -0.086, 0.313), 1.74),
    ],
)
def test_the_arm_starts_from_anywhere(simulator, full_table, position, yaw):
    start = dataclasses.replace(full_table, end_effector=EndEffector(position, yaw))
    bench = Bench(simulator, start)
    bench.pick("red cube")
    bench.do("place", 320, -120, 25)
    x, y, _ = bench.simulator.object_poses()["red cube"].position
    assert (x, y) == pytest.approx((0.32, -0.12), abs=0.004)
    assert bench.moved() == ["red cube"]


def test_losing_the_load_is_noticed(bench):
    bench.pick("red cube")
    bench.simulator.grip(FINGER_OPEN)
    bench.arm.stop()
    for _ in range(60):
        bench.simulator.step()
    with pytest.raises(ActionFailure, match="dropped"):
        bench.do("move_to", 450, 100, 250)


def test_an_endless_plan_is_given_up(bench, monkeypatch):
    monkeypatch.setattr("scene_renderer.arm.TIME_LIMIT", 0.5)
    with pytest.raises(ActionFailure, match="timeout"):
        bench.do("move_to", 450, 300, 250)
