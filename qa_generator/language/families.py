"""Every family of wordings by its name."""

from types import MappingProxyType

from qa_generator.language import wordings_many, wordings_one
from qa_generator.language.templates import Family

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
        "harm": wordings_one.HARM,
    }
)
"""Family of wordings to its templates: mostly a task, `move_by` and `move` are `move_*`."""
