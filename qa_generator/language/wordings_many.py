"""Templates of what is asked about several things at once."""

from qa_generator.language.templates import Family
from qa_generator.language.words import Words

TOWER = Family(
    Words(
        (
            "[build] a tower of {list}, from bottom to top",
            "[build] a tower of {tsil}, from top to bottom",
            "stack {list}, from bottom to top",
            "[build] a tower from {list}, from bottom to top",
            "put {list} on top of each other, from bottom to top",
            "make {list} into a tower, from bottom to top",
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

SORT = Family(
    Words(
        (
            "sort the objects by {property}: {all} {into} {b} and {all2} {into2} {b2}",
            "[sort] {all} {into} {b} and {all2} {into2} {b2}",
            "sort by {property}: {all} {into} {b} and {all2} {into2} {b2}",
            "[take] {all} and [put] them {into} {b}, and {all2} {into2} {b2}",
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

SORT_ONE = Family(
    Words(("[sort] {all} {into} {b}",), ("get {all} {into} {b}",)),
    Words(("{all} should go {into} {b}",), ("{all} belong {in} {b}",)),
)

PUT_ALL = Family(
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

LINE_UP = Family(
    Words(
        (
            "[line] {list} in a row, from left to right",
            "[line] {tsil} in a row, from right to left",
            "[line] {list} side by side, from left to right",
            "make a row of {list}, from left to right",
            "[line] {list} in one row, from left to right",
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

GATHER = Family(
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

CLEAR = Family(
    Words(
        (
            "[clear] {b}",
            "[remove] everything {off} {b}",
            "[remove] everything {off} {b} and put it on the table",
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
