"""The physics world: a table top, the Panda and a scene's objects, stepped at 120 Hz in PyBullet.

`Simulator.load` builds the world anew, so that the same calls after it give bit-identical results
whatever ran before: a world that only swaps its objects keeps traces of earlier ones in its
collision pairs (5 of 200 episodes differed in the tenth digit). With an arm that has no meshes but
those that can touch something, this takes 2 ms.

Nothing is glued to the gripper: what it carries is held by friction alone.
"""

import functools
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
import pybullet_data

from scene_renderer.bullet import pybullet
from scene_renderer.camera import Array, Quaternion, Vector
from scene_renderer.console import stdout_to_stderr
from scene_renderer.kinematics import FINGER_OPEN, start_joints
from scene_renderer.meshes import WALL
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.solids import Part, collision_parts

PHYSICS_HZ = 120
SETTLE_STEPS = 24
"""Steps that a new scene rests before its objects are put to sleep."""

TABLE = "the table"
HAND = "the hand"
"""What `Simulator.touches` calls the two things that are no scene objects."""

_ARM_JOINTS = tuple(range(7))
_FINGERS = (9, 10)
_TOUCHING_LINKS = ("panda_hand", "panda_leftfinger", "panda_rightfinger")
_SOLVER: dict[str, float] = {
    "fixedTimeStep": 1 / PHYSICS_HZ,
    "numSolverIterations": 50,
    "solverResidualThreshold": 1e-7,
    "deterministicOverlappingPairs": 1,
}
_OTHER, _DISTANCE, _FORCE = 2, 8, 9
"""Where a contact point of PyBullet says what is touched, how far off, and how hard."""
_ARM_FORCES, _GAINS = [500.0] * 7, [1.0] * 7
_FINGER_FORCE = 40.0
_FINGER_SPEED = 0.25
_FRICTION, _FINGER_FRICTION = 0.8, 1.0
_ROLLING_FRICTION = 0.002
"""Metres: what stops a ball on the table."""
_WALLS, _RIM = 0, 1
"""Links of a round receiver, beside its floor."""
_RIM_MASS = 0.001
"""Kilograms."""
_NOBODYS, _FIXED = 0, 2
"""Groups of bodies: two collide if one of them is in a group that the other asks for."""


class Pose(NamedTuple):
    """A position, metres, base frame, and an orientation, quaternion xyzw."""

    position: Vector
    orientation: Quaternion

    @property
    def yaw(self) -> float:
        """Rotation about z, radians."""
        x, y, z, w = self.orientation
        return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))

    @property
    def upwards(self) -> Array:
        """The object's own z axis in the base frame: float64, shape (3,)."""
        x, y, z, w = self.orientation
        return np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])


class Simulator:
    """A physics world of its own.

    Attributes:
        steps: how many steps were made since the scene was loaded.
        on_step: called after every step; it may look but not touch.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.on_step: Callable[[], None] | None = None
        self._bodies: dict[str, int] = {}
        with stdout_to_stderr():
            self._client: int = pybullet.connect(pybullet.DIRECT)

    def load(self, scene: Scene) -> None:
        """Builds the world: the table, the arm at its start, the scene's objects at rest.

        Raises:
            SceneError: if the arm cannot reach the scene's end-effector pose.
        """
        start = start_joints(scene.end_effector.position, scene.end_effector.yaw)
        with stdout_to_stderr():
            self._call("resetSimulation")
            self._call("setPhysicsEngineParameter", **_SOLVER)
            self._call("setGravity", 0, 0, -9.81)
            self._table = self._create_table()
            self._robot = self._create_robot(start)
            self._bodies = {item.name: self._create(item) for item in scene.objects}
        self.drive(start.tolist(), [0.0] * 7)
        self.grip(FINGER_OPEN)
        for _ in range(SETTLE_STEPS):
            self._call("stepSimulation")
        sleep = pybullet.ACTIVATION_STATE_SLEEP | pybullet.ACTIVATION_STATE_ENABLE_SLEEPING
        for body in self._bodies.values():
            self._call("changeDynamics", body, -1, activationState=sleep)
        self.steps = 0

    def step(self) -> None:
        """Lets 1/120 s pass."""
        self._call("stepSimulation")
        self.steps += 1
        if self.on_step is not None:
            self.on_step()

    def drive(self, joints: Sequence[float], velocities: Sequence[float]) -> None:
        """Sets what the arm's motors aim for at the next steps.

        Args:
            joints: seven angles, radians.
            velocities: of the joints, radians per second.
        """
        self._call(
            "setJointMotorControlArray",
            self._robot,
            _ARM_JOINTS,
            pybullet.POSITION_CONTROL,
            targetPositions=joints,
            targetVelocities=velocities,
            forces=_ARM_FORCES,
            positionGains=_GAINS,
            velocityGains=_GAINS,
        )

    def grip(self, opening: float) -> None:
        """Sets how far each finger aims to stand from the middle, metres."""
        for finger in _FINGERS:
            self._call(
                "setJointMotorControl2",
                self._robot,
                finger,
                pybullet.POSITION_CONTROL,
                targetPosition=opening,
                force=_FINGER_FORCE,
                maxVelocity=_FINGER_SPEED,
            )

    def joints(self) -> Array:
        """Returns the arm's joints: float64, shape (7,), radians."""
        states = self._call("getJointStates", self._robot, _ARM_JOINTS)
        return np.array([state[0] for state in states])

    def opening(self) -> float:
        """Returns how far the fingers stand from the middle on average, metres."""
        states = self._call("getJointStates", self._robot, _FINGERS)
        return float(sum(state[0] for state in states) / 2)

    def object_poses(self) -> dict[str, Pose]:
        """Returns where every object is, in the scene's order."""
        return {name: self._pose(body) for name, body in self._bodies.items()}

    def speed(self) -> float:
        """Returns the speed of the fastest object, metres per second."""
        speeds = [0.0]
        for body in self._bodies.values():
            velocity, _ = self._call("getBaseVelocity", body)
            speeds.append(math.hypot(*velocity))
        return max(speeds)

    def touches(self, name: str) -> set[str]:
        """Returns what touches an object, or `HAND`: names of objects, `HAND`, `TABLE`."""
        names = {body: other for other, body in self._bodies.items()}
        names |= {self._robot: HAND, self._table: TABLE}
        body = self._robot if name == HAND else self._bodies[name]
        return {names[point[_OTHER]] for point in self._contacts(bodyA=body)}

    def held(self) -> str | None:
        """Returns the object that both fingers touch."""
        left, right = (
            {p[_OTHER] for p in self._contacts(bodyA=self._robot, linkIndexA=finger)}
            for finger in _FINGERS
        )
        for name, body in self._bodies.items():
            if body in left and body in right:
                return name
        return None

    def _contacts(self, **bodies: int) -> Sequence[Any]:
        points = self._call("getContactPoints", **bodies) or ()
        return [p for p in points if p[_DISTANCE] <= 0.0 or p[_FORCE] > 0.0]

    def _call(self, function: str, *arguments: Any, **options: Any) -> Any:
        return getattr(pybullet, function)(*arguments, physicsClientId=self._client, **options)

    def _pose(self, body: int) -> Pose:
        return Pose(*self._call("getBasePositionAndOrientation", body))

    def _create_table(self) -> int:
        plane = self._call("createCollisionShape", pybullet.GEOM_PLANE)
        table: int = self._call("createMultiBody", 0, plane)
        self._call("changeDynamics", table, -1, lateralFriction=_FRICTION)
        return table

    def _create_robot(self, joints: Array) -> int:
        robot: int = self._call("loadURDF", _robot_file().name, useFixedBase=True)
        for joint, angle in zip(_ARM_JOINTS, joints, strict=True):
            self._call("resetJointState", robot, joint, float(angle))
        for finger in _FINGERS:
            self._call("resetJointState", robot, finger, FINGER_OPEN)
            self._call(
                "changeDynamics",
                robot,
                finger,
                lateralFriction=_FINGER_FRICTION,
                frictionAnchor=1,
            )
        axis, origin = (1, 0, 0), (0, 0, 0)
        gear = self._call(
            "createConstraint", robot, 9, robot, 10, pybullet.JOINT_GEAR, axis, origin, origin
        )
        self._call("changeConstraint", gear, gearRatio=-1, erp=0.1, maxForce=50)
        return robot

    def _create(self, item: SceneObject) -> int:
        parts = collision_parts(item.shape, item.size)
        walls = parts[1:] if item.kind.role == "receiver" else ()
        body = self._create_body(item, parts[: len(parts) - len(walls)], walls)
        rolling = _ROLLING_FRICTION if item.kind.rolls else 0.0
        for link in range(-1, self._call("getNumJoints", body)):
            self._call(
                "changeDynamics",
                body,
                link,
                lateralFriction=_FRICTION,
                rollingFriction=rolling,
                spinningFriction=rolling,
            )
        return body

    def _create_body(self, item: SceneObject, parts: Sequence[Part], walls: Sequence[Part]) -> int:
        """Makes a body; round walls are a link of their own that passes the table by.

        A bowl stands on its floor. Letting the 32 boxes of its walls collide with the table as well
        made a step four times as long whenever the hand came near; a disc in their stead, as wide
        as the rim and there for the table alone, keeps it from sinking in when it tips over. The
        few boxes of a tray collide with everything.
        """
        mass, turn = item.kind.mass, (0.0, 0.0, math.sin(item.yaw / 2), math.cos(item.yaw / 2))
        if not walls or not item.kind.round:
            whole = self._create_shape([*parts, *walls])
            body: int = self._call("createMultiBody", mass, whole, -1, item.position, turn)
            return body
        x, y, z = item.extents
        rim = Part("cylinder", (x, y, WALL), (0.0, 0.0, (z - WALL) / 2))
        origin, upright = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)
        body = self._call(
            "createMultiBody",
            mass / 2,
            self._create_shape(parts),
            -1,
            item.position,
            turn,
            linkMasses=[mass / 2, _RIM_MASS],
            linkCollisionShapeIndices=[self._create_shape(walls), self._create_shape([rim])],
            linkVisualShapeIndices=[-1, -1],
            linkPositions=[origin, origin],
            linkOrientations=[upright, upright],
            linkInertialFramePositions=[origin, origin],
            linkInertialFrameOrientations=[upright, upright],
            linkParentIndices=[0, 0],
            linkJointTypes=[pybullet.JOINT_FIXED, pybullet.JOINT_FIXED],
            linkJointAxis=[(0, 0, 1), (0, 0, 1)],
        )
        self._call("setCollisionFilterPair", body, self._table, _WALLS, -1, 0)
        self._call("setCollisionFilterGroupMask", body, _RIM, _NOBODYS, _FIXED)
        return body

    def _create_shape(self, parts: Sequence[Part]) -> int:
        if parts[0].kind == "hull":
            hull: int = self._call(
                "createCollisionShape",
                pybullet.GEOM_MESH,
                fileName=_hull_file(parts[0].corners).name,
                meshScale=parts[0].extents,
            )
            return hull
        kinds = {
            "box": pybullet.GEOM_BOX,
            "cylinder": pybullet.GEOM_CYLINDER,
            "sphere": pybullet.GEOM_SPHERE,
        }
        shape: int = self._call(
            "createCollisionShapeArray",
            shapeTypes=[kinds[part.kind] for part in parts],
            halfExtents=[[extent / 2 for extent in part.extents] for part in parts],
            radii=[part.extents[0] / 2 for part in parts],
            lengths=[part.extents[2] for part in parts],
            collisionFramePositions=[part.position for part in parts],
            collisionFrameOrientations=[part.orientation for part in parts],
        )
        return shape


@functools.cache
def _robot_file() -> "tempfile._TemporaryFileWrapper[str]":
    """The robot's file, one for this process: PyBullet keeps every file that it reads, by name."""
    return _lasting_file(".urdf", _lean_urdf())


@functools.cache
def _hull_file(corners: tuple[Vector, ...]) -> "tempfile._TemporaryFileWrapper[str]":
    """A hull's file, one for this process: what hulls from bare corners take is never given back.

    Bullet reads the corners of the faces alone, and makes the hull of them itself.
    """
    points = [f"v {x:.9f} {y:.9f} {z:.9f}\n" for x, y, z in corners]
    last = len(corners)
    faces = [f"f {i} {min(i + 1, last)} {min(i + 2, last)}\n" for i in range(1, last + 1, 3)]
    return _lasting_file(".obj", "".join(points + faces))


def _lasting_file(suffix: str, text: str) -> "tempfile._TemporaryFileWrapper[str]":
    file = tempfile.NamedTemporaryFile("w", suffix=suffix)  # noqa: SIM115  lives as long as we do
    file.write(text)
    file.flush()
    return file


def _lean_urdf() -> str:
    """The Panda of pybullet_data without meshes, except where hand and fingers touch things."""
    folder = Path(pybullet_data.getDataPath()) / "franka_panda"
    robot = ElementTree.parse(folder / "panda.urdf").getroot()
    for link in robot.iter("link"):
        useless = link.findall("visual")
        if link.get("name") not in _TOUCHING_LINKS:
            useless += link.findall("collision")
        for element in useless:
            link.remove(element)
    for mesh in robot.iter("mesh"):
        mesh.set("filename", mesh.get("filename", "").replace("package:/", str(folder)))
    return ElementTree.tostring(robot, encoding="unicode")
