"""Reads the arguments of one action leniently: from its tokens to whole millimetres.

Nothing is guessed: every argument has to be there, once, and its unit has to be clear.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from scene_renderer.plan import ACTIONS, MAX_DIGITS, Action
from scene_renderer.plan_tokens import CLOSING, OPENING, MisreadError, Token
from scene_renderer.plan_words import (
    DEGREES,
    FILLERS,
    GROUP_KEYS,
    KEYS,
    MILLIMETRES,
    NAME_KEYS,
    OBJECT_WORDS,
    REASONS,
    REMARK_KEYS,
    WRAPPERS,
    plain,
)

LONGEST_NUMBER = 24
"""Characters; whatever is longer is no coordinate."""


class Mends(dict[str, None]):
    """The names of what was mended, each once, in order."""

    def note(self, mend: str) -> None:
        """Adds one."""
        self[mend] = None


@dataclass
class Number:
    """One number as it was written.

    Attributes:
        value: without its unit.
        token: where it stands.
        unit: a word, small; empty for none.
        is_fraction: whether it was written with a decimal point or an exponent.
    """

    value: float
    token: Token
    unit: str = ""
    is_fraction: bool = False


@dataclass
class Draft:
    """An action whose numbers still have their units.

    Attributes:
        name: the action's.
        arguments: its numbers, or the reason for refusing.
        token: the first of its name.
        is_in_sentence: whether it was said in a sentence: "place it at (520, 80, 30)".
    """

    name: str
    arguments: list[Number] | str
    token: Token
    is_in_sentence: bool


@dataclass
class ArgumentReader:
    """Reads what stands after one action's name.

    Attributes:
        name: the action.
        tokens: what may be arguments.
        mends: what was mended is added here.
    """

    name: str
    tokens: Sequence[Token]
    mends: Mends
    positional: list[Number] = field(default_factory=list)
    named: dict[str, Number] = field(default_factory=dict)
    _i: int = 0
    _key: str = ""
    _remark: bool = False
    _label: Token | None = None
    _filled: Number | None = None

    def read(self) -> list[Number]:
        """Returns the numbers in the order of the action's arguments.

        Raises:
            MisreadError: if one is missing, superfluous or unreadable.
        """
        tokens = self.tokens
        while self._i < len(tokens):
            token = tokens[self._i]
            if token.kind == "number":
                self._number(1)
            elif token.kind == "word":
                self._word(token)
            elif token.kind == "mark":
                self._mark(token)
            elif token.kind == "line":
                self._next_slot()
            self._i += 1
        self._next_slot()
        return self._in_order()

    def _peek(self) -> Token | None:
        """Returns the next token, quotes left out."""
        for i in range(self._i + 1, len(self.tokens)):
            if self.tokens[i].kind != "quote":
                return self.tokens[i]
        return None

    def _mark(self, token: Token) -> None:
        is_last = self._i == len(self.tokens) - 1
        if token.text in "+-":
            self._signed(token)
        elif token.text in (",", ";", *OPENING, *CLOSING):
            self._next_slot()
        elif token.text == "°" and self._filled:
            self._filled.unit = "°"
        elif not (
            (token.text == "." and (self._filled or is_last))
            or (token.text in ":=" and self._i == 0)
        ):
            raise MisreadError(f"Cannot read '{token.text}' as an argument.", token.start)

    def _signed(self, token: Token) -> None:
        before = self.tokens[self._i - 1] if self._i else None
        after = self.tokens[self._i + 1] if self._i + 1 < len(self.tokens) else None
        self._i += 1
        if after is not None and after.text == ">":
            self._next_slot()
            return
        is_inner = before is not None and before.kind == "number"
        is_spaced = after is not None and after.start > token.end
        touches = is_inner and before is not None and before.end == token.start
        if after is None or after.kind != "number" or touches or (is_inner and is_spaced):
            raise MisreadError("Sums are not computed.", token.start)
        if is_spaced:
            self.mends.note("closed up a sign and its number")
        self._number(-1 if token.text == "-" else 1)

    def _number(self, sign: int) -> None:
        token = self.tokens[self._i]
        if self._remark:
            self._remark = False
            return
        if self._label is not None:
            raise MisreadError(f"Cannot read '{self._label.text[:20]}'.", self._label.start)
        if len(token.text) > LONGEST_NUMBER:
            raise MisreadError("A number is too long.", token.start)
        number = Number(sign * float(token.text), token, is_fraction=not token.text.isdigit())
        if self._filled and not self._key:
            self.mends.note("put commas between arguments")
        if not self._key:
            self.positional.append(number)
        elif self.named.setdefault(self._key, number) is not number:
            raise MisreadError(f"'{self._key}' is given twice.", token.start)
        self._key, self._filled = "", number

    def _word(self, token: Token) -> None:
        word, after = plain(token.text), self._peek()
        is_key = after is not None and after.text in (":", "=")
        if (
            self._filled
            and not is_key
            and (word in MILLIMETRES or word in DEGREES or word == "rad")
        ):
            self._filled.unit = word
        elif KEYS.get(word) in ACTIONS[self.name] and after is not None:
            self._begin_key(KEYS[word], is_key)
        elif is_key and (word in GROUP_KEYS or word in WRAPPERS):
            self._skip_sign()
        elif is_key and word in REMARK_KEYS | NAME_KEYS | {"reason"}:
            self._remark = True
            self._skip_sign()
        elif is_key:
            raise MisreadError(f"'{self.name}' has no argument '{token.text[:20]}'.", token.start)
        elif word not in FILLERS | WRAPPERS:
            self._name_object(token)

    def _begin_key(self, key: str, has_sign: bool) -> None:
        if self._key:
            raise MisreadError(f"'{self._key}' has no number.", self.tokens[self._i].start)
        self.mends.note("read arguments by their names")
        self._key = key
        if has_sign:
            self._skip_sign()

    def _skip_sign(self) -> None:
        while self.tokens[self._i].text not in (":", "="):
            self._i += 1

    def _name_object(self, token: Token) -> None:
        after = self._peek()
        is_call = after is not None and after.text == "(" and after.start == token.end
        is_name = token.text.lower() in OBJECT_WORDS and ACTIONS[self.name]
        if self._filled or is_call or not is_name:
            raise MisreadError(f"Cannot read '{token.text[:20]}'.", token.start)
        self._label = token
        self.mends.note("left out a name among the arguments")

    def _next_slot(self) -> None:
        self._label, self._filled, self._remark = None, None, False

    def _in_order(self) -> list[Number]:
        names = ACTIONS[self.name]
        where = self.tokens[0].start if self.tokens else 0
        if self._key:
            raise MisreadError(f"'{self._key}' has no number.", where)
        given = dict(zip(names, self.positional, strict=False))
        if len(self.positional) > len(names) or given.keys() & self.named.keys():
            raise MisreadError(f"'{self.name}' is given too many arguments.", where)
        given |= self.named
        missing = [name for name in names if name not in given]
        if missing:
            raise MisreadError(f"'{self.name}' lacks {', '.join(missing)}.", where)
        return [given[name] for name in names]


def read_reason(tokens: Sequence[Token], mends: Mends) -> str:
    """Returns the reason that `refuse` is given.

    Raises:
        MisreadError: if there is none, or more than one.
    """
    where = tokens[0].start if tokens else 0
    words = [t for t in tokens if t.kind not in ("quote", "line") and t.text not in OPENING]
    i = 0
    while i < len(words) and (words[i].text in ":=-,>" or _is_label(words, i)):
        i += 1
    for count in (3, 2, 1):
        head, rest = words[i : i + count], words[i + count :]
        reason = REASONS.get("".join(plain(t.text) for t in head))
        if len(head) == count and reason and (not rest or rest[0].kind == "mark"):
            break
    else:
        raise MisreadError("'refuse' needs one reason.", where)
    if any(REASONS.get(plain(t.text), reason) != reason for t in rest):
        raise MisreadError("'refuse' is given two reasons.", where)
    if any(t.kind in ("word", "number") for t in rest):
        mends.note("left out what explains the refusal")
    return reason


def _is_label(words: Sequence[Token], i: int) -> bool:
    """Whether a word is a key before the reason."""
    word = plain(words[i].text)
    is_key = KEYS.get(word) == "reason" or word in GROUP_KEYS
    return is_key and i + 1 < len(words) and words[i + 1].text in (":", "=")


def settle(drafts: Sequence[Draft], mends: Mends) -> tuple[Action, ...]:
    """Turns the numbers of a plan into whole millimetres and degrees.

    Numbers without a unit are millimetres, or metres if all are fractions below 2.

    Raises:
        MisreadError: if the unit is not clear, or a number too large.
    """
    points = [
        n
        for d in drafts
        if d.name != "rotate" and isinstance(d.arguments, list)
        for n in d.arguments
    ]
    scale = _scale(points, mends)
    return tuple(
        Action(d.name, (d.arguments,))
        if isinstance(d.arguments, str)
        else Action(
            d.name,
            tuple(
                _degrees(n, mends) if d.name == "rotate" else _whole(n, scale, mends)
                for n in d.arguments
            ),
        )
        for d in drafts
    )


def _scale(points: Sequence[Number], mends: Mends) -> float:
    """Returns how many millimetres a number without a unit is."""
    bare = [n for n in points if not n.unit]
    largest = max((abs(n.value) for n in bare), default=0.0)
    units = {n.unit for n in points if n.unit}
    for n in points:
        if n.unit and n.unit not in MILLIMETRES:
            raise MisreadError(f"'{n.unit}' is no unit of length.", n.token.start)
    fractions = [n for n in bare if not n.value.is_integer()]
    if fractions and largest < 2.0:
        if all(MILLIMETRES[u] == 1000.0 for u in units):
            mends.note("turned metres into millimetres")
            return 1000.0
        raise MisreadError("Metres and other units are mixed.", fractions[0].token.start)
    if any(MILLIMETRES[u] != 1.0 for u in units) and bare:
        raise MisreadError("Some numbers have a unit and some have none.", bare[0].token.start)
    small = [n for n in fractions if abs(n.value) < 2.0]
    if small or (fractions and largest < 100.0):
        raise MisreadError("The unit of the numbers is not clear.", fractions[0].token.start)
    if any(n.is_fraction for n in bare) and 0.0 < largest < 2.0:
        raise MisreadError("The unit of the numbers is not clear.", bare[0].token.start)
    return 1.0


def _whole(number: Number, scale: float, mends: Mends) -> int:
    if number.unit:
        scale = MILLIMETRES[number.unit]
        mends.note(f"read the unit {number.unit}")
    return _rounded(number, number.value * scale, mends)


def _degrees(number: Number, mends: Mends) -> int:
    value = number.value
    if number.unit == "rad":
        value = math.degrees(value)
        mends.note("turned radians into degrees")
    elif number.unit and number.unit not in DEGREES:
        raise MisreadError(f"'{number.unit}' is no unit of an angle.", number.token.start)
    elif number.unit:
        mends.note(f"read the unit {number.unit}")
    elif not value.is_integer() and abs(value) < 2 * math.pi:
        raise MisreadError("The unit of the angle is not clear.", number.token.start)
    return _rounded(number, value, mends)


def _rounded(number: Number, value: float, mends: Mends) -> int:
    if not abs(value) < 10**MAX_DIGITS - 0.5:
        raise MisreadError(f"A number has more than {MAX_DIGITS} digits.", number.token.start)
    if number.is_fraction:
        mends.note("wrote numbers as whole ones")
    return math.floor(value + 0.5) if value >= 0 else -math.floor(0.5 - value)
