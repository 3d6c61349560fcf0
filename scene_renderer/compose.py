"""`Description`: what a composed scene shall hold, before anything has a place.

A sentence becomes a description (`compose_grammar.py`, or a model behind `compose_endpoint.py`), a
description becomes a scene (`compose_layout.py`). "three red cubes around a blue bowl" is

    {"groups": [{"count": 3, "color": "red", "shape": "cube", "size": null,
                 "relations": [{"kind": "around", "of": [1]}]},
                {"count": 1, "color": "blue", "shape": "bowl", "size": null, "relations": []}]}

Directions are the robot's: left is +y, behind is farther from the robot.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from scene_renderer.catalogue import SHAPES, plural
from scene_renderer.errors import SceneError, did_you_mean
from scene_renderer.scene import MAX_OBJECTS, MIN_OBJECTS
from scene_renderer.vocabulary import COLORS, SIZE_WORDS

RELATIONS: MappingProxyType[str, str] = MappingProxyType(
    {
        "left_of": "left of",
        "right_of": "right of",
        "in_front_of": "in front of",
        "behind": "behind",
        "next_to": "next to",
        "near": "near",
        "far_from": "far from",
        "between": "between",
        "around": "around",
        "on": "on",
        "in": "in",
        "row": "in a row",
        "column": "one behind the other",
        "circle": "in a circle",
        "at_left": "at the left edge",
        "at_right": "at the right edge",
        "at_front": "at the front edge",
        "at_back": "at the back edge",
        "middle": "in the middle",
    }
)
"""Kind of relation to how it is said."""

FORMATIONS: tuple[str, ...] = ("row", "column", "circle")
"""Kinds whose members stand in order; `of` names the other groups that belong to it."""
PLACES: tuple[str, ...] = ("at_left", "at_right", "at_front", "at_back", "middle")
"""Kinds that are about the table and have no `of`."""
PILES: tuple[str, ...] = ("on", "in")

NUMBERS: tuple[str, ...] = ("one", "two", "three", "four", "five", "six", "seven", "eight")
"""Words of the counts that a scene can hold, from 1 on."""


@dataclass(frozen=True)
class Relation:
    """How every member of a group lies to other groups.

    Attributes:
        kind: a word from `RELATIONS`.
        of: indices of the other groups.
    """

    kind: str
    of: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _check_word("relation", self.kind, RELATIONS)
        needs_none, may_have_none = self.kind in PLACES, self.kind in FORMATIONS
        if (needs_none and self.of) or not (self.of or needs_none or may_have_none):
            raise SceneError(
                f"The relation '{self.kind}' has {len(self.of)} other groups; "
                f"give it {'none' if needs_none else 'at least one'}."
            )


@dataclass(frozen=True)
class Group:
    """Objects of one kind that are spoken of together.

    Attributes:
        count: how many.
        color: a word from `COLORS`; None: any, and no two alike.
        shape: a word from `SHAPES`; None: any that the arm takes.
        size: a word from `SIZE_WORDS`; None: any.
        relations: what holds for each of them.
    """

    count: int
    color: str | None = None
    shape: str | None = None
    size: str | None = None
    relations: tuple[Relation, ...] = ()

    def __post_init__(self) -> None:
        _check_word("colour", self.color, COLORS)
        _check_word("shape", self.shape, SHAPES)
        _check_word("size", self.size, SIZE_WORDS)
        if self.count < 1:
            raise SceneError(f"A group has {self.count} objects; leave it out, or give it one.")

    def relation(self, *kinds: str) -> Relation | None:
        """Returns its first relation of one of these kinds."""
        return next((r for r in self.relations if r.kind in kinds), None)

    def __str__(self) -> str:
        if self.count > 1:
            return f"{NUMBERS[self.count - 1]} {self._words()}"
        words = self._words()
        return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"

    def definite(self) -> str:
        """Names it as something that was spoken of before."""
        count = f"{NUMBERS[self.count - 1]} " if self.count > 1 else ""
        return f"the {count}{self._words()}"

    def _words(self) -> str:
        shape = self.shape or "thing"
        noun = shape if self.count == 1 else plural(shape)
        return " ".join(word for word in (self.size, self.color, noun) if word)


@dataclass(frozen=True)
class Description:
    """What a scene shall hold.

    Attributes:
        groups: of objects; relations name them by their index.
    """

    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        total = sum(group.count for group in self.groups)
        if total > MAX_OBJECTS:
            raise SceneError(
                f"That is {total} objects; a scene holds {MIN_OBJECTS} to {MAX_OBJECTS}."
            )
        for number, group in enumerate(self.groups):
            for relation in group.relations:
                self._check_of(number, relation)
        if total < MIN_OBJECTS:
            more = NUMBERS[MIN_OBJECTS - total - 1]
            things = f"{more} other thing{'s' if MIN_OBJECTS - total > 1 else ''}"
            raise SceneError(
                f"That is {total} object{'s' if total != 1 else ''}; a scene holds {MIN_OBJECTS} "
                f"to {MAX_OBJECTS}. Say what else, or add 'and {things}'."
            )

    def _check_of(self, number: int, relation: Relation) -> None:
        for other in relation.of:
            if not 0 <= other < len(self.groups):
                raise SceneError(
                    f"A relation '{relation.kind}' is to group {other}; "
                    f"there are groups 0 to {len(self.groups) - 1}."
                )
        if number in relation.of:
            raise SceneError(
                f"{capital(self.groups[number])} cannot be {RELATIONS[relation.kind]} itself."
            )

    def members(self, numbers: Iterable[int]) -> int:
        """Returns how many objects some groups have together."""
        return sum(self.groups[number].count for number in numbers)

    def tell(self, number: int) -> str:
        """Says what one group is and where."""
        group = self.groups[number]
        return " and ".join(
            [f"{group} {self._tell_relation(r)}".strip() for r in group.relations[:1]]
            + [self._tell_relation(r) for r in group.relations[1:]]
        ) or str(group)

    def _tell_relation(self, relation: Relation) -> str:
        others = " and ".join(self.groups[number].definite() for number in relation.of)
        if relation.kind in FORMATIONS:
            return f"{'with ' + others if others else ''} {RELATIONS[relation.kind]}".strip()
        return f"{RELATIONS[relation.kind]} {others}".strip()

    def to_dict(self) -> dict[str, Any]:
        """Returns it as plain values of JSON; `from_dict` is its inverse."""
        return {
            "groups": [
                {
                    **{key: vars(group)[key] for key in ("count", "color", "shape", "size")},
                    "relations": [{"kind": r.kind, "of": list(r.of)} for r in group.relations],
                }
                for group in self.groups
            ]
        }

    @staticmethod
    def from_dict(data: Any) -> "Description":
        """Reads a description from parsed JSON.

        Raises:
            SceneError: if it is not of the form that `SCHEMA` tells, or breaks a rule.
        """
        return Description(tuple(_read_group(item) for item in _items(data, "groups")))


def capital(words: object) -> str:
    """Returns words with a capital letter, as they begin a sentence."""
    text = str(words)
    return text[:1].upper() + text[1:]


def _check_word(what: str, word: str | None, known: Iterable[str]) -> None:
    if word is not None and word not in known:
        raise SceneError(f"Unknown {what} '{word}'.{did_you_mean(word, known)}")


def _read_group(data: Any) -> Group:
    words = {key: _typed(data, key, (str, type(None))) for key in ("color", "shape", "size")}
    relations = tuple(
        Relation(_typed(item, "kind", str), tuple(_indices(item)))
        for item in _items(data, "relations")
    )
    return Group(_typed(data, "count", int), **words, relations=relations)


def _indices(data: Any) -> list[int]:
    numbers = _items(data, "of")
    if not all(isinstance(n, int) and not isinstance(n, bool) for n in numbers):
        raise SceneError(f"'of' must hold indices of groups, not {str(numbers)[:60]}.")
    return list(dict.fromkeys(numbers))


def _items(data: Any, key: str) -> list[Any]:
    items: list[Any] = _typed(data, key, list)
    return items


def _typed(data: Any, key: str, kind: type | tuple[type, ...]) -> Any:
    if not isinstance(data, dict) or key not in data:
        raise SceneError(f"The key '{key}' is missing in {str(data)[:60]}.")
    if not isinstance(data[key], kind) or isinstance(data[key], bool):
        raise SceneError(f"'{key}' cannot be {str(data[key])[:60]!r}.")
    return data[key]


def _choice(words: Iterable[str]) -> dict[str, Any]:
    return {"type": ["string", "null"], "enum": [*words, None]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_RELATION = _object(
    {
        "kind": {"type": "string", "enum": list(RELATIONS)},
        "of": {"type": "array", "items": {"type": "integer"}},
    }
)
_GROUP = _object(
    {
        "count": {"type": "integer", "minimum": 1, "maximum": MAX_OBJECTS},
        "color": _choice(COLORS),
        "shape": _choice(SHAPES),
        "size": _choice(SIZE_WORDS),
        "relations": {"type": "array", "items": _RELATION},
    }
)
SCHEMA: dict[str, Any] = _object({"groups": {"type": "array", "items": _GROUP}})
"""JSON Schema of `Description.to_dict`; rules that it cannot say are checked when it is read."""
