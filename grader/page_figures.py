"""Figures of any shape, sorted into what a page can draw: single ones and tables.

A suite's figures, a refusal's twins, settings and versions have shapes of their own; whatever is in
them is shown, under the words that led to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Fact:
    """One figure of a suite, whatever it is.

    Attributes:
        label: where it stood in the JSON, as words.
        rate: the figure, if it is a rate.
        text: the figure, if it is not.
    """

    label: str
    rate: Json | None = None
    text: str = ""


@dataclass(frozen=True)
class Grid:
    """Figures in rows of the same columns; the title is what the paths to all rows begin with."""

    title: str
    columns: Sequence[str]
    rows: Mapping[str, Sequence[Fact]]


def as_rate(value: object) -> Json | None:
    """Returns a rate, or an estimate with an interval, as a rate; None if it is neither."""
    if not isinstance(value, Mapping) or not {"value", "low", "high"} <= value.keys():
        return None
    count = next((value[key] for key in ("n", "scenes", "clusters") if key in value), 0)
    return {**value, "n": 0 if value["value"] is None else count}


def list_facts(figures: object) -> list[Fact]:
    """Returns every figure of a part whose shape is its own affair, however deep it lies."""
    return [
        _fact((*path, key), leaf) for path, row in _rows(figures, ()) for key, leaf in row.items()
    ]


def sort_figures(figures: object) -> tuple[list[Fact], list[Grid]]:
    """Returns such a part's figures: single ones, and tables of those that come in like rows."""
    rows: dict[tuple[str, ...], list[tuple[tuple[str, ...], Json]]] = {}
    for path, row in _rows(figures, ()):
        rows.setdefault(tuple(row), []).append((path, row))
    facts, grids = [], []
    for columns, found in rows.items():
        if len(found) < 2:
            facts += [_fact((*p, key), leaf) for p, row in found for key, leaf in row.items()]
        else:
            grids.append(_grid(columns, found))
    return facts, grids


def _grid(columns: Sequence[str], found: Sequence[tuple[tuple[str, ...], Json]]) -> Grid:
    first = {path[:1] for path, _ in found}
    title = first.pop() if len(first) == 1 else ()
    lines = {
        _label(path[len(title) :]) or "all": [_fact((key,), leaf) for key, leaf in row.items()]
        for path, row in found
    }
    return Grid(_label(title), [_label((column,)) for column in columns], lines)


def _rows(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Yields the figures that stand side by side, with the path to them."""
    parts = _parts(value)
    leaves = {key: part for key, part in parts.items() if not _parts(part)}
    if leaves:
        yield path, leaves
    for key, part in parts.items():
        if key not in leaves:
            yield from _rows(part, path if key.startswith("by_") else (*path, key))


def _parts(value: object) -> Json:
    """Returns the named parts of a mapping, or of a list of mappings; nothing of a figure."""
    if as_rate(value):
        return {}
    if isinstance(value, Mapping):
        return {str(key): part for key, part in value.items()}
    if isinstance(value, list | tuple) and any(isinstance(part, Mapping) for part in value):
        return dict(_entry(part, number) for number, part in enumerate(value, start=1))
    return {}


def _entry(part: object, number: int) -> tuple[str, object]:
    """Returns a list's entry under its name, which is its first value, or else its number."""
    if isinstance(part, Mapping) and part and not as_rate(part):
        key, name = next(iter(part.items()))
        if isinstance(name, str | int | float):
            rest = {k: v for k, v in part.items() if k != key}
            return (name if isinstance(name, str) else f"{key} {say(name)}"), rest
    return str(number), part


def _fact(path: Sequence[str], value: object) -> Fact:
    rate = as_rate(value)
    return Fact(_label(path), rate) if rate else Fact(_label(path), text=say(value))


def _label(path: Sequence[str]) -> str:
    return " \u00b7 ".join(word.replace("_", " ") for word in path)


def say(value: object) -> str:
    """Returns a setting or a figure as people write it."""
    if value is None:
        return "not measured"
    if isinstance(value, Mapping | list | tuple) and not value:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return ", ".join(say(part) for part in value)
    return str(value)
