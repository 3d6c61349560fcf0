import dataclasses
from collections.abc import Iterator, Sequence

import pytest

from grader import rollout
from grader.baselines import Baseline, majority_plan, oracle_plan, random_plan
from grader.cases import Case, Question, ask
from grader.crew import Crew
from grader.metrics import Outcome
from grader.rollout import Arena, begin, roll_out, run_episode, settle_in_order, tell
from qa_generator.prompt import Observation
from qa_generator.tasks import Goal
from scene_renderer.errors import CheckpointError
from scene_renderer.plan import format_plan, parse_plan
from vlm.policy import Answer


class Parrot(Baseline):
    """Answers with given texts, whatever is asked."""

    def __init__(self, *texts: str) -> None:
        super().__init__("parrot", oracle_plan)
        self.texts = list(texts)

    def answer(
        self, observations: Sequence[Observation], instructions: Sequence[str], batch_size: int = 1
    ) -> list[Answer]:
        return [Answer(self.texts.pop(0), tokens=0, seconds=0.0) for _ in instructions]


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew(workers=1) as crew:
        yield crew


def outcomes_of(policy: Baseline, cases: Sequence[Case], crew: Crew) -> list[Outcome]:
    questions = [ask(case, None) for case in cases]
    return [o for batch in roll_out(policy, questions, Arena(crew), 2) for o in batch]


def test_the_oracle_reaches_its_goals(lift: Case, refuse: Case, crew: Crew) -> None:
    found = outcomes_of(Baseline("oracle", oracle_plan), [lift, refuse, lift], crew)
    assert [o.success for o in found] == [True, True, True]
    assert all(o.exact and o.valid and not o.cause for o in found)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("pick the red cube", "parse"),
        ("", "parse"),
        ("refuse(absent)", "refused what can be done"),
        ("pick(420, -120, 25)\nplace(480, -20, 25)", None),
        ("pick(450, 20, 25)\nmove_to(450, 20, 175)", "wrong object"),
        ("open_gripper()", "nothing moved"),
        ("pick(420, 100, 25)\nmove_to(420, 100, 175)", "unknown place"),
        ("pick(420, -120, 95)\nmove_to(420, -120, 175)", "missed grasp"),
        ("pick(420, -120, 25)\nplace(420, -120, 25)", "wrong place"),
    ],
)
def test_a_wrong_answer_is_a_result_with_its_cause(
    lift: Case, crew: Crew, answer: str, cause: str | None
) -> None:
    (outcome,) = outcomes_of(Parrot(answer), [lift], crew)
    assert outcome.success is False
    assert not outcome.exact
    assert outcome.valid == (cause != "parse")
    assert outcome.cause == (cause or outcome.cause) != ""


@pytest.mark.parametrize(
    ("answer", "mended", "reached"),
    [
        ("Open the gripper.", "open_gripper()", False),
        (
            "```\npick(420, -120, 25);\nmove_to(420, -120, 175)\n```",
            "pick(420, -120, 25)\nmove_to(420, -120, 175)",
            True,
        ),
        ("pick the red cube", "", None),
    ],
)
def test_an_answer_that_has_to_be_mended_is_a_miss_and_is_executed_all_the_same(
    lift: Case, crew: Crew, answer: str, mended: str, reached: bool | None
) -> None:
    (outcome,) = outcomes_of(Parrot(answer), [lift], crew)
    assert (outcome.valid, outcome.success, outcome.cause) == (False, False, "parse")
    assert (outcome.mended, outcome.mended_success) == (mended, reached)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("pick(420, -120, 25)\nmove_to(420, -120, 175)", "success"),
        ("pick(420, -120, 25)\nplace(420, -120, 25)", "wrong place"),
    ],
)
def test_an_episode_is_told_whether_it_reached_its_goal(
    lift: Case, answer: str, verdict: str
) -> None:
    episode = run_episode(lift.scene, parse_plan(answer))
    told = tell(lift, episode)
    assert (episode.verdict, told.verdict) == (None, verdict)
    assert dataclasses.replace(told, verdict=None) == episode


def test_a_plan_off_by_a_few_millimetres_succeeds_without_being_exact(
    lift: Case, crew: Crew
) -> None:
    (outcome,) = outcomes_of(Parrot("pick(424, -117, 25)\nmove_to(424, -117, 170)"), [lift], crew)
    assert outcome.success is True
    assert outcome.exact is False


def test_doing_something_where_refusing_is_right_is_a_miss(refuse: Case, crew: Crew) -> None:
    acting, wrong = outcomes_of(
        Parrot("pick(420, -120, 25)", "refuse(unsafe)"), [refuse, refuse], crew
    )
    assert (acting.success, acting.cause) == (False, "should have refused")
    assert (wrong.success, wrong.cause) == (False, "wrong reason to refuse")


def test_the_same_plan_on_the_same_scene_is_executed_once(lift: Case, crew: Crew) -> None:
    arena = Arena(crew)
    contexts = [dataclasses.replace(lift, context=c, id=c) for c in ("named", "unnamed", "image")]
    questions = [ask(case, None) for case in contexts]
    batches = list(roll_out(Baseline("oracle", oracle_plan), questions, arena, 1))
    assert [len(batch) for batch in batches] == [1, 1, 1]
    assert arena.executed == 1
    assert arena.seconds > 0


def test_baselines_answer_with_valid_plans_and_repeat_themselves(lift: Case, refuse: Case) -> None:
    for rule in (majority_plan, random_plan):
        for context in ("named", "unnamed", "image"):
            for case in (lift, refuse):
                question = ask(dataclasses.replace(case, context=context), None)
                plan = rule(question)
                assert parse_plan(format_plan(plan)) == plan == rule(question)


def test_the_majority_takes_the_first_listed_place(lift: Case) -> None:
    question = ask(lift, None)
    x, y, z = (round(1000 * value) for value in question.listing[0][1])
    assert (
        format_plan(majority_plan(question)) == f"pick({x}, {y}, {z})\nmove_to({x}, {y}, {z + 150})"
    )


def test_the_majority_never_refuses(refuse: Case) -> None:
    assert majority_plan(ask(refuse, None)).refusal is None


def test_the_random_baseline_answers_otherwise_to_another_case(lift: Case) -> None:
    questions: list[Question] = [
        ask(dataclasses.replace(lift, id=str(i), goal=Goal("lift", {"object": "red cube"})), None)
        for i in range(20)
    ]
    assert len({random_plan(q) for q in questions}) > 10


class Exhausted(Baseline):
    """Has too little memory for more than one question."""

    def __init__(self, error: Exception) -> None:
        super().__init__("exhausted", oracle_plan)
        self.error = error

    def answer(
        self, observations: Sequence[Observation], instructions: Sequence[str], batch_size: int = 1
    ) -> list[Answer]:
        raise self.error


class OutOfMemoryError(RuntimeError):
    """Called as torch calls it."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_want_of_memory_while_answering_is_no_miss(
    lift: Case, crew: Crew, error: Exception
) -> None:
    (outcome,) = outcomes_of(Exhausted(error), [lift], crew)
    assert outcome.success is None
    assert outcome.cause == "not run: out of memory while answering"


def test_any_other_fault_of_a_model_is_not_hidden(lift: Case, crew: Crew) -> None:
    with pytest.raises(CheckpointError, match=r"broke down .* RuntimeError: shapes differ"):
        outcomes_of(Exhausted(RuntimeError("shapes differ")), [lift], crew)


def test_enormous_answers_are_misses_that_cost_nothing(lift: Case, crew: Crew) -> None:
    arena = Arena(crew)
    texts = ["open_gripper()\n" * 65, "pick(420, -120, 25)\n" * 10_000, "9" * 1_000_000]
    questions = [ask(lift, None) for _ in texts]
    found = [o for batch in roll_out(Parrot(*texts), questions, arena, 3) for o in batch]
    assert [(o.valid, o.success, o.cause) for o in found] == [(False, False, "parse")] * 3
    assert arena.executed <= 1


def test_a_policy_does_not_wait_for_physics_unless_it_is_far_ahead(
    lift: Case, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def batches(arena: Arena) -> Iterator[tuple[int, list[rollout.Attempt]]]:
        for number in range(6):
            begun.append(number)
            text = f"pick(420, -120, 25)\nmove_to(420, -120, {175 + number})"
            yield number, begin(Parrot(text), [ask(lift, None)], arena)

    arena = Arena(crew)
    first = next(settle_in_order(batches(arena), arena))[0]
    assert first == 0
    assert len(begun) > 2, "physics is far behind"
    monkeypatch.setattr(rollout, "FAR_AHEAD", 1)
    begun.clear()
    arena = Arena(crew)
    tags = [tag for tag, _ in settle_in_order(batches(arena), arena)]
    assert tags == list(range(6))
