"""The words of questions: templates, closed sets of answers, and multiple choice.

A multiple-choice question is any other one with its options behind it, and its answer a letter:

    what is at 412, -127? (a) blue ball (b) red ball (c) red cube (d) blue cube        c
"""

import re
from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from scene_renderer.catalogue import SHAPES
from scene_renderer.scene import MAX_OBJECTS, MIN_OBJECTS
from scene_renderer.vocabulary import COLORS, DIRECTIONS

DISTANCES_MM = (30, 40, 50, 60, 80, 100, 120, 150)
"""Distances that shifted places and instructions name."""

LENGTHS_MM = (150, 200, 250, 300)
"""Distances that lead out of the arm's reach as often as not."""
OPTIONS = 4
"""Names or places to choose from."""

ABSENT = "absent"
YES_NO = ("yes", "no")
CAPTION_REQUEST = "describe the table"
EVERYTHING = "objects"
"""What the question for the number of all objects counts."""
AHEAD = ("left", "right", "forward")
"""Where things lie from the gripper, which starts between them and the robot's base."""
SIDEWAYS = ("left", "right")
LETTERS = "abcde"

TEMPLATES: MappingProxyType[str, str] = MappingProxyType(
    {
        "count": "how many {things} are there?",
        "count_all": "how many objects are there?",
        "name": "what is at {place}?",
        "name_color": "what colour is the object at {place}?",
        "name_shape": "what shape is the object at {place}?",
        "place": "where is the {a}?",
        "place_two": "where are the {a} and the {b}?",
        "place_bare": "coordinates of the {a}?",
        "place_shifted": "where is {distance} {direction} of the {a}?",
        "place_moved": "where would the {a} be {distance} further {direction}?",
        "place_moved_by": "where would the {a} be if it moved {direction} by {distance}?",
        "place_from_to": "from where to where does the {a} go {distance} {direction}?",
        "place_above": "where is {distance} above the {a}?",
        "relation": "where is the {a} from the {b}?",
        "relation_yes_no": "is the {a} {direction} of the {b}?",
        "gripper_nearest": "which object is nearest to the gripper?",
        "gripper_farthest": "which object is farthest from the gripper?",
        "gripper_nearest_of": "which of these is nearest to the gripper?",
        "gripper_farthest_of": "which of these is farthest from the gripper?",
        "gripper": "where is the {a} from the gripper?",
        "gripper_yes_no": "is the {a} {direction} of the gripper?",
        "gripper_reach": "can the gripper reach {distance} {direction} of the {a}?",
    }
)

SHIFTED_FORMS = ("place_shifted", "place_moved", "place_moved_by", "place_from_to")
"""Templates that ask for a place beside a thing."""

_BARE = re.compile(r"\{\w+\}")
_SLOT = re.compile(r"\\\{\w+\\\}")
_THING = r"(?!object\b)[a-z]+(?: [a-z]+)+"
_FILLED = {
    r"\{things\}": r"[a-z, ]+",
    r"\{place\}": r"-?\d+, -?\d+",
    r"\{distance\}": r"\d+ [cm]m",
    r"\{direction\}": rf"(?:to the )?(?:{'|'.join(DIRECTIONS)}|forwards|back)",
    r"\{a\}": _THING,
    r"\{b\}": rf"(?!gripper){_THING}",
}
_PATTERNS = {
    form: re.compile(_SLOT.sub(lambda slot: _FILLED[slot[0]], re.escape(text).replace(r"\ ", " ")))
    for form, text in sorted(TEMPLATES.items(), key=lambda item: -len(_BARE.sub("", item[1])))
}
"""The most words of its own first: `where is the {a} from the {b}?` before `where is the {a}?`."""
_OPTION = re.compile(rf" \(([{LETTERS}])\) (.+?)(?= \([{LETTERS}]\) |$)")


def format_distance(distance_mm: int, rng: np.random.Generator) -> str:
    """Writes a distance in millimetres or, as often where it is whole, in centimetres."""
    if distance_mm % 10 == 0 and rng.integers(2):
        return f"{distance_mm // 10} cm"
    return f"{distance_mm} mm"


def form_of(question: str) -> str:
    """Returns a question's form: its template's name, with `_choice` behind it if it has options.

    `other` if it is none of ours.
    """
    text, options = split_options(question)
    found = (form for form, pattern in _PATTERNS.items() if pattern.fullmatch(text))
    return next(found, "other") + ("_choice" if options else "")


def add_options(
    question: str, options: Sequence[str], right: str, rng: np.random.Generator
) -> tuple[str, str]:
    """Writes options in random order behind a question; returns it and the right one's letter."""
    shuffled = [options[i] for i in rng.permutation(len(options))]
    listed = "".join(f" ({a}) {text}" for a, text in zip(LETTERS, shuffled, strict=False))
    return question + listed, LETTERS[shuffled.index(right)]


def split_options(question: str) -> tuple[str, dict[str, str]]:
    """Returns a question's text and its options, letter to text; the inverse of `add_options`."""
    options = {found[1]: found[2] for found in _OPTION.finditer(question)}
    return (question.partition(" (a) ")[0] if options else question), options


def answers_to(question: str) -> tuple[str, ...] | None:
    """Returns the closed set of answers to a question, each equally likely; None if it is open."""
    text, options = split_options(question)
    if options:
        return tuple(options)
    form = form_of(text)
    if form == "count":
        highest = highest_count(len(_JOINT.findall(text)) + 1)
        return tuple(map(str, range(highest + 1)))
    return _CLOSED.get(form)


def highest_count(words: int) -> int:
    """Returns up to which number things of one, two or three words are counted."""
    return 1 + words


_JOINT = re.compile(", | or ")
_CLOSED = MappingProxyType(
    {
        "count_all": tuple(map(str, range(MIN_OBJECTS, MAX_OBJECTS))),
        "name_color": tuple(COLORS),
        "name_shape": tuple(SHAPES),
        "relation": tuple(DIRECTIONS),
        "relation_yes_no": YES_NO,
        "gripper": AHEAD,
        "gripper_yes_no": YES_NO,
        "gripper_reach": YES_NO,
    }
)
