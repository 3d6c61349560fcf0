"""Finds the names of actions in an answer, and how each is tied to its arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scene_renderer.plan_tokens import CLOSING, OPENING, Token
from scene_renderer.plan_words import (
    BEGINNINGS,
    FILLERS,
    GROUP_KEYS,
    NAME_KEYS,
    NAMES,
    WITHOUT_ARGUMENTS,
    WRAPPERS,
    plain,
)

_LEADS = frozenset((*OPENING, *CLOSING, ",", ";", ":", "|", ">", ".", "*", "=", "/", "<"))
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
        is_in_sentence: whether words stand between it and its brackets, as in "place it at (".
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
    is_in_sentence: bool


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
    return heads


def _head(tokens: Sequence[Token], i: int, innermost: int | None) -> Head | None:
    if plain(tokens[i].text) not in BEGINNINGS:
        return None
    word, last = _name(tokens, i)
    if not word:
        return None
    before, after = _previous(tokens, i), _next(tokens, last)
    key_at = _previous(tokens, before)
    is_value = tokens[before].text in (":", "=") and plain(tokens[key_at].text) in NAME_KEYS
    begin, has_fillers = _skip_tie(tokens, after)
    is_open = begin < len(tokens) and tokens[begin].kind == "mark" and tokens[begin].text in OPENING
    if is_value and not is_open and tokens[min(after, len(tokens) - 1)].text in (":", "="):
        return None
    is_called = is_open and (tokens[begin].start == tokens[last].end or _has_numbers(tokens, begin))
    is_inner = is_value and innermost is not None and not is_open
    is_refusal = NAMES.get(word) == "refuse" and after < len(tokens) and tokens[after].text == ":"
    begins_line = tokens[i - 1].kind == "line"
    return Head(
        name=NAMES.get(word, "") or WITHOUT_ARGUMENTS[word],
        bare_name=WITHOUT_ARGUMENTS.get(word, NAMES.get(word, "")),
        token=tokens[i],
        start=i,
        last=last,
        after=begin + 1 if is_open else after if has_fillers else begin,
        opening=begin if is_open else None,
        enclosing=innermost if is_inner else None,
        key_at=key_at if is_inner else i,
        is_formal=is_called or is_value,
        is_leading=is_refusal or _is_lead(tokens, i, before),
        begins_line=begins_line,
        is_in_sentence=has_fillers and not begins_line,
    )


def _is_lead(tokens: Sequence[Token], i: int, before: int) -> bool:
    """Whether an action may begin after what stands before it."""
    lead = tokens[before]
    is_quoted = (
        tokens[i - 1].kind == "quote" and tokens[min(i + 1, len(tokens) - 1)].kind == "quote"
    )
    return (
        lead.kind in ("line", "number")
        or lead.text in _LEADS
        or plain(lead.text) in _JOINTS
        or is_quoted
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


def _skip_tie(tokens: Sequence[Token], i: int) -> tuple[int, bool]:
    """Skips what ties a name to its arguments: ':', '->' or words; tells whether it was words."""
    mark, follower = [*tokens[i : i + 2], None, None][:2]
    if mark and follower and mark.text in ("-", "="):
        if follower.text == ">":
            return _next(tokens, i + 1), False
        if mark.text == "-" and follower.start > mark.end:
            return i + 1, False
    if i < len(tokens) and tokens[i].text in (":", "=", ",", ";"):
        return _next(tokens, i), False
    begin = i
    while i < min(len(tokens), begin + 4) and plain(tokens[i].text) in FILLERS:
        i += 1
    return i, i > begin


def _has_numbers(tokens: Sequence[Token], opening: int) -> bool:
    """Whether a number follows a bracket soon, other brackets and words aside."""
    for token in tokens[opening + 1 : opening + 16]:
        if token.kind == "number":
            return True
        if token.text in CLOSING:
            return False
    return False
