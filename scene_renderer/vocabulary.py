"""Every colour, shape, direction and refusal reason: each word stands here once."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

COLORS: MappingProxyType[str, tuple[float, float, float]] = MappingProxyType(
    {
        "red": (0.82, 0.11, 0.13),
        "orange": (0.97, 0.50, 0.05),
        "yellow": (0.97, 0.83, 0.10),
        "green": (0.12, 0.58, 0.20),
        "cyan": (0.15, 0.78, 0.82),
        "blue": (0.10, 0.28, 0.80),
        "purple": (0.47, 0.16, 0.62),
        "pink": (0.97, 0.52, 0.72),
        "white": (0.90, 0.90, 0.88),
        "black": (0.13, 0.13, 0.14),
    }
)
"""Colour word to linear RGB in [0, 1]."""

Role = Literal["graspable", "receiver"]


@dataclass(frozen=True)
class Shape:
    """One kind of object: everything that the sampler, renderer, simulator and arm need to know.

    An object's `size` is its width in metres (for a tray: its length); `proportions` times
    `size` gives its extents along its own x, y and z.

    Attributes:
        role: whether the arm takes it or it receives others.
        sizes: smallest and largest width, metres.
        proportions: (x, y, z) extents divided by the width.
        round: whether it looks the same at any yaw, so that it can be grasped at any yaw.
        mass: kilograms.
    """

    role: Role
    sizes: tuple[float, float]
    proportions: tuple[float, float, float]
    round: bool
    mass: float

    def extents(self, size: float) -> tuple[float, float, float]:
        """Returns the (x, y, z) extents in metres of an object of this width."""
        x, y, z = self.proportions
        return x * size, y * size, z * size


SHAPES: MappingProxyType[str, Shape] = MappingProxyType(
    {
        "cube": Shape("graspable", (0.048, 0.056), (1.0, 1.0, 1.0), False, 0.10),
        "brick": Shape("graspable", (0.040, 0.046), (2.0, 1.0, 0.8), False, 0.10),
        "cylinder": Shape("graspable", (0.042, 0.050), (1.0, 1.0, 1.7), True, 0.10),
        "ball": Shape("graspable", (0.048, 0.060), (1.0, 1.0, 1.0), True, 0.10),
        "bottle": Shape("graspable", (0.044, 0.052), (1.0, 1.0, 2.6), True, 0.10),
        "plate": Shape("receiver", (0.140, 0.160), (1.0, 1.0, 0.10), True, 0.40),
        "bowl": Shape("receiver", (0.124, 0.144), (1.0, 1.0, 0.40), True, 0.40),
        "tray": Shape("receiver", (0.156, 0.180), (1.0, 0.75, 0.16), False, 0.40),
    }
)
"""Shape word to what it is. Adding an object is one entry here and one mesh in `meshes.py`."""

GRASPABLE: tuple[str, ...] = tuple(n for n, s in SHAPES.items() if s.role == "graspable")
RECEIVERS: tuple[str, ...] = tuple(n for n, s in SHAPES.items() if s.role == "receiver")

DIRECTIONS: MappingProxyType[str, tuple[int, int]] = MappingProxyType(
    {"forward": (1, 0), "backward": (-1, 0), "left": (0, 1), "right": (0, -1)}
)
"""The robot's directions as unit steps (x, y) in its base frame."""

SIZE_WORDS: tuple[str, str] = ("small", "large")
SIDE_WORDS: tuple[str, str] = ("left", "right")
"""Words that tell two objects of one colour and shape apart in a scene's object names."""

REFUSAL_REASONS: tuple[str, ...] = (
    "absent",
    "ambiguous",
    "unreachable",
    "occupied",
    "unsafe",
    "nonsense",
)

CAMERAS: tuple[str, ...] = ("front", "top", "left", "room", "wrist")
"""Where pictures can be taken from (see `cameras.py`)."""

CONTEXTS: tuple[str, ...] = ("named", "unnamed", "image")
"""What the text beside the picture tells: names and places, places alone, or neither."""
