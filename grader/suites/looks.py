"""The same table in another look: camera, light, table top, noise, each at three severities.

Severities are those by which the splits' looks wander (`sampler.LOOKS`): mild is how far training
does, medium and hard are `test_look` and `test_look_hard`. All three of a draw go the same way, so
that they differ in how far alone. Only the picture changes; what is executed is the clean scene.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from grader.cases import Case
from grader.suites.base import Suite
from grader.suites.draws import SEVERITIES, stream
from scene_renderer.sampler import (
    LOOKS,
    are_seen,
    sample_camera,
    sample_light,
    sample_tint,
    setup_of,
)
from scene_renderer.scene import TABLES, Scene

NOISE: MappingProxyType[str, float] = MappingProxyType(
    {"mild": 2.0, "medium": LOOKS["medium"].noise, "hard": LOOKS["hard"].noise}
)
"""Grey levels of 255, standard deviation: the most that a split's scenes have. Training's have
none, so that mild is a noise of our own."""

_TRIES = 20

Changes = Mapping[str, Any]


def vary_looks(cases: Sequence[Case], seed: int) -> list[Case]:
    """Returns each case with the picture of its table in every other look."""
    if not cases:
        return []
    scene = cases[0].scene
    varied = []
    for what, draw in _DRAWS.items():
        looks = draw(scene, stream(f"looks {what}", cases[0], seed))
        for severity, changes in looks.items():
            seen = dataclasses.replace(scene, **changes)
            varied += [case.vary("looks", f"{what}, {severity}", pictured=seen) for case in cases]
    return varied


def _draw_cameras(scene: Scene, rng: np.random.Generator) -> dict[str, Changes]:
    """Draws cameras that all show all objects; none if there are none such soon."""
    for _ in range(_TRIES):
        way = int(rng.integers(2**32))
        cameras: dict[str, Changes] = {
            severity: {"camera": sample_camera(LOOKS[severity], np.random.default_rng(way))}
            for severity in SEVERITIES
        }
        seen = (dataclasses.replace(scene, **changes) for changes in cameras.values())
        if all(are_seen(scene.objects, setup_of(each)) for each in seen):
            return cameras
    return {}


def _draw_lights(scene: Scene, rng: np.random.Generator) -> dict[str, Changes]:
    way = int(rng.integers(2**32))
    return {
        severity: {"light": sample_light(LOOKS[severity], np.random.default_rng(way))}
        for severity in SEVERITIES
    }


def _draw_tables(scene: Scene, rng: np.random.Generator) -> dict[str, Changes]:
    """Draws another tint for mild, and another kind of table too for the others."""
    way = int(rng.integers(2**32))
    others = [table for table in TABLES if table != scene.table]
    other = others[int(rng.integers(len(others)))]
    return {
        severity: {
            "tint": sample_tint(LOOKS[severity], np.random.default_rng(way)),
            "table": scene.table if severity == "mild" else other,
        }
        for severity in SEVERITIES
    }


def _draw_noises(scene: Scene, rng: np.random.Generator) -> dict[str, Changes]:
    return {severity: {"noise": NOISE[severity]} for severity in SEVERITIES}


_DRAWS: MappingProxyType[str, Callable[[Scene, np.random.Generator], dict[str, Changes]]] = (
    MappingProxyType(
        {
            "camera": _draw_cameras,
            "light": _draw_lights,
            "texture": _draw_tables,
            "sensor noise": _draw_noises,
        }
    )
)

LOOK_SUITE = Suite(
    "looks",
    "Camera, light, table top or noise of the picture are others; the table itself is the same.",
    vary_looks,
    draws=50,
    needs_picture=True,
)
