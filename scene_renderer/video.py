"""Frames to bytes: an animated GIF through Pillow, or an MP4 where an encoder is installed."""

import io
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from scene_renderer.errors import OutputError, UsageError

Picture = NDArray[np.uint8]

GIF_TICKS = 100
"""A GIF measures time in hundredths of a second."""

_SAMPLED_FRAMES = 10
_COLORS, _FLAT, _SHADES = 255, 16, 4
"""Entries of a palette; how many of them are a drawing's flat colours, and shades of each ink."""

_SAME = 255
"""The entry after them: what a GIF frame says where nothing changed."""


def check_kind(path: Path) -> None:
    """Makes sure that a file of this name can be encoded, before anything is drawn.

    Raises:
        UsageError: if its ending is neither .gif nor .mp4.
        OutputError: if it is .mp4 and there is no encoder.
    """
    if path.suffix not in (".gif", ".mp4"):
        raise UsageError(f"'{path}' is no animation that can be written; end it in .gif or .mp4.")
    if path.suffix == ".mp4":
        find_encoder("write a .gif instead")


def encode_gif(
    frames: Sequence[Picture], seconds: Sequence[float], inks: Sequence[str] = ()
) -> bytes:
    """Encodes a GIF that loops; all frames share one palette, so that nothing flickers.

    Args:
        frames: one or more pictures, each uint8, shape (height, width, 3), RGB.
        seconds: how long each is shown.
        inks: colours of writing on white that must stay true, however little is written.
    """
    palette = _Palette(frames, inks)
    indices = [palette.indices(frame) for frame in frames]
    changes = [np.where(b == a, _SAME, b) for a, b in itertools.pairwise(indices)]
    pictures = [palette.picture(index.astype(np.uint8)) for index in (indices[0], *changes)]
    ends = np.round(np.cumsum(seconds) * GIF_TICKS).astype(int)
    ticks = np.maximum(np.diff(ends, prepend=0), 2)
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=(ticks * (1000 // GIF_TICKS)).tolist(),
        loop=0,
        disposal=1,
        transparency=_SAME,
        optimize=False,
    )
    return buffer.getvalue()


def encode_mp4(frames: Sequence[Picture], seconds: Sequence[float], fps: float) -> bytes:
    """Encodes an H.264 video that every browser plays.

    Args:
        frames: one or more pictures, each uint8, shape (height, width, 3), RGB.
        seconds: how long each is shown.
        fps: frames per second of the video.

    Raises:
        OutputError: if there is no encoder, or it fails.
    """
    height, width = frames[0].shape[:2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "animation.mp4"
        with Film(path, (width, height), fps, instead="write a .gif instead") as film:
            for frame, shown in zip(frames, seconds, strict=True):
                for _ in range(max(1, round(shown * fps))):
                    film.add(frame)
        return path.read_bytes()


class Film:
    """An H.264 video that is written picture by picture; use it as a context manager.

    One thread encodes, so that the same pictures give the same bytes on any machine.
    """

    def __init__(
        self,
        path: Path,
        size_px: tuple[int, int],
        fps: float,
        *,
        keyframe_every: int | None = None,
        instead: str,
    ) -> None:
        """Starts the encoder.

        Args:
            path: of the .mp4 file.
            size_px: width and height of the pictures; odd ones lose a line.
            fps: frames per second.
            keyframe_every: frames from one that decodes alone to the next; default the encoder's.
            instead: what somebody without an encoder can do.

        Raises:
            OutputError: if there is no encoder.
        """
        self._instead = instead
        self._width, self._height = (side - side % 2 for side in size_px)
        source = f"-f rawvideo -pix_fmt rgb24 -s {self._width}x{self._height} -r {fps} -i -"
        target = "-c:v libx264 -pix_fmt yuv420p -crf 18 -movflags +faststart"
        exact = "-threads 1 -fflags +bitexact -flags +bitexact"
        keys = f"-g {keyframe_every}" if keyframe_every else ""
        words = f"-y -loglevel error {source} {target} {exact} {keys}".split()
        self._encoder = subprocess.Popen(
            [find_encoder(instead), *words, str(path)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> "Film":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None:
            self._encoder.kill()
            self._encoder.communicate()
        else:
            self.close()

    def add(self, frame: Picture) -> None:
        """Adds a picture: uint8, shape (height, width, 3), RGB.

        Raises:
            OutputError: if the encoder has stopped.
        """
        assert self._encoder.stdin is not None
        try:
            self._encoder.stdin.write(frame[: self._height, : self._width].tobytes())
        except BrokenPipeError:
            self.close()

    def close(self) -> None:
        """Ends the video.

        Raises:
            OutputError: if the encoder failed.
        """
        _, errors = self._encoder.communicate()
        if self._encoder.returncode:
            reason = errors.decode(errors="replace").strip().split("\n")[-1]
            raise OutputError(f"The MP4 encoder failed ({reason}); {self._instead}.")


def find_encoder(instead: str) -> str:
    """Returns the path of an ffmpeg.

    Raises:
        OutputError: if there is none; `instead` says what can be done without.
    """
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        encoder = shutil.which("ffmpeg")
    if encoder is None:
        raise OutputError(
            f"Writing .mp4 needs an encoder: run `pip install imageio-ffmpeg`, or {instead}."
        )
    return encoder


class _Palette:
    """One palette for all frames, which keeps the flat colours of drawings exactly.

    In the rest, a small bright object weighs as much as a large patch of wood.
    """

    def __init__(self, frames: Sequence[Picture], inks: Sequence[str]) -> None:
        codes, counts = np.unique(
            _codes(np.stack(frames[:: -max(1, len(frames) // _SAMPLED_FRAMES)])),
            return_counts=True,
        )
        colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(np.uint8)
        weighted = np.repeat(colors, np.ceil(np.sqrt(counts)).astype(int), axis=0)
        shades = [shade for ink in inks for shade in _shades(ink)]
        self._mixed = Image.fromarray(weighted[None]).quantize(
            _COLORS - _FLAT - len(shades), Image.Quantize.MEDIANCUT, kmeans=1
        )
        entries = [*(self._mixed.getpalette() or []), *(part for shade in shades for part in shade)]
        self._mixed.putpalette(entries)
        flat = np.sort(np.argsort(counts)[-_FLAT:])
        self._flat = codes[flat]
        self._entries = [*colors[flat].ravel().tolist(), *entries]

    def indices(self, frame: Picture) -> Picture:
        """Returns the entry nearest to each pixel: uint8, shape (height, width)."""
        mixed = Image.fromarray(frame).quantize(palette=self._mixed, dither=Image.Dither.NONE)
        codes = _codes(frame)
        entry = np.searchsorted(self._flat, codes).clip(max=len(self._flat) - 1)
        is_flat = self._flat[entry] == codes
        return np.where(is_flat, entry, np.asarray(mixed) + len(self._flat)).astype(np.uint8)

    def picture(self, indices: Picture) -> Image.Image:
        """Returns a picture with this palette."""
        picture = Image.fromarray(indices, "P")
        picture.putpalette(self._entries)
        return picture


def _codes(pixels: Picture) -> NDArray[np.int32]:
    """One number for each colour."""
    wide = pixels.astype(np.int32)
    return np.asarray(wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2])


def _shades(ink: str) -> list[tuple[int, ...]]:
    """The shades that the smoothed edges of writing on white have, and the ink itself."""
    shares = [number / _SHADES for number in range(1, _SHADES + 1)]
    return [
        tuple(round(255 + share * (part - 255)) for part in ImageColor.getrgb(ink))
        for share in shares
    ]
