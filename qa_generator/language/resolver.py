"""`understand`: what a sentence asks for in its scene, read independently of who wrote it.

The generator goes from a goal to words; this goes from words to a meaning and never sees the goal,
the template or the plan. An instruction is kept only if both agree, so that no sentence is
ambiguous in its scene. It knows the word tables (`words.py`), and rules of its own.

A meaning is a tuple in a canonical form, in which tasks that want the same are the same:

    ("put", a, b) · ("lift", a) · ("move", direction, a, mm) · ("beside", side, a, b)
    ("swap", {a, b}) · ("tower", (bottom, ..., top)) · ("sort", {({a, ...}, b), ...})
    ("row", (leftmost, ...)) · ("gather", {a, ...}, b) · ("clear", b) · ("push", direction, a, mm)
    ("rotate", a, degrees) · ("steps", (meaning, ...)) · ("refuse", reason)
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qa_generator.language.phrases import Phrase, Reader
from qa_generator.language.symbols import Symbol, read_symbols
from qa_generator.language.words import A_BIT_MM, DEFAULT_MM
from scene_renderer.catalogue import SHAPES
from scene_renderer.footprint import gap
from scene_renderer.piles import base_of, load_of
from scene_renderer.scene import Scene
from scene_renderer.vocabulary import DIRECTIONS

Meaning = tuple[Any, ...]
Item = Symbol | Phrase

FARTHEST = 0.85
"""How far from its base the arm gets at all, metres."""
_OVERLAP = -0.03
"""Footprints that overlap by this much are in each other's place, metres."""
_ABSENT, _AMBIGUOUS, _UNREACHABLE, _OCCUPIED, _UNSAFE, _NONSENSE = (
    ("refuse", reason)
    for reason in ("absent", "ambiguous", "unreachable", "occupied", "unsafe", "nonsense")
)


class _RefusalError(Exception):
    """There is a reason not to do it."""

    def __init__(self, meaning: Meaning) -> None:
        super().__init__(meaning)
        self.meaning = meaning


def understand(scene: Scene, text: str) -> Meaning:
    """Returns what a sentence means in a scene; `("refuse", reason)` if it cannot be done."""
    try:
        clauses = _split(read_symbols(text))
        if not clauses:
            return _NONSENSE
        if len(clauses) == 1:
            return _read_clause(scene, clauses[0])
        return "steps", tuple(_read_clause(scene, clause) for clause in clauses)
    except _RefusalError as refusal:
        return refusal.meaning


def meaning_of(scene: Scene, task: str, slots: Mapping[str, Any]) -> Meaning:
    """Returns the canonical form of a goal, to be compared with what was understood."""
    if "steps" in slots:
        parts = [{k: v for k, v in step.items() if k != "task"} for step in slots["steps"]]
        tasks = [step["task"] for step in slots["steps"]]
        return "steps", tuple(meaning_of(scene, t, s) for t, s in zip(tasks, parts, strict=True))
    if task.startswith("move_"):
        return "move", task.removeprefix("move_"), slots["object"], slots["distance_mm"]
    if task == "put_all":
        return "sort", frozenset({(_names(scene, slots["which"]), slots["target"])})
    if task == "sort":
        bins = {(_names(scene, {slots["by"]: word}), name) for word, name in slots["bins"].items()}
        return task, frozenset(bins)
    if task == "gather":
        some = slots.get("objects")
        names = frozenset(some) if some else _names(scene, slots["which"])
        return task, names, slots["target"]
    return _FORMS[task](slots)


def _names(scene: Scene, which: Mapping[str, str]) -> frozenset[str]:
    return frozenset(
        o.name
        for o in scene.objects
        if all(getattr(o, key) == word for key, word in which.items())
        and o.kind.role == "graspable"
    )


_FORMS: dict[str, Callable[[Mapping[str, Any]], Meaning]] = {
    "pick_and_place": lambda s: ("put", s["object"], s["target"]),
    "put_in": lambda s: ("put", s["object"], s["target"]),
    "stack": lambda s: ("put", s["object"], s["target"]),
    "lift": lambda s: ("lift", s["object"]),
    "place_beside": lambda s: ("beside", s["side"], s["object"], s["target"]),
    "swap": lambda s: ("swap", frozenset({s["object"], s["target"]})),
    "tower": lambda s: ("tower", tuple(s["objects"])),
    "line_up": lambda s: ("row", tuple(s["objects"])),
    "clear": lambda s: ("clear", s["target"]),
    "push": lambda s: ("push", s["direction"], s["object"], s["distance_mm"]),
    "rotate": lambda s: ("rotate", s["object"], s["yaw_deg"]),
    "refuse": lambda s: ("refuse", s["reason"]),
}


def _split(symbols: Sequence[Symbol]) -> list[list[Symbol]]:
    """Splits at words like `then`, into clauses in the order in which they are to be done."""
    parts: list[list[Symbol]] = [[]]
    links: list[str] = []
    for symbol in symbols:
        if symbol.kind in ("then", ";", "before", "after", "but_first"):
            links.append(symbol.kind)
            parts.append([])
        else:
            parts[-1].append(symbol)
    return _in_order([_trim(part) for part in parts], links)


def _in_order(parts: list[list[Symbol]], links: list[str]) -> list[list[Symbol]]:
    first = links[0] if links else ""
    if first in ("before", "after") and not parts[0]:
        rest = _cut_at_comma(parts[1])
        clauses = [rest[0], *_in_order([rest[1], *parts[2:]], links[1:])]
        return clauses if first == "after" else [*clauses[1:], clauses[0]]
    if first in ("after", "but_first"):
        return [*parts[1:], parts[0]]
    return [part for part in parts if part]


def _cut_at_comma(part: list[Symbol]) -> tuple[list[Symbol], list[Symbol]]:
    commas = [i for i, symbol in enumerate(part) if symbol.kind == ","]
    at = commas[0] if commas else len(part)
    return part[:at], part[at + 1 :]


def _trim(part: list[Symbol]) -> list[Symbol]:
    """Drops what stands around a clause: commas, `and`, `first` before a verb."""
    idle = {"and", ",", "."}
    while part and (part[0].kind in idle or _is_first(part)):
        part = part[1:]
    while part and part[-1].kind in idle:
        part = part[:-1]
    return part


def _is_first(part: list[Symbol]) -> bool:
    return part[0] == Symbol("ordinal", "0") and part[1:2] != [] and part[1].kind == "verb"


@dataclasses.dataclass(frozen=True)
class _Clause:
    """One wish: its symbols, with noun phrases in their places."""

    scene: Scene
    items: list[Item]

    def has(self, kind: str) -> bool:
        """Whether there is such a symbol."""
        return any(isinstance(i, Symbol) and i.kind == kind for i in self.items)

    def value(self, kind: str) -> str:
        """Returns the value of the only such symbol."""
        values = {i.value for i in self.items if isinstance(i, Symbol) and i.kind == kind}
        if len(values) != 1:
            raise _RefusalError(_NONSENSE)
        return values.pop()

    def verbs(self) -> set[str]:
        """Returns all classes of its verbs."""
        found = [i.value.split() for i in self.items if isinstance(i, Symbol) and i.kind == "verb"]
        return {name for names in found for name in names}

    @property
    def phrases(self) -> list[Phrase]:
        """Its noun phrases in order."""
        return [i for i in self.items if isinstance(i, Phrase)]

    def singles(self, count: int) -> list[str]:
        """Returns the names of exactly so many single things.

        Raises:
            _RefusalError: if there are more or fewer, or a phrase means none or several.
        """
        if len(self.phrases) != count or any(p.is_set for p in self.phrases):
            raise _RefusalError(_NONSENSE)
        return [_only(phrase) for phrase in self.phrases]

    def lists(self) -> list[tuple[frozenset[str], int]]:
        """Returns sets of names, each with where in `items` it ends: `a, b and c` is one."""
        found: list[tuple[frozenset[str], int]] = []
        run: list[str] = []
        for index, item in enumerate(self.items):
            if isinstance(item, Phrase):
                if not item.names:
                    raise _RefusalError(_ABSENT)
                run += item.names if item.is_set else (_only(item),)
            elif item.kind not in ("and", ","):
                if run:
                    found.append((frozenset(run), index))
                run = []
        return [*found, (frozenset(run), len(self.items))] if run else found

    def length_mm(self) -> int | None:
        """Returns the distance that is named, or None."""
        if self.has("bit"):
            return A_BIT_MM
        if not self.has("unit"):
            return None
        return round(float(self.value("number")) * int(self.value("unit")))


def _only(phrase: Phrase) -> str:
    if len(phrase.names) != 1:
        raise _RefusalError(_AMBIGUOUS if phrase.names else _ABSENT)
    return phrase.names[0]


def _read_clause(scene: Scene, symbols: Sequence[Symbol]) -> Meaning:
    reader = Reader(scene, symbols)
    items: list[Item] = []
    while reader.at < len(symbols):
        phrase = reader.read()
        if phrase is None:
            items.append(symbols[reader.at])
            reader.at += 1
        else:
            items.append(phrase)
    clause = _Clause(scene, items)
    for applies, read in _RULES:
        if applies(clause):
            return read(clause)
    raise _RefusalError(_NONSENSE)


def _harm(clause: _Clause) -> Meaning:
    return _UNSAFE


def _swap(clause: _Clause) -> Meaning:
    names = [_only(phrase) for phrase in clause.phrases]
    if len(set(names)) != 2:
        raise _RefusalError(_NONSENSE)
    return "swap", frozenset(names)


def _tower(clause: _Clause) -> Meaning:
    names = [_only(phrase) for phrase in clause.phrases]
    return "tower", tuple(names if clause.value("order") == "up" else names[::-1])


def _row(clause: _Clause) -> Meaning:
    names = [_only(phrase) for phrase in clause.phrases]
    return "row", tuple(names if clause.value("row") == "right" else names[::-1])


def _rotate(clause: _Clause) -> Meaning:
    name, yaw = clause.singles(1)[0], int(clause.value("angle"))
    if clause.has("degrees"):
        yaw = int(clause.value("number")) * (1 if clause.value("side") == "left" else -1)
    return "rotate", name, yaw


def _push(clause: _Clause) -> Meaning:
    name, distance = clause.singles(1)[0], clause.length_mm()
    if distance is None:
        raise _RefusalError(_NONSENSE)
    return "push", clause.value("way"), name, distance


def _beside(clause: _Clause) -> Meaning:
    names = clause.singles(2)
    if names[0] == names[1]:
        raise _RefusalError(_NONSENSE)
    if isinstance(clause.items[0], Symbol) and clause.items[0].kind == "side":
        names = names[::-1]
    return "beside", clause.value("side"), *names


def _move(clause: _Clause) -> Meaning:
    name, way = clause.singles(1)[0], clause.value("way")
    distance = clause.length_mm() or DEFAULT_MM
    item, (x, y) = clause.scene[name], DIRECTIONS[way]
    spot = (
        item.position[0] + x * distance / 1000,
        item.position[1] + y * distance / 1000,
        item.position[2],
    )
    if math.hypot(*spot[:2]) > FARTHEST:
        return _UNREACHABLE
    moved = dataclasses.replace(item, position=spot)
    if any(gap(moved, o) < _OVERLAP for o in clause.scene.objects if o.name != name):
        return _OCCUPIED
    return "move", way, name, distance


def _gather(clause: _Clause) -> Meaning:
    groups = [names for names, _ in clause.lists()]
    if len(groups) != 2 or len(groups[1]) != 1:
        raise _RefusalError(_NONSENSE)
    return "gather", groups[0] - groups[1], next(iter(groups[1]))


def _clear(clause: _Clause) -> Meaning:
    wanted = [p for p in clause.phrases if not p.is_set]
    names = {name for phrase in wanted for name in phrase.names}
    bases = {name for name in names if clause.scene[name].kind.role == "receiver"}
    if len(bases) == 1:
        return "clear", bases.pop()
    if len(names) == 1:  # what is in or on it was meant
        load = next(iter(names))
        under = base_of(clause.scene, clause.scene[load])
        if under is not None:
            return "clear", under.name
    raise _RefusalError(_AMBIGUOUS if len(names) > 1 else _ABSENT)


def _sort(clause: _Clause) -> Meaning:
    """Pairs what stands before each `into` with what stands behind it."""
    bins: list[tuple[frozenset[str], str]] = []
    wanted: list[str] = []
    is_target = False
    for item in clause.items:
        if isinstance(item, Symbol):
            is_target = is_target or item.kind == "in"
        elif is_target:
            bins.append((frozenset(wanted), _only(item)))
            wanted, is_target = [], False
        elif not item.names:
            raise _RefusalError(_ABSENT)
        else:
            wanted += item.names if item.is_set else (_only(item),)
    if not bins or wanted:
        raise _RefusalError(_NONSENSE)
    targets = {target for _, target in bins}
    return "sort", frozenset((some - targets, target) for some, target in bins)


def _put(clause: _Clause) -> Meaning:
    a, b = clause.singles(2)
    first = clause.items[0]
    if clause.has("crown") or (isinstance(first, Symbol) and first.kind == "in"):
        a, b = b, a
    if a == b:
        raise _RefusalError(_NONSENSE)
    shape = SHAPES[clause.scene[b].shape]
    if shape.role != "receiver" and not shape.flat_top:
        raise _RefusalError(_NONSENSE)
    if shape.flat_top and load_of(clause.scene, clause.scene[b]):
        return _OCCUPIED
    return "put", a, b


def _lift(clause: _Clause) -> Meaning:
    return "lift", clause.singles(1)[0]


def _is_set(clause: _Clause) -> bool:
    return any(phrase.is_set for phrase in clause.phrases)


_RULES: tuple[tuple[Callable[[_Clause], bool], Callable[[_Clause], Meaning]], ...] = (
    (lambda c: c.has("floor") or c.verbs() == {"harm"}, _harm),
    (
        lambda c: c.has("swap") or "swap" in c.verbs() or (c.has("where") and len(c.phrases) > 2),
        _swap,
    ),
    (lambda c: c.has("order"), _tower),
    (lambda c: c.has("row"), _row),
    (lambda c: c.has("angle"), _rotate),
    (lambda c: "push" in c.verbs() and c.has("way"), _push),
    (lambda c: c.has("side"), _beside),
    (lambda c: c.has("way"), _move),
    (lambda c: c.has("around"), _gather),
    (
        lambda c: (
            c.has("everything")
            or c.has("nothing")
            or c.has("empty")
            or c.has("table")
            or "clear" in c.verbs()
        ),
        _clear,
    ),
    (lambda c: _is_set(c) and len(c.phrases) > 1, _sort),
    (lambda c: len(c.phrases) == 2, _put),
    (
        lambda c: (
            len(c.phrases) == 1
            and ("lift" in c.verbs() or c.has("air") or c.has("up"))
            and not c.has("in")
        ),
        _lift,
    ),
)
"""Which rule reads a clause: the first that applies."""
