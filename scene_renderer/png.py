"""Pixels to the bytes of a PNG file, as fast as may be without being large.

Each pixel is stored as the difference to its left neighbour. No repetitions are looked for in
colours, where textures leave hardly any, and only runs in grey, as masks have them: pictures of
scenes come out 6 % larger than with a general search at a low level (54 KB at 224 pixels), in some
60 % of the time.

Source: the PNG specification, second edition, W3C 2003.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2
_LEFT = 1
"""The filter of a row whose bytes are differences to the pixel on the left."""


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Returns a PNG file.

    Args:
        pixels: uint8, shape (height, width, 3), RGB, or (height, width), grey.
    """
    height, width = pixels.shape[:2]
    depth = 3 if pixels.ndim == 3 else 1
    data = pixels.reshape(height, width * depth)
    lines = np.empty((height, 1 + width * depth), np.uint8)
    lines[:, 0] = _LEFT
    lines[:, 1 : 1 + depth] = data[:, :depth]
    np.subtract(data[:, depth:], data[:, :-depth], out=lines[:, 1 + depth :])
    search = zlib.Z_RLE if depth == 1 else zlib.Z_HUFFMAN_ONLY
    deflate = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, search)
    body = deflate.compress(lines.data) + deflate.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, _RGB if depth == 3 else _GREY, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
