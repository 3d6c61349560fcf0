"""What a policy is shown, and what is made of answers that cannot be graded."""

import math
from collections.abc import Sequence

import pytest

from grader.asking import ask_policy
from grader.baselines import Baseline, oracle_plan
from grader.cases import Case, Question, ask
from grader.impostors import Stranger
from qa_generator.prompt import Observation
from scene_renderer.errors import CheckpointError, UsageError
from vlm.policy import Answer


def say(*answers: Answer) -> Stranger:
    return Stranger("mine", lambda seen: list(answers))


@pytest.fixture
def question(lift: Case) -> Question:
    return ask(lift, None)


def test_a_model_sees_the_list_and_not_the_case(question: Question) -> None:
    seen: list[Observation] = []

    def look(observations: Sequence[Observation]) -> list[Answer]:
        seen.extend(observations)
        return [Answer("", 0, 0.0)]

    ask_policy(Stranger("mine", look), [question], ["lift it"], 1)
    assert type(seen[0]) is Observation
    assert not hasattr(seen[0], "case")
    assert seen[0].listing == question.listing
    assert seen[0].end_effector == question.end_effector


def test_a_rule_of_ours_sees_the_case(question: Question) -> None:
    (answer,) = ask_policy(Baseline("oracle", oracle_plan), [question], ["lift it"], 1)
    assert answer.text == "pick(420, -120, 25)\nmove_to(420, -120, 175)"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((), "'mine' gave 0 answers to 1 questions; each needs exactly one."),
        ((Answer("", 0, 0.0),) * 2, "'mine' gave 2 answers to 1 questions; each needs"),
        ((Answer(None, 0, 0.0),), "'mine' answered with NoneType where a text belongs."),  # type: ignore[arg-type]
    ],
)
def test_what_is_not_one_text_each_is_one_sentence(
    question: Question, answers: tuple[Answer, ...], words: str
) -> None:
    with pytest.raises(CheckpointError, match=words):
        ask_policy(say(*answers), [question], ["lift it"], 1)


def test_a_policy_that_breaks_down_is_one_sentence(question: Question) -> None:
    def fail(seen: Sequence[Observation]) -> list[Answer]:
        raise RuntimeError("out of memory.\nTried to allocate 20 GiB")

    with pytest.raises(CheckpointError) as caught:
        ask_policy(Stranger("mine", fail), [question], ["lift it"], 1)
    assert str(caught.value) == ("'mine' broke down over 1 questions: RuntimeError: out of memory.")


def test_our_own_errors_stay_as_they_are(question: Question) -> None:
    def refuse(seen: Sequence[Observation]) -> list[Answer]:
        raise UsageError("No such device.")

    with pytest.raises(UsageError, match="No such device"):
        ask_policy(Stranger("mine", refuse), [question], ["lift it"], 1)


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [(0.5, 0.5), (0.0, 0.0), (1.0, 1.0), (None, None)]
    + [(lie, None) for lie in (math.nan, math.inf, -0.1, 1.5)],
)
def test_a_confidence_that_is_no_share_is_left_out(
    question: Question, claimed: float | None, kept: float | None
) -> None:
    (answer,) = ask_policy(say(Answer("a", 1, 0.1, claimed)), [question], ["lift it"], 1)
    assert answer == Answer("a", 1, 0.1, kept)
