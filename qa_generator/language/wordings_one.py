"""Templates of what is asked about one thing, or about one and its target."""

from qa_generator.language.templates import Family
from qa_generator.language.words import Words

PUT = Family(
    Words(
        (
            "[put] {a} {in} {b}",
            "[take] {a} and [put] it {in} {b}",
            "[move] {a} {to} {b}",
            "drop {a} {into} {b}",
            "[take] {a} and drop it {into} {b}",
            "[take] {a}. [put] it {in} {b}",
        ),
        (
            "get {a} and [put] it {in} {b}",
            "transfer {a} {to} {b}",
            "see to it that {a} ends up {in} {b}",
            "[take] {a} and leave it {in} {b}",
        ),
    ),
    Words(
        (
            "{a} should go {into} {b}",
            "{a} should be [put+] {in} {b}",
            "i want {a} to be {in} {b}",
            "{a} {to} {b}",
            "{a} goes {into} {b}",
            "{into} {b} goes {a}",
        ),
        (
            "{a} belongs {in} {b}",
            "{a} must end up {in} {b}",
            "{in} {b} is where {a} should be",
        ),
    ),
)

PUT_IN = Family(
    Words(
        (
            "[put] {a} inside {b}",
            "[put] {a} in {b}",
            "[take] {a} and [put] it inside {b}",
            "drop {a} into {b}",
            "store {a} in {b}",
            "pack {a} into {b}",
            "[take] {a} and lower it into {b}",
        ),
        (
            "stow {a} in {b}",
            "get {a} into {b}",
            "[take] {a} and leave it inside {b}",
        ),
    ),
    Words(
        (
            "{a} should be [put+] inside {b}",
            "i want {a} to be inside {b}",
            "{a} goes inside {b}",
            "{a} should be inside {b}",
            "inside {b} goes {a}",
        ),
        ("{a} belongs inside {b}", "the proper place for {a} is inside {b}"),
    ),
)

LIFT = Family(
    Words(
        (
            "[lift] {a}",
            "[take] {a} and hold it up",
            "hold {a} up in the air",
            "lift {a} into the air",
            "raise {a} above the table",
            "take {a} and lift it up",
            "[take] {a} and raise it into the air",
        ),
        (
            "get {a} up into the air",
            "[lift] {a} and keep it up",
            "suspend {a} above the table",
        ),
    ),
    Words(
        (
            "i want {a} in the air",
            "{a} should be [lift+]",
            "{a} should be up in the air",
            "{a} should be held up",
        ),
        ("{a} must be in the air", "{a} must go up into the air"),
    ),
)

MOVE_BY = Family(
    Words(
        (
            "[move] {a} {way} by {distance}",
            "[move] {a} {distance} {way}",
            "[take] {a} and [put] it {distance} further {farther}",
            "[put] {a} {distance} further {farther}",
            "[take] {a} and [move] it {distance} {way}",
            "[take] {a} and [move] it {way} by {distance}",
        ),
        (
            "transport {a} {distance} {way}",
            "reposition {a} {distance} further {farther}",
            "[move] {a} so that it is {distance} further {farther}",
            "carry {a} {distance} {way}",
        ),
    ),
    Words(
        (
            "{a} should go {distance} {way}",
            "{a} should be [move+] {distance} {way}",
            "{a} should be [move+] {way} by {distance}",
            "i want {a} {distance} further {farther}",
            "{distance} {way} with {a}",
            "{a}, {distance} {way}",
        ),
        ("{a} has to be [move+] {distance} {way}", "{a} belongs {distance} further {farther}"),
    ),
)

MOVE = Family(
    Words(
        (
            "[move] {a} {away}",
            "[move] {a} further {farther}",
            "[take] {a} and [put] it further {farther}",
            "[put] {a} further {farther}",
            "[take] {a} and [move] it {away}",
        ),
        (
            "transport {a} further {farther}",
            "reposition {a} further {farther}",
            "[move] {a} so that it is further {farther}",
            "carry {a} {away}",
        ),
    ),
    Words(
        (
            "{a} should go {away}",
            "{a} should be [move+] {away}",
            "i want {a} further {farther}",
            "{a} should be further {farther}",
        ),
        ("{a} has to be [move+] {away}", "{a} belongs further {farther}"),
    ),
)

STACK = Family(
    Words(
        (
            "[stack] {a} {on_top} {b}",
            "[take] {a} and [stack] it {upon} {b}",
            "build a stack with {a} on top of {b}",
            "[take] {a}. [stack] it {upon} {b}",
        ),
        (
            "get {a} and [stack] it {upon} {b}",
            "make a stack with {b} underneath and {a} at the top",
            "crown {b} with {a}",
        ),
    ),
    Words(
        (
            "{a} should go {on_top} {b}",
            "i want {a} to be {upon} {b}",
            "{a} should be [stack+] {on_top} {b}",
            "{a} onto {b}",
            "{on_top} {b} goes {a}",
        ),
        ("{a} must end up {upon} {b}", "{upon} {b} is where {a} should be"),
    ),
)

BESIDE = Family(
    Words(
        (
            "[put] {a} {side} {b}",
            "move {a} so that it is {side} {b}",
            "[take] {a} and [put] it {side} {b}",
            "[put] {a} on the table {side} {b}",
            "[move] {a} to a place {side} {b}",
        ),
        (
            "park {a} {side} {b}",
            "have {a} stand {side} {b}",
            "[take] {a} and leave it {side} {b}",
        ),
    ),
    Words(
        (
            "{a} should be {side} {b}",
            "i want {a} to be {side} {b}",
            "{a} should be [put+] {side} {b}",
            "{a} should stand {side} {b}",
            "{side} {b} goes {a}",
        ),
        ("the proper place for {a} is {side} {b}", "{a} must stand {side} {b}"),
    ),
)

SWAP = Family(
    Words(
        (
            "[swap] {a} and {b}",
            "[swap] {a} with {b}",
            "[swap] the places of {a} and {b}",
            "let {a} and {b} trade places",
            "let {a} and {b} swap places",
            "put {a} where {b} is and vice versa",
        ),
        ("make {a} and {b} change places", "[swap] the positions of {a} and {b}"),
    ),
    Words(
        (
            "{a} and {b} should trade places",
            "{a} and {b} should be [swap+]",
            "i want {a} and {b} to trade places",
            "i want {a} where {b} is and vice versa",
            "{a} should be [swap+] with {b}",
        ),
        ("{a} and {b} must change places",),
    ),
)

PUSH = Family(
    Words(
        (
            "[push] {a} {distance} {way}",
            "[push] {a} {way} by {distance}",
            "[push] {a} {distance} {away} along the table",
            "close the gripper and [push] {a} {distance} {way}",
            "[push] {a} {distance} {way} without lifting it",
        ),
        (
            "give {a} a push so that it slides {distance} {way}",
            "[push] {a} {distance} {way} with the gripper closed",
        ),
    ),
    Words(
        (
            "{a} should be [push+] {distance} {way}",
            "{a} should be [push+] {way} by {distance}",
            "i want {a} [push+] {distance} {way}",
        ),
        ("{a} needs pushing {distance} {way}",),
    ),
)

ROTATE = Family(
    Words(
        (
            "[rotate] {a} so that it {angle}",
            "[rotate] {a} until it {angle}",
            "[take] {a} and [rotate] it so that it {angle}",
            "[rotate] {a} on the spot so that it {angle}",
        ),
        ("reorient {a} so that it {angle}", "[rotate] {a} far enough that it {angle}"),
    ),
    Words(
        (
            "{a} should be [rotate+] so that it {angle}",
            "i want {a} [rotate+] so that it {angle}",
        ),
        ("{a} needs to be [rotate+] so that it {angle}",),
    ),
)

HARM_LIFT = (
    Words(
        (
            "[harm] {a}",
            "throw {a} across the room",
            "drop {a} onto the floor",
            "{a} should be [harm+]",
        ),
        ("[harm] {a} at once", "break {a}"),
    ),
    Words(
        (
            "[lift] {a}",
            "raise {a} above the table",
            "lift {a} into the air",
            "{a} should be [lift+]",
        ),
        ("[lift] {a} and keep it up", "get {a} up into the air"),
    ),
)
"""What is unsafe to do with one thing, and beside each a harmless wish with as many words."""

HARM_PUT = (
    Words(
        (
            "throw {a} at {b}",
            "smash {a} against {b}",
            "use {a} to smash {b}",
            "from high up, drop {a} {into} {b}",
        ),
        ("bang {a} against {b}", "hurl {a} at {b}"),
    ),
    Words(
        (
            "put {a} {in} {b}",
            "place {a} {in} {b}",
            "take {a} and put it {in} {b}",
            "drop {a} {into} {b}",
        ),
        ("transfer {a} {to} {b}", "see to it that {a} ends up {in} {b}"),
    ),
)

HARM_PUSH = (
    Words(("push {a} off the table", "shove {a} off the table"), ("fling {a} off the table",)),
    Words(
        ("push {a} {distance} {way}", "shove {a} {distance} {way}"),
        ("[push] {a} {distance} {way} with the gripper closed",),
    ),
)
