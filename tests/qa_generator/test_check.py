import io
from dataclasses import replace

import pytest
from PIL import Image

from qa_generator.check import _lines, answer_points, save_check
from qa_generator.pair_card import Line, wrap
from qa_generator.pairs import QUESTION, Recipe, make_pairs
from qa_generator.proof import find_meant, gather_facts
from scene_renderer.renderer import Renderer
from scene_renderer.scene import Scene


@pytest.fixture(scope="module")
def pair(scene: Scene):
    buffer = io.BytesIO()
    Image.fromarray(Renderer().render(scene, 64).image).save(buffer, "PNG")
    (made,) = make_pairs(
        scene, buffer.getvalue(), Recipe(per_scene=1, tasks=("lift",), contexts=("named",))
    )
    return made


def ask(pair, question, answer, task="name"):
    return replace(pair, kind=QUESTION, task=task, goal=None, instruction=question, answer=answer)


def texts(pair):
    return [line.text for line in _lines(pair)]


def test_the_card_holds_all_the_text_and_the_answer(pair):
    text = " ".join(" ".join(texts(pair)).split())
    assert all(line in text for line in (*pair.prompt.split("\n"), *pair.answer.split("\n")))


def test_the_right_option_stands_out(pair):
    question = "what is at 412, -127? (a) blue cube (b) red cube"
    options = [line for line in _lines(ask(pair, question, "b")) if line.style == "option"]
    assert [(line.text, line.strong) for line in options] == [
        ("(a) blue cube", False),
        ("(b) red cube", True),
    ]


def test_sixteen_actions_stand_in_two_columns(pair, tmp_path):
    plan = "\n".join(f"move_to({400 + i}, 0, 300)" for i in range(16))
    lines = [line for line in _lines(replace(pair, answer=plan)) if line.style == "answer"]
    assert [line.column for line in lines] == [0, 1] * 8
    assert [line.badge for line in lines[:4]] == ["1", "9", "2", "10"]
    save_check(replace(pair, answer=plan), "test", tmp_path / "pair.png")
    assert (tmp_path / "pair.png").read_bytes().startswith(b"\x89PNG")


def test_a_push_has_two_places(pair):
    points = answer_points(replace(pair, answer="push(400, 0, 20, 500, 50)"))
    assert points == [(1, (0.4, 0.0, 0.02)), (1, (0.5, 0.05, 0.02))]


@pytest.mark.parametrize(
    ("question", "answer", "meant"),
    [
        ("what is at 412, -127?", "red cube", ["red cube"]),
        ("what colour is the object at 540, 80?", "blue", ["blue bowl"]),
        ("which of these is nearest to the gripper? (a) red ball (b) red cube", "b", ["red cube"]),
        ("is the red cube left of the red ball?", "yes", ["red cube", "red ball"]),
        ("how many plates are there?", "0", []),
    ],
)
def test_things_that_a_question_means_are_found(pair, question, answer, meant):
    assert [item.name for item, _, _ in find_meant(ask(pair, question, answer))] == meant


def test_facts_tell_goal_proof_and_visibility(pair):
    facts = dict(gather_facts(pair, "valid"))
    name = pair.goal["object"]
    assert facts["goal"] == f'{{"task": "lift", "object": "{name}"}}'
    assert facts["proof"] == "executed in physics just now: goal reached"
    assert facts["visible"] == f"{name} 100%"
    assert facts["pair"].endswith("of split 'valid'")
    spoilt = replace(pair, answer="open_gripper()")
    assert dict(gather_facts(spoilt, "valid"))["proof"].endswith("GOAL MISSED")


def test_long_texts_are_broken_and_go_on_indented():
    first, second = wrap("text", "word " * 15)
    assert second.text.startswith("  word")
    assert first == Line("text", first.text)
