from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.__main__ import main
from grader.cases import BLANK, Case
from grader.crew import Crew
from grader.exam import (
    FULL,
    NORMAL,
    QUICK,
    SIZES,
    Draw,
    Exam,
    choose_suites,
    collect_draws,
    fresh_seed,
    set_paper,
    vary,
)
from grader.suites.base import Suite
from qa_generator.tasks import Goal
from scene_renderer.errors import DatasetError, UsageError
from scene_renderer.scene import Scene

CONTEXTS = ("named", "unnamed", "image")
LIFT = Goal("lift", {"object": "red cube"})


def exam(**changes: object) -> Exam:
    given = {"split": "test", "seed": 3, "count": 4, "tasks": ("lift", "refuse"), **changes}
    return Exam(contexts=CONTEXTS, **given)  # type: ignore[arg-type]


def blanks(cases: Sequence[Case], seed: int) -> list[Case]:
    return [case.vary("pictures", "blank", picture=BLANK) for case in cases]


def twice(cases: Sequence[Case], seed: int) -> list[Case]:
    return [c.vary("say", f"{i}", instruction=f"{c.instruction} {i}") for c in cases for i in "ab"]


def unable(cases: Sequence[Case], seed: int) -> list[Case]:
    raise UsageError("Unknown split.")


def draw(scene: Scene, number: int, *jobs: object, split: str = "test") -> Draw:
    cases = [Case(f"{number}:{c}", scene, "lift it", c, LIFT, split) for c in CONTEXTS]
    return vary(cases, 0, jobs)  # type: ignore[arg-type]


def test_help_tells_how_many_draws_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["checkpoint", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    normal, quick, full = (SIZES[mode].count for mode in (NORMAL, QUICK, FULL))
    assert f"(default: {normal}; --quick {quick}, --full {full})" in told


def test_a_paper_without_limits_asks_everything(scene: Scene) -> None:
    draws = [draw(scene, i, blanks, twice) for i in range(3)]
    paper = set_paper(exam(mode="full"), draws, 5)
    assert len(paper.main) == 9
    assert len(paper.variants) == 9 + 18
    assert paper.controls == paper.main, "there are fewer draws than controls may have"


def test_a_normal_share_holds_all_blank_pictures_of_the_controls_draws() -> None:
    from grader.suites.registry import SUITES

    size, pictures = SIZES["normal"], SUITES["pictures"]
    assert size.share is not None
    each = len(CONTEXTS) * 3
    assert size.share // each >= min(pictures.draws, size.count) >= size.controls


def test_each_scene_and_goal_is_checked_once(scene: Scene) -> None:
    def swap(cases: Sequence[Case], seed: int) -> list[Case]:
        goal = Goal("lift", {"object": "green cube"})
        return [case.vary("say", "other", goal=goal) for case in cases]

    paper = set_paper(exam(mode="full"), [draw(scene, 0, blanks, twice, swap)], 0)
    assert [c.id for c in paper.checks()] == ["0:named", "0:named~say:other"]


def test_a_share_takes_whole_groups_from_many_draws_and_from_contexts_in_turn(scene: Scene) -> None:
    draws = [draw(scene, i, twice) for i in range(20)]
    variants = set_paper(exam(mode="quick"), draws, 0).variants
    assert len(variants) == 36
    origins = [v.origin for v in variants[::2]]
    assert origins[:4] == ["0:named", "1:unnamed", "2:image", "3:named"]
    assert len({origin.split(":")[0] for origin in origins}) == 18
    assert all(a.origin == b.origin for a, b in zip(variants[::2], variants[1::2], strict=True))
    assert {v.context for v in variants} == set(CONTEXTS)


@pytest.mark.parametrize("limit", [1, 7, 20, 60, 61, 1000])
def test_a_limit_shortens_everything_alike(scene: Scene, limit: int) -> None:
    draws = [draw(scene, i, twice) for i in range(10)]
    paper = set_paper(exam(limit=limit), draws, 2)
    asked = len(paper.main) + len(paper.variants) + 2 * len(paper.controls)
    assert min(limit, 150) - 6 < asked <= limit
    assert len(paper.main) >= max(1, min(limit, 150) // 5 - 2)
    main = {case.id for case in paper.main}
    assert {v.origin for v in paper.variants} <= main, "every variant has its clean arm"
    assert {case.id for case in paper.controls} <= main
    assert len(paper.main) % 3 == 0 or limit == 1, "draws are whole"
    if limit == 60:
        assert len(paper.variants) == pytest.approx(24, abs=6)
        assert len(paper.controls) == pytest.approx(12, abs=3)


def test_questions_about_one_picture_stand_together(scene: Scene) -> None:
    paper = set_paper(exam(mode="full"), [draw(scene, 0, blanks, twice)], 0)
    looks = [case.picture for case in paper.by_picture()]
    assert looks == ["true"] * 9 + [BLANK] * 3


def test_drawn_cases_are_varied_in_workers_by_the_suites_that_want_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    suite = Suite("pictures", "Blank.", blanks, draws=1, needs_picture=True)
    monkeypatch.setattr("grader.exam.SUITES", {"pictures": suite})
    with Crew(1) as crew:
        first, second = collect_draws(exam(count=2, suites=("pictures",)), None, crew, True)
        again = collect_draws(exam(count=2), None, crew, True)
    assert [c.context for c in first.cases] == list(CONTEXTS)
    assert [v.origin for v in first.variants] == [c.id for c in first.cases]
    assert second.variants == []
    assert [c.id for c in again[0].cases] == [c.id for c in first.cases]


def test_suites_are_chosen_by_name_by_mode_and_by_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    suites = {
        "pictures": Suite("pictures", "", blanks, 1, needs_picture=True),
        "say": Suite("say", "", twice, 1),
    }
    monkeypatch.setattr("grader.exam.SUITES", suites)
    assert choose_suites(None, "normal", sees=True) == ("pictures",)
    assert choose_suites(None, "quick", sees=True) == ("pictures", "say")
    assert choose_suites(None, "full", sees=False) == ("say",)
    assert choose_suites(["say"], "quick", sees=True) == ("say",)
    assert choose_suites(["all"], "normal", sees=True) == ("pictures", "say")
    assert choose_suites(["none"], "full", sees=True) == ()


def test_a_strangers_case_that_a_suite_cannot_vary_is_asked_as_it_is(scene: Scene) -> None:
    strange = draw(scene, 0, unable, blanks, split="custom")
    assert [v.suite for v in strange.variants] == ["pictures"] * 3
    with pytest.raises(UsageError):
        draw(scene, 0, unable)


def test_a_strangers_case_that_is_called_as_a_variant_is_told(
    lift: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = Suite("pictures", "", blanks, draws=9)
    monkeypatch.setattr("grader.exam.SUITES", {"pictures": suite})
    twin = lift.vary("pictures", "blank")
    with Crew(1) as crew, pytest.raises(DatasetError, match="is used twice"):
        collect_draws(exam(suites=("pictures",)), [lift, twin], crew, True)


def test_a_fresh_seed_is_no_seed_that_is_given_by_habit() -> None:
    seeds = [fresh_seed(i) for i in range(100)]
    assert len(set(seeds)) == 100
    assert min(seeds) > 1000
    assert fresh_seed(0) == seeds[0]


def test_settings_tell_how_cases_were_drawn_or_whose_they_are(tmp_path: Path) -> None:
    told = exam(fresh=7, limit=50, mode="quick", suites=("say",)).settings()
    assert (told["fresh"], told["limit"], told["mode"], told["suites"]) == (7, 50, "quick", ["say"])
    (tmp_path / "a.jsonl").write_text("{}")
    told = exam(cases=tmp_path / "a.jsonl").settings()
    assert (told["seed"], "split" in told) == (3, False), "suites are drawn from the seed"
    assert told["cases_sha256"].startswith("44136fa3")
