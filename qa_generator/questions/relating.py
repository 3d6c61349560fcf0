"""Questions for how things lie to each other and to the gripper.

Each is asked only where the scene allows every answer, and then every answer is equally likely: so
nothing that a prompt tells, the gripper's place least of all, makes one of them likelier.
"""

import itertools
import math

import numpy as np

from qa_generator.questions.things import (
    MARGIN,
    Asked,
    along,
    direction_between,
    pick,
    pick_rare,
    usual_number,
)
from qa_generator.questions.words import (
    AHEAD,
    LENGTHS_MM,
    OPTIONS,
    SIDEWAYS,
    TEMPLATES,
    YES_NO,
    add_options,
    format_distance,
)
from scene_renderer.catalogue import RECEIVERS, SUPPORTS
from scene_renderer.path import HandPose
from scene_renderer.scene import SceneObject, Table
from scene_renderer.vocabulary import COLORS, DIRECTIONS

NEAREST_MARGIN = 0.02
"""How much nearer, metres, the nearest object must be than the second nearest."""
REACH_MARGIN = 0.02
"""How far, metres, a place must be from the boundary of what the arm reaches."""

_KEPT = {"gripper_nearest": (0.38, 0.31), "gripper_farthest": (0.28, 0.85)}
"""Of what is nearest or farthest, the share that is asked for: of supports, and of receivers.

Frequent shapes and colours are asked for more seldom, and large things, which find their places
first, lie nearer. Counted in 6,000 scenes of another seed than the figures are from.
"""


def ask_relation(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks in which direction one thing lies from another."""
    pairs: dict[str | None, list[tuple[str, str]]] = {direction: [] for direction in DIRECTIONS}
    for a, b in itertools.permutations(scene.objects, 2):
        pairs.setdefault(direction_between(b.position, a.position), []).append((a.name, b.name))
    if not all(pairs[direction] for direction in DIRECTIONS):
        return None
    target = pick(rng, list(DIRECTIONS))
    name, other = pick(rng, pairs[target])
    return TEMPLATES["relation"].format(a=name, b=other), target


def ask_relation_choice(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks for a direction, with all four to choose from."""
    asked = ask_relation(scene, rng)
    return add_options(asked[0], list(DIRECTIONS), asked[1], rng) if asked else None


def ask_relation_yes_no(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks whether one thing lies in a direction from another; the other way round says no."""
    direction = pick(rng, list(DIRECTIONS))
    pairs = [
        (a, b)
        for a, b in itertools.permutations(scene.objects, 2)
        if along(direction, b.position, a.position) >= MARGIN
    ]
    if not pairs:
        return None
    answer, (a, b) = pick(rng, YES_NO), pick(rng, pairs)
    if answer == "no":
        a, b = b, a
    question = TEMPLATES["relation_yes_no"].format(a=a.name, direction=direction, b=b.name)
    return question, answer


def ask_extreme(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks what is nearest to the gripper, or farthest; every shape about equally often."""
    form, sign = pick(rng, [("gripper_nearest", 1), ("gripper_farthest", -1)])
    (least, name), (second, _), *_ = _ranked(scene, scene.objects, sign)
    item = next(o for o in scene.objects if o.name == name)
    if second - least < NEAREST_MARGIN or rng.random() > _kept(form, item):
        return None
    return TEMPLATES[form], name


def ask_extreme_choice(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks which of some things is nearest to the gripper, or farthest."""
    form, sign = pick(rng, [("gripper_nearest_of", 1), ("gripper_farthest_of", -1)])
    items = [scene.objects[i] for i in rng.permutation(len(scene.objects))[:OPTIONS]]
    first, second = _ranked(scene, items, sign)[:2]
    if len(items) < OPTIONS or second[0] - first[0] < NEAREST_MARGIN:
        return None
    return add_options(TEMPLATES[form], [item.name for item in items], first[1], rng)


def ask_gripper(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks in which direction a thing lies from the gripper; never backward, where nothing is."""
    ways = [direction_between(scene.end_effector.position, o.position) for o in scene.objects]
    if not set(AHEAD) <= set(ways):
        return None
    target = pick(rng, AHEAD)
    items = [o for o, way in zip(scene.objects, ways, strict=True) if way == target]
    return TEMPLATES["gripper"].format(a=pick_rare(rng, items).name), target


def ask_gripper_choice(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks for a direction from the gripper, with those that are possible to choose from."""
    asked = ask_gripper(scene, rng)
    return add_options(asked[0], AHEAD, asked[1], rng) if asked else None


def ask_gripper_yes_no(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks whether a thing lies left or right of the gripper."""
    direction, gripper = pick(rng, SIDEWAYS), scene.end_effector.position
    ahead = [along(direction, gripper, o.position) for o in scene.objects]
    items = {
        "yes": [o for o, far in zip(scene.objects, ahead, strict=True) if far >= MARGIN],
        "no": [o for o, far in zip(scene.objects, ahead, strict=True) if far <= -MARGIN],
    }
    return _ask_yes_no("gripper_yes_no", items, rng, direction=direction)


def ask_gripper_reach(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks whether the gripper can go to a place in front of a thing, or behind it."""
    direction, length = pick(rng, ("forward", "backward")), pick(rng, LENGTHS_MM)
    items: dict[str, list[SceneObject]] = {"yes": [], "no": []}
    for item in scene.objects:
        x, y, z = item.position
        radius = math.hypot(x + DIRECTIONS[direction][0] * length / 1000, y)
        near = [_is_reached(radius + slack, z) for slack in (-REACH_MARGIN, REACH_MARGIN)]
        if near[0] == near[1]:
            items["yes" if near[0] else "no"].append(item)
    distance = format_distance(length, rng)
    return _ask_yes_no("gripper_reach", items, rng, direction=direction, distance=distance)


def _kept(form: str, item: SceneObject) -> float:
    on_top, inside = _KEPT[form]
    shape = on_top if item.shape in SUPPORTS else inside if item.shape in RECEIVERS else 1.0
    return shape * min(map(usual_number, COLORS)) / usual_number(item.color)


def _ask_yes_no(
    form: str, items: dict[str, list[SceneObject]], rng: np.random.Generator, **slots: str
) -> Asked:
    """Asks about one of the things of which yes is right, or no; nothing if one list is empty."""
    if not all(items.values()):
        return None
    answer = pick(rng, YES_NO)
    return TEMPLATES[form].format(a=pick_rare(rng, items[answer]).name, **slots), answer


def _is_reached(radius: float, height: float) -> bool:
    return HandPose(0.0, radius, height, 0.0).is_reachable


def _ranked(
    scene: Table, items: tuple[SceneObject, ...] | list[SceneObject], sign: int
) -> list[tuple[float, str]]:
    """Returns distance times sign and name of each, the least first."""
    x, y, _ = scene.end_effector.position
    return sorted((sign * math.hypot(o.position[0] - x, o.position[1] - y), o.name) for o in items)
