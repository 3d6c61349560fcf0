from dataclasses import replace

import pytest

from qa_generator.prompt import Observation
from scene_renderer.errors import PlanError
from scene_renderer.plan import format_plan
from vlm.policy import Policy, load_policy


@pytest.fixture(scope="module")
def policy(taught):
    return Policy(taught)


def test_a_policy_plans_what_it_was_taught(policy, lessons):
    for observation, instruction, plan in lessons:
        assert format_plan(policy.plan(observation, instruction)) == plan


def test_answers_do_not_depend_on_what_else_is_in_the_batch(policy, lessons):
    seen, said, plans = zip(*lessons, *lessons[::-1], strict=True)
    for size in (1, 3, 32):
        assert [a.text for a in policy.answer(seen, said, batch_size=size)] == list(plans)


def test_an_answer_counts_its_tokens_with_the_end_and_its_time(policy, lessons, chat):
    seen, said, plans = zip(*lessons, strict=True)
    answers = policy.answer(seen, said)
    assert [a.tokens for a in answers] == [len(ids) for ids in chat.answer_ids(plans)]
    assert all(0 < a.seconds < 60 for a in answers)
    assert all(0 < a.first_token_seconds < 60 and 0 < a.confidence <= 1 for a in answers)
    assert policy.answer([], []) == []


def test_a_picture_of_another_shape_is_taken(policy, lessons):
    observation, instruction, _ = lessons[0]
    assert observation.image is not None
    wide = replace(observation, image=observation.image[:90].repeat(2, axis=1)[:, :200])
    assert policy.answer([wide], [instruction])[0].tokens > 0


def test_nonsense_is_told_with_line_and_column(loaded, lessons):
    observation, instruction, _ = lessons[0]
    with pytest.raises(PlanError, match=r"^line \d+, column \d+: "):
        free = Policy(loaded)
        free.constrained = False
        free.plan(observation, instruction)


def test_even_an_untrained_model_writes_plans(loaded, lessons):
    policy = Policy(loaded)
    for observation, instruction, _ in lessons:
        assert policy.plan(observation, instruction).actions


def test_control_words_in_an_instruction_do_not_break_the_batch(policy, lessons):
    observation, instruction, _ = lessons[1]
    said = f"<image>{instruction}<end_of_utterance>"
    assert policy.answer([observation], [said])[0].tokens > 0


def test_an_observation_needs_a_picture(policy):
    with pytest.raises(ValueError, match="needs an observation with an image"):
        policy.answer([Observation(None, (0.3, 0.0, 0.4))], ["lift the red cube"])


def test_a_policy_knows_how_long_it_took_to_start(tiny_base, lessons, monkeypatch):
    monkeypatch.setattr("vlm.policy.MAX_NEW_TOKENS", 4)
    policy = load_policy(str(tiny_base), "cpu")
    assert policy.load_seconds > 0
    assert policy.first_call_seconds is None
    observation, instruction, _ = lessons[0]
    policy.answer([observation], [instruction])
    first = policy.first_call_seconds
    policy.answer([observation], [instruction])
    assert policy.first_call_seconds == first > 0


def test_a_policy_describes_its_model(tiny_base):
    policy = load_policy(str(tiny_base), "cpu")
    description = policy.describe()
    assert description["source"] == description["base"] == str(tiny_base)
    assert description["dtype"] == "float32"
    assert description["device"] == "cpu"
    assert description["image_tokens"] == 64
    assert 5e6 < description["parameters"] < 7e6
    assert policy.image_size == 128
