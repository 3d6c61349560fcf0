import dataclasses
from collections.abc import Callable

import pytest

from grader.cases import CUSTOM, Case, draw_cases
from grader.suites.base import Paired
from grader.suites.wordings import PARAPHRASE, figures, success_drop
from qa_generator.language.resolver import meaning_of, understand
from qa_generator.language.styles import unseen_words
from qa_generator.tasks import USUAL

Pair = Callable[..., Paired]
CONTEXTS = ("named", "image")
STYLES = ("seen", "unseen")
PLAN = "pick(420, -120, 25)"


def ratio(rate: dict[str, int]) -> tuple[int, int]:
    return rate["k"], rate["n"]


@pytest.mark.parametrize("index", [0, 6, 9, 14, 18])
def test_eight_wordings_of_each_wish_are_read_back_to_the_same(index: int) -> None:
    cases = draw_cases("test", 3, index, USUAL, CONTEXTS)
    goal = cases[0].goal
    varied = PARAPHRASE.vary(cases, 5)
    assert [v.variant for v in varied[:8]] == [f"{s} {i + 1}" for s in STYLES for i in range(4)]
    assert all(v.goal is goal and v.scene is cases[0].scene for v in varied)
    meaning = meaning_of(cases[0].scene, goal.task, goal.slots)
    texts = {v.instruction for v in varied}
    assert all(understand(cases[0].scene, text) == meaning for text in texts)
    bare = {"".join(filter(str.isalnum, text.lower())) for text in texts}
    assert len(bare - {"".join(filter(str.isalnum, cases[0].instruction.lower()))}) == 8


def test_every_context_is_asked_in_the_same_words() -> None:
    named, image = draw_cases("test", 3, 1, USUAL, CONTEXTS)
    both = PARAPHRASE.vary([named, image], 5)
    alone = PARAPHRASE.vary([image], 5)
    assert [v.instruction for v in both[:8]] == [v.instruction for v in both[8:]]
    assert [v.id for v in both[8:]] == [v.id for v in alone]
    assert [v.instruction for v in both[8:]] == [v.instruction for v in alone]
    assert len({v.id for v in both}) == 16
    assert {v.origin for v in both} == {named.id, image.id}


def test_the_seed_changes_the_words(lift: Case) -> None:
    first, other = (PARAPHRASE.vary([lift], seed) for seed in (1, 2))
    assert [v.instruction for v in first] != [v.instruction for v in other]


def test_seen_wordings_hold_no_word_that_training_lacks(lift: Case) -> None:
    varied = [v for seed in range(10) for v in PARAPHRASE.vary([lift], seed)]
    words = {
        s: [unseen_words(v.instruction) for v in varied if s in v.variant.split()] for s in STYLES
    }
    assert not any(words["seen"])
    assert any(words["unseen"])


def test_a_case_from_a_file_is_worded_too(lift: Case) -> None:
    assert len(PARAPHRASE.vary([dataclasses.replace(lift, split=CUSTOM)], 0)) == 8


def test_what_must_be_refused_is_left_out(refuse: Case) -> None:
    assert PARAPHRASE.vary([refuse], 0) == []


def test_a_case_counts_together_with_all_its_wordings(pair: Pair) -> None:
    names = [f"{style} {number}" for style in STYLES for number in range(1, 5)]
    last = names[-1]
    pairs = [
        *(
            pair(n, True, True, scene="a", said="pick(1, 2, 3)" if n == last else PLAN)
            for n in names
        ),
        *(pair(n, True, n != last, scene="b") for n in names),
        *(pair(n, False, False, scene="c") for n in names),
    ]
    found = figures(pairs)
    assert ratio(found["agreement"]) == (2, 3)  # a and c
    assert ratio(found["same_plan"]) == (2, 3)  # b and c
    assert ratio(found["all_succeed"]) == (1, 3)  # a
    assert ratio(found["seen"]["agreement"]) == (3, 3)
    assert ratio(found["unseen"]["agreement"]) == (2, 3)
    assert found["success_drop"]["value"] == pytest.approx((0 + 1 / 8 + 0) / 3)


def test_a_case_that_lacks_a_wording_does_not_count_as_agreeing(pair: Pair) -> None:
    seen = [pair(f"seen {i}", True, True) for i in range(1, 5)]
    found = figures([*seen, *(pair(f"unseen {i}", True, True) for i in range(1, 4))])
    for part, n in ((found, 0), (found["seen"], 1), (found["unseen"], 0)):
        assert [part[k]["n"] for k in ("agreement", "same_plan", "all_succeed")] == [n] * 3
    assert found["success_drop"]["scenes"] == 1, "a drop is of pairs and needs no whole groups"


def test_the_drop_without_scenes_has_no_value_and_knows_next_to_nothing() -> None:
    found = success_drop([])
    assert (found["value"], found["scenes"]) == (None, 0)
    assert (found["low"], found["high"]) == pytest.approx((-0.98, 0.98), abs=0.001)
    assert ratio(figures([])["agreement"]) == (0, 0)


def test_the_drop_of_one_scene_equals_the_hand_computed_interval(pair: Pair) -> None:
    """One scene that loses all: mean 1 / 3, spread (1 + 1) / 3 - 1 / 9 = 5 / 9."""
    found = success_drop([pair("seen 1", True, False)])
    half = 1.959964 * (5 / 9 / 3) ** 0.5
    assert (found["value"], found["high"]) == (1.0, 1.0)
    assert found["low"] == pytest.approx(1 / 3 - half, abs=1e-6)


def test_no_loss_in_any_scene_still_has_a_width(pair: Pair) -> None:
    found = success_drop([pair("seen 1", True, True, scene=str(i)) for i in range(98)])
    assert found["value"] == 0.0
    assert found["high"] == -found["low"] == pytest.approx(1.959964 / 100, abs=1e-6)
