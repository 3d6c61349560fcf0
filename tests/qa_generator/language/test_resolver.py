"""The reader understands what people say, also what the generator never would."""

import dataclasses

import pytest

from qa_generator.language.resolver import meaning_of, understand
from scene_renderer.piles import put_on
from scene_renderer.scene import EndEffector, Scene
from tests.qa_generator.conftest import build_object

CUBES = frozenset({"red cube", "blue cube"})
IN_ORDER = ("steps", (("put", "yellow mug", "green bowl"), ("lift", "red cube")))


@pytest.fixture(scope="module")
def table() -> Scene:
    """Seen from the robot: a bowl far left, a tray far right, cubes left and right, a mug ahead."""
    objects = (
        build_object("red", "cube", 400, 150),
        build_object("blue", "cube", 400, -150),
        build_object("yellow", "mug", 430, 20),
        build_object("green", "bowl", 580, 130, 28, size=0.13),
        build_object("white", "tray", 580, -130, 12, size=0.16),
        build_object("red", "bottle", 520, 0, 62),
    )
    return Scene("reading", objects, EndEffector((0.30, -0.10, 0.25)))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("lift the red cube", ("lift", "red cube")),
        ("Could you please pick up the mug?", ("lift", "yellow mug")),
        ("lift the leftmost cube", ("lift", "red cube")),
        ("raise the second object from the right", ("lift", "white tray")),
        ("lift the cube nearest to the gripper", ("lift", "blue cube")),
        ("hold the thing that is behind the mug up in the air", ("refuse", "ambiguous")),
        ("lift the tallest object", ("lift", "red bottle")),
        ("put the red cube into the bowl", ("put", "red cube", "green bowl")),
        ("into the bowl, put the red cube", ("put", "red cube", "green bowl")),
        ("the cup should go onto the tray", ("put", "yellow mug", "white tray")),
        ("put the cube that is left of the mug onto the tray", ("put", "red cube", "white tray")),
        ("stack the mug on the red cube", ("put", "yellow mug", "red cube")),
        ("crown the blue cube with the mug", ("put", "yellow mug", "blue cube")),
        ("move the mug 5 cm back", ("move", "backward", "yellow mug", 50)),
        ("move the mug forward by 9 cm", ("refuse", "occupied")),
        ("shift the red cube left", ("move", "left", "red cube", 100)),
        ("push the red cube 80 mm to the left", ("push", "left", "red cube", 80)),
        ("put the mug to the left of the tray", ("beside", "left", "yellow mug", "white tray")),
        ("behind the bowl, put the mug", ("beside", "behind", "yellow mug", "green bowl")),
        ("swap the cubes", ("refuse", "ambiguous")),
        ("swap the mug and the bottle", ("swap", frozenset({"yellow mug", "red bottle"}))),
        ("all the cubes on the tray", ("sort", frozenset({(CUBES, "white tray")}))),
        ("gather the cubes around the bowl", ("gather", CUBES, "green bowl")),
        (
            "line up the red cube, the mug and the blue cube in a row, from left to right",
            ("row", ("red cube", "yellow mug", "blue cube")),
        ),
        (
            "from right to left, line up the red cube, the mug and the bottle in a row",
            ("row", ("red bottle", "yellow mug", "red cube")),
        ),
        (
            "build a tower of the red cube, the blue one and the mug, from bottom to top",
            ("tower", ("red cube", "blue cube", "yellow mug")),
        ),
        (
            "turn the mug so that it points 30 degrees right of straight ahead",
            ("rotate", "yellow mug", -30),
        ),
        ("put the mug into the bowl, then lift the red cube", IN_ORDER),
        ("lift the red cube after you put the mug into the bowl", IN_ORDER),
        ("before you lift the red cube, put the mug into the bowl", IN_ORDER),
        ("lift the red botle", ("lift", "red bottle")),
    ],
)
def test_a_sentence_has_one_meaning(table, text, meaning):
    assert understand(table, text) == meaning


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("lift the green ball", "absent"),
        ("put the red cube into the box", "absent"),
        ("lift the cube", "ambiguous"),
        ("lift the red one", "ambiguous"),
        ("move the mug 2 m forward", "unreachable"),
        ("throw the mug at the bottle", "unsafe"),
        ("push the mug off the table", "unsafe"),
        ("put the red cube onto the red cube", "nonsense"),
        ("how are you today?", "nonsense"),
        ("hebe den roten würfel hoch", "nonsense"),
        ("xqv wno prtz", "nonsense"),
        ("put the", "nonsense"),
    ],
)
def test_what_cannot_be_done_has_a_reason(table, text, reason):
    assert understand(table, text) == ("refuse", reason)


def test_an_empty_text_is_nonsense(table):
    assert understand(table, "") == ("refuse", "nonsense")


def test_what_bears_something_is_occupied(table):
    mug = put_on(table["yellow mug"], table["red cube"])
    objects = tuple(mug if o.name == mug.name else o for o in table.objects)
    pile = dataclasses.replace(table, objects=objects)
    assert understand(pile, "stack the blue cube on the red cube") == ("refuse", "occupied")
    assert understand(pile, "lift what is on the red cube") == ("lift", "yellow mug")


def test_tasks_that_want_the_same_mean_the_same(table):
    slots = {"object": "red cube", "target": "green bowl"}
    assert meaning_of(table, "put_in", slots) == meaning_of(table, "pick_and_place", slots)
    one = {"which": {"color": "red"}, "target": "white tray"}
    bins = {"by": "color", "bins": {"red": "white tray"}}
    assert meaning_of(table, "put_all", one) == meaning_of(table, "sort", bins)
