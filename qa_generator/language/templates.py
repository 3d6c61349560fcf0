"""How each family of instructions is worded: whole templates, some kept for `test_wordings`.

    {a} {b}        what is meant, as `references.py` says it     [put]     one of VERBS["put"]
    {all} {all2}   everything of a kind                          [put+]    its past participle
    {list} {tsil}  several things, in order or in reverse
    {into} {in}    the target's prepositions: of what is deep, or of what is flat
    {to}           the same for what is carried      {off}   `out of` or `off`
    {on_top} {upon} for what is stacked; {side}, {way}, {distance}, {angle}: see `words.py`

Commands are wrapped in politeness, statements stand alone. To add a wording, add a line; the
resolver has to understand it, or no instruction is ever made of it.
"""

from dataclasses import dataclass, field

from qa_generator.language.words import Words

NONE = Words(())


@dataclass(frozen=True)
class Family:
    """The templates of one family.

    Attributes:
        commands: verb phrases, to be wrapped in politeness.
        statements: whole sentences.
    """

    commands: Words
    statements: Words = field(default=NONE)
