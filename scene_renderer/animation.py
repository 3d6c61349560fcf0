"""`animate`: an episode as a film, the camera's view beside a map of the table.

    +--------------------------------------------+
    |  "put the red cube into the blue bowl"     |   the instruction
    |  +-----------------+   +-----------------+ |
    |  |                 |  x|                 | |   both seen from the front: the robot is at
    |  |     camera      |   |       map       | |   the top, its left on the right
    |  |                 |   |                 | |
    |  +-----------------+   +-----------------+ |
    |                                 y          |
    |  1/2 pick(412, -127, 25)     412, -127, 80 |   the action, the gripper; at the end the verdict
    +--------------------------------------------+

What stays is drawn once by Matplotlib and kept as pixels; a frame redraws only what moves.
"""

import functools
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from scene_renderer.console import write_whole
from scene_renderer.episode import Episode, Frame
from scene_renderer.errors import DatasetError
from scene_renderer.kinematics import forward
from scene_renderer.renderer import Renderer
from scene_renderer.tablemap import GREY, INK, TableMap
from scene_renderer.video import Picture, check_kind, encode_gif, encode_mp4

FPS = 20.0
"""Frames a second: a whole number of a GIF's hundredths of a second apart."""

HOLD = 1.8
"""How long the last frame stays, seconds."""

_PIXELS_PER_INCH = 72
_GREEN, _RED = "#1a7f37", "#c62828"


def animate(
    episode: Episode,
    path: Path,
    *,
    size_px: int = 280,
    fps: float = FPS,
    speed: float = 1.0,
    verdict: str | None = None,
    on_frame: Callable[[], None] = lambda: None,
) -> None:
    """Writes an episode as .gif or .mp4.

    Args:
        episode: recorded with `record_hz`.
        path: replaced if it exists.
        size_px: width of each of the two panels.
        fps: frames per second.
        speed: simulated seconds per second.
        verdict: "success", or else what went wrong; default: what the episode knows.
        on_frame: called after each frame.

    Raises:
        UsageError: if the path ends in neither .gif nor .mp4.
        DatasetError: if the episode has no frames.
        OutputError: if the path cannot be written or there is no encoder.
    """
    check_kind(path)
    frames, seconds = choose_frames(episode, fps, speed)
    stage = Stage(episode, size_px)
    pictures = []
    for frame in frames:
        pictures.append(stage.draw(frame))
        on_frame()
    pictures.append(stage.draw(frames[-1], verdict or episode.failure or "done"))
    seconds.append(HOLD)
    if path.suffix == ".gif":
        write_whole(path, encode_gif(pictures, seconds, inks=(_GREEN, _RED)))
    else:
        write_whole(path, encode_mp4(pictures, seconds, fps))


def choose_frames(episode: Episode, fps: float, speed: float) -> tuple[list[Frame], list[float]]:
    """Returns the frames to show and for how many seconds each.

    Raises:
        DatasetError: if the episode has none.
    """
    if not episode.frames:
        raise DatasetError("The episode holds no frames; execute it again with record_hz=60.")
    times = np.array([frame.time for frame in episode.frames])
    wanted = np.arange(times[0], times[-1] + 1e-9, speed / fps)
    nearest = np.searchsorted((times[1:] + times[:-1]) / 2, wanted)
    shown, counts = np.unique(np.append(nearest, len(times) - 1), return_counts=True)
    return [episode.frames[i] for i in shown], (counts / fps).tolist()


class Stage:
    """The film's sheet for one episode."""

    def __init__(self, episode: Episode, size_px: int) -> None:
        self._episode, self._size = episode, size_px
        unit = size_px / 100
        pad, gap, head, foot = (round(share * unit) for share in (4, 15, 17, 18))
        width, height = 2 * size_px + gap + 2 * pad, head + size_px + foot
        self._corner = pad, head
        inches = width / _PIXELS_PER_INCH, height / _PIXELS_PER_INCH
        self._figure = Figure(inches, dpi=_PIXELS_PER_INCH, facecolor="white")
        self._canvas = FigureCanvasAgg(self._figure)
        place = (pad + size_px + gap) / width, foot / height, size_px / width, size_px / height
        self._map = TableMap(self._figure.add_axes(place), episode, unit)
        size, line = max(12.0, 5.8 * unit), max(11.0, 4.8 * unit)
        title = _wrap(episode.instruction, (width - 2 * pad) / size)
        self._write(0.5, 1 - head / 2 / height, size, text=title, ha="center", weight="bold")
        bottom = 4.2 * unit / height
        look: dict[str, Any] = {"size": line, "animated": True}
        self._action = self._write(pad / width, bottom, ha="left", family="monospace", **look)
        self._status = self._write(1 - pad / width, bottom, ha="right", **look)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
            self._canvas.draw()
        self._still = self._canvas.copy_from_bbox(self._figure.bbox)

    def draw(self, frame: Frame, verdict: str | None = None) -> Picture:
        """Draws one moment, or the last one with the verdict.

        Returns:
            uint8, shape (height, width, 3), RGB.
        """
        self._canvas.restore_region(self._still)
        self._map.draw(frame)
        self._caption(frame, verdict)
        sheet = np.array(self._canvas.buffer_rgba())[..., :3]
        left, top = self._corner
        sheet[top : top + self._size, left : left + self._size] = self._photograph(frame)
        return sheet

    def _photograph(self, frame: Frame) -> Picture:
        rendering = _renderer().render(
            self._episode.scene,
            self._size,
            joints=np.array(frame.joints),
            opening=frame.opening,
            poses=frame.poses,
        )
        return rendering.image

    def _caption(self, frame: Frame, verdict: str | None) -> None:
        actions = self._episode.plan.actions
        self._action.set_text(f"{frame.action + 1}/{len(actions)}  {actions[frame.action]}")
        if verdict is None:
            place = 1000 * forward(np.array(frame.joints))[:3, 3]
            x, y, z = (round(value) for value in place.tolist())
            self._status.set(text=f"gripper {x}, {y}, {z}", color=GREY, weight="normal")
        elif verdict in ("success", "done"):
            self._status.set(text=f"\N{CHECK MARK} {verdict}", color=_GREEN, weight="bold")
        else:
            self._status.set(text=f"\N{BALLOT X} {verdict}", color=_RED, weight="bold")
        for text in (self._action, self._status):
            self._figure.draw_artist(text)

    def _write(self, x: float, y: float, size: float, text: str = "", **look: Any) -> Text:
        return self._figure.text(
            x, y, text, size=size, color=INK, va="center", parse_math=False, **look
        )


def _wrap(text: str, widths: float) -> str:
    """Breaks a title into two lines at most, each so many times as wide as its letters are high."""
    return "\n".join(textwrap.wrap(text, int(widths / 0.62), max_lines=2, placeholder=" \u2026"))


@functools.cache
def _renderer() -> Renderer:
    """The one world for looks of this process."""
    return Renderer()
