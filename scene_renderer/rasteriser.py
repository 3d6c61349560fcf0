"""What the pixels of a picture show: which solid, how near it is, how squarely the lamp meets it.

A scan-line rasteriser that draws all triangles of a picture at once, in numpy: triangles become
spans of pixels in a row, spans become pixels, and the nearest wins. A pixel is covered if its
centre is inside, so triangles that share an edge never share a pixel.

Source: that one over depth is linear in a picture is from Blinn, "Hyperbolic interpolation", 1992.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scene_renderer.camera import NEAR, Array, Camera

Float = NDArray[np.float32]
Index = NDArray[np.int64]

NOTHING = 255
"""The body of pixels that show none."""


@dataclass(frozen=True)
class Solid:
    """Triangles of one colour that move together, in a frame of their own.

    Attributes:
        vertices: float64, shape (n, 3), metres.
        faces: int64, shape (m, 3), counter-clockwise from outside.
        normals: float64, shape (3 m, 3): a unit normal for each corner of each face.
    """

    vertices: Array
    faces: Index
    normals: Array


@dataclass(frozen=True)
class Fragments:
    """Pixels that solids cover, one solid after the other; those behind are not sorted out yet.

    Attributes:
        pixel: int64, shape (n,): row times the picture's width plus column.
        nearness: float32, shape (n,): one over the distance along the camera's axis, per metre.
        facing: float32, shape (n,): cosine between surface and lamp, 0 where turned away.
        ends: int64, shape (solids,): where the fragments of each solid end.
    """

    pixel: Index
    nearness: Float
    facing: Float
    ends: Index


@dataclass(frozen=True)
class Raster:
    """What the pixels of one picture show, row by row.

    Attributes:
        nearness: float32, shape (size²,): one over the distance along the camera's axis, per
            metre; 0 where there is nothing.
        facing: float32, shape (size²,): cosine between surface and lamp, 0 where turned away.
        body: uint8, shape (size²,): number of the solid, or `NOTHING`.
    """

    nearness: Float
    facing: Float
    body: NDArray[np.uint8]

    @staticmethod
    def empty(size: int) -> "Raster":
        """Returns a picture of nothing."""
        nothing = np.zeros(size * size, np.float32)
        return Raster(nothing, nothing, np.full(size * size, NOTHING, np.uint8))

    def draw(self, fragments: Fragments, first_body: int) -> "Raster":
        """Returns this picture with solids drawn into it, numbered from `first_body`."""
        nearness, facing, body = (values.copy() for values in vars(self).values())
        pixel = fragments.pixel
        np.maximum.at(nearness, pixel, fragments.nearness)
        front = np.flatnonzero(fragments.nearness == nearness.take(pixel))
        pixel = pixel.take(front)
        facing[pixel] = fragments.facing.take(front)
        numbers = np.arange(first_body, first_body + len(fragments.ends), dtype=np.uint8)
        counts = np.diff(np.searchsorted(front, fragments.ends), prepend=0)
        body[pixel] = np.repeat(numbers, counts)
        return Raster(nearness, facing, body)


def rasterise(
    solids: Sequence[Solid], frames: Sequence[Array], camera: Camera, size: int, to_lamp: Array
) -> Fragments:
    """Finds the pixels that solids cover; surfaces turned away are left out.

    So is a triangle that reaches behind the near plane.

    Args:
        solids: what to draw.
        frames: base_from_solid of each: float64, shape (4, 4).
        camera: from where.
        size: width and height of the picture in pixels.
        to_lamp: float64, shape (3,): unit vector towards the lamp, base frame.
    """
    corners, shown = _project(solids, frames, camera, size, False)
    normals = [s.normals @ (to_lamp @ f[:3, :3]) for s, f in zip(solids, frames, strict=True)]
    facing = np.concatenate(normals).reshape(-1, 3)[shown].T
    pixel, (nearness, cosine), counts = _fill(corners[:2], [corners[2], facing], size)
    counted = np.concatenate([[0], np.cumsum(counts)])
    ends = counted[np.searchsorted(shown, np.cumsum([len(s.faces) for s in solids]))]
    return Fragments(pixel, nearness, np.maximum(cosine, 0), ends)


def rasterise_depth(
    solids: Sequence[Solid], frames: Sequence[Array], camera: Camera, size: int, have_holes: bool
) -> tuple[Index, Float]:
    """Finds the pixels that solids cover, and no more than how near they are there.

    Args:
        solids: what to draw.
        frames: base_from_solid of each: float64, shape (4, 4).
        camera: from where.
        size: width and height of the picture in pixels.
        have_holes: draw surfaces turned away, too: one can look inside.

    Returns:
        `pixel` and `nearness`, as in `Fragments`.
    """
    corners, _ = _project(solids, frames, camera, size, have_holes)
    pixel, (nearness,), _ = _fill(corners[:2], corners[2:], size)
    return pixel, nearness


def _project(
    solids: Sequence[Solid], frames: Sequence[Array], camera: Camera, size: int, both_sides: bool
) -> tuple[Array, Index]:
    """Finds the faces that are turned to the camera, or all of them.

    Returns:
        Column, row and nearness of each of their corners: float64, shape (3, 3, n); which they
        are: int64, shape (n,).
    """
    pixel_from_base, points, faces, offset = camera.pixel_matrix(size), [], [], 0
    for solid, frame in zip(solids, frames, strict=True):
        matrix = pixel_from_base @ frame
        points.append(matrix[:, :3] @ solid.vertices.T + matrix[:, 3:])
        faces.append(solid.faces + offset)
        offset += len(solid.vertices)
    x, y, depth = np.concatenate(points, axis=1)
    vertex = np.ascontiguousarray(np.concatenate(faces).T)
    layers = x / depth, y / depth, 1 / depth
    x, y = (layer.take(vertex) for layer in layers[:2])
    area = (x[2] - x[0]) * (y[1] - y[0]) - (x[1] - x[0]) * (y[2] - y[0])
    is_turned = area != 0 if both_sides else area > 0
    shown = np.flatnonzero(is_turned & (depth > NEAR).take(vertex).all(axis=0))
    chosen = vertex.take(shown, axis=1)
    return np.stack([layer.take(chosen) for layer in layers]), shown


def _fill(corners: Array, values: Sequence[Array] | Array, size: int) -> tuple[Index, Float, Index]:
    """Fills triangles.

    Args:
        corners: float64, shape (2, 3, n): columns and rows of the corners.
        values: float64, shape (3, n) each: what to interpolate between the corners.
        size: width and height of the picture in pixels.

    Returns:
        The pixels, triangle by triangle: int64, shape (m,); the values there: float32, shape
        (values, m); how many pixels each triangle has: int64, shape (n,).
    """
    x, y = corners
    triangle, row = _rows(y, size)
    left, width = _spans(x, y, triangle, row, size)
    before = np.cumsum(width) - width
    pixel = np.arange(width.sum())
    step = (pixel - np.repeat(before, width)).astype(np.float32)
    pixel += np.repeat(row * size + left - before, width)
    filled = np.empty((len(values), len(pixel)), np.float32)
    for out, ends in zip(filled, values, strict=True):
        first, along, down = _plane(x, y, ends)
        slope = along.take(triangle)
        start = first.take(triangle) + slope * left + down.take(triangle) * row
        np.multiply(np.repeat(slope.astype(np.float32), width), step, out=out)
        out += np.repeat(start.astype(np.float32), width)
    return pixel, filled, np.bincount(triangle, width, x.shape[1]).astype(np.int64)


def _plane(x: Array, y: Array, corners: Array) -> tuple[Array, Array, Array]:
    """Values at the centre of the first pixel, and how they change along columns and rows."""
    x1, x2, y1, y2 = x[1] - x[0], x[2] - x[0], y[1] - y[0], y[2] - y[0]
    rise1, rise2 = corners[1] - corners[0], corners[2] - corners[0]
    area = x1 * y2 - x2 * y1
    along, down = (rise1 * y2 - rise2 * y1) / area, (rise2 * x1 - rise1 * x2) / area
    return corners[0] - along * (x[0] - 0.5) - down * (y[0] - 0.5), along, down


def _rows(y: Array, size: int) -> tuple[Index, Index]:
    """Which triangle crosses the centres of which rows."""
    top = np.minimum(np.minimum(y[0], y[1]), y[2])
    bottom = np.maximum(np.maximum(y[0], y[1]), y[2])
    first = np.ceil(np.clip(top, 0, size) - 0.5).astype(np.int64)
    count = np.ceil(np.clip(bottom, 0, size) - 0.5).astype(np.int64) - first
    triangle = np.repeat(np.arange(len(first)), count)
    return triangle, np.arange(len(triangle)) + np.repeat(first - np.cumsum(count) + count, count)


def _spans(x: Array, y: Array, triangle: Index, row: Index, size: int) -> tuple[Index, Index]:
    """The first column that triangles cover in these rows, and how many they cover.

    An edge is cut alike for both triangles that share it, hence always from its upper end.
    """
    count = y.shape[1]
    top, bottom = np.argmin(y, axis=0), np.argmax(y, axis=0)
    order = np.stack([top, 3 - top - bottom, bottom]) * count + np.arange(count)
    x, y = x.take(order), y.take(order)
    upper, lower = [0, 1, 0], [1, 2, 2]  # the two short edges, the long one
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (x[lower] - x[upper]) / (y[lower] - y[upper])
        first = x[upper] + (0.5 - y[upper]) * slope  # where the edge cuts row 0
    long = first[2].take(triangle) + slope[2].take(triangle) * row
    edge = triangle + len(y[1]) * (row + 0.5 >= y[1].take(triangle))
    short = first.take(edge) + slope.take(edge) * row
    left = np.ceil(np.clip(np.minimum(short, long), 0, size) - 0.5).astype(np.int64)
    right = np.ceil(np.clip(np.maximum(short, long), 0, size) - 0.5).astype(np.int64)
    return left, right - left


def corner_normals(vertices: Array, faces: NDArray[np.int64], crease: float = 0.6) -> Array:
    """Returns a normal for each corner of each face: smooth across flat edges, sharp at creases.

    Args:
        vertices: float64, shape (n, 3).
        faces: int64, shape (m, 3), counter-clockwise from outside.
        crease: faces that meet at a larger angle keep a sharp edge, radians.

    Returns:
        float64, shape (m, 3, 3): unit normals.
    """
    a, b, c = vertices[faces].transpose(1, 0, 2)
    area = np.cross(b - a, c - a)
    flat = area / np.maximum(np.linalg.norm(area, axis=1, keepdims=True), 1e-12)
    normals = np.zeros((faces.size, 3))
    vertex, face = faces.ravel(), np.repeat(np.arange(len(faces)), 3)
    order = np.argsort(vertex, kind="stable")
    for corners in np.split(order, np.nonzero(np.diff(vertex[order]))[0] + 1):
        around = face[corners]
        near = flat[around] @ flat[around].T > math.cos(crease)
        normals[corners] = near @ area[around]
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return normals.reshape(-1, 3, 3)
