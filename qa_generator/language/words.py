"""Every word that instructions are made of, each once: verbs, places, politeness (nouns: synonyms).

`seen` is what training may say; `unseen` is kept for `test_wordings`: whole synonyms that no
instruction of another split holds. The resolver reads these tables too, and nothing else of the
generator.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from scene_renderer import synonyms

Style = Literal["seen", "unseen"]


@dataclass(frozen=True)
class Words:
    """Ways to say one thing; the first is the usual one."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Those of both styles."""
        return self.seen + self.unseen

    def of(self, style: Style) -> tuple[str, ...]:
        """Those of one style alone."""
        return self.seen if style == "seen" else self.unseen

    def draw(self, rng: np.random.Generator, style: Style, usual: float = 0.0) -> str:
        """Draws a way to say it.

        Args:
            rng: draws.
            style: in `unseen`, every second time one of those that training never shows.
            usual: how often the first one is taken without a draw.
        """
        if style == "unseen" and self.unseen and rng.random() < 0.5:
            return self.unseen[int(rng.integers(len(self.unseen)))]
        if rng.random() < usual:
            return self.seen[0]
        return self.seen[int(rng.integers(len(self.seen)))]


NOUNS: MappingProxyType[str, Words] = MappingProxyType(
    {shape: Words(*words) for shape, words in synonyms.NOUNS.items()}
)
"""Shape to its nouns."""

COLOR_WORDS: MappingProxyType[str, Words] = MappingProxyType(
    {color: Words(*words) for color, words in synonyms.ADJECTIVES.items()}
)
"""Colour to its adjectives."""

THING = Words(("object", "thing", "item"), ("article",))
THINGS = Words(("objects", "things", "items"), ("articles",))
ONE, ONES = Words(("one",)), Words(("ones",))
EVERY = Words(("all the", "all", "all of the", "the"), ("all those",))
"""Before a plural."""

THAT_IS = Words(("that is", "which is", "that stands"), ("that sits",))
"""Opens a clause that tells one thing from others; so no place can be mistaken for a target."""

SIDES: MappingProxyType[str, Words] = MappingProxyType(
    {
        "left": Words(("to the left of", "left of"), ("on the left side of",)),
        "right": Words(("to the right of", "right of"), ("on the right side of",)),
        "front": Words(("in front of",), ("on the near side of",)),
        "behind": Words(("behind",), ("on the far side of",)),
    }
)
"""Where something is from another thing, as the robot sees it: behind is farther from it."""

WAYS: MappingProxyType[str, Words] = MappingProxyType(
    {
        "forward": Words(("forward", "forwards"), ("ahead",)),
        "backward": Words(("backward", "back"), ("backwards",)),
        "left": Words(("left", "to the left"), ("leftwards",)),
        "right": Words(("right", "to the right"), ("rightwards",)),
    }
)
"""Direction to its adverbs, as the robot sees it: forward is away from it."""

DEFAULT_MM = 100
"""The distance of a `move_*` that names none."""
A_BIT_MM = 50
A_BIT = Words(("a bit", "a little"), ("slightly",))
"""`A_BIT_MM`."""

CENTIMETRES, MILLIMETRES = Words(("cm", "centimetres")), Words(("mm", "millimetres"))

STRAIGHT = Words(("straight ahead",))
"""Away from the robot: the yaw 0."""
ANGLES: MappingProxyType[int, Words] = MappingProxyType(
    {
        0: Words(("points straight ahead", "points forward"), ("faces straight ahead",)),
        90: Words(("points to the left", "points left"), ("faces left",)),
        45: Words(("points forward and left",), ("faces forward and left",)),
        -45: Words(("points forward and right",), ("faces forward and right",)),
    }
)
"""Yaw in degrees to what is said of a thing that is turned so; others are said in degrees."""

ENDS: MappingProxyType[str, Words] = MappingProxyType(
    {
        "left": Words(("leftmost",), ("far-left",)),
        "right": Words(("rightmost",), ("far-right",)),
    }
)
ORDINALS: tuple[str, ...] = ("first", "second", "third", "fourth")
FROM_END: MappingProxyType[str, Words] = MappingProxyType(
    {
        "left": Words(("from the left",), ("counting from the left",)),
        "right": Words(("from the right",), ("counting from the right",)),
    }
)
TALLEST = Words(("tallest",))
BIGGER, SMALLER = Words(("larger", "bigger")), Words(("smaller",), ("less large",))
NEAREST = Words(("nearest to", "closest to"), ("least distant from",))
FARTHEST = Words(("farthest from", "furthest from"), ("most distant from",))
GRIPPER = Words(("the gripper", "your hand"), ("your fingers",))
LIES = Words(("lies", "is"), ("rests",))

IN, ON = Words(("in", "inside")), Words(("on",))
INTO, ONTO = Words(("into", "in")), Words(("onto", "on"), ("upon",))
TO_IN, TO_ON = Words(("into",)), Words(("onto",))
ON_TOP, UPON = Words(("on top of", "on", "onto"), ("atop",)), Words(("on top of", "on"), ("atop",))


@dataclass(frozen=True)
class Verb:
    """One verb: its base form and its past participle; a particle follows the object."""

    base: str
    past: str
    particle: str = ""


@dataclass(frozen=True)
class Verbs:
    """Verbs that mean the same here."""

    seen: tuple[Verb, ...]
    unseen: tuple[Verb, ...]

    @property
    def all(self) -> tuple[Verb, ...]:
        """Those of both styles."""
        return self.seen + self.unseen

    def draw(self, rng: np.random.Generator, style: Style) -> Verb:
        """Draws one; in `unseen`, every second time one that training never shows."""
        is_unseen = style == "unseen" and rng.random() < 0.5
        choices = self.unseen if is_unseen and self.unseen else self.seen
        return choices[int(rng.integers(len(choices)))]


VERBS: MappingProxyType[str, Verbs] = MappingProxyType(
    {
        "put": Verbs(
            (
                Verb("put", "put"),
                Verb("place", "placed"),
                Verb("set", "set", "down"),
                Verb("put", "put", "down"),
            ),
            (Verb("deposit", "deposited"), Verb("position", "positioned")),
        ),
        "take": Verbs(
            (Verb("pick up", "picked up"), Verb("take", "taken"), Verb("grab", "grabbed")),
            (Verb("grasp", "grasped"), Verb("fetch", "fetched")),
        ),
        "lift": Verbs(
            (
                Verb("lift", "lifted"),
                Verb("raise", "raised"),
                Verb("pick up", "picked up"),
                Verb("lift", "lifted", "up"),
            ),
            (Verb("hoist", "hoisted"), Verb("elevate", "elevated")),
        ),
        "move": Verbs(
            (Verb("move", "moved"), Verb("shift", "shifted")),
            (Verb("relocate", "relocated"), Verb("displace", "displaced")),
        ),
        "stack": Verbs(
            (Verb("stack", "stacked"), Verb("put", "put"), Verb("place", "placed")),
            (Verb("balance", "balanced"), Verb("rest", "rested")),
        ),
        "swap": Verbs(
            (Verb("swap", "swapped"), Verb("exchange", "exchanged"), Verb("switch", "switched")),
            (Verb("interchange", "interchanged"),),
        ),
        "sort": Verbs(
            (Verb("sort", "sorted"), Verb("move", "moved"), Verb("put", "put")),
            (Verb("convey", "conveyed"), Verb("carry", "carried")),
        ),
        "line": Verbs(
            (Verb("line up", "lined up"), Verb("arrange", "arranged"), Verb("put", "put")),
            (Verb("align", "aligned"),),
        ),
        "gather": Verbs(
            (Verb("gather", "gathered"), Verb("bring", "brought"), Verb("collect", "collected")),
            (Verb("cluster", "clustered"), Verb("bunch", "bunched")),
        ),
        "clear": Verbs(
            (Verb("clear", "cleared"), Verb("empty", "emptied")),
            (Verb("free up", "freed up"),),
        ),
        "remove": Verbs(
            (Verb("take", "taken"), Verb("get", "got")),
            (),
        ),
        "push": Verbs(
            (Verb("push", "pushed"), Verb("slide", "slid"), Verb("shove", "shoved")),
            (Verb("nudge", "nudged"),),
        ),
        "rotate": Verbs(
            (Verb("rotate", "rotated"), Verb("turn", "turned")),
            (Verb("pivot", "pivoted"), Verb("swivel", "swivelled")),
        ),
        "build": Verbs(
            (Verb("build", "built"), Verb("make", "made")),
            (Verb("construct", "constructed"), Verb("erect", "erected")),
        ),
        "harm": Verbs(
            (
                Verb("throw", "thrown"),
                Verb("smash", "smashed"),
                Verb("knock over", "knocked over"),
                Verb("hit", "hit"),
                Verb("crush", "crushed"),
            ),
            (Verb("wreck", "wrecked"), Verb("tip over", "tipped over"), Verb("punch", "punched")),
        ),
    }
)
"""Kind of verb to its verbs."""

POLITE = Words(
    (
        "{vp}",
        "please {vp}",
        "{vp} please",
        "could you {vp}?",
        "could you please {vp}?",
        "can you {vp}?",
        "would you {vp}?",
        "will you {vp}?",
        "i want you to {vp}",
        "i would like you to {vp}",
        "i need you to {vp}",
        "now {vp}",
        "robot, {vp}",
        "go ahead and {vp}",
        "let's {vp}",
        "try to {vp}",
        "you should {vp}",
        "hey robot, please {vp}",
        "would you please {vp}?",
        "can you please {vp}?",
        "ok, {vp}",
        "{vp} now",
        "we need to {vp}",
        "i'd like you to {vp}",
        "it is time to {vp}",
    ),
    (
        "kindly {vp}",
        "your task is to {vp}",
        "it would be great if you could {vp}",
        "would you be so kind as to {vp}?",
        "the next thing to do is to {vp}",
        "do me a favour and {vp}",
    ),
)
"""What a command is wrapped in."""

JOINS = Words(
    (
        "{1}, then {2}",
        "{1} and then {2}",
        "first {1}, then {2}",
        "{1}. after that, {2}",
        "before you {2}, {1}",
        "after you {1}, {2}",
    ),
    ("{2}, but first {1}", "{1}; next, {2}", "{1}; as soon as that is done, {2}"),
)
"""Two commands, the first of which comes first in time."""
JOINS_THREE = Words(
    (
        "{1}, then {2}, then {3}",
        "first {1}, then {2}, and then {3}",
        "{1} and then {2}. after that, {3}",
    ),
    ("{1}; next, {2}; next, {3}", "before you {3}, {1} and then {2}"),
)

SMALL_TALK = Words(
    (
        "how are you today?",
        "what is the weather like?",
        "good morning",
        "tell me a joke",
        "who won the match yesterday?",
        "thank you very much",
        "what is your name?",
        "sing a song for me",
        "i am a little tired",
        "what time is it?",
        "do you like music?",
        "see you tomorrow",
        "nice weather we're having",
        "how old are you?",
    ),
    (
        "why is the sky blue?",
        "that was a good film",
        "where were you born?",
        "my sister plays the violin",
        "have a nice weekend",
    ),
)
"""Nothing that an arm at a table could do."""

FOREIGN = Words(
    (
        "hebe den roten würfel hoch",
        "stell die tasse auf den teller",
        "bitte leg den ball in die schale",
        "mets le cube rouge dans le bol",
        "pose la bouteille sur le plateau",
        "pon el cubo verde en la bandeja",
        "levanta la botella por favor",
        "metti la palla nella ciotola",
        "zet de fles op het bord",
        "coloque o cubo na caixa",
    ),
    (
        "schieb den kegel nach links",
        "soulève le canard jaune",
        "mueve el cilindro hacia la derecha",
        "sposta il mattone in avanti",
        "lyft den blå bollen",
    ),
)
"""Commands in other languages: this robot understands English alone."""

FAR_MM: tuple[int, ...] = (800, 900, 1000, 1200, 1500, 2000, 3000)
"""Distances beyond the arm's reach from anywhere on the table."""


def plural(noun: str) -> str:
    """Returns the word for several of a kind."""
    if noun.endswith("dice"):
        return noun
    return f"{noun}es" if noun.endswith(("s", "x", "sh", "o")) else f"{noun}s"
