"""Reads the actions of one part of an answer: which tokens belong to which action."""

from collections.abc import Sequence

from scene_renderer.plan import ACTIONS
from scene_renderer.plan_arguments import ArgumentReader, Draft, Mends, Number, read_reason
from scene_renderer.plan_heads import Head, find_heads, is_group
from scene_renderer.plan_talk import check_between, check_rest, check_unread, without_announcements
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
    """Drops the quoted values of keys such as "thought", which may talk of actions.

    Raises:
        MisreadError: if such a value never ends; there is no telling what belongs to it.
    """
    kept: list[Token] = []
    closed_by, opened_at = "", 0
    for token in tokens:
        if closed_by:
            closed_by = "" if token.text == closed_by else closed_by
        elif token.kind == "quote" and _follows_remark_key(kept):
            closed_by, opened_at = token.text, token.start
        else:
            kept.append(token)
    if closed_by:
        raise MisreadError("A quote is never closed.", opened_at)
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
        self.drafts = without_announcements(self.drafts)
        if self.drafts:
            check_between(self.tokens, self.spans)
            if check_rest(self.tokens, self.partners, self.spans):
                self.mends.note("left out what stands around the plan")
        return self.drafts

    def _action(self, head: Head, limit: int) -> bool:
        """Reads one action; False if the word is only talk."""
        mends = Mends()
        begin, end = self._extent(head, limit, mends)
        tokens = [*self._before(head), *self.tokens[head.after : end]]
        has_value = any(t.kind == "number" for t in tokens)
        name = head.name if has_value or head.name == "refuse" else head.bare_name
        if not (head.is_formal or self._is_statement(head, name, tokens)):
            return False
        value: str | list[Number]
        if name == "refuse":
            value = read_reason(tokens, mends)
        else:
            value = ArgumentReader(name, tokens, mends).read()
        written = self.text[head.token.start : self.tokens[head.last].end]
        if written != name:
            mends.note(f"read '{written}' as {name}")
        self.mends |= mends
        self.drafts.append(Draft(name, value, head.token, head.is_in_sentence))
        self.spans.append((begin, end))
        return True

    def _extent(self, head: Head, limit: int, mends: Mends) -> tuple[int, int]:
        """Returns where an action begins and ends."""
        if head.enclosing is not None:
            mends.note("read an object as an action")
            return head.enclosing, min(self.partners.get(head.enclosing, limit), limit)
        if head.opening is None:
            mends.note("put brackets around arguments")
            return head.start, self._line_end(head, limit)
        closing = self.partners.get(head.opening, limit)
        if closing >= limit:
            mends.note("added a bracket that was missing")
            return head.start, self._line_end(head, limit)
        if self.tokens[head.opening].text + self.tokens[closing].text != "()":
            mends.note("put other brackets around arguments")
        return head.start, closing + 1

    def _line_end(self, head: Head, limit: int) -> int:
        """Returns where arguments without a closing bracket end."""
        depth = 0
        for i in range(head.after, limit):
            text = self.tokens[i].text
            depth += (text in OPENING) - (text in CLOSING)
            if depth < 0:
                return i
            if text == ";" and head.opening is None and not self._is_number(i + 1):
                return i
            if self.tokens[i].kind == "line" and not self._goes_on(i + 1, depth > 0):
                return i
        return limit

    def _is_number(self, i: int) -> bool:
        return i < len(self.tokens) and (
            self.tokens[i].kind == "number" or self.tokens[i].text in ("-", "+")
        )

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

    def _is_statement(self, head: Head, name: str, tokens: Sequence[Token]) -> bool:
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
