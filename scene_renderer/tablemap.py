"""`TableMap`: the table from above in Matplotlib, in the plan's millimetres.

Oriented as the usual camera, which looks at the robot, sees the table: x grows down and y grows to
the right. For a camera behind the robot it is the other way round.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from scene_renderer.camera import Array, Vector, outline
from scene_renderer.episode import Episode, Frame
from scene_renderer.kinematics import forward
from scene_renderer.meshes import visual_mesh
from scene_renderer.plan import ACTIONS, Action
from scene_renderer.scene import REACH_X, REACH_Y, SceneObject
from scene_renderer.simulator import Pose
from scene_renderer.vocabulary import COLORS

INK, GREY, FAINT = "#1f2933", "#7b8794", "#d5dae1"

_TOP, _MIDDLE = 0.8, 0.3
"""The share of an object's height from which on its top begins, and how far out its middle ends, as
a share of its outline."""

_RIM, _CAP = 0.97, 0.7
"""How far out the top's own outline may be, of what is hollow and of what is not."""

_LEAST = np.array([[1.0], [0.5]])
"""Shares of the reach along x and y that are always shown."""

_FROM_BEHIND = -0.5
"""How much of y at most the picture's right is for a camera behind the robot."""

_MARGIN, _FARTHEST, _TICKS = 25, 1000, 100
_FINGER_LENGTH, _FINGER_DEPTH, _HAND = 22, 8, 48
"""Millimetres."""


class TableMap:
    """A map that is drawn once without, and then over and over with what moves.

    Args:
        axes: square axes to draw into.
        episode: what will be shown.
        unit_px: a hundredth of the map's width, in pixels.
    """

    def __init__(self, axes: Axes, episode: Episode, unit_px: float) -> None:
        self._axes = axes
        self._targets = [_targets(action) for action in episode.plan.actions]
        self._objects = [_MapObject(axes, item, unit_px) for item in episode.scene.objects]
        self._tips = np.array([_millimetres(_tip(frame)[:3, 3]) for frame in episode.frames])
        self._times = np.array([frame.time for frame in episode.frames])
        self._set_limits(episode)
        self._decorate(unit_px)
        line: dict[str, Any] = {"color": INK, "solid_capstyle": "round", "animated": True}
        (self._arm,) = axes.plot([], [], **line | {"color": GREY}, alpha=0.3, lw=5 * unit_px)
        (self._path,) = axes.plot([], [], **line, alpha=0.65, lw=0.6 * unit_px)
        (self._hand,) = axes.plot([], [], **line, lw=0.5 * unit_px)
        fingers = [Polygon([(0, 0)], fc=INK, ec="white", lw=0.25 * unit_px) for _ in range(2)]
        self._fingers = [_add(axes, finger) for finger in fingers]
        cross: dict[str, Any] = {"marker": "x", "ls": "", "animated": True}
        (plan,) = axes.plot(
            *_flat(np.concatenate(self._targets)), **cross, color=INK, alpha=0.4, ms=2.4 * unit_px
        )
        (halo,) = axes.plot([], [], **cross, color="white", ms=3.6 * unit_px, mew=1.4 * unit_px)
        (core,) = axes.plot([], [], **cross, color=INK, ms=3.2 * unit_px, mew=0.6 * unit_px)
        self._crosses = plan, halo, core

    def draw(self, frame: Frame) -> None:
        """Draws what moves over what stays."""
        for artist in self._arrange(frame):
            self._axes.draw_artist(artist)

    def _arrange(self, frame: Frame) -> Iterator[Artist]:
        """Puts everything where it is and returns it from the lowest to the highest."""
        order = sorted(self._objects, key=lambda item: frame.poses[item.name].position[2])
        for item in order:
            yield from item.move(frame.poses[item.name])
        for cross in self._crosses[1:]:
            cross.set_data(*_flat(self._targets[frame.action]))
        yield from self._crosses
        base_from_tip = _tip(frame)
        place = _millimetres(base_from_tip[:3, 3])
        self._arm.set_data(*_flat(np.array([[0.0, 0.0], place[:2]])))
        self._path.set_data(*_flat(self._tips[self._times <= frame.time]))
        yield from (self._arm, self._path)
        across = base_from_tip[:2, 1] / np.linalg.norm(base_from_tip[:2, 1])
        yield from self._grip(place[:2], across, 1000 * frame.opening)

    def _grip(self, place: Array, across: Array, opening: float) -> Iterator[Artist]:
        """The hand, a line, and the fingers, two bars."""
        along = np.array([-across[1], across[0]]) * _FINGER_LENGTH / 2
        reach = across * (opening + _FINGER_DEPTH)
        self._hand.set_data(*_flat(np.stack([place - reach, place + reach])))
        yield self._hand
        for finger, side in zip(self._fingers, (-1, 1), strict=True):
            near, far = place + side * opening * across, place + side * reach
            corners = np.stack([near - along, near + along, far + along, far - along])
            finger.set_xy(_flat(corners).T)
            yield finger

    def _set_limits(self, episode: Episode) -> None:
        """A square around everything that happens, the middle of the table at least."""
        bounds = [*(1000 * np.array([REACH_X, REACH_Y]) * _LEAST).T, *np.concatenate(self._targets)]
        bounds += [*(self._tips[:, :2] - _HAND), *(self._tips[:, :2] + _HAND)]
        for frame in episode.frames:
            for item in self._objects:
                place = _millimetres(frame.poses[item.name].position[:2])
                bounds += [place - item.radius, place + item.radius]
        seen = np.array([place for place in bounds if np.abs(place).max() < _FARTHEST])
        low, high = seen.min(axis=0) - _MARGIN, seen.max(axis=0) + _MARGIN
        centre, half = (low + high) / 2, (high - low).max() / 2
        side = -1 if episode.scene.camera.view_matrix()[0, 1] < _FROM_BEHIND else 1
        self._axes.set_xlim(centre[1] - side * half, centre[1] + side * half)
        self._axes.set_ylim(centre[0] + side * half, centre[0] - side * half)

    def _decorate(self, unit_px: float) -> None:
        axes, size = self._axes, max(9.0, 3.6 * unit_px)
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            axis.set_ticks(np.arange(np.ceil(low / _TICKS), high // _TICKS + 1) * _TICKS)
        look: dict[str, Any] = {"color": GREY, "size": size, "transform": axes.transAxes}
        axes.text(0.985, 0.015, "y, mm", ha="right", va="bottom", **look)
        axes.text(0.015, 0.985, "x, mm", ha="left", va="top", **look)
        axes.tick_params(length=0, pad=0.8 * unit_px, labelsize=size, labelcolor=GREY)
        axes.grid(color=FAINT, lw=0.25 * unit_px)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set(color=FAINT, lw=0.5 * unit_px)


class _MapObject:
    """One object's outline and, in it, that of its top."""

    def __init__(self, axes: Axes, item: SceneObject, unit_px: float) -> None:
        self.name = item.name
        self.radius = 500 * math.hypot(*item.extents[:2])
        color = COLORS[item.color]
        look: dict[str, Any] = {"ec": _darken(color, 0.55), "lw": 0.4 * unit_px}
        vertices, _ = visual_mesh(item.shape, item.size)
        layers = (vertices, color), (find_top(vertices), _darken(color, 0.88))
        self._layers = [
            (points, _add(axes, Polygon([(0, 0)], fc=fill, **look)))
            for points, fill in layers
            if len(points)
        ]

    def move(self, pose: Pose) -> Iterator[Artist]:
        """Goes to a pose and returns its parts, from the lowest to the highest."""
        *axis, w = pose.orientation
        for points, polygon in self._layers:
            twice = 2 * np.cross(axis, points)
            turned = points + w * twice + np.cross(axis, twice) + pose.position
            polygon.set_xy(_flat(1000 * outline(turned[:, :2])).T)
            yield polygon


def find_top(vertices: Array) -> Array:
    """Returns the corners of a top that has an outline of its own: a rim's inside, a bottle's cap.

    Args:
        vertices: float64, shape (n, 3), of a mesh, in the object's frame.

    Returns:
        Some of them, shape (m, 3); none where the top is about as wide as the whole.
    """
    heights, turns = vertices[:, 2], np.linspace(0, 2 * np.pi, 64)
    widths = vertices[:, :2] @ np.stack([np.cos(turns), np.sin(turns)])
    far_out: Array = (widths / widths.max(axis=0)).max(axis=1)
    is_top = heights >= heights.min() + _TOP * np.ptp(heights)
    is_hollow = far_out[is_top].min() > _MIDDLE
    is_own = is_top & (far_out < (_RIM if is_hollow else _CAP))
    has_own = is_hollow or (is_own == is_top).all()
    return np.asarray(vertices[is_own & has_own])


def _darken(color: Vector, share: float) -> Vector:
    red, green, blue = (share * value for value in color)
    return red, green, blue


def _add(axes: Axes, polygon: Polygon) -> Polygon:
    polygon.set(animated=True, joinstyle="round")
    axes.add_patch(polygon)
    return polygon


def _tip(frame: Frame) -> Array:
    return forward(np.array(frame.joints))


def _millimetres(point: object) -> Array:
    return 1000 * np.asarray(point, np.float64)


def _flat(points: Array) -> Array:
    """Points in the base frame as the map's two coordinates: columns x, y to rows y, x."""
    return np.stack([points[:, 1], points[:, 0]])


def _targets(action: Action) -> Array:
    """The places that an action names: float64, shape (n, 2), millimetres, base frame."""
    given = dict(zip(ACTIONS[action.name], action.arguments, strict=True))
    pairs = [(given[x], given[y]) for x, y in (("x", "y"), ("x2", "y2")) if x in given]
    return np.array(pairs, np.float64).reshape(-1, 2)
