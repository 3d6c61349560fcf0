"""The words that the lenient reading of plans knows: other names of actions, arguments and units.

All are written small and without spaces, hyphens or underscores, as `plain` leaves them. Whoever
meets a new way to say something adds a word here.
"""

from types import MappingProxyType

from scene_renderer.catalogue import SHAPES
from scene_renderer.plan import ACTIONS
from scene_renderer.vocabulary import COLORS, REFUSAL_REASONS, SIDE_WORDS, SIZE_WORDS

LONGEST = 32
"""No known word is longer."""


def plain(word: str) -> str:
    """Returns a word small and without underscores: 'moveTo', 'MOVE_TO' give 'moveto'."""
    return word.replace("_", "").lower() if len(word) <= LONGEST else word


def _lookup(table: dict[str, str]) -> MappingProxyType[str, str]:
    """Turns 'meaning: words that mean it' into a mapping from word to meaning."""
    pairs = ((word, meaning) for meaning, words in table.items() for word in words.split())
    return MappingProxyType(dict(pairs))


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


NAMES = _lookup({name: plain(name) for name in ACTIONS}) | _lookup(
    {
        "pick": "pickup pickat pickobject grasp graspat grab grabat",
        "place": "placeat placedown placeobject put putdown putat drop dropat setdown release",
        "move_to": "move moveto movearm movearmto movegripper movegripperto goto",
        "open_gripper": "open opengripper openthegripper openhand openthehand opengrippers",
        "close_gripper": "close closegripper closethegripper closehand closethehand closegrippers",
        "push": "pushobject slide shove",
        "rotate": "rotategripper rotatethegripper turn turngripper",
        "refuse": "refused refusal decline reject",
    }
)
"""Word to action."""

BEGINNINGS = frozenset(name[:i] for name in NAMES for i in range(1, len(name) + 1))
"""What the first word of a name may be: 'move' of 'move to'."""

WITHOUT_ARGUMENTS = _lookup({"open_gripper": "release drop", "close_gripper": "grasp grab"})
"""Words that mean another action where no argument follows."""

KEYS = _lookup(
    {
        "x": "x xmm posx xpos xcoord startx xstart x1",
        "y": "y ymm posy ypos ycoord starty ystart y1",
        "z": "z zmm posz zpos zcoord startz zstart z1 height",
        "x2": "x2 x2mm endx xend targetx tox",
        "y2": "y2 y2mm endy yend targety toy",
        "yaw_deg": "yawdeg yaw angle angledeg degrees deg rotation theta",
        "reason": "reason why cause",
    }
)
"""Word to argument."""

REASONS = _lookup({reason: reason for reason in REFUSAL_REASONS}) | _lookup(
    {
        "absent": "missing notfound notpresent notthere",
        "ambiguous": "unclear",
        "unreachable": "outofreach toofar",
        "unsafe": "dangerous",
    }
)
"""Word to a reason for refusing."""

MILLIMETRES = MappingProxyType(
    {"mm": 1.0, "millimeter": 1.0, "millimeters": 1.0, "millimetre": 1.0, "millimetres": 1.0}
    | {"cm": 10.0, "centimeter": 10.0, "centimeters": 10.0, "centimetre": 10.0, "centimetres": 10.0}
    | {"m": 1000.0, "meter": 1000.0, "meters": 1000.0, "metre": 1000.0, "metres": 1000.0}
)
"""Unit to millimetres."""

DEGREES = frozenset({"deg", "degree", "degrees", "°"})

ACTION_KEYS = _words("action function tool skill command op operation verb primitive")
"""Keys whose value names an action, in JSON and YAML."""

NAME_KEYS = ACTION_KEYS | {"name", "type", "method", "call"}
"""Keys whose value may name an action."""

GROUP_KEYS = _words(
    "args arg arguments argument parameters params parameter input inputs position pos point "
    "location coordinates coordinate coords coord target xyz pose start from end to destination "
    "kwargs"
)
"""Keys whose value holds arguments."""

REMARK_KEYS = _words(
    "thought thoughts comment note notes description explanation reasoning rationale object obj "
    "label step id index confidence thinking analysis summary instruction task objectname item "
    "number order content message color colour shape size"
)
"""Keys whose value tells something beside the plan."""

FILLERS = _words("at to it up down on onto in into the from point position object")
"""Words that may stand between an action and its arguments."""

WRAPPERS = _words("point position pose np array tuple list vec vector vec3 vector3 dict xyz")
"""Words that may stand before brackets within arguments."""

NEGATIONS = _words("not don't never cannot can't won't no without avoid didn't isn't")

ALTERNATIVES = _words("or either alternatively alternative otherwise instead option")
"""Words between two actions that leave open which is meant."""

CONDITIONS = _words("if unless else or when before after than rather")
"""Words that leave open whether and when, on the line of an action."""

REPEATS = _words("repeat repeated times twice x2 x3")
"""Words after an action that ask for more than is written."""

OBJECT_WORDS = frozenset(
    word
    for name in (*COLORS, *SHAPES, *SIZE_WORDS, *SIDE_WORDS, "the", "object")
    for word in name.replace("_", " ").split()
)
"""Words that name an object; others among the arguments may change what they mean."""

CONTAINERS = _words("action actions plan step steps skill robotaction run main execute")
"""Words that may be called around actions."""
