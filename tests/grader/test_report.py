from collections.abc import Callable
from typing import Any

from grader.metrics import Outcome
from grader.report import BASE, BLANK, MODEL, build_report
from grader.table import WIDTH, format_table

ReportOf = Callable[..., dict[str, Any]]


def test_the_verdict_gives_every_context_with_its_interval(report_of: ReportOf) -> None:
    words = report_of((0.91, 0.8, 0.6))["verdict"]
    assert "On 200 unseen scenes of 'test'" in words
    assert "named 91.0 % [86, 94]" in words
    assert "weak" not in words


def test_a_model_that_scores_the_same_with_a_blank_image_is_called_blind(
    report_of: ReportOf,
) -> None:
    words = report_of((0.9, 0.1, 0.1), **{BLANK: (0.9, 0.1, 0.1)})["verdict"]
    assert "It is blind" in words
    assert "Unnamed and image are weak" in words


def test_a_model_that_looks_is_not_called_blind(report_of: ReportOf) -> None:
    words = report_of((0.95, 0.8, 0.8), **{BLANK: (0.94, 0.1, 0.0)})["verdict"]
    assert "blind" not in words
    assert "In named the list of coordinates suffices." in words


def test_a_model_that_looks_in_one_context_only_is_told_so(report_of: ReportOf) -> None:
    words = report_of((0.95, 0.8, 0.1), **{BLANK: (0.5, 0.1, 0.1)})["verdict"]
    assert "In image the picture makes no measurable difference." in words


def test_a_model_no_better_than_a_control_is_told_so(report_of: ReportOf) -> None:
    words = report_of((0.3, 0.3, 0.3), **{BASE: (0.3, 0.3, 0.3)})["verdict"]
    assert "It is not clearly above untuned base." in words


def test_a_control_is_compared_on_the_cases_that_it_answered() -> None:
    def outcome(case: int, success: bool) -> Outcome:
        words = "lift the red cube", "pick(400, 0, 25)"
        return Outcome(
            str(case), str(case), "test", "lift", "named", *words, True, False, success, ""
        )

    graded = [outcome(i, success=i >= 70) for i in range(700)]
    easy = [outcome(i, success=i < 7) for i in range(70)]
    report = build_report("x", {MODEL: graded, BASE: easy}, settings={"split": "test"})
    assert report["accuracy"]["success"]["value"] == 0.9
    assert report["controls"][BASE]["model_success"] | {"low": 0, "high": 0} == {
        "value": 0.0, "low": 0, "high": 0, "k": 0, "n": 70
    }  # fmt: skip
    assert "It is not clearly above untuned base." in report["verdict"]


def test_the_report_has_the_keys_of_the_stable_shape(report_of: ReportOf) -> None:
    report = report_of((0.9, 0.5, 0.5), **{BLANK: (0.1, 0.1, 0.1)})
    assert report["version"] == 1
    assert report["n"] == 600
    assert set(report["accuracy"]) >= {"success", "exact", "by_task", "by_context", "by_split"}
    assert report["reliability"]["blank_image_success"]["k"] == 60
    assert report["accuracy"]["by_context_and_task"]["named"]["lift"]["n"] == 50


def test_the_table_shows_task_rows_controls_and_fits_100_columns(report_of: ReportOf) -> None:
    text = format_table(report_of((1.0, 1.0, 1.0), **{BLANK: (0.1, 0.1, 0.1)}))
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert "100 [98-100] 200/200" in text
    assert "blank image" in text


def test_mended_answers_are_told_where_there_are_some(report_of: ReportOf) -> None:
    report = report_of((0.9, 0.9, 0.9))
    assert "mended" not in format_table(report)
    found = report["reliability"]
    found["mended_plans"] = found["valid_plans"] | {"k": 12, "value": 0.02}
    found["mended_success"] = found["valid_plans"] | {"k": 6, "n": 12, "value": 0.5}
    text = format_table(report)
    assert "only mended 2.0" in text
    assert "mended that reach the goal 50.0" in text


def test_an_earlier_report_can_still_be_drawn(report_of: ReportOf) -> None:
    report = report_of((0.9, 0.9, 0.9))
    del report["reliability"]["mended_plans"], report["reliability"]["mended_success"]
    assert "mended" not in format_table(report)


def test_a_report_without_cases_says_that_nothing_was_measured() -> None:
    report = build_report("x", {MODEL: []}, settings={"split": "test"})
    assert report["accuracy"]["success"]["value"] is None
    assert report["n"] == 0
    assert format_table(report)
