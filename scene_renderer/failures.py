"""`Failure`: every way in which a plan can fail; each name stands here once.

`arm.py` and `episode.py` name the first two groups from the simulator's state; the last group needs
to know what was wanted and is told where goal and episode meet, in the grader.
"""

from enum import StrEnum


class Failure(StrEnum):
    """A cause, in the words of reports."""

    # The arm declines, before it moves.
    OUT_OF_REACH = "out of reach"
    UNKNOWN_PLACE = "unknown place"
    BLOCKED = "blocked"
    HAND_FULL = "hand full"
    NOTHING_IN_HAND = "nothing in hand"

    # Physics says so.
    MISSED_GRASP = "missed grasp"
    DROPPED = "dropped"
    KNOCKED_ANOTHER = "knocked another"
    UNSTABLE = "unstable"
    TIMEOUT = "timeout"

    # The goal says so.
    PARSE = "parse"
    WRONG_OBJECT = "wrong object"
    WRONG_PLACE = "wrong place"
    UNFINISHED = "unfinished"
    WRONG_ORDER = "wrong order"
    NOT_RELEASED = "not released"
    NOTHING_MOVED = "nothing moved"
    SHOULD_HAVE_REFUSED = "should have refused"
    WRONG_REASON = "wrong reason to refuse"
    NEEDLESS_REFUSAL = "refused what can be done"


class ActionFailure(Exception):  # noqa: N818
    """An action did not do what it should.

    Attributes:
        failure: how.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure
