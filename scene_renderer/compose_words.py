"""The words of sentences that describe scenes: what stands for which colour, shape and relation.

Patterns are regular expressions over lower-case words that one space separates.
"""

from collections.abc import Mapping
from types import MappingProxyType

from scene_renderer.catalogue import plural
from scene_renderer.compose import NUMBERS
from scene_renderer.synonyms import ADJECTIVES, NOUNS, Synonyms
from scene_renderer.vocabulary import SIZE_WORDS


def _single(tables: Mapping[str, Synonyms]) -> dict[str, str]:
    """Returns each synonym of a single word, and what it stands for."""
    return {
        word: thing
        for thing, groups in tables.items()
        for group in groups
        for word in group
        if " " not in word
    }


_MORE_COLORS = {
    "scarlet": "red",
    "teal": "cyan",
    "rose": "pink",
    "magenta": "pink",
    "navy": "blue",
}
COLOR_WORDS: MappingProxyType[str, str] = MappingProxyType({**_single(ADJECTIVES), **_MORE_COLORS})
"""Word to colour."""

_MORE_NOUNS = {
    "block": "cube",
    "can": "cylinder",
    "tin": "cylinder",
    "tube": "cylinder",
    "orb": "ball",
    "roof": "prism",
    "platter": "plate",
    "carton": "box",
    "container": "box",
}
SHAPE_WORDS: MappingProxyType[str, str] = MappingProxyType({**_single(NOUNS), **_MORE_NOUNS})
"""Word for one to shape."""

_PLURALS = {"dishes": "plate", "boxes": "box", "dominoes": "domino", "dice": "cube"}
PLURAL_WORDS: MappingProxyType[str, str] = MappingProxyType(
    {**{plural(word): shape for word, shape in SHAPE_WORDS.items()}, **_PLURALS}
)
"""Word for several to shape."""

THING_WORDS: tuple[str, ...] = ("thing", "object", "item", "something")
"""Words for one of any shape."""

SIZES: MappingProxyType[str, str] = MappingProxyType(
    {
        **{word: word for word in SIZE_WORDS},
        **dict.fromkeys(("little", "tiny"), SIZE_WORDS[0]),
        **dict.fromkeys(("big", "huge"), SIZE_WORDS[1]),
    }
)
"""Word to size."""

COUNTS: MappingProxyType[str, int] = MappingProxyType(
    {
        **{word: number + 1 for number, word in enumerate(NUMBERS)},
        **{"a": 1, "an": 1, "another": 1, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12},
        **{"a pair of": 2, "a couple of": 2, "a dozen": 12},
    }
)
"""Words to a count; digits are read too."""

IDLE_ADJECTIVES: tuple[str, ...] = (
    "toy",
    "plastic",
    "wooden",
    "rubber",
    "plain",
    "other",
    "more",
    "different",
    "various",
    "colored",
    "coloured",
    "colorful",
    "colourful",
    "differently",
    "nice",
    "single",
)
"""What may stand before a noun and changes nothing."""

VAGUE: MappingProxyType[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("some", "several", "few", "many", "lots", "multiple", "any"),
            "leaves open how many; say a number",
        ),
        "or": "leaves open which; say the one",
        **dict.fromkeys(
            ("no", "not", "without", "except", "never"),
            "says what is not there; say what is",
        ),
        **dict.fromkeys(
            ("stack", "tower", "pile"), "is more than can be read; say 'a cube on a brick' instead"
        ),
    }
)
"""Words that cannot be built, and why."""

_TABLE = r"(?: of the (?:table|scene|desk))?+(?! of)"
_SIDE = r"(?: hand)?+(?: (?:side|edge|end))?+"
_AT = r"(?:(?:on|at|in|along|by|near) the (?:far |very )?"

PLACE_PATTERNS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("at_front", "at_left"), rf"{_AT}(?:front|near) left corner){_TABLE}"),
    (("at_front", "at_right"), rf"{_AT}(?:front|near) right corner){_TABLE}"),
    (("at_back", "at_left"), rf"{_AT}(?:back|rear|far) left corner){_TABLE}"),
    (("at_back", "at_right"), rf"{_AT}(?:back|rear|far) right corner){_TABLE}"),
    (("at_left",), rf"(?:{_AT}left{_SIDE})|to the left (?:side|edge)){_TABLE}"),
    (("at_right",), rf"(?:{_AT}right{_SIDE})|to the right (?:side|edge)){_TABLE}"),
    (("at_front",), rf"(?:{_AT}front{_SIDE})|{_AT}near (?:side|edge|end))){_TABLE}"),
    (("at_back",), rf"(?:{_AT}(?:back|rear){_SIDE})|on the far (?:side|edge|end)"
     rf"|at the far (?:side|edge|end)){_TABLE}"),
    (("middle",), rf"(?:{_AT}(?:middle|centre|center))|centrally){_TABLE}"),
)  # fmt: skip
"""Kinds of places, and how they are said."""

FORMATION_PATTERNS: tuple[tuple[str, str], ...] = (
    ("column", r"one behind (?:the other|another)|behind (?:each other|one another)"),
    ("column", r"in (?:a|one) (?:column|file)"),
    ("column", r"in (?:a|one) (?:row|line) from (?:front to back|near to far)"),
    ("row", r"in (?:a|one) (?:straight )?(?:row|line)(?: from left to right)?"),
    ("row", r"lined up|in line|side by side|next to each other"),
    ("circle", r"in (?:a|one) (?:circle|ring)(?! a?round)"),
)
"""Kind of formation, and how it is said behind its members."""

HEADED_PATTERNS: tuple[tuple[str | None, str], ...] = (
    ("row", r"(?:a|one) (?:straight )?(?:row|line) of"),
    ("column", r"(?:a|one) column of"),
    ("circle", r"(?:a|one) (?:circle|ring) of"),
    (None, r"(?:a|one) (?:group|set|trio|bunch) of"),
)
"""The same before its members."""

_BY = r"(?:to|on|at) "
POSSESSIVE_PATTERNS: tuple[tuple[str, str], ...] = (
    ("left_of", rf"{_BY}its left{_SIDE}"),
    ("right_of", rf"{_BY}its right{_SIDE}"),
)
"""Kind of relation to the one thing that was named before."""

LONE_PATTERNS: tuple[tuple[str, str], ...] = (
    ("left_of", r"to the left(?! of| from)"),
    ("right_of", r"to the right(?! of| from)"),
    ("in_front_of", r"in front(?! of)"),
    ("near", r"nearby|close by"),
    ("far_from", r"far away(?! from)"),
    ("on", r"on top(?! of)"),
)
"""Kind of relation to what was named before, all of it; nothing is named behind."""

RELATION_PATTERNS: tuple[tuple[str, str], ...] = (
    ("left_of", rf"(?:{_BY}the )?left(?: hand)?(?: side)? (?:of|from)"),
    ("right_of", rf"(?:{_BY}the )?right(?: hand)?(?: side)? (?:of|from)"),
    ("in_front_of", r"(?:in|at) (?:the )?front of|before"),
    ("behind", r"behind|in (?:the )?back of|at the back of|beyond"),
    ("next_to", r"next to|beside|alongside(?: of)?|adjacent to|by"),
    ("near", r"near to|near|close to"),
    ("far_from", r"far (?:away )?from|away from"),
    ("between", r"in ?between|between"),
    ("around", r"(?:in (?:a|one) (?:circle|ring) )?(?:around|round)|surrounding|encircling"),
    ("on", r"on top of|on|onto|atop|upon"),
    ("in", r"inside of|inside|in|into|within"),
)
"""Kind of relation, and how it is said before the other thing."""

REVERSED_PATTERNS: tuple[tuple[str, str], ...] = (
    ("around", r"(?:that is )?(?:surrounded|encircled|ringed) by"),
    ("in", r"containing|holding"),
    ("on", r"supporting|carrying|under|underneath|beneath|below"),
)
"""Relations of the thing that follows to the one before."""

EMPHASIS = r"(?:directly|just|immediately|straight|exactly|all|right(?= (?!of|from)\w))"
"""What may stand before a relation and changes nothing."""

JOINTS = r"(?:[,;.:!]|and|with|then|also|plus|while|has|have|as well as)"
BREAKS = r"[;.:!]|with|has|have"
"""Joints after which nothing is said of what stands before, together with what follows."""
STOPS = r"[;.:!]"
"""Joints after which a relation is of what follows."""
IDLE = (
    r"(?:(?:please )?(?:there (?:is|are)|i (?:want|would like|need|see)|show me|show|put|place|"
    r"make|build|draw|give me|imagine|add|set|lay)|please|is|are|stands?|standing|lies|lie|lying|"
    r"sits?|sitting|placed|arranged|positioned|located|resting|rests?|there|"
    r"(?:in|of|with) (?:different|various|all) colou?rs|all different|"
    r"each (?:in|of) (?:a|another) different colou?r|from left to right|"
    r"(?:on|onto) (?:the|a) table|(?:a|the) (?:table|scene)(?= with))"
)
"""What says nothing about the scene."""
