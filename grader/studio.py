"""The pictures of a grade: each is rendered once, ahead of need, and let go after its last use."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from grader.cases import BLANK, Case, Image, render_image
from grader.crew import Crew, Ticket
from scene_renderer.scene import Scene

_Look = tuple[Scene, int]


class Studio:
    """Has pictures rendered by worker processes.

    Args:
        crew: who renders.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._tickets: dict[_Look, Ticket] = {}
        self._uses: Counter[_Look] = Counter()

    def reserve(self, cases: Iterable[Case], size: int) -> None:
        """Tells how often pictures will be looked at: once more for each of the cases.

        Args:
            cases: what is going to be asked.
            size: width and height in pixels.
        """
        self._uses.update((c.shown, size) for c in cases if c.picture != BLANK)

    def prepare(self, cases: Iterable[Case], size: int) -> None:
        """Begins to render what is not there yet."""
        for case in cases:
            look = case.shown, size
            if case.picture != BLANK and look not in self._tickets:
                self._tickets[look] = self._crew.submit(render_image, *look, urgent=True)

    def look(self, case: Case, size: int) -> Image:
        """Returns what the camera sees of a case's table: uint8, shape (size, size, 3), RGB.

        Of a blank picture only the shape matters, and nothing is rendered.

        Raises:
            CrashError: if it could not be rendered.
        """
        if case.picture == BLANK:
            return np.zeros((size, size, 3), np.uint8)
        self.prepare([case], size)
        look = case.shown, size
        try:
            image: Image = self._crew.result(self._tickets[look])
        finally:
            self._uses[look] -= 1
            if self._uses[look] <= 0:
                del self._tickets[look], self._uses[look]
        return image

    @property
    def held(self) -> int:
        """How many pictures are being rendered or kept."""
        return len(self._tickets)
