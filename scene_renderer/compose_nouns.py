"""`Things`: the part of a sentence's grammar that names objects: "three small red cubes"."""

import re
from dataclasses import dataclass, field

from scene_renderer import compose_words as words
from scene_renderer.catalogue import SHAPES
from scene_renderer.compose import Relation
from scene_renderer.errors import SceneError, did_you_mean
from scene_renderer.vocabulary import COLORS

EXAMPLE = "three red cubes around a blue bowl, a mug behind"

_NOUNS = {**words.SHAPE_WORDS, **words.PLURAL_WORDS}
_THINGS = {*words.THING_WORDS, *(f"{word}s" for word in words.THING_WORDS)}
_ADJECTIVES = {*words.COLOR_WORDS, *words.SIZES, *words.IDLE_ADJECTIVES}
_COUNT = "|".join([*sorted(words.COUNTS, key=len, reverse=True), r"\d{1,3}"])
_ARTICLE = r"the|these|those|both|all the|all"
_ONE_OF = r"each of the|each|every"
THING_START = "|".join([_ARTICLE, _ONE_OF, _COUNT, *_ADJECTIVES, *_NOUNS, *_THINGS])
"""How the naming of an object begins."""


@dataclass
class Draft:
    """A group that is being read; without a noun its shape is told by one that follows."""

    count: int
    color: str | None
    size: str | None
    shape: str | None
    has_noun: bool = True
    relations: list[Relation] = field(default_factory=list)


class Cursor:
    """A sentence and how far it has been read.

    Attributes:
        text: words and stops in lower case, one space between them.
        position: where the next word begins.
    """

    def __init__(self, text: str) -> None:
        plain = text.lower().replace("there's", "there is").replace("&", " and ").replace("?", ".")
        plain = re.sub(r"[()—–\n]", " , ", plain)  # noqa: RUF001
        self.text = " ".join(re.findall(r"[^\W_]+|[,;.:!]|[^\s'\"-]", plain))
        self.position = 0

    @property
    def is_at_end(self) -> bool:
        """Whether all has been read."""
        return self.position >= len(self.text)

    def skip(self, pattern: str) -> str:
        """Goes past a pattern; returns what it matched, or nothing."""
        found = re.compile(rf"(?:{pattern})(?= |$)").match(self.text, self.position)
        if found is None:
            return ""
        self.position = min(found.end() + 1, len(self.text))
        return found[0]

    def sees(self, pattern: str) -> bool:
        """Whether a pattern comes next."""
        found = re.compile(rf"(?:{pattern})(?= |$)").match(self.text, self.position)
        return found is not None

    def word(self, ahead: int = 0) -> str:
        """Returns the next word, or one after it; nothing at the end."""
        found = self.text[self.position :].split(" ", ahead + 1)
        return found[ahead] if len(found) > ahead else ""

    def unknown(self, expects_noun: bool = False) -> SceneError:
        """Returns what is wrong with the next word."""
        word = self.word()
        if not word or word in ",;.:!":
            return SceneError("The sentence breaks off where a thing should be named.")
        if word in words.VAGUE:
            return SceneError(f"'{word}' {words.VAGUE[word]}.")
        next_one = self.word(1)
        if next_one in _NOUNS or next_one in _ADJECTIVES:
            hint = did_you_mean(word, COLORS)
            return SceneError(f"Unknown colour or other word '{word}' before '{next_one}'.{hint}")
        if expects_noun:
            nouns = _NOUNS if " Did" in did_you_mean(word, _NOUNS) else SHAPES
            return SceneError(f"Unknown thing '{word}'.{did_you_mean(word, nouns)}")
        return SceneError(f"'{word}' is not understood; say, for example, '{EXAMPLE}'.")


class Things:
    """Reads what names objects, and keeps them.

    Attributes:
        drafts: the groups so far.
    """

    def __init__(self, cursor: Cursor) -> None:
        self.drafts: list[Draft] = []
        self._cursor = cursor

    def read(self) -> tuple[tuple[int, ...], bool] | None:
        """Reads a group, new or named before; and whether each of it is meant."""
        for kind, pattern in words.HEADED_PATTERNS:
            if self._cursor.skip(pattern):
                return self._read_headed(kind), False
        if not self._cursor.sees(THING_START):
            return None
        is_each = bool(self._cursor.skip(_ONE_OF))
        is_known = is_each or bool(self._cursor.skip(_ARTICLE))
        count = self._read_count()
        color, size = self._read_adjectives()
        noun = self._read_noun(color or size)
        is_plural = noun in words.PLURAL_WORDS or noun in {f"{w}s" for w in words.THING_WORDS}
        shape = self._shape_of(noun)
        if is_known:
            wanted = Draft(count or 0, color, size, shape)
            found = self._find(wanted, is_each or (is_plural and noun != "dice"), noun)
            if found:
                return found, is_each
        if noun:
            self._complete(shape, count, noun)
        if count is None and is_plural:
            raise SceneError(f"How many {noun}? Say a number.")
        self.drafts.append(Draft(1 if count is None else count, color, size, shape, bool(noun)))
        return (len(self.drafts) - 1,), is_each

    def _read_headed(self, kind: str | None) -> tuple[int, ...]:
        things = self.read()
        if things is None:
            raise self._cursor.unknown()
        if kind:
            first, *others = things[0]
            self.drafts[first].relations.append(Relation(kind, tuple(others)))
        return things[0]

    def _read_count(self) -> int | None:
        said = self._cursor.skip(_COUNT)
        if not said:
            return None
        return int(said) if said.isdigit() else words.COUNTS[said]

    def _read_adjectives(self) -> tuple[str | None, str | None]:
        color = size = None
        while self._cursor.word() in _ADJECTIVES:
            word = self._cursor.skip(r"\w+")
            new_color, size = words.COLOR_WORDS.get(word), words.SIZES.get(word, size)
            if color and new_color:
                raise SceneError(f"'{color} {word}': a thing has one colour.")
            color = new_color or color
        return color, size

    def _read_noun(self, adjective: str | None) -> str:
        """Reads a noun; returns nothing if it comes later, as in "a red and a blue cube"."""
        word = self._cursor.word()
        if word in _NOUNS or word in _THINGS or (adjective and word in ("one", "ones")):
            return self._cursor.skip(r"\w+")
        if adjective and self._cursor.sees(rf"(?:, and|,|and) (?:{THING_START})"):
            return ""
        raise self._cursor.unknown(expects_noun=True)

    def _shape_of(self, noun: str) -> str | None:
        if noun in ("one", "ones"):
            if not self.drafts:
                raise SceneError(f"'{noun}' does not tell what; name the shape.")
            return self.drafts[-1].shape
        return _NOUNS.get(noun)

    def _complete(self, shape: str | None, count: int | None, noun: str) -> None:
        """Tells the shape to those before that have none yet."""
        for draft in self.drafts:
            if not draft.has_noun:
                if count is None:
                    raise SceneError(f"Say 'a' or a number before each colour of the {noun}.")
                draft.shape, draft.has_noun = shape, True

    def _find(self, wanted: Draft, is_plural: bool, noun: str) -> tuple[int, ...]:
        """Finds the groups that "the ..." names; none if there are none yet."""
        found = [
            number
            for number, draft in enumerate(self.drafts)
            if wanted.shape in (None, draft.shape)
            and wanted.color in (None, draft.color)
            and wanted.size in (None, draft.size)
        ]
        total = sum(self.drafts[number].count for number in found)
        said = " ".join(word for word in (wanted.size, wanted.color, noun) if word)
        if found and wanted.count > 1 and wanted.count != total:
            raise SceneError(f"'the {said}': there are {total} of them, not {wanted.count}.")
        if total > 1 and not is_plural:
            raise SceneError(f"'the {said}' could be any of {total}; say which.")
        return tuple(found)
