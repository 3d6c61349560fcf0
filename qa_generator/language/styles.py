"""Which templates and words training may say, and which are kept for `test_wordings`."""

import re
from collections.abc import Iterator, Mapping

from qa_generator.language import words
from qa_generator.language.families import FAMILIES, OTHERS
from qa_generator.language.words import Style, Words, plural

WORDLESS = ("gibberish", "empty")
"""Templates of what has no words: no style has them to itself."""


def all_texts() -> Iterator[str]:
    """Yields every word, phrase and template that sentences are made of."""
    for family in FAMILIES.values():
        yield from (*family.commands.all, *family.statements.all)
    for choices in OTHERS.values():
        yield from choices.all
    for table in _tables():
        if isinstance(table, Words):
            yield from table.all
        else:
            yield from (
                form for verb in table.all for form in (verb.base, verb.past, verb.particle)
            )
    yield from words.ORDINALS
    yield from map(plural, (noun for nouns in words.NOUNS.values() for noun in nouns.all))


def style_of(template: str) -> Style | None:
    """Returns the style of a template's id; None for what has no template."""
    family, _, number = template.partition(":")
    if family in OTHERS:
        choices = OTHERS[family]
    elif family in FAMILIES:
        is_statement = number.startswith("s")
        choices = FAMILIES[family].statements if is_statement else FAMILIES[family].commands
    else:
        return None
    return "seen" if int(number.removeprefix("s")) < len(choices.seen) else "unseen"


def unseen_words(text: str) -> tuple[str, ...]:
    """Returns the synonyms of a text that training never shows."""
    return tuple(word for word, pattern in _UNSEEN.items() if pattern.search(text.lower()))


def _tables() -> Iterator[Words | words.Verbs]:
    for value in vars(words).values():
        for table in value.values() if isinstance(value, Mapping) else [value]:
            if isinstance(table, Words | words.Verbs):
                yield table


def _all_seen() -> Iterator[str]:
    for family in FAMILIES.values():
        yield from (*family.commands.seen, *family.statements.seen)
    for choices in OTHERS.values():
        yield from choices.seen
    for table in _tables():
        if isinstance(table, words.Verbs):
            yield from (form for verb in table.seen for form in (verb.base, verb.past))
        else:
            yield from table.seen


def _all_unseen() -> Iterator[str]:
    for table in _tables():
        if isinstance(table, words.Verbs):
            yield from (form for verb in table.unseen for form in (verb.base, verb.past))
        elif table not in _SENTENCES:
            yield from table.unseen


_SENTENCES = (words.POLITE, *OTHERS.values())
_SEEN = "\n".join(_all_seen())
_UNSEEN = {
    word: pattern
    for word in sorted(set(_all_unseen()))
    if not (pattern := re.compile(rf"\b{re.escape(word)}\b")).search(_SEEN)
}
"""What no sentence of the style `seen` holds, and how it is found in a text."""
