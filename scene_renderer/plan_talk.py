"""Judges what stands around the actions of an answer: talk, or a step that cannot be read.

Talk is left out. What may be a step of the plan is never left out: it makes the answer unreadable.
"""

from collections.abc import Iterable, Mapping, Sequence

from scene_renderer.plan_arguments import Draft
from scene_renderer.plan_heads import Head
from scene_renderer.plan_tokens import MisreadError, Token
from scene_renderer.plan_words import (
    ACTION_KEYS,
    ALTERNATIVES,
    CONDITIONS,
    CONTAINERS,
    KEYS,
    MILLIMETRES,
    NEGATIONS,
    REPEATS,
    plain,
)

Span = tuple[int, int]


def check_unread(
    tokens: Sequence[Token], unread: Iterable[tuple[Head, int]], drafts: Sequence[Draft]
) -> None:
    """Checks the names of actions that were not read as actions.

    Args:
        tokens: all of the part.
        unread: each such name, and the index of the name after it.
        drafts: what was read.

    Raises:
        MisreadError: if one of them may be a step that is not among the drafts.
    """
    read = {draft.name for draft in drafts}
    known = {(d.name, *_sizes(d)) for d in drafts}
    for head, limit in unread:
        line = _line(tokens, head.after, limit)
        sizes = [float(t.text) for t in line if t.kind == "number" and len(t.text) < 9]
        where = head.token.start
        if len(sizes) > 1 and (head.name, *sizes) not in known:
            raise MisreadError(f"Cannot tell whether '{head.token.text}' is a step.", where)
        is_heading = bool(line) and line[-1].text == ":"
        is_told = head.name in read or head.bare_name in read
        if drafts and head.begins_line and not (is_told or is_heading):
            raise MisreadError(f"The step '{head.token.text} ...' cannot be read.", where)


def _sizes(draft: Draft) -> list[float]:
    return [] if isinstance(draft.arguments, str) else [abs(n.value) for n in draft.arguments]


def _line(tokens: Sequence[Token], begin: int, limit: int) -> list[Token]:
    """Returns what follows on the same line, up to a limit."""
    line: list[Token] = []
    for i in range(begin, limit):
        if tokens[i].kind == "line":
            break
        line.append(tokens[i])
    return line


def without_announcements(drafts: list[Draft]) -> list[Draft]:
    """Drops actions said in a sentence, if the plan gives them all once more.

    Raises:
        MisreadError: if it gives only some of them.
    """
    said = [d for d in drafts if d.is_in_sentence]
    given = [d for d in drafts if not d.is_in_sentence]
    known = {(d.name, *_sizes(d)) for d in given}
    repeated = [(d.name, *_sizes(d)) in known for d in said]
    if not any(repeated):
        return drafts
    if all(repeated):
        return given
    raise MisreadError("Only some actions are said twice.", said[0].token.start)


def check_between(tokens: Sequence[Token], spans: Sequence[Span]) -> None:
    """Checks the words before, between and after actions.

    Raises:
        MisreadError: if an action is denied, depends on something, or is offered as a choice.
    """
    last = 0
    for begin, end in [*spans, (len(tokens), 0)]:
        between = tokens[last:begin]
        _check_denied(tokens, begin)
        breaks = [i for i, token in enumerate(between) if token.kind == "line"]
        for i, token in enumerate(between):
            is_same_line = not breaks or (last > 0 and i < breaks[0]) or i > breaks[-1]
            word = plain(token.text)
            is_swapped = word == "first" and not breaks
            is_choice = last > 0 and end > 0 and (word in ALTERNATIVES or is_swapped)
            is_repeat = last > 0 and (word in REPEATS or _is_factor(between[i : i + 2]))
            if is_choice or is_repeat or (is_same_line and word in CONDITIONS):
                raise MisreadError(f"'{token.text}' leaves the plan open.", token.start)
        last = end


def _is_factor(tokens: Sequence[Token]) -> bool:
    """Whether something shall be done several times: * 2."""
    return [t.kind for t in tokens] == ["mark", "number"] and tokens[0].text == "*"


def _check_denied(tokens: Sequence[Token], begin: int) -> None:
    words = 0
    for token in reversed(tokens[max(begin - 6, 0) : begin]):
        if token.kind == "word":
            words += 1
            if plain(token.text) in NEGATIONS and words <= 3 and begin < len(tokens):
                raise MisreadError("The answer says not to do this.", token.start)
        elif token.text not in "`.":
            return


def check_rest(tokens: Sequence[Token], partners: Mapping[int, int], spans: Sequence[Span]) -> bool:
    """Checks all that is outside of the actions; returns whether there was anything to read.

    Raises:
        MisreadError: if a step is none of the robot's actions.
    """
    rest: list[int] = []
    at = 0
    for begin, end in [*spans, (len(tokens), 0)]:
        rest += range(at, begin)
        at = max(at, end)
    for i in rest:
        if tokens[i].kind == "word" and _is_step(tokens, partners, i):
            name = tokens[i].text[:30]
            raise MisreadError(f"'{name}' is none of the actions.", tokens[i].start)
        if tokens[i].text == "~" or _is_left_open(tokens, i):
            raise MisreadError("Steps are left open or struck out.", tokens[i].start)
    return any(tokens[i].kind in ("word", "number") for i in rest)


def _is_step(tokens: Sequence[Token], partners: Mapping[int, int], i: int) -> bool:
    """Whether a word that names no action stands where an action's name would."""
    after = [t for t in tokens[i + 1 : i + 6] if t.kind != "quote"]
    before = [t for t in tokens[max(i - 6, 0) : i] if t.kind != "quote"]
    return (
        _is_call(tokens, partners, i, before)
        or _is_value(tokens[i], before, after)
        or _is_row(before, after)
        or _is_entry(tokens[i], before, after, tokens[i - 1].kind == "quote")
        or _is_program(tokens[i], before, after)
    )


def _is_left_open(tokens: Sequence[Token], i: int) -> bool:
    """Whether a line consists of an ellipsis."""
    texts = [t.text if t.kind != "line" else "\n" for t in tokens[max(i - 1, 0) : i + 4]]
    return texts[:1] == ["\n"] and ("".join(texts[1:]).partition("\n")[0] in ("...", "\u2026"))


def _is_call(
    tokens: Sequence[Token], partners: Mapping[int, int], i: int, before: Sequence[Token]
) -> bool:
    """Whether a word is called like a function: wait(5), home()."""
    if i + 1 >= len(tokens) or tokens[i + 1].text != "(" or tokens[i + 1].start != tokens[i].end:
        return False
    if before and before[-1].text in ("def", "class", "="):
        return False
    if plain(tokens[i].text) in CONTAINERS:
        return False
    inside = tokens[i + 2 : min(partners.get(i + 1, len(tokens)), i + 12)]
    return [token.text for token in inside] not in (["s"], ["es"])  # cube(s), box(es)


def _is_value(token: Token, before: Sequence[Token], after: Sequence[Token]) -> bool:
    """Whether a word stands where an action's name belongs, or a unit other than millimetres."""
    if len(before) < 2 or before[-1].text not in (":", "="):
        return False
    key = plain(before[-2].text)
    if key in ("unit", "units"):
        return MILLIMETRES.get(plain(token.text)) != 1.0
    is_single = not after or after[0].kind == "line" or after[0].text in ",;}])"
    is_named = key == "name" and any(t.text in (":", "=") for t in after[1:3])
    return is_single and (key in ACTION_KEYS or is_named)


def _is_row(before: Sequence[Token], after: Sequence[Token]) -> bool:
    """Whether a word begins a list or a line of numbers: ["dance", 1, 2], dance 1 2."""
    if not before or len(after) < 2:
        return False
    if before[-1].text in ("[", "("):
        return after[0].text == "," and (
            after[1].kind == "number" or after[1].text in ("-", "(", "[")
        )
    return before[-1].kind == "line" and after[0].kind == "number"


def _is_entry(
    token: Token, before: Sequence[Token], after: Sequence[Token], is_quoted: bool
) -> bool:
    """Whether a word is an entry that no action has: ["wave"], "wave": [1, 2], {"x": 1, ...}."""
    if len(after) < 2 or not before:
        return False
    if after[0].text == ":":
        is_point = before[-1].text == "{" and plain(token.text) in KEYS
        is_numbers = after[1].text == "[" and len(after) > 2 and after[2].kind == "number"
        return is_point or (is_quoted and is_numbers)
    return is_quoted and before[-1].text in ("[", ",") and after[0].text in ("]", ",")


def _is_program(token: Token, before: Sequence[Token], after: Sequence[Token]) -> bool:
    """Whether a word begins a loop or a condition."""
    if not before or before[-1].kind != "line":
        return False
    if token.text == "for":
        return len(after) > 1 and after[1].text == "in"
    return token.text in ("while", "if", "elif", "else")
