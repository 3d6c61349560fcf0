from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest

from qa_generator.questions import (
    KINDS,
    TEMPLATES,
    absent_names,
    caption,
    direction_between,
    sample_absent_name,
    sample_questions,
)
from qa_generator.questions.words import add_options, answers_to, form_of, split_options
from scene_renderer.scene import Scene
from scene_renderer.splits import is_unseen


def ask_many(scene: Scene, kind: str, rounds: int = 400) -> list[tuple[str, str]]:
    rng = np.random.default_rng(5)
    questions = [q for _ in range(rounds) for q in sample_questions(scene, rng, [kind])]
    return [(q.question, q.answer) for q in questions]


@pytest.fixture(scope="module")
def asked_often(scene):
    """Questions and answers of each kind, so many that every form and slot is among them."""
    return {kind: ask_many(scene, kind, 30_000) for kind in KINDS}


@pytest.mark.parametrize(
    ("kind", "question", "answer"),
    [
        ("count", "how many red objects are there?", "2"),
        ("count", "how many cubes are there?", "2"),
        ("count", "how many plates are there?", "0"),
        ("count", "how many objects are there?", "4"),
        ("count", "how many blue or red objects are there?", "3"),
        ("name", "what is at 412, -127?", "red cube"),
        ("name", "what colour is the object at 540, 80?", "blue"),
        ("name", "what shape is the object at 560, -150?", "ball"),
        ("place", "where is the red cube?", "red cube: 412, -127, 25"),
        (
            "place",
            "where are the red cube and the blue bowl?",
            "red cube: 412, -127, 25; blue bowl: 540, 80, 28",
        ),
        ("place", "coordinates of the red ball?", "560, -150, 25"),
        ("place", "where is 80 mm left of the red cube?", "412, -47, 25"),
        ("place", "where is 8 cm right of the red cube?", "412, -207, 25"),
        ("place", "where is 30 mm forward of the red cube?", "442, -127, 25"),
        ("place", "where is 3 cm backward of the red cube?", "382, -127, 25"),
        ("place", "where would the red cube be 8 cm further to the left?", "412, -47, 25"),
        ("place", "where would the red cube be if it moved back by 6 cm?", "352, -127, 25"),
        (
            "place",
            "from where to where does the red cube go 150 mm left?",
            "412, -127, 25; 412, 23, 25",
        ),
        ("place", "where is 15 cm above the red cube?", "412, -127, 175"),
        ("relation", "where is the green cube from the red cube?", "left"),
        ("relation", "where is the red ball from the red cube?", "forward"),
        ("relation", "is the red cube left of the blue bowl?", "no"),
        ("relation", "is the blue bowl forward of the red cube?", "yes"),
        ("gripper", "which object is nearest to the gripper?", "red cube"),
        ("gripper", "which object is farthest from the gripper?", "red ball"),
        ("gripper", "can the gripper reach 30 cm forward of the red cube?", "yes"),
        ("gripper", "can the gripper reach 30 cm forward of the red ball?", "no"),
        ("gripper", "is the red cube left of the gripper?", "no"),
    ],
)
def test_every_form_has_the_right_answer(asked_often, kind, question, answer):
    asked = dict(asked_often[kind])
    assert asked[question] == answer


def test_one_of_each_kind_by_default_and_none_twice(scene, rng):
    assert [q.kind for q in sample_questions(scene, rng)] == list(KINDS)
    many = sample_questions(scene, rng, KINDS * 6)
    assert len({q.question for q in many}) == len(many)


def test_unclear_relations_are_never_asked(scene):
    asked = {question for question, _ in ask_many(scene, "relation", 1500)}
    assert "is the red cube right of the red ball?" not in asked  # 23 mm apart along y
    assert "where is the green cube from the blue bowl?" not in asked  # near the diagonal
    assert direction_between((0.4, 0.0, 0.0), (0.425, 0.0, 0.0)) is None


def test_yes_and_no_are_balanced(scene):
    answers = Counter(
        a
        for kind in ("relation", "gripper")
        for _, a in ask_many(scene, kind)
        if a in ("yes", "no")
    )
    assert 0.4 < answers["yes"] / answers.total() < 0.6


def test_counts_are_not_mostly_one(scene):
    answers = Counter(answer for _, answer in ask_many(scene, "count") if answer.isdigit())
    assert set(answers) == {"0", "1", "2", "3", "4"}
    assert max(answers.values()) < 0.35 * answers.total()


def test_absent_things_share_a_colour_or_shape_with_present_ones(scene, rng):
    names = [sample_absent_name(scene, rng) for _ in range(200)]
    assert not any(name in scene for name in names)
    assert "green ball" in names
    near = [n for n in names if n.split()[0] in ("red", "blue", "green")]
    assert 0.5 < len(near) / len(names) < 1
    assert "where is the green ball?" in dict(ask_many(scene, "place", 1500))


def test_unseen_pairs_are_called_absent_only_where_a_scene_has_one(scene):
    assert not any(is_unseen(*name.split()) for name in absent_names(scene))
    orange_cube = replace(scene.objects[0], name="orange cube", color="orange")
    with_unseen = replace(scene, objects=(orange_cube, *scene.objects[1:]))
    assert "green brick" in absent_names(with_unseen)


def test_caption_lists_the_farthest_first(scene):
    assert caption(scene).answer == (
        "red ball: 560, -150, 25; blue bowl: 540, 80, 28; "
        "red cube: 412, -127, 25; green cube: 400, 200, 25"
    )


def test_same_generator_state_gives_the_same_questions(scene):
    first, second = (sample_questions(scene, np.random.default_rng(9), KINDS * 3) for _ in range(2))
    assert first == second


def test_every_question_is_recognised_by_its_form(asked_often):
    forms = {form_of(question) for asked in asked_often.values() for question, _ in asked}
    free = {form for form in TEMPLATES if not form.endswith("_of")} - {"gripper"}  # see below
    assert free < forms
    assert {"count_choice", "name_choice", "relation_choice", "gripper_nearest_of_choice"} < forms
    assert form_of("where is everybody?") == "other"


def test_where_answers_are_a_closed_set_every_one_is_given_equally_often(asked_often):
    given = defaultdict(Counter)
    for asked in asked_often.values():
        for question, answer in asked:
            if closed := answers_to(question):
                given[form_of(question), closed][answer] += 1
    for (form, closed), answers in given.items():
        if form in ("count_all", "name_color", "name_shape"):  # over scenes, not in one
            continue
        assert set(answers) == set(closed), form
        assert max(answers.values()) < 1.3 * answers.total() / len(closed), form


def test_options_come_back_from_a_question():
    question, letter = add_options(
        "what is at 1, 2?", ["a", "b", "c"], "b", np.random.default_rng()
    )
    text, options = split_options(question)
    assert text == "what is at 1, 2?"
    assert sorted(options.values()) == ["a", "b", "c"]
    assert options[letter] == "b"


def test_no_option_stands_out(asked_often):
    for question, _ in asked_often["name"]:
        if options := split_options(question)[1]:
            colors, shapes = zip(*(name.split() for name in options.values()), strict=True)
            counts = set(Counter(colors).values()) | set(Counter(shapes).values())
            assert counts in ({2}, {1, 4}), question


def test_what_always_has_one_answer_is_not_asked(asked_often):
    asked = {question for question, _ in asked_often["gripper"]}
    assert not any("ward of the gripper" in question for question in asked)
    assert "where is the green cube from the gripper?" not in asked  # nothing lies to its right


def test_directions_from_the_gripper_where_there_is_something_in_each(scene):
    blue = replace(scene.objects[1], name="blue bowl", position=(0.36, -0.25, 0.028))
    items = (blue, scene["green cube"], scene["red ball"], scene["red cube"])
    asked = dict(ask_many(replace(scene, objects=items), "gripper", 2000))
    assert asked["where is the green cube from the gripper?"] == "left"
    assert asked["where is the blue bowl from the gripper?"] == "right"


def test_everything_is_not_counted_where_a_split_has_one_size_only(scene):
    more = tuple(replace(o, name=f"large {o.name}") for o in scene.objects)
    eight = replace(scene, objects=(*scene.objects, *more))
    assert "how many objects are there?" not in dict(ask_many(eight, "count"))
