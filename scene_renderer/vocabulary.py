"""Every colour, direction and refusal reason: each word stands here once (shapes: catalogue)."""

from types import MappingProxyType

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

DIRECTIONS: MappingProxyType[str, tuple[int, int]] = MappingProxyType(
    {"forward": (1, 0), "backward": (-1, 0), "left": (0, 1), "right": (0, -1)}
)
"""The robot's directions as unit steps (x, y) in its base frame."""

SIZE_WORDS: tuple[str, str] = ("small", "large")
SIDE_WORDS: tuple[str, str] = ("left", "right")
"""Words that tell two objects of one colour and shape apart in a scene's object names."""
DEPTH_WORDS: tuple[str, str] = ("near", "far")
HEIGHT_WORDS: tuple[str, str] = ("upper", "lower")
MIDDLE_WORD = "middle"
ORDER_WORDS: tuple[str, ...] = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
)
"""The same for composed scenes, where more of a kind may stand anywhere (`compose_kinds.py`)."""

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
