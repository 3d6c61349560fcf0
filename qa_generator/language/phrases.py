"""Which things of a scene a noun phrase means: an own reading, apart from who wrote the phrase.

the red cube · red one · the larger cube · the second cube from the left · all the red things
the cube that is behind the blue mug · the object nearest to the gripper · what is in the bowl
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa_generator.language.symbols import Symbol
from scene_renderer.piles import bears
from scene_renderer.scene import SceneObject, Table

_CLOSE = 0.01
"""What is further than this to a side may be said to be on that side, metres."""

_SIDES = {"left": (0, 1), "right": (0, -1), "front": (-1, 0), "behind": (1, 0)}


@dataclass(frozen=True)
class Phrase:
    """What a noun phrase may mean.

    Attributes:
        names: of all the things that answer to it.
        is_set: whether it means all of them; else it means one.
    """

    names: tuple[str, ...]
    is_set: bool


class Reader:
    """Reads noun phrases from the front of a list of symbols.

    Attributes:
        symbols: all of them.
        at: the next one.
    """

    def __init__(self, scene: Table, symbols: Sequence[Symbol]) -> None:
        self.symbols = symbols
        self.at = 0
        self._scene = scene

    def read(self) -> Phrase | None:
        """Reads a phrase if one begins here; else stays where it is."""
        start = self.at
        phrase = self._read_load() if self._is("what") else self._read_thing()
        if phrase is None:
            self.at = start
        return phrase

    def _is(self, *kinds: str) -> bool:
        return self.at < len(self.symbols) and self.symbols[self.at].kind in kinds

    def _take(self, *kinds: str) -> Symbol | None:
        if not self._is(*kinds):
            return None
        self.at += 1
        return self.symbols[self.at - 1]

    def _read_load(self) -> Phrase | None:
        self.at += 1
        if not self._take("in"):
            return None
        base = self.read()
        if base is None or len(base.names) != 1:
            return base
        holder = next(o for o in self._scene.objects if o.name == base.names[0])
        return Phrase(tuple(o.name for o in self._scene.objects if bears(holder, o)), False)

    def _read_thing(self) -> Phrase | None:
        self._take("the")
        is_every = bool(self._take("every"))
        self._take("the")
        choice = self._take("size", "end", "ordinal")
        side = self._take("way") if choice is None and self._names_a_twin() else None
        color = self._take("color")
        noun = self._take("shape", "shapes", "thing", "things")
        if noun is None:
            return None
        some = [o for o in self._scene.objects if color is None or o.color == color.value]
        if noun.kind in ("shape", "shapes"):
            some = [o for o in some if o.shape == noun.value]
        if side is not None:
            some = [o for o in some if o.name.startswith(f"{side.value} ")]
        is_set = is_every or noun.kind in ("shapes", "things")
        some = self._choose(choice, some)
        return Phrase(tuple(o.name for o in self._narrow(some)), is_set)

    def _names_a_twin(self) -> bool:
        """Whether a word for a direction belongs to a name such as `left red cube`."""
        following = [s.kind for s in self.symbols[self.at : self.at + 3]]
        return following[:1] == ["way"] and following[1:] in (["color", "shape"], ["shape"])

    def _choose(self, choice: Symbol | None, some: list[SceneObject]) -> list[SceneObject]:
        if choice is None or not some:
            return some
        if choice.kind == "size":
            return [_SIZES[choice.value](some)]
        if choice.kind == "end":
            return [_row(some, choice.value)[0]]
        end = self._take("from")
        if end is None:
            return some
        return _row(some, end.value)[int(choice.value) :][:1]

    def _narrow(self, some: list[SceneObject]) -> list[SceneObject]:
        """Applies what follows the noun: where it is, or how near to the gripper."""
        if self._is("near", "far"):
            symbol = self.symbols[self.at]
            self.at += 1
            if self._take("gripper") and some:
                x, y, _ = self._scene.end_effector.position
                sign = 1 if symbol.kind == "near" else -1
                return [min(some, key=lambda o: sign * math.dist((x, y), o.position[:2]))]
            return some
        if not self._is("that"):
            return some
        self.at += 1
        side = self._take("side")
        other = self.read()
        if side is None or other is None or len(other.names) != 1:
            return []
        there = next(o for o in self._scene.objects if o.name == other.names[0])
        return [o for o in some if o is not there and _along(o, there, side.value) > _CLOSE]


def _along(item: SceneObject, other: SceneObject, side: str) -> float:
    x, y = _SIDES[side]
    dx, dy = item.position[0] - other.position[0], item.position[1] - other.position[1]
    return x * dx + y * dy


def _row(some: list[SceneObject], end: str) -> list[SceneObject]:
    """In a row as seen from the robot, beginning at this end."""
    return sorted(some, key=lambda o: o.position[1], reverse=end == "left")


_SIZES: dict[str, Callable[[list[SceneObject]], SceneObject]] = {
    "tallest": lambda some: max(some, key=lambda o: o.extents[2]),
    "larger": lambda some: max(some, key=lambda o: o.size),
    "smaller": lambda some: min(some, key=lambda o: o.size),
}
