"""The picture is blank, of another scene, or mirrored: does the model look at it at all?

A model is called blind in a context if its success with a blank picture is not measurably below
that with the true one: an exact test on the same cases (`base.falls`), 5 %. Comparing the intervals
of the two rates would be blunter: they may overlap although nearly every changed case was a loss.
Where even the loss of every success would not be measurable, nothing can be told.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from grader.cases import BLANK, MIRRORED, Case
from grader.metrics import success_rate
from grader.suites.base import Json, Paired, Suite, by_context, falls, tell_apart
from grader.suites.decoys import count_trust, find_decoys
from grader.suites.draws import stream
from scene_renderer.camera import Camera
from scene_renderer.errors import SceneError
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import Scene, Vector
from scene_renderer.splits import SPLITS

NAME = "pictures"
ANOTHER = "another scene"

_DEFAULT_SPLIT = "test"
"""Where the other scene of cases is from that somebody wrote."""


def vary_pictures(cases: Sequence[Case], seed: int) -> list[Case]:
    """Returns each case with a blank picture, with another scene's, and with its own mirrored."""
    if not cases:
        return []
    other = draw_other_scene(cases[0], stream(NAME, cases[0], seed))
    seeming = mirror(cases[0].scene)
    decoys = find_decoys(cases[0], seeming) if seeming else ""
    varied = []
    for case in cases:
        # Where coordinates are listed, what the mirror says of places is contradicted.
        told = decoys if case.context == "image" else ""
        varied += [
            case.vary(NAME, BLANK, picture=BLANK),
            case.vary(NAME, ANOTHER, pictured=other),
            case.vary(NAME, MIRRORED, picture=MIRRORED, decoys=told),
        ]
    return varied


def draw_other_scene(case: Case, rng: np.random.Generator) -> Scene:
    """Draws another scene of a case's split."""
    split = case.split if case.split in SPLITS else _DEFAULT_SPLIT
    while True:
        scene = sample_scene(int(rng.integers(2**31)), split, int(rng.integers(2**20)))
        if scene.objects != case.scene.objects:
            return scene


def mirror(scene: Scene) -> Scene | None:
    """Returns the table that a mirrored picture seems to show, None if that is no table of ours."""
    objects = []
    try:
        for item in scene.objects:
            x, y = _mirrored(scene.camera, item.position)
            there = (x, y, item.position[2])
            objects.append(dataclasses.replace(item, position=there, yaw=-item.yaw))
    except SceneError:  # a camera that looks along the table
        return None
    return dataclasses.replace(scene, objects=tuple(objects))


def _mirrored(camera: Camera, place: Vector) -> tuple[float, float]:
    """Returns where a place seems to be in a mirrored picture, at the height that it has."""
    with np.errstate(divide="ignore", invalid="ignore"):
        pixel = camera.project(np.array([place]), 1)
        pixel[:, 0] = 1 - pixel[:, 0]
        x, y, _ = camera.unproject(pixel, 1, place[2])[0].tolist()
    return x, y


def figure_pictures(pairs: Sequence[Paired]) -> Json:
    """Returns `{"falls_by": {context: fall}, "mirrored": {"truth": R, "mirror": R, "neither": R}}`.

    A fall is `{"points", "lost", "gained", "p", "is_blind"}`; points are percent of clean minus
    percent of blank; `is_blind` is None where nothing can be told.
    """
    blank = [p for p in pairs if p.varied.variant == BLANK]
    return {
        "falls_by": {c: _fall(part) for c, part in by_context(blank).items()},
        "mirrored": count_trust(pairs, "truth", "mirror"),
    }


def _fall(pairs: Sequence[Paired]) -> Json:
    clean, blank = success_rate(p.clean for p in pairs), success_rate(p.varied for p in pairs)
    lower = falls(pairs)
    return {
        "points": 100 * (clean.k - blank.k) / clean.n,
        **tell_apart(pairs),
        "is_blind": None if lower is None else not lower,
    }


PICTURES_SUITE = Suite(
    NAME,
    "The picture is blank, another scene's, or mirrored; everything else is as it was.",
    vary_pictures,
    draws=100,
    figures=figure_pictures,
    needs_picture=True,
)
