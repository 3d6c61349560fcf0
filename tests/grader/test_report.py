from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from grader.metrics import Outcome, Rate
from grader.report import BASE, BLANK, BLIND_TWIN, MODEL, build_report
from grader.suites.base import Paired, Suite, report_suite
from grader.table import WIDTH, format_table, suite_rows
from grader.verdict import verdict

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
    assert report["version"] == 2
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


ARMS = {"unnamed": (60, 100), "image": (50, 100)}


def pictures(blank: dict[str, tuple[int, int]], **figures: Any) -> dict[str, Any]:
    """The suite's part of a report: success in each context with the picture and without."""
    by_context = {
        c: {"clean": Rate(*ARMS[c]).to_dict(), "varied": Rate(*r).to_dict()}
        for c, r in blank.items()
    }
    all_of = Rate(sum(k for k, _ in blank.values()), sum(n for _, n in blank.values())).to_dict()
    variants = {"variant": "blank", "clean": all_of, "varied": all_of, "retention": 1.0}
    counts = {"lost": 0, "gained": 0, "p": 1.0, "by_context": by_context}
    return {"what": "", "n": 200, "variants": [variants | counts], "figures": figures}


def report_with(suites: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return build_report("x", {MODEL: []}, settings={}, suites=suites, **parts)


def test_without_controls_the_suite_of_pictures_tells_a_blind_model_from_a_seeing_one() -> None:
    arms = {"unnamed": (20, 100), "image": (20, 100)}
    falls = {c: {"is_blind": True} for c in ("unnamed", "image")}
    blind = report_with({"pictures": pictures(arms, falls_by=falls)})
    assert "It is blind" in blind["verdict"]
    assert blind["reliability"]["blank_image_success"]["k"] == 40
    falls["image"] = {"is_blind": False}
    seeing = report_with({"pictures": pictures(arms, falls_by=falls)})["verdict"]
    assert "blind" not in seeing
    assert "In unnamed the picture makes no measurable difference." in seeing


def answered(flags: Sequence[bool], context: str = "image") -> list[Outcome]:
    """One outcome a scene."""
    words = "lift the red cube", "pick(400, 0, 25)"
    return [
        Outcome(f"{i}:{context}", str(i), "test", "lift", context, *words, True, False, flag, "")
        for i, flag in enumerate(flags)
    ]


def test_a_control_is_compared_case_by_case_though_intervals_overlap() -> None:
    """Of 40 the model reaches 30 and the blank picture 22 of the same: 8 lost, none gained."""
    outcomes = {
        MODEL: answered([True] * 30 + [False] * 10),
        BLANK: answered([True] * 22 + [False] * 18),
        BASE: answered([True] * 22 + [False] * 18),
    }
    report = build_report("x", outcomes, settings={})
    found = report["controls"][BLANK]
    assert found["paired"] == {"lost": 8, "gained": 0, "p": 2 / 2**8}
    assert found["paired_by_context"] == {"image": {**found["paired"], "is_beaten": True}}
    assert found["model_success"]["low"] < found["success"]["high"], "the intervals overlap"
    assert "no measurable difference" not in report["verdict"]
    assert "not clearly above" not in report["verdict"]


def test_contexts_of_one_scene_are_no_independent_proof() -> None:
    """Four scenes lost in three contexts each: 2 * (1 / 2)^4, not 2 * (1 / 2)^12."""
    contexts = ("named", "unnamed", "image")
    outcomes = {
        role: [o for c in contexts for o in answered([flag] * 4, c)]
        for role, flag in ((MODEL, True), (BASE, False))
    }
    report = build_report("x", outcomes, settings={})
    assert report["controls"][BASE]["paired"] == {"lost": 12, "gained": 0, "p": 0.125}
    assert "It is not clearly above untuned base." in report["verdict"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"split": "test_long"}, "On 0 unseen scenes of 'test_long', x reached"),
        ({"split": "test", "fresh": 7}, "unseen scenes of 'test', drawn afresh from 7, x reached"),
        ({"split": "train"}, "On 0 scenes of 'train', as training draws its own, x reached"),
        ({"split": "valid"}, "On 0 scenes of 'valid', by which training is watched, x reached"),
        ({"cases": "mine.jsonl"}, "On 0 given scenes of mine.jsonl, x reached"),
    ],
)
def test_only_a_test_split_is_called_unseen(settings: dict[str, Any], told: str) -> None:
    assert told in build_report("x", {MODEL: []}, settings=settings)["verdict"]


def test_what_the_oracle_missed_is_told_first() -> None:
    goals, left_out = Rate(399, 400).to_dict(), {"n": 3, "cases": ["a", "b", "c"]}
    check = {"how": "", "goals": goals, "not_run": 0, "excluded": left_out}
    report = build_report("x", {MODEL: []}, settings={}, check=check)
    assert report["check"] == check
    assert report["verdict"].startswith(
        "The oracle itself missed 1 of 400 goals: 3 cases of these are left out of every rate."
    )


def test_what_cannot_be_told_is_not_called_blind(report_of: ReportOf) -> None:
    arms = {"unnamed": (20, 100), "image": (20, 100)}
    falls = {c: {"is_blind": None} for c in arms}
    words = report_with({"pictures": pictures(arms, falls_by=falls)})["verdict"]
    assert "In unnamed and image too few goals are reached to tell." in words
    assert "blind" not in words
    few = report_of((0.9, 0.015, 0.015), **{BLANK: (0.2, 0.0, 0.0)})["verdict"]
    assert "too few goals are reached to tell" in few


def test_a_model_that_reaches_nothing_is_blind_as_far_as_can_be_told(report_of: ReportOf) -> None:
    words = report_of((0.9, 0.0, 0.0), **{BLANK: (0.2, 0.0, 0.0)})["verdict"]
    assert "It is blind as far as can be told" in words


def test_suites_stay_out_of_every_other_figure() -> None:
    words = "lift the red cube", "pick(400, 0, 25)"
    plain = Outcome("0", "0", "test", "lift", "named", *words, True, True, True, confidence=0.9)
    varied = replace(plain, case="0~noise:5 mm", suite="noise", variant="5 mm", success=False)
    suite = Suite("noise", "Noise.", lambda cases, seed: [], 1)
    suites = {"noise": report_suite(suite, [Paired(plain, varied)])}
    report = build_report("x", {MODEL: [plain, varied], BASE: [varied]}, settings={}, suites=suites)
    assert (report["n"], report["accuracy"]["success"]["k"]) == (1, 1)
    assert report["reliability"]["confidence"]["n"] == 1
    assert report["controls"][BASE]["success"]["n"] == 0
    text = format_table(report)
    assert "noise: 5 mm" in text
    assert "0 [0-79] 0/1" in text


def test_figures_of_suites_are_handed_up() -> None:
    agreement, curve = Rate(7, 10).to_dict(), [{"mm": 0, "success": Rate(9, 10).to_dict()}]
    reached, drop = Rate(2, 10).to_dict(), {"value": 0.1, "low": 0.0, "high": 0.2, "scenes": 10}

    def suite(**figures: Any) -> dict[str, Any]:
        return {"what": "", "n": 0, "variants": [], "figures": figures}

    found = report_with(
        {
            "paraphrase": suite(agreement=agreement, all_succeed=reached, success_drop=drop),
            "order": suite(agreement=agreement),
            "noise": suite(noise_curve=curve),
            "refusals": suite(recall=agreement),
        },
        sameness={"threads": agreement},
    )["reliability"]
    assert found["paraphrase_agreement"] == found["order_agreement"] == agreement
    assert (found["paraphrase_all_succeed"], found["paraphrase_drop"]) == (reached, drop)
    assert found["noise_curve"] == curve
    assert found["twins"] == {"recall": agreement}
    assert found["sameness"] == {"threads": agreement}
    assert "swapped_image_success" not in found


def test_what_was_not_measured_is_absent_and_told() -> None:
    report = build_report("x", {MODEL: []}, settings={}, inference={})
    assert "Not measured: sight, controls, robustness and confidence." in report["verdict"]
    missing = {"suites", "confidence", "ece", "noise_curve", "blank_image_success", "sameness"}
    assert not missing & report["reliability"].keys()
    assert "questions" not in report


def test_cases_that_were_not_run_are_told(report_of: ReportOf) -> None:
    lost = Outcome("0", "0", "test", "lift", "named", "lift it", "pick(", True, False, None, "not")
    words = build_report("x", {MODEL: [lost]}, settings={})["verdict"]
    assert "1 case could not be run and is left out of every rate." in words


def test_the_worst_stratum_stands_beside_the_mean(report_of: ReportOf) -> None:
    words = report_of((1.0, 1.0, 0.75))["verdict"]
    assert "Worst: image, move_forward, 74.0 % [60, 84]." in words
    assert "Worst" not in report_of((1.0, 1.0, 1.0))["verdict"]


def test_a_blank_picture_is_compared_on_the_cases_that_both_answered(report_of: ReportOf) -> None:
    words = report_of((0.9, 0.8, 0.7), **{BLANK: (0.9, 0.1, 0.0)})["verdict"]
    assert "against the picture on the same cases: named 90.0 % [85, 93] against 90.0 %" in words
    assert "image 0 % [0, 2] against 70.0 %" in words


def test_what_could_not_be_run_is_counted_wherever_it_was(report_of: ReportOf) -> None:
    report = report_of((0.9, 0.9, 0.9), **{BLANK: (0.1, 0.1, 0.1)})
    report["controls"][BLANK]["not_run"] = 3
    report["check"] = {"not_run": 2}
    words = verdict(report)
    assert "3 cases could not be run and are left out of every rate." in words
    assert "The oracle's check of 2 goals could not be run." in words


@pytest.mark.parametrize(("image", "is_beaten"), [(0.9, True), (0.3, False)])
def test_a_blind_twin_is_to_be_beaten_where_only_the_picture_tells(
    report_of: ReportOf, image: float, is_beaten: bool
) -> None:
    words = report_of((0.9, 0.3, image), **{BLIND_TWIN: (0.99, 0.3, 0.3)})["verdict"]
    assert ("It is not clearly above blind twin." in words) is not is_beaten


def test_the_table_keeps_and_loses_nothing_where_another_wish_is_asked() -> None:
    rates = {"clean": Rate(1, 4).to_dict(), "varied": Rate(2, 4).to_dict()}
    arm = {"variant": "twin", **rates, "by_context": {}}
    rows = suite_rows({"reliability": {"suites": {"refusals": {"variants": [arm]}}}})
    assert rows == [["refusals: twin", "25.0", "50.0 [15-85] 2/4", "-", "-", "-"]]


def test_the_table_tells_the_other_figures_and_fits(report_of: ReportOf) -> None:
    report = report_of((0.9, 0.6, 0.5))
    asked = {"points": 61.2, "low": 52.0, "high": 70.0, "of": 100, "n": 500, "not_run": 3}
    report["questions"] = {**asked, "split": "test_piles", "kinds": {}}
    suite = pictures({"unnamed": (58, 100)})
    suite["variants"][0] |= {"variant": "a very long name of a variant " * 3, "retention": None}
    report["reliability"]["suites"] = {"pictures": suite}
    text = format_table(report)
    assert max(map(len, text.splitlines())) <= WIDTH
    text = text.replace("\n", " ")
    assert "questions: 61.2 points of 100 [52, 70] (n 500, 3 not run, split test_piles)" in text
    assert "all contexts, with scenes as clusters: [" in text
    assert "of 200 scenes" in text
    assert "partial credit: 0 [0-" in text
