"""What goes into a model that writes, and what comes out of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from vlm.processor import Image


@dataclass(frozen=True, eq=False)
class Prompt:
    """What is asked.

    Attributes:
        image: uint8, shape (height, width, 3), RGB.
        text: all that stands beside it.
    """

    image: Image
    text: str


@dataclass
class Generated:
    """What was answered.

    Attributes:
        ids: the tokens, end token included.
        log_probability: of these tokens, for the model as it is: what a grammar rules out is not
            taken off, so that an answer it had to be held to is told from one it chose.
        first_seconds: from the beginning of the call to the first token.
    """

    ids: list[int] = field(default_factory=list)
    log_probability: float = 0.0
    first_seconds: float = 0.0


class Engine(Protocol):
    """What turns prompts into answers.

    Attributes:
        on_step: called before every step of an answer; what it raises ends the answer.
    """

    on_step: Callable[[], None]

    def answer(
        self, prompts: Sequence[Prompt], rows: int, most: int, constrained: bool = False
    ) -> list[Generated]:
        """Answers prompts, `rows` at a time, with at most `most` tokens each.

        Args:
            prompts: what is asked.
            rows: how many at a time.
            most: tokens of an answer, its end included.
            constrained: write plans only.
        """

    def forget(self) -> None:
        """Drops what was kept of earlier prompts to answer later ones sooner."""


def do_nothing() -> None:
    """What is called before every step unless somebody wants to know."""
