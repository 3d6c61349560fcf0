"""The same things elsewhere, or the gripper: execution changes with what is shown.

    layout    mild: each up to 2 cm from where it was; medium: up to 5 cm; hard: a new arrangement
    start     mild: as the splits draw it; medium: further off and turned, but in the picture;
              hard: nearly anywhere that the arm reaches, mostly outside the picture

Instruction and goal stay, so a variant is made only if the sentence still means that goal there, it
is open and possible, and all things are as visible and as easy to take as in any scene of ours.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from types import MappingProxyType

import numpy as np

from grader.cases import Case
from grader.suites.base import Suite
from grader.suites.draws import SEVERITIES, asks_the_same, reads_the_same, stream
from scene_renderer.errors import SceneError
from scene_renderer.footprint import has_gap
from scene_renderer.kinematics import start_joints
from scene_renderer.piles import base_of
from scene_renderer.sampler import (
    AREA_X,
    AREA_Y,
    GAP,
    START,
    are_seen,
    drop,
    find_outline,
    find_untakeable,
    setup_of,
)
from scene_renderer.scene import EndEffector, Scene, SceneObject

SHIFTS: MappingProxyType[str, float] = MappingProxyType({"mild": 0.02, "medium": 0.05})
"""How far each thing is at most from where it was, metres; at hard, anywhere."""

STARTS: MappingProxyType[str, tuple[tuple[float, float], ...]] = MappingProxyType(
    {
        "mild": START,
        "medium": ((0.20, 0.50), (-0.30, 0.30), (0.08, 0.40), (-1.5, 1.5)),
        "hard": ((-0.45, 0.60), (-0.65, 0.65), (0.12, 0.75), (-math.pi, math.pi)),
    }
)
"""Ranges of the gripper's x, y, z, metres, base frame, and yaw, radians."""

_TRIES = 40
"""How often a table or start is begun before a severity is given up."""
_SPOTS = 30
"""How many places are tried for one thing."""


def vary_layout(cases: Sequence[Case], seed: int) -> list[Case]:
    """Returns each case with its things elsewhere, as far as its question fits another table."""
    if not cases or not reads_the_same(cases[0], cases[0].scene):
        return []
    varied = []
    for severity in SEVERITIES:
        rng = stream(f"layout {severity}", cases[0], seed)
        tables = (rearrange(cases[0].scene, rng, SHIFTS.get(severity)) for _ in range(_TRIES))
        fitting = (t for t in tables if t is not None and asks_the_same(cases[0], t))
        for scene in _first(fitting):
            varied += [case.vary("layout", severity, scene=scene, twin=None) for case in cases]
    return varied


def vary_start(cases: Sequence[Case], seed: int) -> list[Case]:
    """Returns each case with the gripper elsewhere, where its sentence still means the same."""
    if not cases:
        return []
    varied = []
    for severity in SEVERITIES:
        rng = stream(f"start {severity}", cases[0], seed)
        starts = (_start(cases[0].scene, severity, rng) for _ in range(_TRIES))
        fitting = (s for s in starts if s is not None and reads_the_same(cases[0], s))
        for scene in _first(fitting):
            varied += [case.vary("start", severity, scene=scene, twin=None) for case in cases]
    return varied


def _first(scenes: Iterator[Scene]) -> list[Scene]:
    """Returns the first one, if there is any."""
    return [scene for scene, _ in zip(scenes, range(1), strict=False)]


def rearrange(scene: Scene, rng: np.random.Generator, reach: float | None = None) -> Scene | None:
    """Returns a scene with its things elsewhere on the table, or None at a dead end.

    What stands in or on another thing goes with it. Yaws stay.

    Args:
        scene: as it is.
        rng: draws the places.
        reach: how far each may be from where it was, metres; None for anywhere.
    """
    setup = setup_of(scene)
    placed: dict[str, SceneObject] = {}
    standing = [item for item in scene.objects if base_of(scene, item) is None]
    for item in sorted(standing, key=lambda o: -o.extents[0]):
        spots = (_spot(item, rng, reach) for _ in range(_SPOTS))
        free = (
            spot
            for spot in spots
            if _is_in_area(spot)
            and all(has_gap(spot, other, GAP) for other in placed.values())
            and find_outline(spot, setup) is not None
        )
        found = next(free, None)
        if found is None:
            return None
        placed[item.name] = found
    objects = tuple(_follow(scene, item, placed) for item in scene.objects)
    if any(find_untakeable(objects)) or not are_seen(objects, setup):
        return None
    return dataclasses.replace(scene, objects=objects)


def _spot(item: SceneObject, rng: np.random.Generator, reach: float | None) -> SceneObject:
    """Draws another place on the table for an object."""
    if reach is None:
        x, y, _ = drop(item.color, item.shape, item.size, rng).position
    else:
        angle, far = rng.uniform(-math.pi, math.pi), reach * math.sqrt(rng.random())
        x = round(item.position[0] + far * math.cos(angle), 3)
        y = round(item.position[1] + far * math.sin(angle), 3)
    return dataclasses.replace(item, position=(x, y, item.position[2]))


def _is_in_area(item: SceneObject) -> bool:
    x, y, _ = item.position
    return AREA_X[0] <= x <= AREA_X[1] and AREA_Y[0] <= y <= AREA_Y[1]


def _follow(scene: Scene, item: SceneObject, placed: dict[str, SceneObject]) -> SceneObject:
    """Returns an object where it is now, or moved as far as what it stands in or on."""
    if item.name in placed:
        return placed[item.name]
    below = base_of(scene, item)
    assert below is not None, "what has no place of its own stands on something"
    now = _follow(scene, below, placed)
    x, y = (
        round(p + b - a, 3)
        for p, a, b in zip(item.position[:2], below.position[:2], now.position[:2], strict=True)
    )
    return dataclasses.replace(item, position=(x, y, item.position[2]))


def _start(scene: Scene, severity: str, rng: np.random.Generator) -> Scene | None:
    """Draws another start of the gripper, or None where the hand hides things or cannot be."""
    x, y, z, yaw = (round(float(rng.uniform(*limits)), 3) for limits in STARTS[severity])
    end_effector = EndEffector((x, y, z), yaw)
    there = dataclasses.replace(scene, end_effector=end_effector)
    if not are_seen(scene.objects, setup_of(there)) or not _is_reached(end_effector):
        return None
    return there if severity == "hard" or _is_in_picture(there) else None


def _is_reached(end_effector: EndEffector) -> bool:
    try:
        start_joints(end_effector.position, end_effector.yaw)
    except SceneError:
        return False
    return True


def _is_in_picture(scene: Scene) -> bool:
    """Whether the picture shows where the finger tips are."""
    tips = scene.camera.project(np.array([scene.end_effector.position]), 1)
    return bool(np.all((tips > 0) & (tips < 1)))


LAYOUT_SUITE = Suite(
    "layout",
    "The same things stand elsewhere: up to 2 cm off, up to 5 cm off, or in a new arrangement.",
    vary_layout,
    draws=60,
)
START_SUITE = Suite(
    "start",
    "The gripper starts elsewhere: as usual, further off, or nearly anywhere the arm reaches.",
    vary_start,
    draws=60,
)
