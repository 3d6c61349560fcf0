"""`place_labels`: where words go in a crowded picture, clear of each other and of what they name.

Every label may stand right beside its object or anywhere on a grid over the picture. Labels choose
in turns, the most crowded first and then each anew, the place that costs least: covering another
label costs most, then covering an object, then a leader line that crosses things, then distance.

Source: point-feature labelling by local search; Christensen, Marks and Shieber, "An empirical study
of algorithms for point-feature label placement", ACM Transactions on Graphics 14(3), 1995.
"""

from collections.abc import Sequence

import numpy as np

from scene_renderer.camera import Array

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, pixels."""

_GRID = 40
_GAP = 4.0
"""Between an object's box and a label right beside it, pixels."""

_ROUNDS = 4
_LEADER = np.linspace(0.0, 1.0, 9)[:, None]
_ON_LABEL, _ON_OBJECT, _CROSSING, _FAR, _ASIDE = 400.0, 60.0, 4.0, 40.0, 15.0
"""Costs: of a label wholly on others, or on objects, of each of nine points of the leader on
another label, and of a gap, or of a distance between centres, as wide as the picture."""


def place_labels(
    boxes: Sequence[Box], extents: Sequence[tuple[float, float]], taken: Sequence[Box], size: int
) -> list[Box]:
    """Finds a place for each label.

    Args:
        boxes: of what the labels name; labels keep clear of all of them.
        extents: width and height of each label, pixels.
        taken: what else labels keep clear of.
        size: width and height of the picture, pixels.

    Returns:
        The labels' boxes, each within the picture where it fits in.
    """
    objects = np.array([*boxes, *taken], np.float64).reshape(-1, 4)
    options = [_options(box, extent, size) for box, extent in zip(boxes, extents, strict=True)]
    fixed = [
        _cost_of_objects(plates, np.array(box), np.delete(objects, n, axis=0), size)
        for n, (plates, box) in enumerate(zip(options, boxes, strict=True))
    ]
    order = sorted(range(len(boxes)), key=lambda n: -float(np.sort(fixed[n])[:12].sum()))
    placed: dict[int, Array] = {}
    for _ in range(_ROUNDS):
        for n in order:
            others = [plate for number, plate in placed.items() if number != n]
            cost = fixed[n] + _cost_of_labels(options[n], np.array(boxes[n]), others)
            placed[n] = options[n][np.argmin(cost)]
    return [_box(placed[n]) for n in range(len(boxes))]


def leader(plate: Box, box: Box) -> tuple[float, float, float, float]:
    """Returns the shortest line from a label to what it names: u, v, u, v, pixels."""
    starts, ends = _leaders(np.array([plate]), np.array(box))
    return _box(np.concatenate([starts[0], ends[0]]))


def _options(box: Box, extent: tuple[float, float], size: int) -> Array:
    """Every place that a label may take: float64, shape (n, 4)."""
    (left, top, right, bottom), (width, height) = box, extent
    columns = ((left + right - width) / 2, left, right - width)
    rows = ((top + bottom - height) / 2, top, bottom - height)
    near = [(u, v) for u in columns for v in (bottom + _GAP, top - height - _GAP)]
    near += [(u, v) for v in rows for u in (right + _GAP, left - width - _GAP)]
    ticks = np.linspace(1, size - 1, _GRID)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    corners = np.concatenate([near, grid])
    highest = np.maximum([size - width - 1, size - height - 1], 1)
    corners = np.clip(corners, 1, highest)
    return np.concatenate([corners, corners + extent], axis=1)


def _cost_of_objects(plates: Array, box: Array, others: Array, size: int) -> Array:
    area = (plates[:, 2] - plates[:, 0]) * (plates[:, 3] - plates[:, 1])
    covered = sum(_overlap(plates, other) for other in (*others, box))
    starts, ends = _leaders(plates, box)
    crossed = sum(_crossing(starts, ends, other) for other in others)
    far = _FAR * np.linalg.norm(ends - starts, axis=1) / size
    middles = (plates[:, :2] + plates[:, 2:] - box[:2] - box[2:]) / 2
    far += _ASIDE * np.linalg.norm(middles, axis=1) / size
    return np.asarray(_ON_OBJECT * covered / area + 0.5 * _CROSSING * crossed + far)


def _cost_of_labels(plates: Array, box: Array, labels: Sequence[Array]) -> Array:
    area = (plates[:, 2] - plates[:, 0]) * (plates[:, 3] - plates[:, 1])
    starts, ends = _leaders(plates, box)
    cost = np.zeros(len(plates))
    for label in labels:
        cost += _ON_LABEL * _overlap(plates, label) / area
        cost += _CROSSING * _crossing(starts, ends, label)
    return cost


def _leaders(plates: Array, box: Array) -> tuple[Array, Array]:
    """The shortest lines from plates to a box: where they start and end, shape (n, 2) each."""
    low, high = np.maximum(plates[:, :2], box[:2]), np.minimum(plates[:, 2:], box[2:])
    middle = (low + high) / 2
    is_apart = low > high
    starts = np.where(is_apart, np.clip(middle, plates[:, :2], plates[:, 2:]), middle)
    return starts, np.where(is_apart, np.clip(middle, box[:2], box[2:]), middle)


def _crossing(starts: Array, ends: Array, box: Array) -> Array:
    """How many of nine points of each line are in a box."""
    points = starts[:, None] + _LEADER * (ends - starts)[:, None]
    inside = ((points > box[:2]) & (points < box[2:])).all(axis=-1)
    return np.asarray(inside.sum(axis=1), np.float64)


def _overlap(plates: Array, box: Array) -> Array:
    """The areas that plates share with a box, and a margin around it."""
    low = np.maximum(plates[:, :2], box[:2] - 1)
    high = np.minimum(plates[:, 2:], box[2:] + 1)
    return np.asarray(np.clip(high - low, 0, None).prod(axis=1))


def _box(values: Array) -> Box:
    left, top, right, bottom = values.tolist()
    return left, top, right, bottom
