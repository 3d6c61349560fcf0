from collections.abc import Callable

import pytest

from grader.cases import Case, draw_cases
from grader.suites.base import Paired
from grader.suites.instructions import INSTRUCTION, SWAPPED, figures
from grader.suites.strangers import FOREIGN, SMALL_TALK
from qa_generator.language import words
from qa_generator.language.resolver import meaning_of, understand
from qa_generator.tasks import USUAL
from scene_renderer.episode import execute
from scene_renderer.scene import Scene

Pair = Callable[..., Paired]
VARIANTS = [SWAPPED, "gibberish", "empty", "small talk", "another language"]


def ratio(rate: dict[str, int]) -> tuple[int, int]:
    return rate["k"], rate["n"]


def test_five_kinds_of_other_words_are_said_the_same_in_every_context() -> None:
    cases = draw_cases("test", 3, 1, USUAL, ("named", "image"))
    varied = INSTRUCTION.vary(cases, 5)
    assert [v.variant for v in varied] == VARIANTS * 2
    assert [v.instruction for v in varied[:5]] == [v.instruction for v in varied[5:]]
    alone = INSTRUCTION.vary(cases[1:], 5)
    assert [(v.id, v.instruction) for v in alone] == [(v.id, v.instruction) for v in varied[5:]]


def test_what_is_no_wish_is_to_be_refused_as_nonsense(scene: Scene, lift: Case) -> None:
    for seed in range(30):
        for varied in INSTRUCTION.vary([lift], seed)[1:]:
            assert varied.goal.to_dict() == {"task": "refuse", "reason": "nonsense"}
            assert understand(scene, varied.instruction) == ("refuse", "nonsense")
            assert (varied.variant == "empty") == (not varied.instruction.strip())


@pytest.mark.parametrize("text", [*SMALL_TALK, *FOREIGN])
def test_no_sentence_of_strangers_is_a_wish_or_one_that_training_shows(
    scene: Scene, text: str
) -> None:
    assert understand(scene, text) == ("refuse", "nonsense")
    assert text.lower() not in (*words.SMALL_TALK.all, *words.FOREIGN.all)


@pytest.mark.parametrize("index", [0, 4, 11, 13, 18])
def test_a_swapped_wish_is_another_one_which_the_old_plan_does_not_do(index: int) -> None:
    (case,) = draw_cases("test", 8, index, USUAL, ("named",))
    swapped = INSTRUCTION.vary([case], 1)[0]
    goal, scene = swapped.goal, case.scene
    assert goal.task not in (case.goal.task, "refuse")
    assert understand(scene, swapped.instruction) == meaning_of(scene, goal.task, goal.slots)
    assert not goal.reached(scene, execute(scene, case.goal.oracle(scene)))
    assert goal.reached(scene, execute(scene, goal.oracle(scene)))


def test_what_must_be_refused_is_swapped_for_what_can_be_done(refuse: Case) -> None:
    assert INSTRUCTION.vary([refuse], 0)[0].goal.task != "refuse"


def test_an_action_without_a_wish_is_told_from_a_refusal_and_from_no_plan(pair: Pair) -> None:
    pairs = [
        pair("empty", True, False),
        pair("empty", True, True, said="refuse(nonsense)"),
        pair("gibberish", True, False, said="refuse(absent)"),
        pair("gibberish", True, False, said="pick(", valid=False),
    ]
    found = figures(pairs)
    assert ratio(found["acts"]) == (1, 4)
    assert ratio(found["right_reason"]) == (1, 4)
    assert ratio(found["by_variant"]["empty"]["acts"]) == (1, 2)
    assert ratio(found["by_variant"]["gibberish"]["acts"]) == (0, 2)
    assert ratio(found["follows"]) == (0, 0)


def test_the_same_answer_to_other_words_is_counted(pair: Pair) -> None:
    pairs = [
        pair(SWAPPED, True, False),
        pair(SWAPPED, True, True, said="pick(1, 2, 3)"),
        pair(SWAPPED, False, False, said="pick(1, 2, 3)"),
    ]
    found = figures(pairs)
    assert ratio(found["same_answer"]) == (1, 3)
    assert ratio(found["follows"]) == (1, 3)
    assert ratio(found["acts"]) == (0, 0)
