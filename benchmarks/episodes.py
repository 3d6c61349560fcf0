"""Verified episodes a second: loops as one writes them first, ours, and the physics steps alone.

python benchmarks/episodes.py --json
python benchmarks/episodes.py --quick

The same oracle plans on the same scenes, in turns within one process, each executed and judged:

    quick-start   per episode: reset, load plane, Panda and objects, settle for a second; inverse
                  kinematics with null space at each of 240 steps a second, fixed times
    persistent    the same, but the Panda and the plane stay loaded
    ours          `scene_renderer.episode.execute`
    two workers   ours in two processes, against one

Loops are timed in seconds of CPU, so that other work on the machine counts less; workers in seconds
of wall time. The limit is what ours would reach if nothing but `stepSimulation` took time: its own
steps, timed. That of two workers is twice one.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # works without an install

import numpy as np
import pybullet_data

from grader.cases import Case, draw_cases
from grader.crew import Crew
from grader.rollout import run_episode
from qa_generator.tasks import USUAL
from scene_renderer.bullet import pybullet
from scene_renderer.console import stdout_to_stderr
from scene_renderer.environment import describe_environment
from scene_renderer.episode import Episode, execute
from scene_renderer.grasping import find_grasp, support_height
from scene_renderer.kinematics import FINGER_OPEN, HOME, JOINT_LIMITS
from scene_renderer.solids import collision_parts
from scene_renderer.plan import Plan
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.simulator import Pose

MOVING = tuple(name for name in USUAL if name != "refuse")
FLANGE, FINGERS, HZ = 11, (9, 10), 240


def main() -> None:
    """Runs the benchmark and prints its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="three short rounds instead of ten")
    options = parser.parse_args()
    rounds, size = (3, 6) if options.quick else (10, 12)
    with stdout_to_stderr():
        results = [*compare_loops(rounds, size), compare_workers(rounds, 4 * size)]
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for result in results:
        ratio, share = result["ratio"], result["share_of_limit"]
        limit = f", {100 * share:.0f} % of the limit" if share else ""
        print(
            f"{result['name']}: {result['ours']:.1f} against {result['baseline']:.1f} episodes/s, "
            f"ratio {ratio['median']:.1f} ({ratio['low']:.1f} to {ratio['high']:.1f}){limit}; "
            f"goals {result['ours_success']} and {result['baseline_success']}"
        )


def draw(count: int, start: int) -> list[Case]:
    """Draws cases in which something moves."""
    return [draw_cases("test", 5, start + i, MOVING, ("named",))[0] for i in range(count)]


def compare_loops(rounds: int, size: int) -> list[dict]:
    """Times ours against the two loops."""
    loops = {"quick-start": Loop(persistent=False), "persistent": Loop(persistent=True)}
    ways: dict[str, Callable[[Scene, Plan], Episode]] = {
        **{name: loop.execute for name, loop in loops.items()},
        "ours": execute,
    }
    times: dict[str, list[float]] = {name: [] for name in (*ways, "steps")}
    reached = dict.fromkeys(ways, 0)
    for turn in range(rounds + 1):
        cases = draw(size, turn * size)
        for name, way in ways.items():
            stepped = StepClock()
            start = time.process_time()
            with stepped:
                goals = [c.goal.reached(c.scene, way(c.scene, plan_of(c))) for c in cases]
            if turn:  # the first round warms up
                times[name].append(time.process_time() - start)
                reached[name] += sum(goals)
                if name == "ours":
                    times["steps"].append(stepped.seconds)
    count = rounds * size
    return [
        describe(
            f"verified episodes, ours against the {name} loop",
            size,
            times[name],
            times["ours"],
            limit=size / float(np.median(times["steps"])),
            success=(f"{reached[name]}/{count}", f"{reached['ours']}/{count}"),
        )
        for name in loops
    ]


def compare_workers(rounds: int, size: int) -> dict:
    """Times two workers against one."""
    times: dict[int, list[float]] = {1: [], 2: []}
    ends: dict[int, list[Episode]] = {1: [], 2: []}
    reached = {1: 0, 2: 0}
    with Crew(1) as one, Crew(2) as two:
        for turn in range(rounds + 1):
            cases = draw(size, turn * size)
            for workers, crew in ((1, one), (2, two)):
                start = time.perf_counter()
                tickets = [crew.submit(run_episode, c.scene, plan_of(c)) for c in cases]
                episodes = [crew.result(ticket) for ticket in tickets]
                if turn:
                    times[workers].append(time.perf_counter() - start)
                    ends[workers] += episodes
                    pairs = zip(cases, episodes, strict=True)
                    reached[workers] += sum(c.goal.reached(c.scene, e) for c, e in pairs)
    count = rounds * size
    result = describe(
        "verified episodes, two workers against one",
        size,
        times[1],
        times[2],
        limit=2 * size / float(np.median(times[1])),
        success=(f"{reached[1]}/{count}", f"{reached[2]}/{count}"),
    )
    return {**result, "outputs_equal": ends[1] == ends[2]}


def describe(
    name: str,
    size: int,
    slow: Sequence[float],
    fast: Sequence[float],
    limit: float,
    success: tuple[str, ...],
) -> dict:
    """Returns one comparison; an interval is from the lowest to the highest round."""
    ratios = np.array(slow) / np.array(fast)
    ours = size / float(np.median(fast))
    return {
        "name": name,
        "baseline": size / float(np.median(slow)),
        "ours": ours,
        "ratio": {
            "median": float(np.median(ratios)),
            "low": float(ratios.min()),
            "high": float(ratios.max()),
            "rounds": len(ratios),
        },
        "limit": limit,
        "share_of_limit": ours / limit,
        "outputs_equal": success[0] == success[1],
        "baseline_success": success[0],
        "ours_success": success[1],
        "environment": describe_environment(),
    }


def plan_of(case: Case) -> Plan:
    """The oracle's."""
    return case.goal.oracle(case.scene)


class StepClock:
    """Adds up the time that `pybullet.stepSimulation` takes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._step = pybullet.stepSimulation

    def __enter__(self) -> None:
        pybullet.stepSimulation = self._timed

    def __exit__(self, *_: object) -> None:
        pybullet.stepSimulation = self._step

    def _timed(self, **options: int) -> None:
        start = time.process_time()
        self._step(**options)
        self.seconds += time.process_time() - start


class Loop:
    """Pick and place as PyBullet's own examples do it.

    It is told the grasp's yaw and height and the height to release at, which ours finds out.
    """

    def __init__(self, persistent: bool) -> None:
        self._client = pybullet.connect(pybullet.DIRECT)
        self._persistent = persistent
        self._bodies: dict[str, int] = {}
        if persistent:
            self._load_robot()

    def execute(self, scene: Scene, plan: Plan) -> Episode:
        """Carries out pick, place and move_to."""
        if self._persistent:
            for body in self._bodies.values():
                self._call("removeBody", body)
        else:
            self._call("resetSimulation")
            self._load_robot()
        for joint, angle in enumerate(HOME):
            self._call("resetJointState", self._robot, joint, float(angle))
        self._call("setGravity", 0, 0, -9.81)
        self._bodies = {item.name: self._create(item) for item in scene.objects}
        self._target, self._opening = np.array([0.32, 0.0, 0.42]), FINGER_OPEN
        self._yaw, self._lift = 0.0, 0.0
        self._wait(1.0)
        objects = {item.name: item for item in scene.objects}
        for action in plan.actions:
            getattr(self, action.name)(objects, *(v / 1000 for v in action.arguments))
        self._wait(1.0)
        poses = {
            name: Pose(*self._call("getBasePositionAndOrientation", body))
            for name, body in self._bodies.items()
        }
        return Episode(scene, "", plan, (), poses, self._held(), None, 0.0)

    def pick(self, objects: dict[str, SceneObject], x: float, y: float, z: float) -> None:
        """Above, down, close, up."""
        grasp = find_grasp((x, y, z), list(objects.values()))
        name = min(objects, key=lambda n: math.dist(objects[n].position, (x, y, z)))
        self._item, self._offset = objects.pop(name), grasp.height - z
        self._grip(FINGER_OPEN)
        self._go(x, y, grasp.height + 0.15, grasp.yaw)
        self._go(x, y, grasp.height, grasp.yaw)
        self._grip(0.0)
        self._go(x, y, grasp.height + 0.15, grasp.yaw)

    def place(self, objects: dict[str, SceneObject], x: float, y: float, z: float) -> None:
        """Above, down, open, up."""
        there = SceneObject(**{**vars(self._item), "position": (x, y, 0.0)})
        rest = support_height(there, objects.values()) + self._item.extents[2] / 2
        height = rest + self._offset + 0.003
        self._go(x, y, height + 0.15, self._yaw)
        self._go(x, y, height, self._yaw)
        self._grip(FINGER_OPEN)
        self._go(x, y, height + 0.15, self._yaw)

    def move_to(self, objects: dict[str, SceneObject], x: float, y: float, z: float) -> None:
        """Straight there."""
        self._go(x, y, z, self._yaw)

    def _go(self, x: float, y: float, z: float, yaw: float) -> None:
        start, end = self._target, np.array([x, y, z])
        turn = math.remainder(yaw - self._yaw, math.pi)
        before = self._yaw
        for s in np.linspace(0, 1, HZ):
            self._target, self._yaw = start + s * (end - start), before + s * turn
            self._step()

    def _grip(self, opening: float) -> None:
        self._opening = opening
        self._wait(0.5)

    def _wait(self, seconds: float) -> None:
        for _ in range(round(seconds * HZ)):
            self._step()

    def _step(self) -> None:
        low, high = JOINT_LIMITS.T.tolist()
        joints = self._call(
            "calculateInverseKinematics",
            self._robot,
            FLANGE,
            self._target.tolist(),
            pybullet.getQuaternionFromEuler([math.pi, 0.0, self._yaw]),
            low,
            high,
            [b - a for a, b in zip(low, high, strict=True)],
            HOME.tolist(),
            maxNumIterations=20,
        )
        for joint in range(7):
            self._drive(joint, joints[joint], 5 * HZ)
        for finger in FINGERS:
            self._drive(finger, self._opening, 20)
        self._call("stepSimulation")

    def _drive(self, joint: int, target: float, force: float) -> None:
        self._call(
            "setJointMotorControl2",
            self._robot,
            joint,
            pybullet.POSITION_CONTROL,
            target,
            force=force,
        )

    def _held(self) -> str | None:
        left, right = (
            {point[2] for point in self._call("getContactPoints", self._robot, linkIndexA=finger)}
            for finger in FINGERS
        )
        return next((n for n, b in self._bodies.items() if b in left & right), None)

    def _load_robot(self) -> None:
        folder = Path(pybullet_data.getDataPath())
        self._call("loadURDF", str(folder / "plane.urdf"))
        panda = str(folder / "franka_panda" / "panda.urdf")
        self._robot = self._call("loadURDF", panda, useFixedBase=True)
        for finger in FINGERS:
            self._call("changeDynamics", self._robot, finger, lateralFriction=1.0)

    def _create(self, item: SceneObject) -> int:
        parts = collision_parts(item.shape, item.size)
        kinds = {"box": pybullet.GEOM_BOX, "sphere": pybullet.GEOM_SPHERE}
        shape = self._call(
            "createCollisionShapeArray",
            shapeTypes=[kinds.get(part.kind, pybullet.GEOM_CYLINDER) for part in parts],
            halfExtents=[[e / 2 for e in part.extents] for part in parts],
            radii=[part.extents[0] / 2 for part in parts],
            lengths=[part.extents[2] for part in parts],
            collisionFramePositions=[part.position for part in parts],
            collisionFrameOrientations=[part.orientation for part in parts],
        )
        turn = pybullet.getQuaternionFromEuler([0.0, 0.0, item.yaw])
        body = self._call("createMultiBody", item.kind.mass, shape, -1, item.position, turn)
        self._call("changeDynamics", body, -1, lateralFriction=0.8, rollingFriction=0.002)
        return body

    def _call(self, function: str, *arguments: object, **options: object) -> object:
        return getattr(pybullet, function)(*arguments, physicsClientId=self._client, **options)


if __name__ == "__main__":
    main()
