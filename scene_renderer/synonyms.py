"""What people call shapes and colours: each word once, for scenes from sentences and instructions.

The first of a pair is what training may say, its first word the usual one; the second is kept for
the split `test_wordings`.
"""

from types import MappingProxyType

Synonyms = tuple[tuple[str, ...], tuple[str, ...]]

NOUNS: MappingProxyType[str, Synonyms] = MappingProxyType(
    {
        "cube": (("cube",), ("dice",)),
        "brick": (("brick",), ("long block",)),
        "cylinder": (("cylinder",), ("canister",)),
        "ball": (("ball", "sphere"), ("globe",)),
        "bottle": (("bottle",), ("flask",)),
        "mug": (("mug", "cup"), ("beaker",)),
        "prism": (("prism", "wedge"), ("roof block",)),
        "cone": (("cone",), ("pylon",)),
        "duck": (("duck", "rubber duck", "toy duck"), ("duckling",)),
        "domino": (("domino", "domino tile"), ("game tile",)),
        "plate": (("plate", "dish"), ("saucer",)),
        "bowl": (("bowl",), ("basin",)),
        "tray": (("tray", "serving tray"), ("salver",)),
        "box": (("box",), ("crate",)),
    }
)
"""Shape to its nouns."""

ADJECTIVES: MappingProxyType[str, Synonyms] = MappingProxyType(
    {
        "red": (("red",), ("crimson",)),
        "orange": (("orange",), ("tangerine",)),
        "yellow": (("yellow",), ("golden",)),
        "green": (("green",), ("emerald",)),
        "cyan": (("cyan", "turquoise"), ("aqua",)),
        "blue": (("blue",), ("cobalt",)),
        "purple": (("purple", "violet"), ("lilac",)),
        "pink": (("pink",), ("rosy",)),
        "white": (("white",), ("ivory",)),
        "black": (("black",), ("ebony",)),
    }
)
"""Colour to its adjectives."""
