"""`Stage`: one moment of an episode as a sheet, a camera's view beside a map of the table.

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

import dataclasses
import functools
import textwrap
import warnings
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from scene_renderer.cameras import WRIST, view_from, wrist_camera
from scene_renderer.episode import SUCCESS, Episode, Frame
from scene_renderer.kinematics import forward
from scene_renderer.renderer import Renderer
from scene_renderer.tablemap import GREY, INK, TableMap
from scene_renderer.video import Picture

GREEN, RED = "#1a7f37", "#c62828"

_PIXELS_PER_INCH = 72


class Caption(NamedTuple):
    """What a sheet says at its lower right, in which colour, and after which mark."""

    text: str
    color: str
    mark: str = ""


def describe_end(episode: Episode) -> Caption:
    """Returns what to say of an episode's end: that the motions ended is no goal reached."""
    if episode.verdict == SUCCESS:
        return Caption("goal reached", GREEN, "\N{CHECK MARK} ")
    if episode.verdict is not None:
        return Caption(f"goal missed: {episode.verdict}", RED, "\N{BALLOT X} ")
    if episode.failure is not None:
        return Caption(episode.failure, RED, "\N{BALLOT X} ")
    return Caption("end of the plan", INK)


class Stage:
    """The sheet for one episode.

    Args:
        episode: recorded.
        size_px: width of each of the two panels.
        camera: a word from `CAMERAS`; default: the scene's own.

    Raises:
        UsageError: if there is no such camera.
    """

    def __init__(self, episode: Episode, size_px: int, camera: str | None = None) -> None:
        scene = view_from(episode.scene, camera) if camera else episode.scene
        episode = dataclasses.replace(episode, scene=scene)
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

    def draw(self, frame: Frame, caption: Caption | None = None) -> Picture:
        """Draws one moment.

        Args:
            frame: of the episode.
            caption: written instead of where the gripper is.

        Returns:
            uint8, shape (height, width, 3), RGB.
        """
        self._canvas.restore_region(self._still)
        self._map.draw(frame)
        self._write_foot(frame, caption)
        sheet = np.array(self._canvas.buffer_rgba())[..., :3]
        left, top = self._corner
        picture = photograph(self._episode, frame, self._size)
        sheet[top : top + self._size, left : left + self._size] = picture
        return sheet

    def _write_foot(self, frame: Frame, caption: Caption | None) -> None:
        self._action.set_text(describe_action(self._episode, frame.action))
        if caption is None:
            place = 1000 * forward(np.array(frame.joints))[:3, 3]
            x, y, z = (round(value) for value in place.tolist())
            self._status.set(text=f"gripper {x}, {y}, {z}", color=GREY, weight="normal")
        else:
            words = caption.mark + caption.text
            self._status.set(text=words, color=caption.color, weight="bold")
        for text in (self._action, self._status):
            self._figure.draw_artist(text)

    def _write(self, x: float, y: float, size: float, text: str = "", **look: Any) -> Text:
        return self._figure.text(
            x, y, text, size=size, color=INK, va="center", parse_math=False, **look
        )


def photograph(episode: Episode, frame: Frame, size_px: int) -> Picture:
    """Takes the picture of one moment; a camera on the wrist goes along.

    Returns:
        uint8, shape (size_px, size_px, 3), RGB.
    """
    scene, joints = episode.scene, np.array(frame.joints)
    if scene.camera.name == WRIST:
        scene = dataclasses.replace(scene, camera=wrist_camera(joints))
    rendering = _renderer().render(
        scene, size_px, joints=joints, opening=frame.opening, poses=frame.poses
    )
    return rendering.image


def describe_action(episode: Episode, index: int) -> str:
    """Returns an action with its number, e.g. "1/2  pick(412, -127, 25)"."""
    actions = episode.plan.actions
    return f"{index + 1}/{len(actions)}  {actions[index]}"


def _wrap(text: str, widths: float) -> str:
    """Breaks a title into two lines at most, each so many times as wide as its letters are high."""
    return "\n".join(textwrap.wrap(text, int(widths / 0.62), max_lines=2, placeholder=" \u2026"))


@functools.cache
def _renderer() -> Renderer:
    """The one world for looks of this process."""
    return Renderer()
