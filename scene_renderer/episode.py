"""`execute`: a Panda carries out a plan on a scene; `Episode`: what happened.

The JSON form, which `python -m scene_renderer animate` reads:

    {"scene": {Scene JSON}, "instruction": "put the red cube into the blue bowl",
     "plan": "pick(412, -127, 25)\\nplace(520, 80, 30)",
     "final": {"red cube": [[x, y, z], [qx, qy, qz, qw]], ...},
     "held": null, "failure": null, "verdict": null, "duration": 4.2,
     "aimed": ["red cube"], "placed": {"red cube": [[x, y, z], [qx, qy, qz, qw]]},
     "frames": [{"time": 0.0, "joints": [7 radians], "opening": 0.04, "action": 0,
                 "end_effector": {"position": [x, y, z], "yaw": 0.0},
                 "poses": {"red cube": [[x, y, z], [qx, qy, qz, qw]], ...},
                 "picture": null or a PNG in base 64}, ...]}
"""

import base64
import dataclasses
import functools
import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from scene_renderer.arm import TIME_LIMIT, Arm, has_fallen
from scene_renderer.console import stdout_to_stderr
from scene_renderer.errors import DatasetError, TablehandError, UsageError
from scene_renderer.failures import ActionFailure, Failure
from scene_renderer.kinematics import forward
from scene_renderer.plan import Plan, format_plan, parse_plan
from scene_renderer.scene import EndEffector, Scene, SceneObject
from scene_renderer.simulator import PHYSICS_HZ, Pose, Simulator

if TYPE_CHECKING:
    from scene_renderer.renderer import Renderer

MOVED = 0.02
"""An object that moved less than this stayed where it was, metres."""

SLID = 0.03
"""An object that comes to rest further than this from where it was let go did not stay, metres."""

TOPPLED = math.radians(45)
"""An object that leans more than this against how it was let go toppled, unless it is a ball."""

JOINTS = 7
"""Of the arm."""

SUCCESS = "success"
"""The verdict on an episode that reached its goal."""

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
        picture: what the scene's camera sees, as PNG; None unless asked for.
    """

    time: float
    joints: tuple[float, ...]
    opening: float
    action: int
    poses: Mapping[str, Pose]
    picture: bytes | None = None

    @property
    def end_effector(self) -> EndEffector:
        """Where the gripper is."""
        hand = forward(np.array(self.joints))
        x, y, z = hand[:3, 3].tolist()
        return EndEffector((x, y, z), math.atan2(hand[1, 0], hand[0, 0]))

    def to_dict(self) -> dict[str, Any]:
        """Returns the JSON form."""
        picture = self.picture and base64.b64encode(self.picture).decode()
        return {**vars(self), "end_effector": asdict(self.end_effector), "picture": picture}


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
        failure: the first thing that went wrong; None if every action did what it should and
            everything stayed where it was put.
        duration: simulated seconds.
        aimed: the objects that actions went for, in their order.
        placed: where each object was when it was let go.
        verdict: what the goal says of the end: `SUCCESS`, or the cause of failure; None as long as
            nobody who knows the goal has told.
    """

    scene: Scene
    instruction: str
    plan: Plan
    frames: tuple[Frame, ...]
    final: Mapping[str, Pose]
    held: str | None
    failure: Failure | None
    duration: float
    aimed: tuple[str, ...] = ()
    placed: Mapping[str, Pose] = field(default_factory=dict)
    verdict: str | None = None

    @property
    def cause(self) -> str | None:
        """What went wrong, as far as is known: the goal's word before that of arm and physics."""
        if self.verdict is None:
            return self.failure
        return None if self.verdict == SUCCESS else self.verdict

    def to_json(self) -> str:
        """Returns one line of JSON; `from_json` is its inverse."""
        data = {
            "scene": asdict(self.scene),
            "instruction": self.instruction,
            "plan": format_plan(self.plan),
            "final": self.final,
            "held": self.held,
            "failure": self.failure,
            "verdict": self.verdict,
            "duration": self.duration,
            "aimed": self.aimed,
            "placed": self.placed,
            "frames": [frame.to_dict() for frame in self.frames],
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
                failure=data["failure"] and Failure(data["failure"]),
                duration=float(data["duration"]),
                aimed=tuple(data["aimed"]),
                placed=_read_poses(data["placed"]),
                verdict=_read_verdict(data.get("verdict")),
            )
        except TablehandError as error:
            raise DatasetError(f"This is no episode: {error}") from error
        except KeyError as error:
            raise DatasetError(f"This is no episode: it lacks the key {error}.") from error
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise DatasetError(f"This is no episode: {error}.") from error


def execute(
    scene: Scene,
    plan: Plan,
    *,
    instruction: str = "",
    record_hz: float | None = None,
    picture_px: int | None = None,
) -> Episode:
    """Carries out a plan; the same call gives the same bits, whatever ran before.

    The first action that fails ends the plan. The world then runs until everything rests.

    Args:
        scene: how it begins.
        plan: any plan, however odd.
        instruction: kept in the episode.
        record_hz: frames per second to keep, if any; the physics makes 120.
        picture_px: width of a picture to keep with every frame, if any.

    Raises:
        SceneError: if the arm cannot reach the scene's end-effector pose.
        UsageError: if `record_hz` is not above 0, or `picture_px` is given without it.
    """
    if picture_px is not None and record_hz is None:
        raise UsageError("Pictures belong to frames; give record_hz beside picture_px.")
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
        failure = error.failure
    _settle(arm, simulator)
    final, held = simulator.object_poses(), simulator.held()
    frames = tuple(recorder.frames)
    return Episode(
        scene=scene,
        instruction=instruction,
        plan=plan,
        frames=frames if picture_px is None else _photograph(scene, frames, picture_px),
        final=final,
        held=held,
        failure=failure or _find_failure(scene, arm, final, held),
        duration=simulator.steps / PHYSICS_HZ,
        aimed=tuple(arm.aimed),
        placed=arm.placed,
    )


class _Recorder:
    """Keeps the frames at the steps nearest to whole parts of a second."""

    def __init__(self, simulator: Simulator, record_hz: float | None) -> None:
        self.action = 0
        self.frames: list[Frame] = []
        self._simulator = simulator
        simulator.on_step = None
        if record_hz is not None:
            if not record_hz > 0:
                raise UsageError(f"record_hz is {record_hz}; give frames per second, above 0.")
            self._steps = max(1.0, PHYSICS_HZ / record_hz)
            self._look()
            simulator.on_step = self._look

    def _look(self) -> None:
        simulator = self._simulator
        if simulator.steps < round(len(self.frames) * self._steps):
            return
        self.frames.append(
            Frame(
                time=simulator.steps / PHYSICS_HZ,
                joints=tuple(simulator.joints().tolist()),
                opening=simulator.opening(),
                action=self.action,
                poses=simulator.object_poses(),
            )
        )


def _photograph(scene: Scene, frames: tuple[Frame, ...], width_px: int) -> tuple[Frame, ...]:
    """Adds to each frame what the scene's camera sees."""
    return tuple(
        dataclasses.replace(frame, picture=_take_picture(scene, frame, width_px))
        for frame in frames
    )


def _take_picture(scene: Scene, frame: Frame, width_px: int) -> bytes:
    from PIL import Image

    rendering = _renderer().render(
        scene,
        width_px,
        joints=np.array(frame.joints),
        opening=frame.opening,
        poses=frame.poses,
    )
    png = io.BytesIO()
    Image.fromarray(rendering.image).save(png, "PNG")
    return png.getvalue()


@functools.cache
def _renderer() -> "Renderer":
    """The one world for looks of this process, made when it is first needed."""
    from scene_renderer.renderer import Renderer

    with stdout_to_stderr():
        return Renderer()


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


def _find_failure(
    scene: Scene, arm: Arm, final: Mapping[str, Pose], held: str | None
) -> Failure | None:
    """What went wrong although every action was done."""
    if arm.carried not in (None, held):
        return Failure.DROPPED
    for name, released in arm.placed.items():
        if name == held or _has_stayed(scene[name], released, final[name]):
            continue
        fell = name in arm.unsupported and has_fallen(released, final[name])
        return Failure.DROPPED if fell else Failure.UNSTABLE
    for name, pose in final.items():
        if name not in arm.handled and math.dist(scene[name].position, pose.position) > MOVED:
            return Failure.KNOCKED_ANOTHER
    return None


def _has_stayed(item: SceneObject, released: Pose, now: Pose) -> bool:
    """Whether an object rests where and as it was let go."""
    slid = math.dist(released.position[:2], now.position[:2])
    leaning = math.acos(max(-1.0, min(1.0, float(released.upwards @ now.upwards))))
    if has_fallen(released, now) or slid > SLID:
        return False
    return item.kind.rolls or leaning <= TOPPLED


def _read_verdict(word: Any) -> str | None:
    return word if word in (None, SUCCESS) else Failure(word)


def _read_frame(data: dict[str, Any], scene: Scene, plan: Plan) -> Frame:
    picture = data["picture"]
    frame = Frame(
        time=float(data["time"]),
        joints=tuple(float(angle) for angle in data["joints"]),
        opening=float(data["opening"]),
        action=int(data["action"]),
        poses=_read_poses(data["poses"]),
        picture=picture and base64.b64decode(picture, validate=True),
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
