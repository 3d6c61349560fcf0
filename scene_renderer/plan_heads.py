"""Finds the names of actions in an answer, and how each is tied to its arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scene_renderer.plan import ACTIONS
from scene_renderer.plan_tokens import CLOSING, OPENING, Token
from scene_renderer.plan_words import (
    FILLERS,
    GROUP_KEYS,
    NAME_KEYS,
    NAMES,
    WITHOUT_ARGUMENTS,
    WRAPPERS,
    plain,
)

_LEADS = frozenset((*OPENING, *CLOSING, ",", ";", ":", "|", ">", ".", "*", "=", "/"))
_JOINTS = frozenset(("then", "and", "next", "finally"))


@dataclass(frozen=True)
class Head:
    """An action's name in the text.

    Attributes:
        name: the action, if arguments follow.
        bare_name: the action, if none follow.
        token: the name's first token.
        start: index of that token.
        last: index of the name's last token.
        after: index of the first token of the arguments.
        opening: index of the bracket that opens the arguments, if one does.
        enclosing: index of the bracket of the object that the name is a value in, if it is.
        key_at: index of that value's key.
        is_formal: whether it cannot be but an action: it is called, or a value in an object.
        is_leading: whether it stands where an action may begin.
        begins_line: whether it is the first word of its line.
    """

    name: str
    bare_name: str
    token: Token
    start: int
    last: int
    after: int
    opening: int | None
    enclosing: int | None
    key_at: int
    is_formal: bool
    is_leading: bool
    begins_line: bool


def is_group(word: str) -> bool:
    """Whether a word as a key holds arguments."""
    return word in GROUP_KEYS or word in WRAPPERS


def find_heads(tokens: Sequence[Token], partners: Mapping[int, int]) -> list[Head]:
    """Returns the heads in order: formal ones, and those of talk that may be actions."""
    heads = []
    objects: list[int] = []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.text == "{" and token.kind == "mark":
            objects.append(i)
        while objects and partners.get(objects[-1], len(tokens)) <= i:
            objects.pop()
        head = _head(tokens, i, objects[-1] if objects else None) if token.kind == "word" else None
        if head is not None:
            heads.append(head)
            i = head.last
        i += 1
    return _sole(heads)


def _sole(heads: list[Head]) -> list[Head]:
    """Drops talk that is no action for sure: a word within a sentence, before another head."""
    return [h for h in heads if h.is_formal or h.is_leading or h.name in ACTIONS]


def _head(tokens: Sequence[Token], i: int, enclosing: int | None) -> Head | None:
    word, last = _name(tokens, i)
    if not word or tokens[i - 1].text == "<" or _is_closing_tag(tokens, i):
        return None
    before = _previous(tokens, i)
    if (
        tokens[before].text in (":", "=")
        and plain(tokens[_previous(tokens, before)].text) in NAME_KEYS
    ):
        key_at = _previous(tokens, before)
    else:
        key_at = -1
    after = _next(tokens, last)
    opening, touches = _opening(tokens, last, after)
    is_value = key_at >= 0
    lead = tokens[before]
    if is_value and opening is None and _is_key(tokens, after):
        return None
    is_called = opening is not None and (touches or _has_numbers(tokens, opening))
    is_quoted = (
        tokens[i - 1].kind == "quote"
        and last + 1 < len(tokens)
        and (tokens[last + 1].kind == "quote")
    )
    is_inner = is_value and enclosing is not None and opening is None
    return Head(
        name=NAMES.get(word, "") or WITHOUT_ARGUMENTS[word],
        bare_name=WITHOUT_ARGUMENTS.get(word, NAMES.get(word, "")),
        token=tokens[i],
        start=i,
        last=last,
        after=opening + 1 if opening is not None else after,
        opening=opening,
        enclosing=enclosing if is_inner else None,
        key_at=key_at if is_inner else i,
        is_formal=is_called or is_inner or (is_value and tokens[before].text in ":="),
        is_leading=lead.kind in ("line", "number")
        or lead.text in _LEADS
        or plain(lead.text) in _JOINTS
        or is_quoted,
        begins_line=tokens[i - 1].kind == "line",
    )


def _name(tokens: Sequence[Token], i: int) -> tuple[str, int]:
    """Returns the longest name that begins at a token, and its last token."""
    found, last, word, at = "", i, "", i
    for _ in range(3):
        word += plain(tokens[at].text)
        if word in NAMES or word in WITHOUT_ARGUMENTS:
            found, last = word, at
        at += 1
        if at < len(tokens) and tokens[at].text == "-" and tokens[at].start == tokens[at - 1].end:
            at += 1
        if at >= len(tokens) or tokens[at].kind != "word":
            break
    return found, last


def _is_closing_tag(tokens: Sequence[Token], i: int) -> bool:
    return i > 1 and tokens[i - 1].text == "/" and tokens[i - 2].text == "<"


def _previous(tokens: Sequence[Token], i: int) -> int:
    """Returns the index of the token before, quotes left out."""
    i -= 1
    while i > 0 and tokens[i].kind == "quote":
        i -= 1
    return i


def _next(tokens: Sequence[Token], i: int) -> int:
    i += 1
    while i < len(tokens) and tokens[i].kind == "quote":
        i += 1
    return i


def _is_key(tokens: Sequence[Token], after: int) -> bool:
    return after < len(tokens) and tokens[after].text in (":", "=")


def _opening(tokens: Sequence[Token], last: int, after: int) -> tuple[int | None, bool]:
    """Returns the bracket that opens the arguments, and whether it touches the name."""
    i = after
    while i < len(tokens) and i < after + 4 and plain(tokens[i].text) in FILLERS:
        i += 1
    if i < len(tokens) and i == after and tokens[i].text in (":", "=", ","):
        i = _next(tokens, i)
        if i < len(tokens) and tokens[i].text not in ("[", "{", "("):
            return None, False
    if i >= len(tokens) or tokens[i].kind != "mark" or tokens[i].text not in OPENING:
        return None, False
    touches = tokens[i].start == tokens[last].end or (i > last + 1 and i != after)
    return i, (tokens[i - 1].end == tokens[i].start and i == after and tokens[i].text == "(") or (
        touches and tokens[i].start == tokens[last].end
    )


def _has_numbers(tokens: Sequence[Token], opening: int) -> bool:
    """Whether a number follows a bracket soon, other brackets and words aside."""
    for token in tokens[opening + 1 : opening + 16]:
        if token.kind == "number":
            return True
        if token.text in CLOSING:
            return False
    return False
