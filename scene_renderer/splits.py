"""Which scenes each split may contain. Splits differ by construction, never by luck.

A scene is a pure function of (seed, split, index): the split's name is part of the random stream,
so no two splits share a scene. On top of that, each `test_*` split holds one thing that training
never shows.
"""

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from scene_renderer.catalogue import SHAPES
from scene_renderer.errors import UsageError, did_you_mean
from scene_renderer.vocabulary import COLORS

_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Split:
    """The rules of one split.

    Attributes:
        objects: fewest and most objects in a scene.
        combinations: colour-shape pairs drawn from all `seen` ones, or with `unseen` ones too.
        look: how far camera, light, table and picture noise wander.
        wordings: whether instructions use the `seen` or the `unseen` templates.
        piled: in which share of the scenes one object stands in or on another from the start.
        plans: whether instructions are of the usual tasks, or of those with more steps.
        sharing: how many scenes in a row share camera, light, table and the gripper's start, which
            are then drawn once for all of them.
    """

    objects: tuple[int, int] = (4, 7)
    combinations: Literal["seen", "unseen"] = "seen"
    look: Literal["mild", "medium", "hard"] = "mild"
    wordings: Literal["seen", "unseen"] = "seen"
    piled: float = 0.0
    plans: Literal["usual", "long"] = "usual"
    sharing: int = 1

    def is_piled(self, index: int) -> bool:
        """Whether the scene of this index is one of those with a pile.

        Multiples of the golden ratio spread evenly over any stretch of scenes, and over every
        second, third or twentieth of them too, so that tasks which take turns see as many piles.
        """
        return index * _GOLDEN % 1 >= 1 - self.piled


SPLITS: MappingProxyType[str, Split] = MappingProxyType(
    {
        "train": Split(piled=0.25, sharing=8),
        "valid": Split(piled=0.25),
        "test": Split(piled=0.25),
        "test_combinations": Split(piled=0.25, combinations="unseen"),
        "test_wordings": Split(piled=0.25, wordings="unseen"),
        "test_counts": Split(objects=(8, 8), piled=0.25),
        "test_long": Split(piled=0.25, plans="long"),
        "test_look": Split(look="medium", piled=0.25),
        "test_look_hard": Split(look="hard", piled=0.25),
        "test_piles": Split(piled=1.0),
    }
)


def is_unseen(color: str, shape: str) -> bool:
    """Whether training never shows this colour on this shape: one colour of five for each shape."""
    return (list(COLORS).index(color) + 3 * list(SHAPES).index(shape)) % 5 == 1


def find_split(name: str) -> Split:
    """Returns the split of this name.

    Raises:
        UsageError: if there is none.
    """
    if name not in SPLITS:
        raise UsageError(f"Unknown split '{name}'.{did_you_mean(name, SPLITS)}")
    return SPLITS[name]
