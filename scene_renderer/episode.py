"""`execute`: a Panda carries out a plan on a scene; `Episode`: what happened.

The JSON form, which `python -m scene_renderer animate` reads:

    {"scene": {Scene JSON}, "instruction": "put the red cube into the blue bowl",
     "plan": "pick(412, -127, 25)\\nplace(520, 80, 30)",
     "final": {"red cube": [[x, y, z], [qx, qy, qz, qw]], ...},
     "held": null, "failure": null, "duration": 4.2,
     "frames": [{"time": 0.0, "joints": [7 radians], "opening": 0.04, "action": 0,
                 "poses": {"red cube": [[x, y, z], [qx, qy, qz, qw]], ...}}, ...]}
"""

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scene_renderer.arm import TIME_LIMIT, ActionFailure, Arm
from scene_renderer.errors import DatasetError, TablehandError
from scene_renderer.plan import Plan, format_plan, parse_plan
from scene_renderer.scene import Scene
from scene_renderer.simulator import PHYSICS_HZ, Pose, Simulator

MOVED = 0.02
"""An object that moved less than this stayed where it was, metres."""

SLID = 0.03
"""An object that comes to rest further than this from where it was put slid away, metres."""

JOINTS = 7
"""Of the arm."""

_REST_SPEED = 0.02
_REST_TIME = 1.3


@dataclass(frozen=True)
class Frame:
    """One moment of an episode.

    Attributes:
        time: since the start, seconds.
        joints: the arm's seven angles, radians.
        opening: how far each finger stands from the middle, metres.
        action: index of the action being executed.
        poses: where every object is.
    """

    time: float
    joints: tuple[float, ...]
    opening: float
    action: int
    poses: Mapping[str, Pose]


@dataclass(frozen=True)
class Episode:
    """A scene, an instruction, a plan and what happened.

    Attributes:
        scene: how it began.
        instruction: what was asked for; may be empty.
        plan: what was executed.
        frames: moments at equal distances in time; empty unless recorded.
        final: where every object came to rest.
        held: the object in the gripper at the end.
        failure: the first thing that went wrong: "out of reach", "missed grasp", "wrong object",
            "hand full", "nothing in hand", "dropped", "timeout", "slid away" or
            "knocked another"; None if every action did what it should.
        duration: simulated seconds.
    """

    scene: Scene
    instruction: str
    plan: Plan
    frames: tuple[Frame, ...]
    final: Mapping[str, Pose]
    held: str | None
    failure: str | None
    duration: float

    def to_json(self) -> str:
        """Returns one line of JSON; `from_json` is its inverse."""
        data = {
            "scene": asdict(self.scene),
            "instruction": self.instruction,
            "plan": format_plan(self.plan),
            "final": self.final,
            "held": self.held,
            "failure": self.failure,
            "duration": self.duration,
            "frames": [vars(frame) for frame in self.frames],
        }
        return json.dumps(data, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> "Episode":
        """Reads an episode.

        Raises:
            DatasetError: if the text is no episode.
        """
        try:
            data = json.loads(text)
            scene, plan = Scene.from_dict(data["scene"]), parse_plan(data["plan"])
            return Episode(
                scene=scene,
                instruction=str(data["instruction"]),
                plan=plan,
                frames=tuple(_read_frame(frame, scene, plan) for frame in data["frames"]),
                final=_read_poses(data["final"]),
                held=data["held"],
                failure=data["failure"],
                duration=float(data["duration"]),
            )
        except TablehandError as error:
            raise DatasetError(f"This is no episode: {error}") from error
        except KeyError as error:
            raise DatasetError(f"This is no episode: it lacks the key {error}.") from error
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise DatasetError(f"This is no episode: {error}.") from error


def execute(
    scene: Scene, plan: Plan, *, instruction: str = "", record_hz: float | None = None
) -> Episode:
    """Carries out a plan; the same call gives the same bits, whatever ran before.

    The first action that fails ends the plan. The world then runs until everything rests.

    Args:
        scene: how it begins.
        plan: any plan, however odd.
        instruction: kept in the episode.
        record_hz: frames per second to keep, if any.

    Raises:
        SceneError: if the arm cannot reach the scene's end-effector pose.
    """
    simulator = _simulator()
    simulator.load(scene)
    arm = Arm(simulator, scene)
    recorder = _Recorder(simulator, record_hz)
    failure = None
    try:
        for index, action in enumerate(plan.actions):
            recorder.action = index
            arm.perform(action)
    except ActionFailure as error:
        failure = str(error)
    _settle(arm, simulator)
    return Episode(
        scene=scene,
        instruction=instruction,
        plan=plan,
        frames=tuple(recorder.frames),
        final=simulator.object_poses(),
        held=simulator.held(),
        failure=failure or _find_failure(scene, arm, simulator),
        duration=simulator.steps / PHYSICS_HZ,
    )


class _Recorder:
    """Keeps a frame every few steps."""

    def __init__(self, simulator: Simulator, record_hz: float | None) -> None:
        self.action = 0
        self.frames: list[Frame] = []
        self._simulator = simulator
        simulator.on_step = None
        if record_hz is not None:
            self._every = max(1, round(PHYSICS_HZ / record_hz))
            self._look()
            simulator.on_step = self._look

    def _look(self) -> None:
        simulator = self._simulator
        if simulator.steps % self._every == 0:
            self.frames.append(
                Frame(
                    time=simulator.steps / PHYSICS_HZ,
                    joints=tuple(simulator.joints().tolist()),
                    opening=simulator.opening(),
                    action=self.action,
                    poses=simulator.object_poses(),
                )
            )


@functools.cache
def _simulator() -> Simulator:
    """The one world of this process."""
    return Simulator()


def _settle(arm: Arm, simulator: Simulator) -> None:
    """Lets the world run until every object rests."""
    arm.stop()
    for _ in range(round(_REST_TIME * PHYSICS_HZ)):
        simulator.step()
        if simulator.speed() < _REST_SPEED:
            return


def _find_failure(scene: Scene, arm: Arm, simulator: Simulator) -> str | None:
    """What went wrong although every action was done."""
    for name, pose in simulator.object_poses().items():
        x, y, _ = pose.position
        if (
            name in arm.placed
            and name != arm.carried
            and math.dist(arm.placed[name], (x, y)) > SLID
        ):
            return "slid away"
        if name not in arm.handled and math.dist(scene[name].position, pose.position) > MOVED:
            return "knocked another"
    return None


def _read_frame(data: dict[str, Any], scene: Scene, plan: Plan) -> Frame:
    frame = Frame(
        time=float(data["time"]),
        joints=tuple(float(angle) for angle in data["joints"]),
        opening=float(data["opening"]),
        action=int(data["action"]),
        poses=_read_poses(data["poses"]),
    )
    if not math.isfinite(sum((frame.opening, *frame.joints))):
        raise ValueError("a frame holds a number that is not finite")
    if not 0 <= frame.time <= TIME_LIMIT + _REST_TIME:
        raise ValueError(f"a frame's time is {frame.time} s")
    if len(frame.joints) != JOINTS or not 0 <= frame.action < len(plan.actions):
        raise ValueError(f"the frame at {frame.time} s does not fit the arm or the plan")
    if set(frame.poses) != {item.name for item in scene.objects}:
        raise ValueError(f"the frame at {frame.time} s has other objects than the scene")
    return frame


def _read_poses(data: dict[str, Any]) -> dict[str, Pose]:
    poses = {}
    for name, (place, turn) in data.items():
        (x, y, z), (qx, qy, qz, qw) = place, turn
        if not math.isfinite(sum((*place, *turn))):
            raise ValueError(f"the pose of '{name}' holds a number that is not finite")
        poses[name] = Pose((x, y, z), (qx, qy, qz, qw))
    return poses
