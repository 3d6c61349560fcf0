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
        ("pile up {list}, from bottom to top", "[build] a column of {list}, bottom first"),
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
            "sort the objects by {property}: {all} {to} {b} and {all2} {to2} {b2}",
            "[sort] {all} {to} {b} and {all2} {to2} {b2}",
            "sort by {property}: {all} {to} {b} and {all2} {to2} {b2}",
            "[take] {all} and [put] them {in} {b}, and {all2} {to2} {b2}",
            "sort things by {property}: {all} {to} {b}, {all2} {to2} {b2}",
            "[sort] {all2} {to2} {b2} and {all} {to} {b}",
        ),
        (
            "tidy up by {property}: {all} {to} {b} and {all2} {to2} {b2}",
            "separate things by {property}: {all} {to} {b}, {all2} {to2} {b2}",
            "tidy up by {property}: [sort] {all} {to} {b} and {all2} {to2} {b2}",
        ),
    ),
    Words(
        (
            "{all} should go {to} {b} and {all2} {to2} {b2}",
            "{all} should be {in} {b} and {all2} {in2} {b2}",
            "{all} {to} {b} and {all2} {to2} {b2}",
            "{all} go {to} {b}, {all2} {to2} {b2}",
        ),
        ("{all} belong {in} {b} and {all2} {in2} {b2}",),
    ),
)

SORT_ONE = Family(
    Words(("[sort] {all} {to} {b}",), ("get {all} {to} {b}",)),
    Words(("{all} should go {to} {b}",), ("{all} belong {in} {b}",)),
)

PUT_ALL = Family(
    Words(
        (
            "[sort] {all} {to} {b}",
            "[take] {all} and [put] them {in} {b}",
            "[move] {all} {to} {b}",
            "[gather] {all} and [put] them {in} {b}",
            "drop {all} {to} {b}",
        ),
        (
            "transfer {all} {to} {b}",
            "get {all} and [put] them {in} {b}",
            "[gather] {all} and leave them {in} {b}",
        ),
    ),
    Words(
        (
            "{all} should go {to} {b}",
            "{all} should be [put+] {in} {b}",
            "i want {all} to be {in} {b}",
            "{all} {to} {b}",
            "{all} go {to} {b}",
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
        (
            "form a line with {list}, from left to right",
            "[line] {list} one beside the other, from left to right",
        ),
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
            "[gather] {all} together around {b}",
            "[gather] {all} together next to {b}",
            "[gather] {all} together close to {b}",
            "move {all} next to {b}",
            "bring {all} close to {b}",
            "bring {all} near {b}",
        ),
        ("get {all} together beside {b}", "[gather] {all} together beside {b}"),
    ),
    Words(
        (
            "{all} should stand near {b}",
            "i want {all} to be next to {b}",
            "{all} should be [gather+] together close to {b}",
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
            "[remove] everything from {b}",
            "put everything that is {in} {b} on the table",
            "[remove] what is {in} {b} and put it on the table",
            "[clear] {b} so that nothing is {in} it",
            "make sure that nothing is {in} {b}",
        ),
        (
            "leave nothing {in} {b}",
            "see to it that nothing remains {in} {b}",
            "[clear] {b} completely",
        ),
    ),
    Words(
        (
            "{b} should be empty",
            "i want {b} empty",
            "nothing should be {in} {b}",
            "{b} should be [clear+]",
        ),
        ("nothing may remain {in} {b}", "there must be nothing {in} {b}"),
    ),
)
