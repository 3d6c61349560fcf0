import pytest

from grader.page_filters import FILTERS, NONE


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("percent", 0.912, "91.2"),
        ("percent", 1.0, "100"),
        ("span", {"low": 0.866, "high": 0.944}, "87 to 94"),
        ("span", {"low": 0.9951, "high": 0.9994}, "99.5 to 99.9"),
        ("span", {"low": 0.0, "high": 0.0004}, "0 to 0.04"),
        ("span", {"low": 0.99996, "high": 1.0}, "99.996 to 100"),
        ("whole", 1204.4, "1,204"),
        ("decimal", 3.14159, "3.1"),
        ("duration", 0.42, "0.4 ms"),
        ("duration", 3138.2, "3,138 ms"),
        ("duration", 12_345, "12.3 s"),
        ("p_value", 0.0312, "0.031"),
        ("p_value", 1e-9, "< 0.001"),
        ("spaced", "put_in", "put in"),
        ("unbroken", "at 9.5 % [1, 20] of", "at 9.5\u00a0%\u00a0[1,\u00a020] of"),
    ],
)
def test_figures_are_written(name: str, value: object, text: str) -> None:
    assert FILTERS[name](value) == text


@pytest.mark.parametrize("name", ["percent", "span", "whole", "decimal", "duration", "p_value"])
def test_what_is_missing_is_a_dash(name: str) -> None:
    assert FILTERS[name](None) == NONE
