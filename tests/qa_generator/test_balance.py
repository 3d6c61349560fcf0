from dataclasses import replace

import pytest

from qa_generator.balance import Balance, format_rows, is_balanced
from qa_generator.pairs import QUESTION, Recipe, make_pairs


def ask(scene, answers, question="is the red cube left of the blue bowl?", task="relation"):
    """Pairs of one scene each, with these answers."""
    (base, *_) = make_pairs(scene, b"", Recipe(per_scene=1, contexts=("image",)))
    for number, answer in enumerate(answers):
        text = question.format(number=number)
        yield replace(
            base,
            scene=replace(scene, id=f"scene {number}"),
            kind=QUESTION,
            task=task,
            instruction=text,
            prompt=f"gripper: 320, 0, 420\n{text}",
            answer=answer,
        )


def count(pairs):
    balance = Balance()
    for pair in pairs:
        balance.add(pair)
    return {row["form"]: row for row in balance.rows()}


def test_fair_share_of_a_closed_set_is_one_in_its_size(scene):
    row = count(ask(scene, ["yes"] * 60 + ["no"] * 40))["relation_yes_no"]
    assert (row["top"], row["share"], row["fair"], row["ratio"]) == ("yes", 0.6, 0.5, 1.2)
    assert row["balanced"]
    assert (row["n"], row["answers"], row["majority"], row["chance"]) == (100, 2, 0.6, 0.5)


def test_an_answer_above_its_share_is_found_unless_it_is_scatter(scene):
    assert not is_balanced(count(ask(scene, ["yes"] * 70 + ["no"] * 30)).values())
    assert is_balanced(count(ask(scene, ["yes"] * 7 + ["no"] * 3)).values())


def test_a_name_is_judged_by_its_colour_and_its_shape(scene):
    names = [f"{color} cube" for color in ("red", "green", "blue", "white")] * 50
    row = count(ask(scene, names, "what is at 1, {number}?", "name"))["name"]
    assert (row["top"], row["share"], row["fair"]) == ("cube", 1.0, round(1 / 14, 4))
    assert row["majority"] == 0.25
    assert not row["balanced"]


def test_a_place_is_one_of_the_things_or_absent(scene):
    answers = ["absent"] * 30 + [f"red cube: 412, -127, {i}" for i in range(70)]
    row = count(ask(scene, answers, "where is the red cube?", "place"))["place"]
    assert (row["top"], row["share"], row["fair"], row["ratio"]) == ("absent", 0.3, 0.2, 1.5)


def test_contexts_that_ask_the_same_count_once(scene):
    pairs = list(make_pairs(scene, b"", Recipe(per_scene=1, questions=5)))
    rows = count(pairs)
    asked = {p.instruction for p in pairs if p.kind == QUESTION}
    assert sum(row["n"] for form, row in rows.items() if form) == len(asked)
    assert all(
        set(row["text_only"]) == {"named", "unnamed", "image"} for f, row in rows.items() if f
    )


def test_letters_are_judged_by_their_number_of_options(scene):
    three = "how many red objects are there? (a) 0 (b) 2 (c) 1"
    row = count(ask(scene, ["a", "b", "c"] * 20, three, "count"))["count_choice"]
    assert row["fair"] == pytest.approx(1 / 3, abs=1e-4)
    assert row["balanced"]


def test_the_table_names_what_is_too_frequent_and_what_text_alone_answers(scene):
    balance = Balance()
    for pair in ask(scene, ["yes"] * 90 + ["no"] * 10):
        balance.add(pair)
    text = format_rows(balance.rows())
    assert "! above 1.3 x its fair share: relation, relation relation_yes_no" in text
    assert (
        "in 'image' text alone answers 1 of 1 forms, no proof of looking: relation_yes_no" in text
    )
