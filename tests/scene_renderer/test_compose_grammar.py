from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scene_renderer.compose import Description, Group, Relation
from scene_renderer.compose_grammar import MAX_LENGTH, parse_description
from scene_renderer.compose_rules import check_description
from scene_renderer.errors import SceneError

TABLE = Path(__file__).parents[1] / "data" / "refused.txt"
REFUSED = [
    tuple(part.strip() for part in line.split("|"))
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def told(sentence: str) -> list[str]:
    description = parse_description(sentence)
    return [description.tell(number) for number in range(len(description.groups))]


def test_a_sentence_becomes_groups_with_relations() -> None:
    assert parse_description("three red cubes around a blue bowl, a mug behind") == Description(
        (
            Group(3, "red", "cube", None, (Relation("around", (1,)),)),
            Group(1, "blue", "bowl"),
            Group(1, None, "mug", None, (Relation("behind", (0, 1)),)),
        )
    )


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("a cube next to a bowl, two balls around it", "two balls around the bowl"),
        ("a mug between a bowl and a plate, a duck behind it", "a duck behind the mug"),
        ("three cubes in a row, a tray behind them", "a tray behind the three cubes"),
        ("a bowl left of a plate, a ball inside, a mug", "a ball in the bowl"),
        ("a bowl left of three plates, a cube on each", "three cubes on the three plates"),
        ("a red cube, two mugs, a duck. The cube is behind the duck", "a red cube behind the duck"),
        ("a red cube, two mugs, a duck. It is on the left", "a duck at the left edge"),
        ("a ball, a bowl, a mug, a cone between them", "a cone between the bowl and the mug"),
        ("a bowl, behind it a mug, two cubes", "a mug behind the bowl"),
        ("to the left a bowl and a mug, two cubes", "a mug at the left edge"),
        ("behind a bowl a cube and a mug, a ball", "a mug behind the bowl"),
        ("in the middle a bowl and a mug behind it, two cubes", "a mug behind the bowl"),
        ("a bowl and a mug left of the bowl, two cubes", "a bowl"),
        ("a cube and a mug left of the bowl, two balls", "a cube left of the bowl"),
        ("a mug in front of a bowl in the middle, two balls", "a bowl in the middle"),
        ("under a cube a brick and a mug, a ball", "a cube on the brick"),
        ("a mug, a duck and a cone on the right, a bowl", "a duck"),
        ("a bowl behind two mugs, which are next to each other, a duck", "two mugs in a row"),
        ("a red cube, which is on a plate, and two mugs", "a red cube on the plate"),
        ("a cone, next to it a cube, next to it a mug, a duck", "a mug next to the cube"),
        ("a bowl, left of which is a cube, two mugs", "a cube left of the bowl"),
        (
            "a red ball near a bowl, a mug far away, a duck",
            "a mug far from the red ball and the bowl",
        ),
        ("behind a bowl, a mug, two cubes", "a mug behind the bowl"),
        ("a bowl in the middle two cubes behind it a mug", "two cubes behind the bowl"),
        ("a mug, a bowl to the left, two cubes", "a bowl left of the mug"),
        ("a mug to the left, three bowls", "a mug at the left edge"),
    ],
)
def test_what_is_left_out_is_what_was_spoken_of(sentence: str, meant: str) -> None:
    assert meant in told(sentence)


@pytest.mark.parametrize(("sentence", "words"), REFUSED, ids=[row[0][:40] for row in REFUSED])
def test_what_cannot_be_built_is_said(sentence: str, words: str) -> None:
    with pytest.raises(SceneError) as caught:
        check_description(parse_description(sentence))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_long_sentence_is_refused() -> None:
    with pytest.raises(SceneError, match="has 1001 characters; keep it below 1000"):
        parse_description("a" * (MAX_LENGTH + 1))


VOCABULARY = """
a two three red blue small cube cubes bowl plate mug ball one ones thing the each it them on
in behind left of to next around between row circle with and , . ; is under surrounded by
middle other 5 large some or xyz containing at edge
"""


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(VOCABULARY.split()), max_size=25))
def test_any_words_are_a_description_or_one_clear_sentence(words: list[str]) -> None:
    try:
        description = parse_description(" ".join(words))
        check_description(description)
    except SceneError as error:
        assert str(error).endswith((".", "?"))
        return
    assert Description.from_dict(description.to_dict()) == description


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_description_or_one_clear_sentence(text: str) -> None:
    try:
        parse_description(text)
    except SceneError as error:
        assert str(error)
