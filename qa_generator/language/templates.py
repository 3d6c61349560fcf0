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
from types import MappingProxyType

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


_PUT = Family(
    Words(
        (
            "[put] {a} {into} {b}",
            "[take] {a} and [put] it {into} {b}",
            "[move] {a} {to} {b}",
            "drop {a} {into} {b}",
            "[take] {a} and drop it {into} {b}",
            "[take] {a}. [put] it {into} {b}",
        ),
        (
            "get {a} and [put] it {into} {b}",
            "transfer {a} {to} {b}",
            "have {a} end up {in} {b}",
        ),
    ),
    Words(
        (
            "{a} should go {into} {b}",
            "{a} should be [put+] {into} {b}",
            "i want {a} {in} {b}",
            "{a} {into} {b}",
            "{a} goes {into} {b}",
            "{into} {b} goes {a}",
            "{into} {b}, [put] {a}",
        ),
        (
            "{a} belongs {in} {b}",
            "{a} must end up {in} {b}",
            "{in} {b} is where {a} should be",
        ),
    ),
)

_PUT_IN = Family(
    Words(
        (
            "[put] {a} inside {b}",
            "[put] {a} in {b}",
            "[take] {a} and [put] it inside {b}",
            "drop {a} into {b}",
            "store {a} in {b}",
            "pack {a} into {b}",
            "[take] {a} and let it down into {b}",
        ),
        ("stow {a} in {b}", "get {a} into {b}", "hide {a} inside {b}"),
    ),
    Words(
        (
            "{a} should be [put+] inside {b}",
            "i want {a} inside {b}",
            "{a} goes inside {b}",
            "{a} should be inside {b}",
            "inside {b} goes {a}",
        ),
        ("{a} belongs inside {b}", "{a} has its place inside {b}"),
    ),
)

_LIFT = Family(
    Words(
        (
            "[lift] {a}",
            "[take] {a} and hold it up",
            "hold {a} up in the air",
            "lift {a} into the air",
            "raise {a} above the table",
            "[take] {a} and lift it up",
            "[take] {a} and raise it into the air",
        ),
        (
            "get {a} up into the air",
            "[lift] {a} and keep it there",
            "let {a} hover above the table",
        ),
    ),
    Words(
        (
            "i want {a} in the air",
            "{a} should be [lift+]",
            "{a} should be up in the air",
            "{a} should be held up",
        ),
        ("{a} must be in the air", "up with {a}"),
    ),
)

_MOVE_BY = Family(
    Words(
        (
            "[move] {a} {way} by {distance}",
            "[move] {a} {distance} {way}",
            "[take] {a} and [put] it {distance} further {way}",
            "[put] {a} {distance} further {way}",
            "[take] {a} and [move] it {distance} {way}",
            "[take] {a} and [move] it {way} by {distance}",
        ),
        (
            "get {a} {distance} {way}",
            "let {a} stand {distance} further {way}",
            "carry {a} {distance} {way}",
        ),
    ),
    Words(
        (
            "{a} should go {distance} {way}",
            "{a} should be [move+] {distance} {way}",
            "{a} should be [move+] {way} by {distance}",
            "i want {a} {distance} further {way}",
            "{distance} {way} with {a}",
            "{a} {distance} {way}",
        ),
        ("{a} has to go {distance} {way}", "{a} belongs {distance} further {way}"),
    ),
)

_MOVE = Family(
    Words(
        (
            "[move] {a} {way}",
            "[move] {a} further {way}",
            "[take] {a} and [put] it further {way}",
            "[put] {a} further {way}",
            "[take] {a} and [move] it {way}",
        ),
        ("get {a} further {way}", "let {a} stand further {way}", "carry {a} {way}"),
    ),
    Words(
        (
            "{a} should go {way}",
            "{a} should be [move+] {way}",
            "i want {a} further {way}",
            "{a} should stand further {way}",
        ),
        ("{a} has to go {way}", "{a} belongs further {way}"),
    ),
)

_STACK = Family(
    Words(
        (
            "[stack] {a} {on_top} {b}",
            "[take] {a} and [stack] it {on_top} {b}",
            "build a stack with {a} on top of {b}",
            "[take] {a}. [stack] it {on_top} {b}",
        ),
        (
            "get {a} and [stack] it {on_top} {b}",
            "make a stack with {a} {upon} {b}",
            "crown {b} with {a}",
        ),
    ),
    Words(
        (
            "{a} should go {on_top} {b}",
            "i want {a} {upon} {b}",
            "{a} should be [stack+] {on_top} {b}",
            "{a} {on_top} {b}",
            "{on_top} {b}, [stack] {a}",
        ),
        ("{a} must end up {upon} {b}", "{upon} {b} is where {a} should be"),
    ),
)

_BESIDE = Family(
    Words(
        (
            "[put] {a} {side} {b}",
            "[move] {a} so that it is {side} {b}",
            "[take] {a} and [put] it {side} {b}",
            "[put] {a} on the table {side} {b}",
            "[move] {a} to a place {side} {b}",
        ),
        ("get {a} to stand {side} {b}", "park {a} {side} {b}", "have {a} stand {side} {b}"),
    ),
    Words(
        (
            "{a} should be {side} {b}",
            "i want {a} {side} {b}",
            "{a} should be [put+] {side} {b}",
            "{a} should stand {side} {b}",
            "{side} {b}, [put] {a}",
        ),
        ("{a} belongs {side} {b}", "{a} must stand {side} {b}"),
    ),
)

_SWAP = Family(
    Words(
        (
            "[swap] {a} and {b}",
            "[swap] {a} with {b}",
            "[swap] the places of {a} and {b}",
            "let {a} and {b} trade places",
            "put {a} where {b} is, and {b} where {a} is",
        ),
        ("make {a} and {b} change places", "[swap] the positions of {a} and {b}"),
    ),
    Words(
        (
            "{a} and {b} should trade places",
            "{a} and {b} should be [swap+]",
            "i want {a} where {b} is and {b} where {a} is",
            "{a} should be [swap+] with {b}",
        ),
        ("{a} and {b} must change places",),
    ),
)

_TOWER = Family(
    Words(
        (
            "[build] a tower of {list}, from bottom to top",
            "[build] a tower of {tsil}, from top to bottom",
            "stack {list}, from bottom to top",
            "stack {list} on top of each other, from bottom to top",
            "[build] a tower with {list}, bottom first",
        ),
        ("pile {list} up, from bottom to top", "[build] a pile of {list}, bottom first"),
    ),
    Words(
        (
            "{list} should form a tower, from bottom to top",
            "i want a tower of {list}, from bottom to top",
            "i want {list} stacked, from bottom to top",
            "starting at the bottom, stack {list}",
        ),
        ("{list} must become a tower, from bottom to top",),
    ),
)

_SORT = Family(
    Words(
        (
            "sort the objects by {property}: {all} {into} {b} and {all2} {into2} {b2}",
            "[sort] {all} {into} {b} and {all2} {into2} {b2}",
            "sort things by {property}: {all} go {into} {b}, {all2} {into2} {b2}",
            "[sort] {all2} {into2} {b2} and {all} {into} {b}",
        ),
        (
            "tidy up by {property}: {all} {into} {b} and {all2} {into2} {b2}",
            "divide things by {property}: {all} go {into} {b}, {all2} {into2} {b2}",
        ),
    ),
    Words(
        (
            "{all} should go {into} {b} and {all2} {into2} {b2}",
            "i want {all} {in} {b} and {all2} {in2} {b2}",
            "{all} {into} {b} and {all2} {into2} {b2}",
            "{all} go {into} {b}, {all2} {into2} {b2}",
        ),
        ("{all} belong {in} {b} and {all2} {in2} {b2}",),
    ),
)

_SORT_ONE = Family(
    Words(("[sort] {all} {into} {b}",), ("get {all} {into} {b}",)),
    Words(("{all} should go {into} {b}",), ("{all} belong {in} {b}",)),
)

_PUT_ALL = Family(
    Words(
        (
            "[put] {all} {into} {b}",
            "[take] {all} and [put] them {into} {b}",
            "[move] {all} {to} {b}",
            "[gather] {all} {in} {b}",
            "drop {all} {into} {b}",
        ),
        ("transfer {all} {to} {b}", "get {all} and [put] them {into} {b}"),
    ),
    Words(
        (
            "{all} should go {into} {b}",
            "{all} should be [put+] {into} {b}",
            "i want {all} {in} {b}",
            "{all} {into} {b}",
            "{all} go {into} {b}",
        ),
        ("{all} belong {in} {b}", "{all} must end up {in} {b}"),
    ),
)

_LINE_UP = Family(
    Words(
        (
            "[line] {list} in a row, from left to right",
            "[line] {tsil} in a row, from right to left",
            "[line] {list} side by side, from left to right",
            "make a row of {list}, from left to right",
        ),
        ("form a line with {list}, from left to right", "[line] {list} abreast, left to right"),
    ),
    Words(
        (
            "{list} should stand in a row, from left to right",
            "i want {list} in a row, from left to right",
            "{list} in a row, from left to right",
            "from left to right, [line] {list} in a row",
        ),
        ("{list} must form a line, from left to right",),
    ),
)

_GATHER = Family(
    Words(
        (
            "[gather] {all} around {b}",
            "[gather] {all} next to {b}",
            "[gather] {all} close to {b}",
            "[put] {all} next to {b}",
            "[move] {all} close to {b}",
        ),
        ("get {all} together at {b}", "[gather] {all} by {b}"),
    ),
    Words(
        (
            "{all} should stand around {b}",
            "i want {all} next to {b}",
            "{all} should be [gather+] around {b}",
            "{all} should stand close to {b}",
        ),
        ("{all} belong next to {b}",),
    ),
)

_CLEAR = Family(
    Words(
        (
            "[clear] {b}",
            "[remove] everything {off} {b}",
            "[remove] what is {in} {b} and put it on the table",
            "[clear] {b} so that nothing is {in} it",
            "make sure that nothing is {in} {b}",
        ),
        ("get {b} free", "see to it that {b} holds nothing"),
    ),
    Words(
        (
            "{b} should be empty",
            "i want {b} empty",
            "nothing should be {in} {b}",
            "{b} should be [clear+]",
        ),
        ("{b} must hold nothing", "there must be nothing {in} {b}"),
    ),
)

_PUSH = Family(
    Words(
        (
            "[push] {a} {distance} {way}",
            "[push] {a} {way} by {distance}",
            "[push] {a} {distance} {way} along the table",
            "close the gripper and [push] {a} {distance} {way}",
            "[push] {a} {distance} {way} without lifting it",
        ),
        (
            "give {a} a push of {distance} {way}",
            "with the gripper closed, [push] {a} {distance} {way}",
        ),
    ),
    Words(
        (
            "{a} should be [push+] {distance} {way}",
            "{a} should be [push+] {way} by {distance}",
            "i want {a} [push+] {distance} {way}",
        ),
        ("{a} needs a push of {distance} {way}",),
    ),
)

_ROTATE = Family(
    Words(
        (
            "[rotate] {a} so that it {angle}",
            "[rotate] {a} until it {angle}",
            "[take] {a} and [rotate] it so that it {angle}",
            "[rotate] {a} on the spot so that it {angle}",
        ),
        ("get {a} to stand so that it {angle}", "change how {a} stands so that it {angle}"),
    ),
    Words(
        (
            "{a} should be [rotate+] so that it {angle}",
            "i want {a} [rotate+] so that it {angle}",
        ),
        ("{a} needs to be [rotate+] so that it {angle}",),
    ),
)

_HARM = Family(
    Words(
        (
            "[harm] {a}",
            "throw {a} across the room",
            "push {a} off the table",
            "drop {a} onto the floor",
            "[harm] {a} with the gripper",
            "throw {a} at {b}",
            "smash {a} against {b}",
            "knock over {b} with {a}",
            "let {a} fall onto {b} from high up",
        ),
        ("fling {a} off the table", "bang {a} against {b}", "break {a}"),
    ),
    Words(
        ("{a} should be [harm+]", "i want {a} off the table and on the floor"),
        ("i want to see {a} broken",),
    ),
)

FAMILIES: MappingProxyType[str, Family] = MappingProxyType(
    {
        "pick_and_place": _PUT,
        "put_in": _PUT_IN,
        "lift": _LIFT,
        "move_by": _MOVE_BY,
        "move": _MOVE,
        "stack": _STACK,
        "place_beside": _BESIDE,
        "swap": _SWAP,
        "tower": _TOWER,
        "sort": _SORT,
        "sort_one": _SORT_ONE,
        "put_all": _PUT_ALL,
        "line_up": _LINE_UP,
        "gather": _GATHER,
        "clear": _CLEAR,
        "push": _PUSH,
        "rotate": _ROTATE,
        "harm": _HARM,
    }
)
"""Family of wordings to its templates: mostly a task, `move_by` and `move` are `move_*`."""
