"""Cuts an answer of a language model into tokens, for the lenient reading of plans.

Every step takes time linear in the length of the text: no pattern can match one place in two
ways, characters are replaced one by one, and brackets are paired on a stack of our own.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from scene_renderer.plan_words import NAMES, plain

ASCII = {
    **{0xFF01 + i: 0x21 + i for i in range(94)},  # full-width forms
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63"), "-"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u00ab\u00bb"), '"'),
    **dict.fromkeys(map(ord, "\u2018\u2019"), "'"),
    **dict.fromkeys(map(ord, "\u00a0\u2009\u202f\u3000\u200b\ufeff\u2060"), " "),
    **dict.fromkeys(map(ord, "\u3001\u060c"), ","),
    **dict.fromkeys(map(ord, "\u2022\u2023\u25cf\u00b7"), "*"),
    **dict.fromkeys(map(ord, "\u2192\u21d2"), ">"),
    0x3002: ".",
    0x2028: "\n",
}
"""Characters that mean an ASCII character; each becomes one character, so that places remain."""

OPENING, CLOSING = "([{", ")]}"

_MARK = r"""
    [-*+>]{1,3}(?=\s)[^\S\n]*                                       # - pick(...)
  | [(\[]?\#?[0-9]{1,3}[.):\]][^\S\n]*(?=[A-Za-z"'`*{(\[])          # 1. pick(...)
  | [Aa]ction[ ][Ii]nput[ ]?:[^\S\n]*                                 # Action Input: 1, 2, 3
  | (?:[Ss]tep|STEP|[Aa]ction)[ ][0-9]{1,3}\b[^\S\n]*[-.:)]?[^\S\n]* # Step 1: pick(...)
"""
_TOKEN = re.compile(
    rf"""
    (?P<line>(?:\n|\\{{1,4}}[nr]|/>)\s*+(?:{_MARK}){{0,2}})
  | (?P<space>[^\S\n]++|\\(?=[_()*\-]))
  | (?P<number>(?:[0-9]++(?:\.[0-9]++)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?)
  | (?P<word>[^\W\d]\w*+(?:'[^\W\d]++)?)
  | (?P<quote>\\{{0,4}}["'`])
  | (?P<mark>.)
    """,
    re.X | re.S,
)
_TAG = re.compile(r"</?[|]?[^\s<>()=\"']{1,40}[|]?>")


class MisreadError(Exception):
    """What cannot be read, and where: the reading's own error, which counts no lines yet."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class Token(NamedTuple):
    """A piece of text: `kind` is line, number, word, quote or mark."""

    kind: str
    text: str
    start: int
    end: int


def tokenize(text: str, start: int, end: int) -> list[Token]:
    """Returns the tokens of `text[start:end]`, a text that was translated by `ASCII`.

    The first is a new line, and so is the last; spaces, tags such as `</s>`, and comments from
    `#` or `//` to the end of their line are left out.
    """
    part = text[start:end]
    if "<" in part:
        part = _TAG.sub(_blank, part)
    tokens = [
        Token(str(m.lastgroup), m[0], start + m.start() - 1, start + m.end() - 1)
        for m in _TOKEN.finditer(f"\n{part}\n")
        if m.lastgroup != "space"
    ]
    return _without_comments(tokens) if "#" in part or "//" in part else tokens


def _blank(tag: re.Match[str]) -> str:
    """Returns what stands for a tag: spaces; an action's name stays, with signs around it."""
    word = tag[0].strip("</|>")
    if plain(word) not in NAMES:
        return " " * len(tag[0])
    return f" {word}:" if not tag[0].startswith("</") else ";".ljust(len(tag[0]))


def _without_comments(tokens: list[Token]) -> list[Token]:
    """Drops comments; what has a quote or a closing brace after it may be within a string."""
    kept: list[Token] = []
    line: list[Token] = []
    is_string = False
    for token in reversed(tokens):
        if token.kind == "line":
            kept += [*line, token]
            line, is_string = [], False
        elif _begins_comment(token, line) and not is_string:
            line = []
        else:
            line.append(token)
            is_string |= token.text == "}" or token.kind == "quote"
    return kept[::-1]


def _begins_comment(token: Token, line: list[Token]) -> bool:
    if token.text == "#":
        return not line or line[-1].kind != "number"  # not "#2"
    return token.text == "/" and bool(line) and line[-1].text == "/"


def pair_brackets(tokens: Sequence[Token]) -> dict[int, int]:
    """Returns the index of each opening bracket's partner, and of each closing bracket's.

    A bracket of the wrong kind closes what was opened last, unless the one before that fits.
    """
    partners: dict[int, int] = {}
    open_at: list[int] = []
    for i, token in enumerate(tokens):
        if token.kind != "mark":
            continue
        if token.text in OPENING:
            open_at.append(i)
        elif token.text in CLOSING and open_at:
            kind = OPENING[CLOSING.index(token.text)]
            if tokens[open_at[-1]].text != kind and [tokens[j].text for j in open_at[-2:-1]] == [
                kind
            ]:
                open_at.pop()
            partners[i] = open_at.pop()
            partners[partners[i]] = i
    return partners
