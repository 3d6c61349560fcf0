"""`Renderer`: a scene to a picture, a mask and boxes; it knows looks and no dynamics.

What a picture shows is found at twice its width (`rasteriser.py`), then coloured (`shading.py`).
The table and the arm are painted once for all scenes in a row that share them. The objects are
drawn into a copy of that, and only the pixels that they or their shadows may change are painted
again: the same bytes as when all is drawn at once, whatever was rendered before.
"""

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from scene_renderer.camera import Array, Quaternion, Vector
from scene_renderer.ground import Ground, build_ground
from scene_renderer.kinematics import FINGER_OPEN, start_joints
from scene_renderer.lamp import hinder, lamp_camera, lamp_direction, lamp_size, unhindered
from scene_renderer.meshes import visual_mesh
from scene_renderer.panda import load_parts, place_parts
from scene_renderer.rasteriser import (
    Float,
    Fragments,
    Raster,
    Solid,
    corner_normals,
    rasterise,
    rasterise_depth,
)
from scene_renderer.scene import Scene, SceneObject
from scene_renderer.shading import OVERSAMPLING, Surfaces, find_surfaces, shade
from scene_renderer.vocabulary import COLORS

Index = NDArray[np.int64]
Pose = tuple[Vector, Quaternion]
"""Position of an object's centre, metres, base frame, and its orientation as xyzw."""

ARM = 255
"""What the mask says where the arm is."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Rendering:
    """A picture and what is known about its pixels.

    Attributes:
        image: uint8, shape (size, size, 3), RGB.
        mask: uint8, shape (size, size): 0 table, i + 1 `scene.objects[i]`, `ARM` the arm.
        boxes: int64, shape (objects, 4): (u0, v0, u1, v1) pixels around what is visible of each
            object, u1 and v1 exclusive; zeros if nothing is.
        visible: float64, shape (objects,): share of each object's pixels that nothing covers.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    boxes: NDArray[np.int64]
    visible: Array


@dataclass(frozen=True)
class View:
    """What camera and lamp see: a raster of the one, how far its light reaches of the other."""

    seen: Raster
    reach: Float


@dataclass(frozen=True)
class Painting:
    """A whole picture and what it was made from.

    Attributes:
        view: what it shows.
        found: the solids in it.
        shadow: on the ground, as `Ground.soften` returns it.
        layers: uint8, shape (3, size²), RGB.
    """

    view: View
    found: Surfaces
    shadow: Float
    layers: NDArray[np.uint8]

    def changed(self, view: View, shadow: Float, ground: Ground) -> Index:
        """Returns the pixels whose colour may be another one when more solids stand in it."""
        width = math.isqrt(len(view.reach))
        body = (view.seen.body != self.view.seen.body).view(np.uint16)
        size = math.isqrt(len(ground.texel))
        is_changed = body.reshape(size, OVERSAMPLING, size).any(axis=1).ravel()
        moved = _spread((shadow != self.shadow).reshape(ground.shape))
        is_changed |= moved.take(ground.texel)
        moved = _spread((view.reach != self.view.reach).reshape(width, width))
        is_changed[self.found.pixels_of(moved.take(self.found.spots.texel))] = True
        return np.flatnonzero(is_changed)


def _spread(is_changed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which pixels are the first of four of which one has changed."""
    spread = is_changed.copy()
    spread[:, :-1] |= is_changed[:, 1:]
    spread[:-1] |= spread[1:]
    return spread


class Latest(Generic[Value]):
    """Keeps the last value that was made, and what it was made for."""

    def __init__(self) -> None:
        self._kept: tuple[object, Value] | None = None

    def get(self, key: object, make: Callable[[], Value]) -> Value:
        """Returns the value for a key, made anew if it is not the last one's."""
        if self._kept is None or self._kept[0] != key:
            self._kept = key, make()
        return self._kept[1]


class Renderer:
    """Meshes of arm and objects, and the last table and arm that were drawn."""

    def __init__(self) -> None:
        self._parts = load_parts()
        self._arm = [_solid(part.vertices, part.faces) for part in self._parts]
        self._arm_colors = np.array([part.color for part in self._parts], np.float32).T
        self._objects: dict[tuple[str, float], Solid] = {}
        self._ground: Latest[Ground] = Latest()
        self._backdrop: Latest[Painting] = Latest()

    def render(
        self,
        scene: Scene,
        image_size: int,
        *,
        joints: Array | None = None,
        opening: float = FINGER_OPEN,
        poses: Mapping[str, Pose] | None = None,
    ) -> Rendering:
        """Takes the scene's picture.

        Args:
            scene: what to draw.
            image_size: width and height in pixels.
            joints: float64, shape (7,), of the arm; default: those of the scene's end effector.
            opening: distance of each finger from the middle, metres.
            poses: where objects are by name; default: where the scene has them.

        Raises:
            SceneError: if the arm cannot reach the scene's end effector.
        """
        if joints is None:
            joints = start_joints(scene.end_effector.position, scene.end_effector.yaw)
        look = (scene.camera, scene.light, scene.table, scene.tint, image_size)
        ground = self._ground.get(look, lambda: build_ground(scene, image_size))
        backdrop = self._backdrop.get(
            (look, joints.tobytes(), opening),
            lambda: self._draw_backdrop(scene, image_size, ground, joints, opening),
        )
        solids = [self._object(item) for item in scene.objects]
        frames = [_frame(item, poses) for item in scene.objects]
        seen, lit = _look(scene, image_size, solids, frames, False)
        view = _draw(backdrop.view, seen, lit, len(self._arm))
        colors = np.array([COLORS[item.color] for item in scene.objects], np.float32).T
        albedo = np.concatenate([self._arm_colors, colors], axis=1)
        image = _add_noise(_paint_changes(scene, backdrop, view, albedo, ground), scene)
        boxes, visible = _label(view.seen, seen, len(self._arm), image_size)
        return Rendering(image, _mask(view.seen, len(self._arm), image_size), boxes, visible)

    def _draw_backdrop(
        self, scene: Scene, image_size: int, ground: Ground, joints: Array, opening: float
    ) -> Painting:
        frames = place_parts(joints, opening)
        placed = [frames[part.frame] for part in self._parts]
        seen, lit = _look(scene, image_size, self._arm, placed, True)
        view = _draw(_nothing(image_size), seen, lit, 0)
        return _paint(scene, view, self._arm_colors, ground)

    def _object(self, item: SceneObject) -> Solid:
        key = (item.shape, item.size)
        if key not in self._objects:
            self._objects[key] = _solid(*visual_mesh(*key))
        return self._objects[key]


def _add_noise(image: NDArray[np.uint8], scene: Scene) -> NDArray[np.uint8]:
    """Adds the noise of a scene's sensor: the same for each picture of it."""
    if not scene.noise:
        return image
    rng = np.random.default_rng(zlib.crc32(scene.id.encode()))
    noise = rng.standard_normal(image.shape, np.float32) * np.float32(scene.noise)
    return (image + noise).round().clip(0, 255).astype(np.uint8)


def _solid(vertices: Array, faces: Index) -> Solid:
    return Solid(vertices, faces, corner_normals(vertices, faces).reshape(-1, 3))


def _look(
    scene: Scene, image_size: int, solids: list[Solid], frames: list[Array], have_holes: bool
) -> tuple[Fragments, tuple[Index, Float]]:
    """What the camera sees of some solids, and where they end the lamp's light."""
    lamp, to_lamp = lamp_camera(scene.light), lamp_direction(scene.light)
    seen = rasterise(solids, frames, scene.camera, image_size * OVERSAMPLING, to_lamp)
    return seen, rasterise_depth(solids, frames, lamp, lamp_size(image_size), have_holes)


def _nothing(image_size: int) -> View:
    return View(Raster.empty(image_size * OVERSAMPLING), unhindered(lamp_size(image_size)))


def _draw(view: View, seen: Fragments, lit: tuple[Index, Float], first_body: int) -> View:
    return View(view.seen.draw(seen, first_body), hinder(view.reach, *lit))


def _paint(scene: Scene, view: View, albedo: Float, ground: Ground) -> Painting:
    """Colours a picture whole."""
    pixels = np.arange(len(ground.texel))
    found, shadow = find_surfaces(scene, view.seen, pixels), ground.soften(view.reach)
    layers = shade(scene.light, found, view.reach, albedo, ground, shadow, pixels)
    return Painting(view, found, shadow, layers)


def _paint_changes(
    scene: Scene, before: Painting, view: View, albedo: Float, ground: Ground
) -> NDArray[np.uint8]:
    """Colours what is new since a picture was painted; returns uint8, shape (size, size, 3)."""
    shadow = ground.soften(view.reach)
    pixels = before.changed(view, shadow, ground)
    found = find_surfaces(scene, view.seen, pixels)
    layers = before.layers.copy()
    colored = shade(scene.light, found, view.reach, albedo, ground, shadow, pixels)
    for layer, colors in zip(layers, colored, strict=True):
        layer[pixels] = colors
    size = math.isqrt(layers.shape[1])
    return np.stack(list(layers), axis=-1).reshape(size, size, 3)


def _frame(item: SceneObject, poses: Mapping[str, Pose] | None) -> Array:
    """Returns base_from_object: float64, shape (4, 4)."""
    frame = np.eye(4)
    if poses is not None and item.name in poses:
        position, turn = poses[item.name]
        frame[:3, :3] = _rotation(turn)
    else:
        position, (c, s) = item.position, (np.cos(item.yaw), np.sin(item.yaw))
        frame[:2, :2] = [[c, -s], [s, c]]
    frame[:3, 3] = position
    return frame


def _rotation(turn: Quaternion) -> list[list[float]]:
    x, y, z, w = np.array(turn) / np.linalg.norm(turn)
    return [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]


def _mask(seen: Raster, arm_bodies: int, image_size: int) -> NDArray[np.uint8]:
    """Returns what pixels of the picture show: what the last of their four in the raster shows."""
    table = np.arange(256) - (arm_bodies - 1)
    table[:arm_bodies], table[-1] = ARM, 0
    sample = seen.body.reshape(image_size, OVERSAMPLING, image_size, OVERSAMPLING)[:, -1, :, -1]
    return table.astype(np.uint8)[sample]


def _label(
    shown: Raster, drawn: Fragments, first_body: int, image_size: int
) -> tuple[Index, Array]:
    """Returns boxes and visible shares, as in `Rendering`.

    Args:
        shown: all that is seen.
        drawn: what would be seen of each object if nothing covered it.
        first_body: number of the first object.
        image_size: width of the picture in pixels.
    """
    width = image_size * OVERSAMPLING
    boxes, visible = np.zeros((len(drawn.ends), 4), np.int64), np.zeros(len(drawn.ends))
    for number, pixel in enumerate(np.split(drawn.pixel, drawn.ends[:-1])):
        if not len(pixel):
            continue
        top, bottom = int(pixel.min()) // width, int(pixel.max()) // width + 1
        whole = np.zeros((bottom - top) * width, np.bool_)
        whole[pixel - top * width] = True
        own = shown.body[top * width : bottom * width] == first_body + number
        visible[number] = np.count_nonzero(own) / np.count_nonzero(whole)
        rows = np.flatnonzero(own.reshape(-1, width).any(axis=1))
        columns = np.flatnonzero(own.reshape(-1, width).any(axis=0))
        if len(rows):
            box = [columns[0], rows[0] + top, columns[-1], rows[-1] + top]
            boxes[number] = np.array(box) // OVERSAMPLING + [0, 0, 1, 1]
    return boxes, visible
