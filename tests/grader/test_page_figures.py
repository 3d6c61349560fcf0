import pytest

from grader.metrics import Rate
from grader.page_figures import as_rate, list_facts, say, sort_figures

SHARE = Rate(1, 2).to_dict()


def test_like_rows_become_a_table_and_the_rest_single_figures() -> None:
    figures = {
        "agreement": SHARE,
        "drop": 0.25,
        "by_reason": {"absent": {"recall": SHARE}, "far": {"recall": SHARE}},
    }
    facts, (grid,) = sort_figures(figures)
    assert [(f.label, f.text) for f in facts] == [("agreement", ""), ("drop", "0.25")]
    assert (grid.title, grid.columns, list(grid.rows)) == ("", ["recall"], ["absent", "far"])
    assert grid.rows["far"][0].rate == SHARE


def test_the_whole_is_the_first_row_of_its_parts() -> None:
    _, (grid,) = sort_figures({"same": SHARE, "seen": {"same": SHARE}, "unseen": {"same": SHARE}})
    assert list(grid.rows) == ["all", "seen", "unseen"]


def test_what_all_rows_share_is_the_title() -> None:
    trust = {"named": {"renamed": {"list": SHARE}}, "image": {"renamed": {"list": SHARE}}}
    _, (grid,) = sort_figures({"trust": trust})
    assert (grid.title, list(grid.rows)) == ("trust", ["named · renamed", "image · renamed"])


def test_entries_of_a_list_go_by_their_first_value() -> None:
    _, (grid,) = sort_figures({"curve": [{"mm": 2, "success": SHARE}, {"mm": 5, "success": SHARE}]})
    assert list(grid.rows) == ["mm 2", "mm 5"]
    assert [f.label for f in list_facts([SHARE, {"name": "a", "x": 1}])] == ["1", "a · x"]


def test_an_estimate_counts_as_a_rate_of_its_scenes() -> None:
    found = as_rate({"value": 0.1, "low": 0.0, "high": 0.2, "scenes": 7})
    assert found is not None
    assert found["n"] == 7
    assert as_rate({"value": None, "low": 0.0, "high": 1.0, "k": 0, "n": 0}) == {
        "value": None, "low": 0.0, "high": 1.0, "k": 0, "n": 0
    }  # fmt: skip
    assert as_rate({"value": 1}) is None
    assert as_rate(3) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not measured"),
        (True, "yes"),
        (0.12345, "0.123"),
        (12345.6, "12,346"),
        (7, "7"),
        ([], "none"),
        ({}, "none"),
        (["a", 0.5], "a, 0.5"),
    ],
)
def test_settings_are_said_as_people_write_them(value: object, words: str) -> None:
    assert say(value) == words
