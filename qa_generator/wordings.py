"""How people word each task: templates that training sees, and others kept for `test_wordings`.

Slots: `{a}` the object, `{b}` the target, `{into}` and `{in}` the target's prepositions,
`{way}` a direction, `{distance}` a length with its unit. To add a wording, add a line.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Style = Literal["seen", "unseen"]


@dataclass(frozen=True)
class Wordings:
    """Templates of one kind of instruction; no template is in both tuples."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...]

    def of(self, style: Style) -> tuple[str, ...]:
        """Returns the templates of a style."""
        return self.seen if style == "seen" else self.unseen


PLACE = Wordings(
    seen=(
        "put the {a} {into} the {b}",
        "put the {a} {in} the {b}",
        "place the {a} {in} the {b}",
        "move the {a} {into} the {b}",
        "drop the {a} {into} the {b}",
        "set the {a} down {in} the {b}",
        "pick up the {a} and put it {into} the {b}",
        "take the {a} and place it {in} the {b}",
        "grab the {a} and set it {in} the {b}",
        "please put the {a} {into} the {b}",
        "could you place the {a} {in} the {b}",
        "can you put the {a} {in} the {b} for me",
        "i want the {a} {in} the {b}",
        "the {a} should go {into} the {b}",
    ),
    unseen=(
        "would you drop the {a} {in} the {b} please",
        "get the {a} and move it {into} the {b}",
        "the {a} belongs {in} the {b}",
        "i want you to transfer the {a} {into} the {b}",
    ),
)

STACK = Wordings(
    seen=(
        "stack the {a} on the {b}",
        "stack the {a} on top of the {b}",
        "put the {a} on the {b}",
        "put the {a} on top of the {b}",
        "place the {a} on the {b}",
        "set the {a} onto the {b}",
        "pick up the {a} and stack it on the {b}",
        "take the {a} and put it on top of the {b}",
        "please stack the {a} on the {b}",
        "could you stack the {a} onto the {b}",
        "can you put the {a} on top of the {b} for me",
        "build a stack with the {a} on the {b}",
        "i want the {a} on top of the {b}",
        "the {a} should go on top of the {b}",
    ),
    unseen=(
        "would you place the {a} on top of the {b} please",
        "grab the {a} and stack it onto the {b}",
        "make a stack with the {a} on top of the {b}",
        "i want you to balance the {a} on the {b}",
    ),
)

LIFT = Wordings(
    seen=(
        "lift the {a}",
        "lift up the {a}",
        "pick up the {a}",
        "pick the {a} up",
        "raise the {a}",
        "lift the {a} off the table",
        "raise the {a} above the table",
        "take the {a} off the table",
        "please lift the {a}",
        "could you pick up the {a}",
        "can you lift the {a} for me",
        "grab the {a} and lift it up",
        "hold the {a} up in the air",
        "i want the {a} in the air",
    ),
    unseen=(
        "would you raise the {a} please",
        "take the {a} and hold it up",
        "get the {a} off the table",
        "i want you to hoist the {a} into the air",
    ),
)

MOVE_BY = Wordings(
    seen=(
        "move the {a} {distance} {way}",
        "move the {a} {way} by {distance}",
        "shift the {a} {distance} {way}",
        "shift the {a} {way} by {distance}",
        "put the {a} {distance} further {way}",
        "set the {a} down {distance} further {way}",
        "pick up the {a} and place it {distance} further {way}",
        "take the {a} and move it {distance} {way}",
        "please move the {a} {distance} {way}",
        "could you move the {a} {way} by {distance}",
        "can you shift the {a} {distance} {way} for me",
        "i want the {a} {distance} further {way}",
        "the {a} should go {distance} {way}",
    ),
    unseen=(
        "would you shift the {a} {way} by {distance} please",
        "grab the {a} and place it {distance} further {way}",
        "get the {a} {way} by {distance}",
        "i want you to relocate the {a} {distance} {way}",
    ),
)
"""How `move_*` is worded where the distance is named."""

MOVE = Wordings(
    seen=(
        "move the {a} {way}",
        "shift the {a} {way}",
        "put the {a} further {way}",
        "set the {a} down further {way}",
        "move the {a} further {way}",
        "pick up the {a} and place it further {way}",
        "take the {a} and move it {way}",
        "grab the {a} and shift it {way}",
        "please move the {a} {way}",
        "could you move the {a} {way}",
        "can you shift the {a} {way} for me",
        "i want the {a} further {way}",
        "the {a} should go {way}",
    ),
    unseen=(
        "would you shift the {a} {way} please",
        "grab the {a} and place it further {way}",
        "get the {a} further {way}",
        "i want you to relocate the {a} {way}",
    ),
)
"""How `move_*` is worded where the distance is left to its default."""

ALL: tuple[Wordings, ...] = (PLACE, STACK, LIFT, MOVE_BY, MOVE)

INTO, ONTO = ("into", "in"), ("onto", "on")
"""Words for `{into}` and `{in}`: of what is deep, and of what is flat."""

WAYS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "forward": ("forward", "forwards"),
        "backward": ("backward", "back"),
        "left": ("left", "to the left"),
        "right": ("right", "to the right"),
    }
)
"""Direction to its wordings for `{way}`."""
