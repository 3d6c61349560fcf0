"""Which scenes each split may contain. Splits differ by construction, never by luck.

A scene is a pure function of (seed, split, index): the split's name is part of the random stream,
so no two splits share a scene. On top of that, each `test_*` split holds one thing that training
never shows.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from scene_renderer.catalogue import SHAPES
from scene_renderer.errors import UsageError, did_you_mean
from scene_renderer.vocabulary import COLORS


@dataclass(frozen=True)
class Split:
    """The rules of one split.

    Attributes:
        objects: fewest and most objects in a scene.
        combinations: colour-shape pairs drawn from all `seen` ones, or with `unseen` ones too.
        look: how far camera, light, table and picture noise wander.
        wordings: whether instructions use the `seen` or the `unseen` templates.
        piled: whether one object stands in or on another from the start.
        sharing: how many scenes in a row share camera, light, table and the gripper's start, which
            are then drawn once for all of them.
    """

    objects: tuple[int, int] = (4, 7)
    combinations: Literal["seen", "unseen"] = "seen"
    look: Literal["mild", "medium", "hard"] = "mild"
    wordings: Literal["seen", "unseen"] = "seen"
    piled: bool = False
    sharing: int = 1


SPLITS: MappingProxyType[str, Split] = MappingProxyType(
    {
        "train": Split(sharing=8),
        "valid": Split(),
        "test": Split(),
        "test_combinations": Split(combinations="unseen"),
        "test_wordings": Split(wordings="unseen"),
        "test_counts": Split(objects=(8, 8)),
        "test_look": Split(look="medium"),
        "test_look_hard": Split(look="hard"),
        "test_piles": Split(piled=True),
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
