"""`animate`: episodes as a film, each a camera's view beside a map of the table, in a grid.

What goes wrong can be slowed down: the film then dwells on it and names the cause.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scene_renderer.camera import Array
from scene_renderer.console import write_whole
from scene_renderer.episode import MOVED, Episode
from scene_renderer.errors import DatasetError, UsageError
from scene_renderer.grasping import find_target
from scene_renderer.plan import ACTIONS
from scene_renderer.stage import GREEN, RED, Caption, Stage, describe_end
from scene_renderer.video import Picture, check_kind, encode_gif, encode_mp4

FPS = 20.0
"""Frames a second: a whole number of a GIF's hundredths of a second apart."""

HOLD = 1.8
"""How long the last frame stays, seconds."""

MOST = 9
"""Episodes in one film."""

_BEFORE, _AFTER = 0.9, 0.3
"""How long before and after something went wrong a film is slow, simulated seconds."""

_STIRRED = 0.004
"""An object that is further than this from where it comes to rest still moves, metres."""

_TURNED = 1e-3
"""So does an arm of which a joint is further from where it comes to rest, radians."""

_POINTS = 21
"""Of a push's way, at which objects are looked for."""


def animate(
    episodes: Sequence[Episode],
    path: Path,
    *,
    size_px: int = 280,
    fps: float = FPS,
    speed: float = 1.0,
    slowdown: float = 1.0,
    camera: str | None = None,
    on_frame: Callable[[int], None] = lambda total: None,
) -> None:
    """Writes episodes as .gif or .mp4; they begin together, and those that end first wait.

    Args:
        episodes: one to `MOST`, recorded with `record_hz`.
        path: replaced if it exists.
        size_px: width of each panel; an episode has two.
        fps: frames per second.
        speed: simulated seconds per second.
        slowdown: how many times slower what goes wrong is shown.
        camera: a word from `CAMERAS`; default: each scene's own.
        on_frame: called after each frame with how many there will be.

    Raises:
        UsageError: if the path ends in neither .gif nor .mp4, there are too many episodes, or
            there is no such camera.
        DatasetError: if an episode has no frames.
        OutputError: if the path cannot be written or there is no encoder.
    """
    check_kind(path)
    if not 1 <= len(episodes) <= MOST:
        raise UsageError(f"A film shows 1 to {MOST} episodes, not {len(episodes)}.")
    takes = [_Take(episode, size_px, camera, slowdown) for episode in episodes]
    moments, seconds = _edit([take.choose(fps, speed) for take in takes], fps)
    pictures = []
    for moment in moments:
        pictures.append(_tile([take.draw(i) for take, i in zip(takes, moment, strict=True)]))
        on_frame(len(moments))
    if path.suffix == ".gif":
        write_whole(path, encode_gif(pictures, seconds, inks=(GREEN, RED)))
    else:
        write_whole(path, encode_mp4(pictures, seconds, fps))


def choose_frames(
    times: Array, fps: float, speed: float, slow: tuple[float, float], slowdown: float
) -> list[int]:
    """Returns which frame of an episode is shown at each frame of the film.

    Args:
        times: float64, shape (n,), of the episode's frames, seconds.
        fps: frames per second of the film.
        speed: simulated seconds per second.
        slow: when the film is slower, simulated seconds.
        slowdown: how many times.
    """
    wanted, time = [], float(times[0])
    while time <= times[-1] + 1e-9:
        wanted.append(time)
        time += speed / fps / (slowdown if slow[0] <= time < slow[1] else 1)
    nearest: list[int] = np.searchsorted((times[1:] + times[:-1]) / 2, wanted).tolist()
    last = len(times) - 1
    return nearest if nearest[-1] == last else [*nearest, last]


def find_failure(episode: Episode) -> float:
    """Returns when something went wrong: when the last thing that took part came to rest.

    If an object moved that no action was about, it is that one. Else it is whatever moved in the
    last action or, if nothing did, before: any object, or else the arm.

    Args:
        episode: recorded.
    """
    frames, names = episode.frames, [item.name for item in episode.scene.objects]
    places = np.array([[frame.poses[name].position for name in names] for frame in frames])
    joints = np.array([frame.joints for frame in frames])
    stirred = np.linalg.norm(places - places[-1], axis=-1) > _STIRRED
    lost = np.linalg.norm(places[0] - places[-1], axis=-1) > MOVED
    meant = _meant(episode)
    bystanders = lost & np.array([name not in meant for name in names])
    if bystanders.any():
        return _last_time(episode, stirred[:, bystanders].any(axis=1))
    is_last = np.array([frame.action == frames[-1].action for frame in frames])
    turning = np.abs(joints - joints[-1]).max(axis=1) > _TURNED
    for when in (is_last, ~is_last):
        for moves in (stirred.any(axis=1) & when, turning & when):
            if moves.any():
                return _last_time(episode, moves)
    return frames[-1].time


def _last_time(episode: Episode, holds: NDArray[np.bool_]) -> float:
    """When something that holds at some frames did so last."""
    return episode.frames[int(np.nonzero(holds)[0][-1])].time


def _meant(episode: Episode) -> set[str]:
    """The objects that actions are about: those at a pick's place, or on the way of a push."""
    found = set()
    for action in episode.plan.actions:
        given = dict(zip(ACTIONS[action.name], action.arguments, strict=True))
        if action.name in ("pick", "push"):
            start = np.array([given["x"], given["y"]], float) / 1000
            end = np.array([given.get("x2", given["x"]), given.get("y2", given["y"])], float) / 1000
            for x, y in np.linspace(start, end, _POINTS).tolist():
                target = find_target(x, y, episode.scene.objects)
                found |= {target.name} if target else set()
    return found


class _Take:
    """One episode of a film."""

    def __init__(self, episode: Episode, size_px: int, camera: str | None, slowdown: float) -> None:
        if not episode.frames:
            raise DatasetError("The episode holds no frames; execute it again with record_hz=60.")
        self._frames = episode.frames
        self._end = describe_end(episode)
        words = f"{episode.cause}, {slowdown:g}\N{MULTIPLICATION SIGN} slower"
        self._slower = Caption(words, RED)
        self._slowdown, self._slow = slowdown, (math.inf, math.inf)
        if slowdown > 1 and episode.cause is not None:
            moment = find_failure(episode)
            self._slow = (moment - _BEFORE, moment + _AFTER)
        self._stage = Stage(episode, size_px, camera)
        self._drawn: tuple[int, Picture] | None = None

    def choose(self, fps: float, speed: float) -> list[int]:
        """Returns the frame at each frame of the film; after the last one comes how it ended."""
        times = np.array([frame.time for frame in self._frames])
        chosen = choose_frames(times, fps, speed, self._slow, self._slowdown)
        return [*chosen, len(self._frames)]

    def draw(self, index: int) -> Picture:
        """Draws a frame, or behind the last one how it ended."""
        if self._drawn is None or self._drawn[0] != index:
            self._drawn = index, self._draw(index)
        return self._drawn[1]

    def _draw(self, index: int) -> Picture:
        if index == len(self._frames):
            return self._stage.draw(self._frames[-1], self._end)
        frame = self._frames[index]
        is_slow = self._slow[0] <= frame.time < self._slow[1]
        return self._stage.draw(frame, self._slower if is_slow else None)


def _edit(chosen: Sequence[list[int]], fps: float) -> tuple[list[tuple[int, ...]], list[float]]:
    """Returns the film's different moments, a frame of each take, and the seconds of each."""
    length = max(len(frames) for frames in chosen)
    padded = [frames + [frames[-1]] * (length - len(frames)) for frames in chosen]
    runs = [(m, len(list(run))) for m, run in itertools.groupby(zip(*padded, strict=True))]
    seconds = [count / fps for _, count in runs]
    return [moment for moment, _ in runs], [*seconds[:-1], HOLD]


def _tile(pictures: Sequence[Picture]) -> Picture:
    """Puts pictures of one size into a grid about as wide as high, from the upper left."""
    columns = math.isqrt(len(pictures))
    missing = -len(pictures) % columns
    filled = [*pictures, *[np.full_like(pictures[0], 255)] * missing]
    rows = [filled[i : i + columns] for i in range(0, len(filled), columns)]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])
