from collections.abc import Callable
from typing import Any

from grader.markdown import format_markdown
from grader.metrics import Rate
from grader.report import BLANK, MODEL, build_report

ReportOf = Callable[..., dict[str, Any]]


def test_a_card_tells_the_verdict_every_context_and_the_conditions(report_of: ReportOf) -> None:
    text = format_markdown(report_of((0.9, 0.6, 0.5), **{BLANK: (0.1, 0.1, 0.1)}))
    assert text.startswith("## How tiny-tuned was graded\n\nOn 200 unseen scenes")
    assert "| **tiny-tuned** | 90.0 [85-93] 180/200 | 60.0" in text
    assert "| blank image | 10.0 [7-15] 20/200 |" in text
    assert "| lift | 90.0 [79-96] 45/50 |" in text
    assert "| missed grasp | 200 |" in text
    assert "| seed | 7 |" in text


def test_every_table_has_as_many_cells_in_each_row(report_of: ReportOf) -> None:
    report = report_of((0.9, 0.6, 0.5))
    report["settings"]["cases"] = "odd|name\n<b>"
    tables = [part for part in format_markdown(report).split("\n\n") if part.startswith("|")]
    assert len(tables) >= 5
    for table in tables:
        rows = table.replace("\\|", "").splitlines()
        assert len({row.count("|") for row in rows}) == 1
        assert all(row.endswith("|") for row in rows)


def test_suites_and_questions_have_tables_where_they_were_run(report_of: ReportOf) -> None:
    report = report_of((0.9, 0.6, 0.5))
    assert "asked otherwise" not in format_markdown(report)
    rate = Rate(5, 10).to_dict()
    arm = {"variant": "5 mm", "clean": rate, "varied": rate, "retention": 1.0, "lost": 1}
    arms = [arm | {"gained": 1, "p": 1.0, "by_context": {}}]
    report["reliability"]["suites"] = {"noise": {"variants": arms}}
    report["reliability"]["noise_curve"] = [{"mm": 0, "success": rate}, {"mm": 5, "success": rate}]
    report["questions"] = {
        "points": 50,
        "low": 40,
        "high": 60,
        "n": 10,
        "of": 100,
        "split": "test_piles",
        "context": "image",
        "kinds": {"count": {"exact": rate, "points": 9}},
    }
    text = format_markdown(report)
    assert "| noise: 5 mm | 50.0 | 50.0 [24-76] 5/10 | 100 % | 1/1 | 1 |" in text
    assert "Noise on listed coordinates: 0 mm 50.0, 5 mm 50.0." in text
    assert "About scenes of split test_piles, in context image.\n\n| questions about" in text
    assert "| count | 50.0 [24-76] 5/10 | 9.0 |" in text


def test_a_report_without_cases_has_a_card() -> None:
    text = format_markdown(build_report("x", {MODEL: []}, settings={}))
    assert "nothing was measured" in text
    assert "None" not in text
