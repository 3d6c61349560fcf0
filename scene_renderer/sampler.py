"""`sample_scene`: a scene as a pure function of (seed, split, index).

    what      colours and shapes that repeat, so that one word rarely says which object is meant;
              the first two things to take always share their colour or their shape
    where     largest first, at random where the footprint fits; a dead end starts afresh
    seen      every object wholly in the picture and at least 65 % of its outline uncovered
    taken     the open gripper fits around every object that it should be able to take

Objects have gaps of `GAP`, so that open fingers fit between them, and stand inside the part of
the table that the arm reaches. Camera, light, table and the gripper's start are a setup, which is a
pure function of (seed, split, index divided by the split's `sharing`).
"""

import functools
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from scene_renderer.camera import Array, Camera, Vector, are_apart, outline
from scene_renderer.catalogue import GRASPABLE, RECEIVERS, SHAPES, SUPPORTS
from scene_renderer.footprint import has_gap
from scene_renderer.grasping import find_grasp
from scene_renderer.piles import bears, pick_rider, put_on_any
from scene_renderer.scene import FRONT, TABLES, EndEffector, Light, Scene, SceneObject
from scene_renderer.splits import Split, find_split, is_unseen
from scene_renderer.vocabulary import COLORS

AREA_X, AREA_Y = (0.33, 0.63), (-0.22, 0.22)
"""Where the centres of objects may be, metres, base frame."""

GAP = 0.022
"""Least distance between two footprints, metres."""

VISIBLE = 0.65
"""Least share of an object's outline that no nearer outline covers."""

MARGIN = 0.012
"""Least distance of an object's outline from the picture's edge, as a share of its width."""

SPARE = 0.002
"""Room that is left when a gripper reaches down between neighbours, metres."""

START = ((0.28, 0.34), (-0.16, 0.16), (0.20, 0.32), (-0.6, 0.6))
"""Where the gripper starts: x, y and z, metres, base frame, and yaw, radians."""

HAND: Vector = (0.07, 0.21, 0.20)
"""Extents of a box around hand and fingers, metres, end-effector frame, upwards from the tips."""

_GRID = 64
_TRIES = 40
_ROUND = np.stack([f(np.arange(16) * math.pi / 8) / 2 for f in (np.cos, np.sin)], axis=1)
_SQUARE = np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])


@dataclass(frozen=True)
class Look:
    """How far camera, lamp and table wander from their defaults, each way.

    Attributes:
        position: of the camera, metres.
        target: of the camera, metres.
        fov: of the camera, degrees.
        lamp: turn of the lamp about the vertical, radians.
        light: share by which its strength varies.
        tint: share by which the table's colour varies.
        noise: largest standard deviation of the picture's noise, grey levels of 255.
    """

    position: float
    target: float
    fov: float
    lamp: float
    light: float
    tint: float
    noise: float


LOOKS: MappingProxyType[str, Look] = MappingProxyType(
    {
        "mild": Look(0.02, 0.004, 0.2, 0.5, 0.08, 0.10, 0.0),
        "medium": Look(0.07, 0.012, 0.6, 1.2, 0.18, 0.25, 5.0),
        "hard": Look(0.14, 0.024, 1.2, 2.4, 0.30, 0.40, 14.0),
    }
)


@dataclass(frozen=True)
class Setup:
    """What scenes in a row share.

    Attributes:
        camera: where their pictures are taken from.
        light: what lights them.
        table: a word from `TABLES`.
        tint: what the table's colour is multiplied with, RGB.
        noise: standard deviation of the pictures' noise, grey levels of 255.
        end_effector: where the gripper starts.
        hand: the outline of the hand there, in a picture of width 1: float64, shape (32, 2).
    """

    camera: Camera
    light: Light
    table: str
    tint: Vector
    noise: float
    end_effector: EndEffector
    hand: Array

    def furnish(self, scene_id: str, objects: tuple[SceneObject, ...]) -> Scene:
        """Returns the scene with these objects."""
        return Scene(
            id=scene_id,
            objects=objects,
            end_effector=self.end_effector,
            camera=self.camera,
            light=self.light,
            table=self.table,
            tint=self.tint,
            noise=self.noise,
        )


def sample_scene(seed: int, split: str, index: int) -> Scene:
    """Draws one scene.

    Args:
        seed: of the data set.
        split: a word from `SPLITS`; it sets the number of objects, their colour-shape pairs, how
            far the look wanders and how many scenes share a setup.
        index: of the scene in its split.

    Raises:
        UsageError: if there is no such split.
    """
    rules = find_split(split)
    setup = sample_setup(seed, split, index // rules.sharing)
    rng = np.random.default_rng([seed, zlib.crc32(split.encode()), index])
    objects = None
    while objects is None:
        objects = _place(_sample_kinds(rules, rng), setup, rules.is_piled(index), rng)
    return setup.furnish(f"{split}-{seed}-{index:06d}", objects)


@functools.lru_cache(maxsize=4)
def sample_setup(seed: int, split: str, number: int) -> Setup:
    """Draws what scenes in a row share; `number` is that of the row in its split."""
    look = LOOKS[find_split(split).look]
    rng = np.random.default_rng([seed, zlib.crc32(f"{split} setup".encode()), number])
    camera, light, tint = sample_camera(look, rng), sample_light(look, rng), sample_tint(look, rng)
    noise = round(look.noise * float(rng.random()), 2)
    end_effector = _sample_end_effector(camera, rng)
    table = str(rng.choice(TABLES))
    return Setup(
        camera, light, table, tint, noise, end_effector, outline_hand(end_effector, camera)
    )


def setup_of(scene: Scene) -> Setup:
    """Returns what a scene has beside its objects."""
    hand = outline_hand(scene.end_effector, scene.camera)
    return Setup(
        scene.camera,
        scene.light,
        scene.table,
        scene.tint,
        scene.noise,
        scene.end_effector,
        hand,
    )


def sample_camera(look: Look, rng: np.random.Generator) -> Camera:
    """Draws where the picture is taken from."""
    position = np.array(FRONT.position) + look.position * rng.uniform(-1, 1, 3)
    target = np.array(FRONT.target) + look.target * rng.uniform(-1, 1, 3)
    fov_deg = FRONT.fov_deg + look.fov * float(rng.uniform(-1, 1))
    return Camera(_vector(position), _vector(target), round(fov_deg, 4))


def sample_light(look: Look, rng: np.random.Generator) -> Light:
    """Draws where the lamp is and how bright."""
    usual = Light()
    turn = math.atan2(usual.direction[1], usual.direction[0]) + look.lamp * rng.uniform(-1, 1)
    flat = math.hypot(*usual.direction[:2]) * rng.uniform(0.8, 1.2)
    direction = np.array([flat * math.cos(turn), flat * math.sin(turn), usual.direction[2]])
    ambient, diffuse = (1 + look.light * rng.uniform(-1, 1, 2)).tolist()
    return Light(
        _vector(direction), round(usual.ambient * ambient, 4), round(usual.diffuse * diffuse, 4)
    )


def sample_tint(look: Look, rng: np.random.Generator) -> Vector:
    """Draws what the table's colour is multiplied with, RGB."""
    brightness = 1 + look.tint * rng.uniform(-1, 1)
    return _vector(brightness * (1 + look.tint / 3 * rng.uniform(-1, 1, 3)))


def _vector(values: Array) -> Vector:
    x, y, z = (round(v, 4) for v in values.tolist())
    return x, y, z


def _sample_kinds(rules: Split, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Draws (colour, shape) pairs, no two alike: something to stack on, to take and to receive."""
    low, high = rules.objects
    count = int(rng.integers(low, high + 1))
    roles = [SUPPORTS, GRASPABLE, RECEIVERS]
    second_receiver = int(rng.integers(3, count + 1))
    roles += [RECEIVERS if i == second_receiver else GRASPABLE for i in range(3, count)]
    unseen = math.ceil(count / 2) if rules.combinations == "unseen" else 0
    is_first = rng.permutation([True] * unseen + [False] * (count - unseen))
    pairs: list[tuple[str, str]] = []
    for number, (shapes, wants_unseen) in enumerate(zip(roles, is_first.tolist(), strict=True)):
        free = [pair for pair in _all_pairs(shapes, wants_unseen) if pair not in pairs]
        if number == 1:  # a distractor of the first
            same = int(rng.integers(2))
            free = [pair for pair in free if pair[same] == pairs[0][same]]
        pairs.append(_sample_pair(free, pairs, rng))
    return pairs


def _sample_pair(
    free: list[tuple[str, str]], taken: list[tuple[str, str]], rng: np.random.Generator
) -> tuple[str, str]:
    """Draws a free pair; those that share a word with an earlier one are likelier."""
    colors, kinds = {c for c, _ in taken}, {s for _, s in taken}
    weights = np.array([1.0 + 3 * (c in colors) + (s in kinds) for c, s in free])
    if taken:  # something to stack on is there already
        weights[[s in SUPPORTS for _, s in free]] *= 0.5
    limits = np.cumsum(weights / weights.sum())
    return free[int(np.searchsorted(limits / limits[-1], rng.random(), side="right"))]


@functools.cache
def _all_pairs(shapes: tuple[str, ...], unseen: bool) -> tuple[tuple[str, str], ...]:
    """All (colour, shape) pairs that training shows, or those that it does not."""
    pairs = ((color, shape) for color in COLORS for shape in shapes)
    return tuple(pair for pair in pairs if is_unseen(*pair) == unseen)


def _place(
    pairs: list[tuple[str, str]], setup: Setup, is_piled: bool, rng: np.random.Generator
) -> tuple[SceneObject, ...] | None:
    """Finds a place for each object, or returns None at a dead end.

    In a pile one of those that can be taken comes last, and stands in or on another one.
    """
    sized = []
    for color, shape in pairs:
        small, large = SHAPES[shape].sizes
        sized.append((color, shape, round(float(rng.uniform(small, large)) * 500) / 500))
    sized.sort(key=lambda kind: -kind[2] * SHAPES[kind[1]].proportions[0])
    rider = pick_rider(sized, rng) if is_piled else None
    placed: list[SceneObject] = []
    outlines: list[Array] = []
    for kind in [*(k for k in sized if k is not rider), *([rider] if rider else [])]:
        for _ in range(_TRIES):
            dropped = drop(*kind, rng)
            if kind is rider:
                item = put_on_any(dropped, placed, rng)
            else:
                item = dropped if all(has_gap(dropped, o, GAP) for o in placed) else None
            if item is None:
                continue
            outlined = find_outline(item, setup)
            if outlined is not None:
                placed.append(item)
                outlines.append(outlined)
                break
        else:
            return None
    if not _show_enough(placed, outlines, setup) or any(find_untakeable(placed)):
        return None
    return tuple(placed[i] for i in rng.permutation(len(placed)))


def are_seen(objects: Sequence[SceneObject], setup: Setup) -> bool:
    """Whether objects are wholly in the picture, away from the hand, and enough of each is seen."""
    outlines = [find_outline(item, setup) for item in objects]
    whole = [outlined for outlined in outlines if outlined is not None]
    return len(whole) == len(objects) and _show_enough(objects, whole, setup)


def _show_enough(objects: Sequence[SceneObject], outlines: list[Array], setup: Setup) -> bool:
    """Whether nearer ones cover little enough of each."""
    distances = [math.dist(item.position, setup.camera.position) for item in objects]
    return min(uncovered(outlines, distances)) >= VISIBLE


def find_outline(item: SceneObject, setup: Setup) -> Array | None:
    """Returns an object's outline in a picture of width 1, or None if it is not wholly in it.

    Returns:
        float64, shape (32, 2).
    """
    outlined = _outline(item, setup.camera)
    return outlined if _is_inside(outlined) and are_apart(outlined, setup.hand) else None


def find_untakeable(objects: Sequence[SceneObject]) -> Iterator[SceneObject]:
    """Yields what the arm should be able to take, but the open gripper does not fit around."""
    graspable = [
        item
        for item in objects
        if item.kind.role == "graspable" and not any(bears(item, other) for other in objects)
    ]
    return (o for o in graspable if not find_grasp(o.position, objects, SPARE).is_clear)


def drop(color: str, shape: str, size: float, rng: np.random.Generator) -> SceneObject:
    """Puts an object somewhere on the table."""
    height = SHAPES[shape].extents(size)[2]
    x, y = (round(low + (high - low) * rng.random(), 3) for low, high in (AREA_X, AREA_Y))
    yaw = 0.0 if SHAPES[shape].round else round((2 * math.pi * rng.random() - math.pi) / 2, 3)
    return SceneObject(f"{color} {shape}", color, shape, size, (x, y, height / 2), yaw)


def _is_inside(pixels: Array) -> bool:
    """Whether a picture of width 1 shows all of an outline."""
    return bool(pixels.min() >= MARGIN and pixels.max() <= 1 - MARGIN)


def _outline(item: SceneObject, camera: Camera) -> Array:
    """Where the prism over the footprint is in a picture of width 1: float64, shape (32, 2)."""
    base = _ROUND if item.kind.round else _SQUARE
    return _prism(base, item.extents, item.position, item.yaw, camera)


def _prism(base: Array, extents: Vector, centre: Vector, yaw: float, camera: Camera) -> Array:
    turn = np.array([[math.cos(yaw), math.sin(yaw)], [-math.sin(yaw), math.cos(yaw)]])
    corners = (base * extents[:2]) @ turn + centre[:2]
    points = np.empty((2, len(base), 3))
    points[..., :2] = corners
    points[0, :, 2], points[1, :, 2] = centre[2] - extents[2] / 2, centre[2] + extents[2] / 2
    return outline(camera.project(points.reshape(-1, 3), 1))


def uncovered(outlines: list[Array], distances: list[float]) -> list[float]:
    """Returns the share of each outline that no nearer one covers.

    Args:
        outlines: convex polygons in a picture of width 1, each float64, shape (32, 2).
        distances: of each from the camera, metres.
    """
    low, high = np.min(outlines, axis=1), np.max(outlines, axis=1)
    meets = np.all((low[:, None] < high) & (low < high[:, None]), axis=2)
    meets &= np.less.outer(distances, distances)
    shares = []
    for polygon, nearer in zip(outlines, meets.T, strict=True):
        covers = [_fill(outlines[i]) for i in np.flatnonzero(nearer)]
        if not covers:
            shares.append(1.0)
            continue
        own = _fill(polygon)
        covered = int(np.count_nonzero(own & np.any(covers, axis=0)))
        shares.append(1 - covered / max(int(np.count_nonzero(own)), 1))
    return shares


def _fill(polygon: Array) -> NDArray[np.bool_]:
    image = Image.new("1", (_GRID, _GRID))
    ImageDraw.Draw(image).polygon((polygon * _GRID - 0.5).ravel().tolist(), fill=1)
    return np.asarray(image)


def _sample_end_effector(camera: Camera, rng: np.random.Generator) -> EndEffector:
    """Draws where the gripper hovers, in the picture."""
    while True:
        x, y, z, yaw = (float(rng.uniform(*limits)) for limits in START)
        position = _vector(np.array([x, y, z]))
        tips = camera.project(np.array([position]), 1)[0]
        if bool(np.all((tips > 0.03) & (tips < 0.97))):
            return EndEffector(position, round(yaw, 3))


def outline_hand(end_effector: EndEffector, camera: Camera) -> Array:
    """Returns the outline of the hand in a picture of width 1: float64, shape (32, 2)."""
    x, y, z = end_effector.position
    return _prism(_SQUARE, HAND, (x, y, z + HAND[2] / 2), end_effector.yaw, camera)
