"""`parse_description`: a sentence about a table to a description, offline, by rules.

    sentence    clauses joined by commas, "and", "with", full stops
    clause      things, then where they are:        a mug behind the bowl and left of a plate
                or the other way round:             on the left a bowl, behind it a mug
    things      count, size, colours, shape:        three small red cubes · a row of five balls
    where       a place, a formation, a relation:   in the middle · in a row · next to the bowl

"it", "them" and what is left out ("a mug behind") are what the clause before was about. "The bowl"
is the one named before, if there is one. Words and patterns are those of `compose_words.py`.
"""

import re
from dataclasses import dataclass, replace

from scene_renderer import compose_words as words
from scene_renderer.compose import FORMATIONS, PILES, Description, Group, Relation
from scene_renderer.compose_nouns import EXAMPLE, THING_START, Cursor, Things
from scene_renderer.errors import SceneError

MAX_LENGTH = 1000
"""Longest sentence that is read, characters."""

_WHICH = "which|that"


@dataclass(frozen=True)
class _Where:
    """What is said of where something is.

    Attributes:
        said: in which words.
        kinds: of relations.
        of: indices of the groups that are named.
        pronoun: what stands for them instead: "it", "them", "each", or "" for nothing at all;
            "this" is an "it" before its subject, as in "next to it a mug".
        is_each: whether one is meant for each of them.
        is_new: whether one group is named for the first time. What follows at once is said of it:
            "a mug in front of a bowl in the middle".
        is_reversed: whether it is they that are there, as in "surrounded by".
    """

    said: str
    kinds: tuple[str, ...]
    of: tuple[int, ...] = ()
    pronoun: str | None = None
    is_each: bool = False
    is_new: bool = False
    is_reversed: bool = False


def parse_description(text: str) -> Description:
    """Reads a sentence.

    Raises:
        SceneError: if a word is unknown or leaves open what is meant, or a rule of descriptions
            is broken.
    """
    if len(text) > MAX_LENGTH:
        raise SceneError(f"The sentence has {len(text)} characters; keep it below {MAX_LENGTH}.")
    return _Reader(text).read()


class _Reader:
    """Reads from left to right, and remembers what was spoken of.

    Attributes, all groups by their indices:
        _subject: what a relation that comes next is said of.
        _clause: the subject and all that was said to be near it.
        _before: the same of the clause before; pronouns mean these.
        _run: bare things up to the subject: "a cube, a ball and a mug in a row" are three.
        _pair: those of them that only "and" joins: "a cube and a ball left of a bowl" are two.
        _near: a new thing just named in a relation, of which the next is said.
        _fronted: what was said before its subject came.
        _shared: the same of the subject before, which holds for this one too if nothing else is
            said of it: "behind the bowl a cube and a ball".
    """

    def __init__(self, text: str) -> None:
        self._cursor = Cursor(text)
        self._things = Things(self._cursor)
        self._drafts = self._things.drafts
        self._subject: tuple[int, ...] = ()
        self._clause: list[int] = []
        self._before: list[int] = []
        self._run: list[int] = []
        self._pair: list[int] = []
        self._near: tuple[int, ...] = ()
        self._fronted: list[_Where] = []
        self._shared: list[Relation] = []
        self._is_fresh = True
        self._is_joined = False

    def read(self) -> Description:
        while not self._cursor.is_at_end:
            self._read_next()
        self._share()
        if self._fronted:
            raise SceneError(f"'{self._fronted[0].said}' says where, but not what is there.")
        if not self._drafts:
            raise SceneError(f"Nothing is described; say, for example, '{EXAMPLE}'.")
        if any(not draft.has_noun for draft in self._drafts):
            raise SceneError("A thing has a colour or size, but no shape; add the noun.")
        return Description(
            tuple(
                Group(d.count, d.color, d.shape, d.size, tuple(dict.fromkeys(d.relations)))
                for d in self._drafts
            )
        )

    def _read_next(self) -> None:
        if joint := self._cursor.skip(words.JOINTS):
            self._is_joined = joint == "and" and not self._is_fresh
            self._is_fresh, self._near = True, ()
            if re.fullmatch(words.BREAKS, joint):
                self._run = []
            if re.fullmatch(words.STOPS, joint):
                self._share()
                self._subject = ()
        elif self._cursor.skip(words.IDLE):
            pass
        elif where := self._read_where():
            self._take_where(where)
        elif self._cursor.skip(_WHICH):
            self._subject, self._pair = tuple(self._clause[-1:]), []
        elif self._cursor.skip("it|they|them"):
            self._subject = tuple(self._clause[:1])
            self._before = list(self._clause)
        elif things := self._things.read():
            self._start_clause(things[0])
        else:
            raise self._cursor.unknown()

    def _read_where(self) -> _Where | None:
        start = self._cursor.position
        while self._cursor.skip(words.EMPHASIS):
            pass
        where = self._read_place() or self._read_reversed() or self._read_relation(start)
        if where is None:
            self._cursor.position = start
        return where

    def _read_place(self) -> _Where | None:
        for kinds, pattern in words.PLACE_PATTERNS:
            if said := self._cursor.skip(pattern):
                return _Where(said, kinds)
        for kind, pattern in words.FORMATION_PATTERNS:
            if said := self._cursor.skip(pattern):
                return _Where(said, (kind,))
        for kind, pattern in words.POSSESSIVE_PATTERNS:
            if said := self._cursor.skip(pattern):
                return _Where(said, (kind,), pronoun="it")
        for kind, pattern in words.LONE_PATTERNS:
            if said := self._cursor.skip(pattern):
                return _Where(said, (kind,), pronoun="")
        return None

    def _read_reversed(self) -> _Where | None:
        for kind, pattern in words.REVERSED_PATTERNS:
            if said := self._cursor.skip(pattern):
                things = self._things.read()
                if things is None:
                    raise self._cursor.unknown()
                return _Where(said, (kind,), things[0], is_reversed=True)
        return None

    def _read_relation(self, start: int) -> _Where | None:
        kinds = self._read_kinds()
        if not kinds:
            return None
        known = len(self._drafts)
        of, pronoun, is_each = self._read_other(kinds)
        said = self._cursor.text[start : self._cursor.position].strip()
        is_new = len(of) == 1 and of[0] >= known
        return _Where(said, kinds, of, pronoun, is_each, is_new)

    def _read_kinds(self) -> tuple[str, ...]:
        """Reads one relation, or several to the same: "behind and left of"."""
        kind = next((k for k, p in words.RELATION_PATTERNS if self._cursor.skip(p)), None)
        if kind is None:
            return ()
        start = self._cursor.position
        if self._cursor.skip("and") and not self._cursor.sees(THING_START):
            while self._cursor.skip(words.EMPHASIS):
                pass
            if not self._cursor.sees("|".join(p for _, p in words.PLACE_PATTERNS)):
                more = self._read_kinds()
                if more:
                    return (kind, *more)
        self._cursor.position = start
        return (kind,)

    def _read_other(self, kinds: tuple[str, ...]) -> tuple[tuple[int, ...], str | None, bool]:
        """Reads what a relation is to: groups, or what stands for them; and whether for each."""
        if self._cursor.skip("it"):
            return (), "it", False
        if other := self._cursor.skip("each other|one another"):
            raise SceneError(f"'{other}' can be read after next to only; say of what.")
        if self._cursor.skip("them|both of them"):
            return (), "them", False
        start = self._cursor.position
        if self._cursor.skip("each(?: one| of them)?") and not self._sees_thing():
            return (), "each", True
        self._cursor.position = start
        things = self._things.read()
        if things is None:
            return (), "", False
        of, is_each = things
        if "between" in kinds and sum(self._drafts[n].count for n in of) == 1:
            self._cursor.skip("and")
            more = self._things.read()
            if more is None:
                raise SceneError("'between' is between two things; name the other one.")
            of = (*of, *more[0])
        return of, None, is_each

    def _sees_thing(self) -> bool:
        return self._cursor.sees(THING_START)

    def _take_where(self, where: _Where) -> None:
        """Says it of what it follows, or keeps it for what comes next: "behind it a mug"."""
        follows = self._cursor.sees(rf"(?:(?:{words.IDLE}|{_WHICH}) )*(?:{THING_START})")
        if not self._subject or (self._is_fresh and follows):
            is_it = where.pronoun == "it"
            self._fronted.append(replace(where, pronoun="this") if is_it else where)
        else:
            is_one = bool(self._near) and self._drafts[self._near[0]].count == 1
            is_far = not self._near or (is_one and where.kinds[0] in FORMATIONS)
            self._say(where, self._joined(where) if is_far else self._near)
            self._shared = []
        self._is_fresh = False

    def _joined(self, where: _Where) -> tuple[int, ...]:
        """Returns the subject, with what "and" joins to it if that may be meant too."""
        is_about_all = where.pronoun is None and not where.is_reversed
        is_about_all &= set(where.kinds).isdisjoint((*PILES, *FORMATIONS, "around"))
        is_about_all &= set(self._pair).isdisjoint(where.of)
        return tuple(self._pair) if is_about_all and self._pair else self._subject

    def _start_clause(self, numbers: tuple[int, ...]) -> None:
        shared = self._share()
        is_joined = self._is_joined and not self._fronted and self._run in ([], self._pair)
        self._shared = shared if is_joined else []
        self._pair = [*(self._pair if is_joined else []), *numbers]
        self._before, self._clause = self._clause, list(numbers)
        self._subject, self._is_fresh, self._near = numbers, False, ()
        self._run += numbers
        fronted, self._fronted = self._fronted, []
        known = len(self._drafts[numbers[0]].relations)
        for where in fronted:
            self._say(where, numbers)
        self._shared += self._drafts[numbers[0]].relations[known:]
        self._near = ()

    def _share(self) -> list[Relation]:
        """Says of the subject what it shares with the one before; returns what that was."""
        shared = [r for r in self._shared if r.kind not in (*PILES, *FORMATIONS)]
        for relation in shared:
            for number in self._subject:
                self._drafts[number].relations.append(relation)
            self._clause += relation.of
        return shared

    def _say(self, where: _Where, subject: tuple[int, ...]) -> None:
        """Writes a relation down at the groups that it is about."""
        for kind in where.kinds:
            kind, of = self._resolve(where, kind, subject)
            if where.is_each:
                self._multiply(kind, of, subject)
            if where.is_reversed:
                for number in of:
                    self._drafts[number].relations.append(Relation(kind, subject))
            elif kind in FORMATIONS:
                first, *others = self._together(subject)
                self._drafts[first].relations.append(Relation(kind, tuple(others)))
            else:
                for number in self._together(subject) if kind == "around" else subject:
                    self._drafts[number].relations.append(Relation(kind, of))
            self._clause += of
        self._run, self._pair = [], []
        self._near = where.of if where.is_new else ()

    def _together(self, subject: tuple[int, ...]) -> tuple[int, ...]:
        """Returns what stands in order: the subject, and the bare things just before it."""
        is_one = len(subject) == 1 and self._drafts[subject[0]].count == 1
        return tuple(self._run) if is_one and subject[0] in self._run else subject

    def _multiply(self, kind: str, of: tuple[int, ...], subject: tuple[int, ...]) -> None:
        if kind not in PILES:
            raise SceneError("'each' can be read after on and in only; say it of one at a time.")
        for number in subject:
            self._drafts[number].count *= sum(self._drafts[other].count for other in of)

    def _resolve(
        self, where: _Where, kind: str, subject: tuple[int, ...]
    ) -> tuple[str, tuple[int, ...]]:
        """Finds the groups that a relation is to, where they are not named."""
        if where.pronoun is None:
            return kind, where.of
        known = [n for n in dict.fromkeys(self._before) if n not in subject]
        if not known and where.pronoun == "" and kind in ("left_of", "right_of"):
            return f"at_{kind.removesuffix('_of')}", ()
        if kind == "between":
            known = self._last_two(subject)
        elif where.pronoun:
            known = self._stands_for(where.pronoun, known, subject)
        elif kind in (*PILES, "around"):
            known = self._single(known[:1]) or self._single(known)[-1:] or known[:1]
        if not known:
            raise SceneError(f"'{where.said}' does not tell of what; name it.")
        return kind, tuple(known)

    def _stands_for(self, pronoun: str, known: list[int], subject: tuple[int, ...]) -> list[int]:
        """Returns the groups of the clause before that a pronoun means."""
        several = [number for number in known if self._drafts[number].count > 1]
        if pronoun == "each":
            return several[:1]
        if pronoun == "them":
            return several[:1] or [n for n in self._run if n not in subject] or known
        other = self._single(known[1:]) if len(known) == 2 and pronoun == "it" else []
        return other or self._single(known[:1]) or self._single(known)[-1:]

    def _single(self, numbers: list[int]) -> list[int]:
        return [number for number in numbers if self._drafts[number].count == 1]

    def _last_two(self, subject: tuple[int, ...]) -> list[int]:
        """Returns the groups of the last two objects before the subject."""
        found: list[int] = []
        for number in range(min(subject) - 1, -1, -1):
            if sum(self._drafts[n].count for n in found) < 2:
                found.insert(0, number)
        return found
