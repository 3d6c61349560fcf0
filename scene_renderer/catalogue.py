"""Every kind of object that can be on the table: what sampler, arm and physics must know of it.

Adding one is an entry here and, unless it is a box or a circle in outline, a mesh in `meshes.py`
and its solids in `solids.py`; `docs/catalogue.md` goes through it.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Role = Literal["graspable", "receiver"]


@dataclass(frozen=True)
class Shape:
    """One kind of object.

    An object's `size` is its width in metres (for what is long: its shorter side, for a tray or
    a box its longer one); `proportions` times `size` gives the extents of its box along its own
    x, y and z. The arm takes it at the middle of that box or above: across y, which is never the
    longer side, or from any direction if it is round.

    Attributes:
        role: whether the arm takes it or it receives others.
        sizes: smallest and largest width, metres.
        proportions: (x, y, z) extents divided by the width.
        mass: kilograms.
        round: whether it looks the same at any yaw, so that it can be grasped at any yaw.
        grip: share of its height up to which the fingers hold it well.
        flat_top: whether others can be stacked on it.
        rolls: whether it has no bottom to stand on.
        deep: whether things are put into it rather than onto it.
        floor: width of a receiver's flat floor, divided by the width.
    """

    role: Role
    sizes: tuple[float, float]
    proportions: tuple[float, float, float]
    mass: float
    round: bool = False
    grip: float = 1.0
    flat_top: bool = False
    rolls: bool = False
    deep: bool = False
    floor: float = 0.0

    def extents(self, size: float) -> tuple[float, float, float]:
        """Returns the (x, y, z) extents in metres of an object of this width."""
        x, y, z = self.proportions
        return x * size, y * size, z * size


SHAPES: MappingProxyType[str, Shape] = MappingProxyType(
    {
        "cube": Shape("graspable", (0.048, 0.056), (1.0, 1.0, 1.0), 0.10, flat_top=True),
        "brick": Shape("graspable", (0.040, 0.046), (2.0, 1.0, 0.8), 0.10, flat_top=True),
        "cylinder": Shape(
            "graspable", (0.042, 0.050), (1.0, 1.0, 1.7), 0.10, round=True, flat_top=True
        ),
        "ball": Shape("graspable", (0.048, 0.060), (1.0, 1.0, 1.0), 0.10, round=True, rolls=True),
        "bottle": Shape("graspable", (0.044, 0.052), (1.0, 1.0, 2.6), 0.10, round=True),
        "mug": Shape("graspable", (0.050, 0.056), (1.64, 1.0, 1.15), 0.10),
        "prism": Shape("graspable", (0.044, 0.052), (1.35, 1.0, 1.1), 0.08, grip=0.8),
        "cone": Shape("graspable", (0.050, 0.058), (1.0, 1.0, 1.5), 0.08, round=True, grip=0.75),
        "duck": Shape("graspable", (0.042, 0.048), (1.6, 1.0, 1.5), 0.08, grip=0.62),
        "domino": Shape("graspable", (0.022, 0.026), (2.0, 1.0, 3.4), 0.08),
        "plate": Shape("receiver", (0.140, 0.160), (1.0, 1.0, 0.10), 0.40, round=True, floor=0.62),
        "bowl": Shape(
            "receiver", (0.124, 0.144), (1.0, 1.0, 0.40), 0.40, round=True, deep=True, floor=0.5
        ),
        "tray": Shape("receiver", (0.156, 0.180), (1.0, 0.75, 0.16), 0.40, floor=0.67),
        "box": Shape("receiver", (0.136, 0.156), (1.0, 0.85, 0.34), 0.40, deep=True, floor=0.76),
    }
)
"""Shape word to what it is."""

GRASPABLE: tuple[str, ...] = tuple(n for n, s in SHAPES.items() if s.role == "graspable")
RECEIVERS: tuple[str, ...] = tuple(n for n, s in SHAPES.items() if s.role == "receiver")
SUPPORTS: tuple[str, ...] = tuple(n for n, s in SHAPES.items() if s.flat_top)
"""Shapes on which others can be stacked."""
STANDING: tuple[str, ...] = tuple(n for n in GRASPABLE if not SHAPES[n].rolls)
"""Shapes that can be taken and stand where they are put."""


def plural(shape: str) -> str:
    """Returns the word for several of a kind."""
    return f"{shape}es" if shape.endswith(("s", "x")) else f"{shape}s"
