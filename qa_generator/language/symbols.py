"""From a sentence to symbols: words and phrases that mean the same become one symbol.

    "Could you put the crimson dice into the bowl?"
    ->  verb:put  the  color:red  shape:cube  in  the  shape:bowl

Longest phrases first; a mistyped word becomes the known one that is spelt most alike; words that
only make a sentence polite are dropped. What is neither stays a symbol of kind `unknown`.
"""

import difflib
import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

from qa_generator.language import words
from qa_generator.language.words import Words, plural

ALIKE = 0.74
"""How alike a mistyped word must be to a known one, as difflib counts it."""

_WORD = re.compile(r"[a-zà-ÿ']+|\d+(?:\.\d+)?|[,.;:]")


@dataclass(frozen=True)
class Symbol:
    """What a word or phrase stands for: a kind, and which one of its kind."""

    kind: str
    value: str = ""


def read_symbols(text: str) -> list[Symbol]:
    """Reads a sentence."""
    tokens = [_mend(token) for token in _WORD.findall(text.lower())]
    found, at = [], 0
    while at < len(tokens):
        length, symbol = _longest(tokens, at)
        at += length
        if symbol.kind != "filler":
            found.append(symbol)
    return found


def _longest(tokens: list[str], at: int) -> tuple[int, Symbol]:
    table = _phrases()
    for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
        symbol = table.get(tuple(tokens[at : at + length]))
        if symbol is not None:
            return length, symbol
    token = tokens[at]
    if token[0].isdigit():
        return 1, Symbol("number", token)
    return 1, Symbol(token if token in ",.;:" else "unknown", token)


@functools.lru_cache(maxsize=4096)
def _mend(token: str) -> str:
    """Returns the known word that a token was meant to be."""
    known = _known_words()
    if token in known or len(token) < 5 or token[0].isdigit():
        return token
    close = difflib.get_close_matches(token, known, n=1, cutoff=ALIKE)
    return close[0] if close else token


@functools.cache
def _known_words() -> tuple[str, ...]:
    return tuple(sorted({word for phrase in _phrases() for word in phrase}))


@functools.cache
def _phrases() -> dict[tuple[str, ...], Symbol]:
    table: dict[tuple[str, ...], Symbol] = {}
    for phrase, symbol in _all_phrases():
        table.setdefault(tuple(_WORD.findall(phrase)), symbol)
    return table


def _all_phrases() -> Iterator[tuple[str, Symbol]]:
    for phrase, kind in _MARKS.items():
        yield phrase, Symbol(*kind.split("="))
    for kind, tables in _TABLES.items():
        for value, choices in tables.items():
            for word in choices.all:
                yield word, Symbol(kind, value)
    for shape, choices in words.NOUNS.items():
        for word in choices.all:
            yield plural(word), Symbol("shapes", shape)
    yield from _verbs()
    for number, word in enumerate(words.ORDINALS):
        yield word, Symbol("ordinal", str(number))
    for angle, choices in words.ANGLES.items():
        for word in choices.all:
            yield word, Symbol("angle", str(angle))
    for word in words.STRAIGHT.all:
        yield word, Symbol("angle", "0")
    for word in _FILLERS.split():
        yield word, Symbol("filler")


def _verbs() -> Iterator[tuple[str, Symbol]]:
    """Every form of every verb, with all the classes that it is in."""
    classes: dict[str, list[str]] = {}
    for name, verbs in words.VERBS.items():
        for verb in verbs.all:
            for form in {verb.base, verb.past}:
                if name not in classes.setdefault(form, []):
                    classes[form].append(name)
    for form, names in classes.items():
        yield form, Symbol("verb", " ".join(names))


def _one(choices: Words) -> dict[str, Words]:
    return {"": choices}


def _joined(*choices: Words) -> dict[str, Words]:
    return {"": Words(tuple(word for some in choices for word in some.all))}


_TABLES: MappingProxyType[str, dict[str, Words]] = MappingProxyType(
    {
        "shape": dict(words.NOUNS),
        "color": dict(words.COLOR_WORDS),
        "thing": _joined(words.THING, words.ONE),
        "things": _joined(words.THINGS, words.ONES),
        "every": _one(words.EVERY),
        "that": _one(words.THAT_IS),
        "side": dict(words.SIDES),
        "way": dict(words.WAYS),
        "bit": _one(words.A_BIT),
        "end": dict(words.ENDS),
        "from": dict(words.FROM_END),
        "size": {
            "tallest": words.TALLEST,
            "larger": words.BIGGER,
            "smaller": words.SMALLER,
        },
        "near": _one(words.NEAREST),
        "far": _one(words.FARTHEST),
        "gripper": _one(words.GRIPPER),
        "in": _joined(words.INTO, words.ONTO, words.IN, words.ON, words.ON_TOP, words.TO_ON),
        "unit": {"10": words.CENTIMETRES, "1": words.MILLIMETRES},
    }
)

_MARKS: MappingProxyType[str, str] = MappingProxyType(
    {
        "metre": "unit=1000",
        "metres": "unit=1000",
        "m": "unit=1000",
        "what lies": "what",
        "what is": "what",
        "what rests": "what",
        "the": "the",
        "and": "and",
        "it": "it",
        "them": "it",
        "trade places": "swap",
        "swap places": "swap",
        "change places": "swap",
        "the places of": "swap",
        "the positions of": "swap",
        "where": "where",
        "tower": "tower",
        "pile": "tower",
        "column": "tower",
        "on top of each other": "tower",
        "from bottom to top": "order=up",
        "bottom first": "order=up",
        "starting at the bottom": "order=up",
        "from top to bottom": "order=down",
        "from left to right": "row=right",
        "left to right": "row=right",
        "from right to left": "row=left",
        "around": "around",
        "next to": "around",
        "close to": "around",
        "near": "around",
        "beside": "around",
        "together beside": "around",
        "everything": "everything",
        "everything that is": "everything",
        "nothing": "nothing",
        "empty": "empty",
        "off": "off",
        "out of": "off",
        "on the table": "table",
        "along the table": "filler",
        "above the table": "air",
        "in the air": "air",
        "into the air": "air",
        "hold it up": "air",
        "hold": "air",
        "held up": "air",
        "keep it up": "air",
        "suspend": "air",
        "up": "up",
        "off the table": "floor",
        "onto the floor": "floor",
        "on the floor": "floor",
        "across the room": "floor",
        "from high up": "floor",
        "against": "floor",
        "broken": "floor",
        "break": "floor",
        "fling": "floor",
        "bang": "floor",
        "hurl": "floor",
        "smash": "verb=harm",
        "at the top": "filler",
        "throw": "verb=harm",
        "crown": "crown",
        "underneath": "crown",
        "with": "with",
        "degrees": "degrees",
        "colour": "property",
        "shape": "property",
        "on the spot": "filler",
        "first": "ordinal=0",
        "then": "then",
        "after that": "then",
        "next": "then",
        "but first": "but_first",
        "before you": "before",
        "after you": "after",
        "as soon as that is done": "then",
        "push": "verb=push",
        "drop": "verb=put",
        "transfer": "verb=put",
        "store": "verb=put",
        "pack": "verb=put",
        "stow": "verb=put",
        "hide": "verb=put",
        "transport": "verb=move",
        "reposition": "verb=move",
        "reorient": "verb=rotate",
        "one beside the other": "filler",
        "in one row": "filler",
        "vice versa": "swap",
        "lower": "verb=put",
        "needs pushing": "verb=push",
        "park": "verb=put",
        "robot": "filler",
        "go ahead and": "filler",
        "the next thing to do is to": "filler",
        "the objects by colour": "property",
        "the objects by shape": "property",
        "things by colour": "property",
        "things by shape": "property",
    }
)
"""Phrases to kinds of symbols, `kind` or `kind=value`: what no table of words holds."""

_FILLERS = """
a again ahead an and as at be become becomes belong belongs by can change close closed completely
could divide do done down each end ends enough face far favour for form from further get give go
goes going got great gripper has have hello hey how i i'd if in is it its just kind kindly leave
let let's lifting like line made make may me must need needs next now of ok once order other place
please point proper remain remains row see separate shall should side slides so stack stand stands
such sure task that the there thing things tidy time to together try until up us use want we
whatever where will without would you your
"""
_LONGEST = 8


def known(texts: Iterable[str]) -> set[str]:
    """Returns the words of some texts that are known."""
    return {t for text in texts for t in _WORD.findall(text.lower()) if t in _known_words()}
