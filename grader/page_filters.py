"""How the page writes figures: filters for its templates, which all survive what is missing."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from grader.page_figures import say
from grader.report import number
from grader.verdict import bound

Json = dict[str, Any]

NONE = "\u2013"
"""Stands where a figure was not measured."""

SMALL_P = 0.001
"""Smaller p-values are only said to be smaller."""


def percent(share: object) -> str:
    """Returns '91.2', '100', or a dash for None."""
    return number(share) if isinstance(share, int | float) else NONE


def span(interval: object) -> str:
    """Returns an interval's ends in percent: '87 to 94'."""
    if not isinstance(interval, Mapping) or interval.get("low") is None:
        return NONE
    return f"{bound(interval['low'])} to {bound(interval['high'])}"


def whole(value: object) -> str:
    """Returns a number without decimals, thousands apart: '1,204'."""
    return f"{value:,.0f}" if isinstance(value, int | float) else NONE


def decimal(value: object, digits: int = 1) -> str:
    """Returns a number with so many decimals."""
    return f"{value:,.{digits}f}" if isinstance(value, int | float) else NONE


def duration(milliseconds: object) -> str:
    """Returns a time: '0.4 ms', '182 ms' or '12.3 s'."""
    if not isinstance(milliseconds, int | float):
        return NONE
    if milliseconds >= 10_000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds:,.{0 if milliseconds >= 10 else 1}f} ms"


def p_value(value: object) -> str:
    """Returns '0.031', or '< 0.001'."""
    if not isinstance(value, int | float):
        return NONE
    return f"< {SMALL_P}" if value < SMALL_P else f"{value:.3f}"


def spaced(name: object) -> str:
    """Returns a name of the JSON as words."""
    return str(name).replace("_", " ")


def unbroken(text: object) -> str:
    """Replaces the spaces within figures like '91.2 % [87, 94]' by unbreakable ones."""
    figures = r"[\d.]+ %( \[[\d.]+, [\d.]+\])?"
    return re.sub(figures, lambda found: found[0].replace(" ", "\u00a0"), str(text))


FILTERS: Mapping[str, Callable[..., str]] = {
    f.__name__: f for f in (percent, span, whole, decimal, duration, p_value, spaced, unbroken, say)
}
