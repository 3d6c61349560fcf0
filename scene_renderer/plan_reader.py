"""Reads the actions of one part of an answer: which tokens belong to which action."""

from collections.abc import Sequence

from scene_renderer.plan import ACTIONS
from scene_renderer.plan_arguments import ArgumentReader, Draft, Mends, read_reason
from scene_renderer.plan_heads import Head, find_heads, is_group
from scene_renderer.plan_talk import check_between, check_rest, check_unread
from scene_renderer.plan_tokens import (
    CLOSING,
    OPENING,
    MisreadError,
    Token,
    pair_brackets,
    tokenize,
)
from scene_renderer.plan_words import KEYS, NAME_KEYS, REMARK_KEYS, plain


def read_actions(text: str, begin: int, end: int, mends: Mends) -> list[Draft]:
    """Reads every action in a part of the text; there may be none."""
    return _PartReader(text, _without_remarks(tokenize(text, begin, end)), mends).read()


def _without_remarks(tokens: list[Token]) -> list[Token]:
    """Drops the quoted values of keys such as "thought", which may talk of actions."""
    kept: list[Token] = []
    closed_by = ""
    for token in tokens:
        if closed_by:
            closed_by = "" if token.text == closed_by else closed_by
        elif token.kind == "quote" and _follows_remark_key(kept):
            closed_by = token.text
        else:
            kept.append(token)
    return kept


def _follows_remark_key(kept: Sequence[Token]) -> bool:
    if len(kept) < 2 or kept[-1].text not in (":", "="):
        return False
    word = kept[-3] if kept[-2].kind == "quote" and len(kept) > 2 else kept[-2]
    return plain(word.text) in REMARK_KEYS


class _PartReader:
    """Reads the actions of one part of an answer.

    Args:
        text: the whole answer, for errors.
        tokens: those of the part.
        mends: what was mended is added here.
    """

    def __init__(self, text: str, tokens: list[Token], mends: Mends) -> None:
        self.text, self.tokens, self.mends = text, tokens, mends
        self.partners = pair_brackets(tokens)
        self.drafts: list[Draft] = []
        self.spans: list[tuple[int, int]] = []

    def read(self) -> list[Draft]:
        """Returns the actions in order."""
        heads = find_heads(self.tokens, self.partners)
        limits = [*(head.start for head in heads[1:]), len(self.tokens)]
        ends = zip(heads, limits, strict=False)  # without heads there is a limit all the same
        unread = [end for end in ends if not self._action(*end)]
        check_unread(self.tokens, unread, self.drafts)
        if self.drafts:
            check_between(self.tokens, self.spans)
            if check_rest(self.tokens, self.partners, self.spans):
                self.mends.note("left out what stands around the plan")
        return self.drafts

    def _action(self, head: Head, limit: int) -> bool:
        """Reads one action; False if the word is only talk."""
        begin, end = self._extent(head, limit)
        before, inside = self._before(head), self.tokens[head.after : end]
        tokens = [*before, *inside]
        name = head.name
        has_value = any(t.kind == "number" for t in tokens)
        if not has_value and name != "refuse":
            name = head.bare_name
        if not (head.is_formal or self._is_statement(head, end, name, tokens)):
            return False
        if name == "refuse":
            value: Draft = Draft(name, read_reason(tokens, self.mends), head.token)
        else:
            self._check_group(head, end, tokens, name)
            reader = ArgumentReader(name, tokens, self.mends)
            value = Draft(name, reader.read(), head.token)
        self._note(head, name)
        self.drafts.append(value)
        self.spans.append((begin, end))
        return True

    def _note(self, head: Head, name: str) -> None:
        written = self.text[head.token.start : self.tokens[head.last].end]
        if written != name:
            self.mends.note(f"read '{written}' as {name}")

    def _extent(self, head: Head, limit: int) -> tuple[int, int]:
        """Returns where an action begins and ends."""
        if head.enclosing is not None:
            closing = self.partners.get(head.enclosing, limit)
            self.mends.note("read a list or an object as actions")
            return head.enclosing, min(closing, limit)
        if head.opening is not None:
            closing = self.partners.get(head.opening, limit)
            if closing < limit:
                self._compare(head.opening, closing)
                return head.start, closing + 1
            self.mends.note("added a bracket that was missing")
        return head.start, self._line_end(head, limit)

    def _compare(self, opening: int, closing: int) -> None:
        a, b = self.tokens[opening].text, self.tokens[closing].text
        if a + b != "()":
            self.mends.note("put other brackets around the arguments")

    def _line_end(self, head: Head, limit: int) -> int:
        """Returns where arguments without a closing bracket end."""
        depth = -1 if head.opening is not None else 0
        for i in range(head.after, limit):
            token = self.tokens[i]
            if token.text in OPENING:
                depth += 1
            elif token.text in CLOSING:
                depth -= 1
                if depth < 0:
                    return i
            elif (token.text == ";" and depth <= 0 and head.opening is None) or (
                token.kind == "line" and not self._goes_on(i + 1, depth > 0)
            ):
                return i
        return limit

    def _goes_on(self, i: int, is_open: bool) -> bool:
        """Whether a line begins with an argument."""
        tokens = self.tokens[i : i + 4]
        if not tokens or is_open:
            return is_open
        first = tokens[1] if tokens[0].kind == "quote" and len(tokens) > 1 else tokens[0]
        if first.kind == "number" or first.text in ("-", *OPENING, *CLOSING):
            return True
        has_sign = any(t.text in (":", "=") for t in tokens[1:])
        word = plain(first.text)
        return (word in KEYS and has_sign) or (
            word not in NAME_KEYS and has_sign and is_group(word)
        )

    def _before(self, head: Head) -> list[Token]:
        """Returns what stands in an object before the action's name."""
        if head.enclosing is None:
            return []
        begin = max(head.enclosing + 1, self.spans[-1][1] if self.spans else 0)
        return self.tokens[begin : head.key_at]

    def _is_statement(self, head: Head, end: int, name: str, tokens: Sequence[Token]) -> bool:
        """Whether a word without brackets is an action, not talk."""
        if not head.is_leading:
            return False
        if name == "refuse":
            return self._gives_reason(tokens)
        words = [t for t in tokens if t.kind == "word" and plain(t.text) not in KEYS]
        if not ACTIONS[name]:
            return not any(t.kind in ("word", "number") for t in tokens)
        try:
            ArgumentReader(name, tokens, Mends()).read()
        except MisreadError:
            if words or not any(t.kind == "number" for t in tokens):
                return False
            raise
        return True

    def _gives_reason(self, tokens: Sequence[Token]) -> bool:
        try:
            read_reason(tokens, Mends())
        except MisreadError:
            return False
        return True

    def _check_group(self, head: Head, end: int, tokens: Sequence[Token], name: str) -> None:
        """Refuses an action without arguments that is followed by some."""
        if not ACTIONS[name] and any(t.kind in ("word", "number") for t in tokens):
            words = {plain(t.text) for t in tokens if t.kind == "word"}
            is_json = head.enclosing is not None or words <= REMARK_KEYS
            if any(t.kind == "number" for t in tokens) or not is_json:
                raise MisreadError(f"'{name}' takes no arguments.", head.token.start)
