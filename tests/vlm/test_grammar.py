from pathlib import Path

import numpy as np
import pytest
import torch
from llguidance import LLMatcher
from llguidance.hf import from_tokenizer

from qa_generator.dataset import pairs_folder, read_pairs
from scene_renderer.errors import CheckpointError
from scene_renderer.plan import ACTIONS, MAX_ACTIONS, format_plan, parse_plan
from scene_renderer.plan_grammar import LONGEST_ACTION, plan_grammar
from vlm.generation import end_tokens
from vlm.grammar import PlanGrammar

DEMO = Path(__file__).parents[2] / "data" / "demo"
LONGEST = "push(-99999, -99999, -99999, -99999, -99999)"


@pytest.fixture(scope="module")
def grammar(loaded, chat):
    return PlanGrammar(chat, end_tokens(loaded.model), loaded.model.lm_head.out_features)


@pytest.fixture(scope="module")
def admits(grammar, chat):
    """Whether the grammar admits a whole text."""

    def check(text, most=4096):
        guide = grammar.begin(most)
        for token in chat.answer_ids([text])[0]:
            if not guide.admits(token):
                return False
            guide.write(token)
        return True

    return check


def walk(grammar, rng, most):
    """Writes what may follow, at random, to the end."""
    guide, ids = grammar.begin(most), []
    while not ids or ids[-1] not in grammar.ends:
        ids.append(int(rng.choice(np.flatnonzero(guide.allowed().numpy()))))
        assert guide.admits(ids[-1])
        guide.write(ids[-1])
    return ids


@pytest.mark.parametrize("most", [256, 60])
def test_whatever_the_grammar_lets_through_is_a_plan_and_ends_in_time(grammar, chat, most):
    rng = np.random.default_rng(most)
    for _ in range(100):
        ids = walk(grammar, rng, most)
        text = chat.tokenizer.decode(ids, skip_special_tokens=True).strip()
        assert format_plan(parse_plan(text)) == text
        assert len(ids) <= most


def test_every_plan_of_the_demo_set_is_admitted(admits):
    plans = {
        pair.answer
        for split in ("train", "valid")
        for pair in read_pairs(pairs_folder(DEMO, split))
        if pair.kind == "plan"
    }
    assert len(plans) > 20
    assert all(admits(plan) for plan in plans)


@pytest.mark.parametrize(
    "text",
    ["refuse(absent)", "rotate(0)", "open_gripper()", LONGEST, "\n".join([LONGEST] * MAX_ACTIONS)],
)
def test_what_the_parser_reads_in_its_own_spelling_is_admitted(admits, text):
    assert format_plan(parse_plan(text)) == text
    assert admits(text)


@pytest.mark.parametrize(
    "text",
    [
        "jump(1)",
        "pick(1, 2)",
        "rotate(123456)",
        "rotate(007)",
        "rotate(-0)",
        "refuse(tired)",
        "refuse(absent)\nrotate(1)",
        "rotate(1)\n",
        "\n".join(["open_gripper()"] * (MAX_ACTIONS + 1)),
    ],
)
def test_nothing_else_is_admitted(admits, text):
    assert not admits(text)


def test_the_longest_action_is_as_long_as_it_says():
    assert len(LONGEST) <= LONGEST_ACTION


def test_every_action_has_its_place_in_the_grammar():
    assert all(f"{name.upper()}: /{name}" in plan_grammar() for name in ACTIONS)


def test_the_likeliest_token_that_may_follow_is_chosen(grammar, chat):
    guide = grammar.begin(64)
    logits = torch.zeros(len(grammar.breaks))
    wrong, right = chat.text_ids(")")[0], chat.answer_ids(["rotate(1)"])[0][0]
    logits[wrong], logits[right] = 9.0, 5.0
    assert guide.choose(wrong, logits) == right


def test_after_a_refusal_only_the_end_may_follow(grammar, chat):
    guide = grammar.begin(64)
    *ids, end = chat.answer_ids(["refuse(absent)"])[0]
    for token in ids:
        guide.write(token)
    assert np.flatnonzero(guide.allowed().numpy()).tolist() == [end]


@pytest.mark.parametrize("lead", ["", " ", "\n", '"', "\\", "\N{SNOWMAN}\n"])
def test_a_template_may_put_anything_before_an_answer(chat, lead):
    tokenizer = from_tokenizer(chat.tokenizer)
    assert not LLMatcher(tokenizer, plan_grammar(lead)).is_error()


def test_a_tokenizer_that_cannot_be_read_is_one_sentence(chat):
    with pytest.raises(CheckpointError, match=r"cannot be held to plans \(.*\); give --free\.$"):
        PlanGrammar(chat, frozenset({2}), vocabulary=3)
