"""`draw_story`: an episode as one picture, its start and the end of each action side by side."""

import dataclasses

import numpy as np
from PIL import Image

from scene_renderer.cameras import view_from
from scene_renderer.episode import Episode, Frame
from scene_renderer.errors import DatasetError
from scene_renderer.sheets import lay_out
from scene_renderer.stage import describe_action, describe_end, photograph

MOST = 5
"""Moments in one picture."""

_OVERSAMPLING = 2
"""Widths that a picture is rendered at, over the width it is shown at."""


def draw_story(episode: Episode, size_px: int, camera: str | None = None) -> Image.Image:
    """Draws an episode's moments, with the instruction above and the action under each.

    Of a longer plan, the start, the end and as many ends of actions as fit between are shown.

    Args:
        episode: recorded with `record_hz`.
        size_px: width and height of each picture.
        camera: a word from `CAMERAS`; default: the scene's own.

    Raises:
        UsageError: if there is no such camera.
        DatasetError: if the episode has no frames.
    """
    if not episode.frames:
        raise DatasetError("The episode holds no frames; execute it again with record_hz=60.")
    if camera is not None:
        episode = dataclasses.replace(episode, scene=view_from(episode.scene, camera))
    ends = {frame.action: frame for frame in episode.frames}
    frames = [episode.frames[0], *ends.values()]
    shown = np.linspace(0, len(frames) - 1, min(MOST, len(frames))).round().astype(int).tolist()
    tiles = []
    for number in shown:
        pixels = photograph(episode, frames[number], size_px * _OVERSAMPLING)
        tiles.append(
            (Image.fromarray(pixels).reduce(_OVERSAMPLING), _words(episode, number, frames))
        )
    return lay_out(episode.instruction, tiles, columns=len(tiles))


def _words(episode: Episode, number: int, frames: list[Frame]) -> str:
    if number == 0:
        return "start"
    words = describe_action(episode, frames[number].action)
    return f"{words}\n{describe_end(episode).text}" if number == len(frames) - 1 else words
