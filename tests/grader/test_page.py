import re
from collections.abc import Callable
from typing import Any

import pytest

from grader.metrics import Outcome
from grader.page import BINS, Exhibit, format_page, histogram
from grader.report import BLANK

ReportOf = Callable[..., dict[str, Any]]


def test_the_page_shows_verdict_rates_and_controls(report_of: ReportOf) -> None:
    report = report_of((0.91, 0.8, 0.3), **{BLANK: (0.9, 0.1, 0.1)})
    page = format_page(report)
    assert "named 91.0 % [86, 94]" in page.replace("\u00a0", " ")
    assert "<td>blank image</td>" in page
    assert "182/200" in page
    assert "missed grasp" in page


def test_the_page_tells_mended_answers_and_draws_earlier_reports(report_of: ReportOf) -> None:
    report = report_of((0.9, 0.8, 0.3))
    report["reliability"]["mended_plans"] |= {"k": 3, "value": 0.005}
    report["reliability"]["mended_success"] |= {"k": 1, "n": 3, "value": 0.33}
    assert "only mended" in format_page(report)
    del report["reliability"]["mended_plans"], report["reliability"]["mended_success"]
    assert "only mended" not in format_page(report)


def test_the_page_fetches_nothing(report_of: ReportOf) -> None:
    page = format_page(report_of((0.9, 0.8, 0.3)))
    assert re.findall(r"(?:src|href)\s*=\s*[\"'](?!data:)|url\(|@import", page) == []


def test_what_people_wrote_is_escaped(report_of: ReportOf) -> None:
    said = ("lift <script>", "</pre><b>")
    outcome = Outcome("a", "0", "test", "lift", "named", *said, True, False, False, "dropped")
    exhibit = Exhibit(outcome)
    page = format_page(report_of((0.9, 0.8, 0.3)), [exhibit])
    assert "<script>" not in page
    assert "</pre><b>" not in page
    assert "dropped" in page


def test_speed_is_shown_where_it_was_measured(report_of: ReportOf) -> None:
    report = report_of((0.9, 0.8, 0.3))
    assert "Time for one answer" not in format_page(report)
    report["inference"] = {
        "latency_ms": {"p50": 80.0, "p95": 90.0, "p99": 95.0, "samples": [80.0, 90.0]},
        "device": "cpu",
        "model": {"parameters": 5_100_000, "dtype": "float32"},
        "batch_size": 32,
        "plans_per_second": 30.0,
        "tokens_per_second": 800.0,
        "peak_memory_mib": 700.0,
    }
    assert "Time for one answer" in format_page(report)


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0], [1.0, 2.0, 9.0]])
def test_a_histogram_holds_every_value(values: list[float]) -> None:
    found = histogram(values)
    assert len(found["heights"]) == BINS
    assert max(found["heights"]) == 100.0
    assert (found["low"], found["high"]) == (min(values), max(values))


def test_a_histogram_of_nothing_is_empty() -> None:
    assert histogram([])["heights"] == []
