"""`Scene`: a table with its objects, as plain values, and its JSON form.

A scene has no time in it and knows nothing of pybullet or torch. All lengths are metres and all
angles radians, in the robot's base frame: origin at the Panda's base on the table top, x forward
(away from the robot), y to the robot's left, z up.

The JSON form, which `--cases` files and data sets carry:

    {"id": "test-7-000012", "objects": [{"name": "red cube", "color": "red", "shape": "cube",
     "size": 0.05, "position": [0.41, -0.12, 0.025], "yaw": 0.3}, ...4 to 8 of them],
     "end_effector": {"position": [0.35, 0.0, 0.42], "yaw": 0.0},          optional from here on
     "camera": {"position": [...], "target": [...], "fov_deg": 40.0, "name": "front"},
     "light": {"direction": [...], "ambient": 0.5, "diffuse": 0.6}, "table": "wood",
     "tint": [1.0, 1.0, 1.0], "noise": 0.0}
"""

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Any, Protocol

from scene_renderer.camera import Camera
from scene_renderer.catalogue import SHAPES, Shape
from scene_renderer.errors import SceneError, did_you_mean
from scene_renderer.vocabulary import COLORS

Vector = tuple[float, float, float]

MIN_OBJECTS = 4
MAX_OBJECTS = 8
MAX_DISTANCE = 2.0
"""How far from the base an object may be at most along each axis, metres."""
DEPTH = 0.005
"""How far into the table an object may be, metres: rounding, not more."""
BRIGHTEST = 4.0
"""Most that a table's colour may be multiplied with."""
REACH_X = (0.30, 0.65)
REACH_Y = (-0.40, 0.40)
"""The part of the table that the gripper reaches pointing down, metres, base frame."""

TABLES: tuple[str, ...] = ("wood", "stone", "cloth", "plain")


@dataclass(frozen=True)
class SceneObject:
    """One thing on the table.

    Attributes:
        name: unique in its scene; what instructions call it.
        color: a word from `COLORS`.
        shape: a word from `SHAPES`.
        size: width in metres (see `Shape`).
        position: centre of its box, metres, base frame.
        yaw: rotation about z, radians.
    """

    name: str
    color: str
    shape: str
    size: float
    position: Vector
    yaw: float = 0.0

    def __post_init__(self) -> None:
        if self.color not in COLORS:
            raise SceneError(f"Unknown colour '{self.color}'.{did_you_mean(self.color, COLORS)}")
        if self.shape not in SHAPES:
            raise SceneError(f"Unknown shape '{self.shape}'.{did_you_mean(self.shape, SHAPES)}")
        numbers = (self.size, self.yaw, *self.position)
        if len(self.position) != 3 or not all(math.isfinite(n) for n in numbers):
            raise SceneError(f"Object '{self.name}' needs a finite size, yaw and x, y, z position.")
        if max(abs(n) for n in self.position) > MAX_DISTANCE:
            raise SceneError(
                f"Object '{self.name}' is at {self.position}; "
                f"give metres within {MAX_DISTANCE} of the robot's base."
            )
        if not 0.01 <= self.size <= 0.3:
            raise SceneError(
                f"Object '{self.name}' has size {self.size} m; give a width from 0.01 to 0.3."
            )

    @property
    def kind(self) -> Shape:
        """What its shape word stands for."""
        return SHAPES[self.shape]

    @property
    def extents(self) -> Vector:
        """Its (x, y, z) extents in metres, in its own frame."""
        return self.kind.extents(self.size)


@dataclass(frozen=True)
class EndEffector:
    """Where the gripper is: the point between its finger tips, pointing down.

    Attributes:
        position: metres, base frame.
        yaw: rotation about z, radians.
    """

    position: Vector = (0.32, 0.0, 0.42)
    yaw: float = 0.0


@dataclass(frozen=True)
class Light:
    """One distant lamp.

    Attributes:
        direction: from the table to the lamp, base frame; its length does not matter.
        ambient: share of light that comes from everywhere.
        diffuse: strength of the lamp.
    """

    direction: Vector = (0.45, 0.60, 1.3)
    ambient: float = 0.55
    diffuse: float = 0.55

    def __post_init__(self) -> None:
        if self.direction[2] <= 0:
            raise SceneError(
                f"The light comes from {list(self.direction)}, below the table; give a z above 0."
            )


FRONT = Camera(position=(1.20, 0.0, 1.02), target=(0.435, 0.0, 0.06), fov_deg=24.6, name="front")


class Table(Protocol):
    """What can be asked about: objects and a gripper. A `Scene` is one, exercises make up more."""

    @property
    def objects(self) -> tuple[SceneObject, ...]:
        """Their names are unique."""

    @property
    def end_effector(self) -> EndEffector:
        """Where the gripper is."""


@dataclass(frozen=True)
class Scene:
    """A table, 4 to 8 objects, the end effector, a camera and a light.

    Attributes:
        id: unique in its data set.
        objects: in no particular order; their names are unique.
        end_effector: where the gripper starts.
        camera: where the picture is taken from.
        light: what lights it.
        table: a word from `TABLES`.
        tint: what the table's colour is multiplied with, RGB.
        noise: standard deviation of the picture's noise, grey levels of 255.
    """

    id: str
    objects: tuple[SceneObject, ...]
    end_effector: EndEffector = EndEffector()
    camera: Camera = FRONT
    light: Light = Light()
    table: str = "wood"
    tint: Vector = (1.0, 1.0, 1.0)
    noise: float = 0.0

    def __post_init__(self) -> None:
        if not MIN_OBJECTS <= len(self.objects) <= MAX_OBJECTS:
            raise SceneError(
                f"Scene '{self.id}' has {len(self.objects)} objects; "
                f"it needs {MIN_OBJECTS} to {MAX_OBJECTS}."
            )
        names = [o.name for o in self.objects]
        for name in names:
            if names.count(name) > 1:
                raise SceneError(
                    f"Scene '{self.id}' has {names.count(name)} objects named '{name}'; "
                    "give each a name of its own."
                )
        for item in self.objects:
            if not item.name.strip():
                raise SceneError(f"Scene '{self.id}' has an object without a name.")
            if item.position[2] - item.extents[2] / 2 < -DEPTH:
                raise SceneError(
                    f"Object '{item.name}' has its centre {item.position[2]} m above the table and "
                    f"is {item.extents[2]:.3f} m high, so it would be partly inside; raise its z."
                )
        if not all(0 <= value <= BRIGHTEST for value in self.tint):
            raise SceneError(f"The tint is {list(self.tint)}; give values from 0 to {BRIGHTEST}.")
        if not 0 <= self.noise <= 255:
            raise SceneError(f"Noise is {self.noise}; give grey levels from 0 to 255.")
        if self.table not in TABLES:
            raise SceneError(f"Unknown table '{self.table}'.{did_you_mean(self.table, TABLES)}")

    def __getitem__(self, name: str) -> SceneObject:
        for item in self.objects:
            if item.name == name:
                return item
        raise SceneError(
            f"Object '{name}' is not in scene '{self.id}'; it has: "
            f"{', '.join(o.name for o in self.objects)}. Use one of these names."
        )

    def __contains__(self, name: object) -> bool:
        return any(o.name == name for o in self.objects)

    def to_json(self) -> str:
        """Returns one line of JSON; `from_json` is its inverse."""
        return json.dumps(self, default=vars, separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> "Scene":
        """Reads a scene.

        Raises:
            SceneError: if the text is no JSON, or breaks a rule of this module.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SceneError(f"A scene must be JSON: {error}.") from error
        return Scene.from_dict(data)

    @staticmethod
    def from_dict(data: Any) -> "Scene":
        """Reads a scene from parsed JSON.

        Raises:
            SceneError: if a key is missing, unknown or of the wrong type, or a rule is broken.
        """
        if not isinstance(data, dict):
            raise SceneError(f"A scene must be a JSON object, not {str(data)[:40]!r}.")
        try:
            fields = dict(data)
            fields["id"] = str(fields["id"])
            fields["objects"] = tuple(_read(SceneObject, o) for o in fields["objects"])
            parts = {"end_effector": EndEffector, "camera": Camera, "light": Light}
            for key in parts.keys() & fields.keys():
                fields[key] = _read(parts[key], fields[key])
            if "tint" in fields:
                fields["tint"] = _vector(fields["tint"], "tint")
            if "noise" in fields:
                fields["noise"] = _number(fields["noise"], "noise")
            return Scene(**fields)
        except KeyError as error:
            raise SceneError(f"A scene needs the key {error}.") from error
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise SceneError(f"A scene has a wrong or unknown value: {error}.") from error


def _read(kind: Any, data: dict[str, Any]) -> Any:
    """Builds a frozen value from its JSON object, lists of numbers becoming tuples."""
    values = {}
    for field in dataclasses.fields(kind):
        if field.name not in data:
            continue
        value = data[field.name]
        if field.type is str:
            if not isinstance(value, str):
                raise TypeError(f"'{field.name}' must be a text, not {value!r}")
        elif isinstance(value, list | tuple):
            value = _vector(value, field.name)
        else:
            value = _number(value, field.name)
        values[field.name] = value
    unknown = set(data) - {f.name for f in dataclasses.fields(kind)}
    if unknown:
        raise TypeError(f"unknown key '{sorted(unknown)[0]}'")
    return kind(**values)


def _vector(values: Any, name: str) -> Vector:
    if not isinstance(values, list | tuple) or len(values) != 3:
        raise TypeError(f"'{name}' must hold three numbers, not {values!r}")
    x, y, z = (_number(value, name) for value in values)
    return x, y, z


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"'{name}' must hold finite numbers, not {value!r}")
    return float(value)
