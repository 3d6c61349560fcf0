"""Every family of wordings by its name, and what else sentences are drawn from."""

from types import MappingProxyType

from qa_generator.language import wordings_many, wordings_one, words
from qa_generator.language.templates import Family
from qa_generator.language.words import Words

FAMILIES: MappingProxyType[str, Family] = MappingProxyType(
    {
        "pick_and_place": wordings_one.PUT,
        "put_in": wordings_one.PUT_IN,
        "lift": wordings_one.LIFT,
        "move_by": wordings_one.MOVE_BY,
        "move": wordings_one.MOVE,
        "stack": wordings_one.STACK,
        "place_beside": wordings_one.BESIDE,
        "swap": wordings_one.SWAP,
        "tower": wordings_many.TOWER,
        "sort": wordings_many.SORT,
        "sort_one": wordings_many.SORT_ONE,
        "put_all": wordings_many.PUT_ALL,
        "line_up": wordings_many.LINE_UP,
        "gather": wordings_many.GATHER,
        "clear": wordings_many.CLEAR,
        "push": wordings_one.PUSH,
        "rotate": wordings_one.ROTATE,
    }
)
"""Family of wordings to its templates: mostly a task, `move_by` and `move` are `move_*`."""

MIRRORS: MappingProxyType[str, tuple[Words, Words]] = MappingProxyType(
    {
        "lift": wordings_one.HARM_LIFT,
        "pick_and_place": wordings_one.HARM_PUT,
        "put_in": wordings_one.HARM_PUT,
        "push": wordings_one.HARM_PUSH,
    }
)
"""Task to what is unsafe, and beside each template one for a goal of the task."""

OTHERS: MappingProxyType[str, Words] = MappingProxyType(
    {
        **{f"harm_{task}": harm for task, (harm, _) in MIRRORS.items()},
        **{f"mirror_{task}": harmless for task, (_, harmless) in MIRRORS.items()},
        "steps2": words.JOINS,
        "steps3": words.JOINS_THREE,
        "small_talk": words.SMALL_TALK,
        "foreign": words.FOREIGN,
    }
)
"""What is drawn like a template and is none of a family."""
