"""Questions about a scene with one right answer each, in five kinds, and a caption.

    count      how many red objects are there?            2
    name       what is at 412, -127?                      red cube
               what colour is the object at 412, -127?    red
    place      where is the red cube?                     red cube: 412, -127, 25
               coordinates of the red cube?               412, -127, 25
               where is 10 cm left of the red cube?       412, -27, 25
               where would the red cube be if it moved left by 100 mm?
                                                          412, -27, 25
               from where to where does the red cube go 10 cm left?
                                                          412, -127, 25; 412, -27, 25
               where is the green ball?                   absent
    relation   where is the red cube from the blue bowl?  left
               is the red cube left of the blue bowl?     yes
    gripper    which object is nearest to the gripper?    red cube

Directions are the robot's: left is +y, forward is +x, away from the robot. Each answer is drawn
before the question, so that no answer is more frequent than the scenes force it to be; what is
closer to a boundary than `MARGIN` or `NEAREST_MARGIN` is never asked.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from qa_generator.language.words import WAYS
from qa_generator.prompt import format_place, format_position, to_millimetres
from scene_renderer.catalogue import SHAPES, plural
from scene_renderer.piles import base_of, load_of
from scene_renderer.scene import SceneObject, Table, Vector
from scene_renderer.splits import is_unseen
from scene_renderer.vocabulary import COLORS, DIRECTIONS

T = TypeVar("T")
Draw = Callable[[Table, np.random.Generator], tuple[str, str] | None]

MARGIN = 0.03
"""Least distance along an axis, metres, for one thing to be left of (in front of, ...) another."""
DOMINANCE = 1.5
"""How much longer the axis that names a direction must be than the other one."""
NEAREST_MARGIN = 0.02
"""How much nearer, metres, the nearest object must be than the second nearest."""
HIGHEST_COUNT = 4
"""Counts are balanced from 0 to here."""
DISTANCES_MM = (30, 40, 50, 60, 80, 100, 120, 150)
"""Distances that shifted places and instructions name."""

ABSENT = "absent"
YES_NO = ("yes", "no")
CAPTION_REQUEST = "describe the table"

TEMPLATES: MappingProxyType[str, str] = MappingProxyType(
    {
        "count": "how many {things} are there?",
        "name": "what is at {place}?",
        "name_color": "what colour is the object at {place}?",
        "name_shape": "what shape is the object at {place}?",
        "place": "where is the {a}?",
        "place_two": "where are the {a} and the {b}?",
        "place_bare": "coordinates of the {a}?",
        "place_shifted": "where is {distance} {direction} of the {a}?",
        "place_moved": "where would the {a} be {distance} further {direction}?",
        "place_moved_by": "where would the {a} be if it moved {direction} by {distance}?",
        "place_from_to": "from where to where does the {a} go {distance} {direction}?",
        "place_above": "where is {distance} above the {a}?",
        "relation": "where is the {a} from the {b}?",
        "relation_yes_no": "is the {a} {direction} of the {b}?",
        "gripper_nearest": "which object is nearest to the gripper?",
        "gripper_farthest": "which object is farthest from the gripper?",
        "gripper": "where is the {a} from the gripper?",
        "gripper_yes_no": "is the {a} {direction} of the gripper?",
    }
)

SHIFTED_FORMS = ("place_shifted", "place_moved", "place_moved_by", "place_from_to")
"""Templates that ask for a place beside a thing."""


@dataclass(frozen=True)
class Question:
    """A question about a scene and its right answer; `kind` is a word from `KINDS` or `caption`."""

    kind: str
    question: str
    answer: str


def sample_questions(
    scene: Table, rng: np.random.Generator, kinds: Sequence[str] | None = None
) -> list[Question]:
    """Draws one question for each entry of `kinds`, no question twice.

    Args:
        scene: what is asked about; only its objects and end effector are looked at.
        rng: draws the questions.
        kinds: words from `KINDS`, repeated where several questions of a kind are wanted.
            Default: one of each.

    Returns:
        At most `len(kinds)` questions: one is left out where the scene allows no more clear ones.
    """
    questions: dict[str, Question] = {}
    for kind in KINDS if kinds is None else kinds:
        for _ in range(8):
            drawn = pick(rng, _FORMS[kind])(scene, rng)
            if drawn is not None and drawn[0] not in questions:
                questions[drawn[0]] = Question(kind, *drawn)
                break
    return list(questions.values())


def caption(scene: Table) -> Question:
    """Lists every object, in reading order: farthest from the robot first, then leftmost first."""
    objects = sorted(scene.objects, key=lambda o: [-to_millimetres(v) for v in o.position])
    return Question("caption", CAPTION_REQUEST, "; ".join(map(_place_of, objects)))


def absent_names(scene: Table, color: str | None = None, shape: str | None = None) -> list[str]:
    """Returns colour-shape names that no object of the scene answers to.

    Pairs that training never shows are left out unless the scene itself has such a pair: else
    training would teach that they are always absent.

    Args:
        scene: where they are absent.
        color: if given, only names with this colour.
        shape: if given, only names with this shape.
    """
    present = {(o.color, o.shape) for o in scene.objects}
    with_unseen = any(is_unseen(*pair) for pair in present)
    return [
        f"{c} {s}"
        for c in (COLORS if color is None else [color])
        for s in (SHAPES if shape is None else [shape])
        if (c, s) not in present and (with_unseen or not is_unseen(c, s))
    ]


def sample_absent_name(scene: Table, rng: np.random.Generator) -> str:
    """Draws a name of something that is not there, as near to something there as can be.

    One in two has a colour and a shape of the scene, one in four a colour alone or a shape alone.
    """
    like = pick(rng, scene.objects)
    other = pick(rng, scene.objects)
    near = {
        0: absent_names(scene, like.color, other.shape),
        1: absent_names(scene, like.color, other.shape),
        2: absent_names(scene, color=like.color),
        3: absent_names(scene, shape=like.shape),
    }[int(rng.integers(4))]
    return pick(rng, near or absent_names(scene))


def format_distance(distance_mm: int, rng: np.random.Generator) -> str:
    """Writes a distance in millimetres or, as often where it is whole, in centimetres."""
    if distance_mm % 10 == 0 and rng.integers(2):
        return f"{distance_mm // 10} cm"
    return f"{distance_mm} mm"


def direction_between(start: Vector, end: Vector) -> str | None:
    """Returns which way `end` lies from `start`, or None near a diagonal or too close to tell."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    longer, shorter = max(abs(dx), abs(dy)), min(abs(dx), abs(dy))
    if longer < max(MARGIN, DOMINANCE * shorter):
        return None
    return next(w for w, (x, y) in DIRECTIONS.items() if x * dx + y * dy == longer)


def ask_beside(item: SceneObject, direction: str, rng: np.random.Generator) -> tuple[str, str]:
    """Asks for the place that lies some distance from a thing in one of the robot's directions.

    Returns:
        Question and answer; one answer in four tells first where the thing itself is.
    """
    form, distance = pick(rng, SHIFTED_FORMS), pick(rng, DISTANCES_MM)
    way = direction if form == "place_shifted" else pick(rng, WAYS[direction].seen)
    question = TEMPLATES[form].format(
        distance=format_distance(distance, rng), direction=way, a=item.name
    )
    step_x, step_y = DIRECTIONS[direction]
    x, y, z = map(to_millimetres, item.position)
    answer = f"{x + step_x * distance}, {y + step_y * distance}, {z}"
    if form == "place_from_to":
        answer = f"{format_position(item.position)}; {answer}"
    return question, answer


def _count(scene: Table, rng: np.random.Generator) -> tuple[str, str] | None:
    counts = _counts(scene)
    target = pick(rng, sorted(set(counts.values())))
    things = pick(rng, [thing for thing, count in counts.items() if count == target])
    return TEMPLATES["count"].format(things=things), str(target)


def _count_all(scene: Table, rng: np.random.Generator) -> tuple[str, str]:
    return TEMPLATES["count"].format(things="objects"), str(len(scene.objects))


def _counts(scene: Table) -> dict[str, int]:
    """Counts things of one or two colours or shapes; two, because few scenes have three of one."""
    colors = {c: sum(o.color == c for o in scene.objects) for c in COLORS}
    shapes = {plural(s): sum(o.shape == s for o in scene.objects) for s in SHAPES}
    counts = {f"{c} objects": n for c, n in colors.items()} | shapes
    for words, suffix in ((colors, " objects"), (shapes, "")):
        shown = [(w, n) for w, n in words.items() if n]
        counts |= {f"{a} or {b}{suffix}": n + m for a, n in shown for b, m in shown if a < b}
    return {thing: count for thing, count in counts.items() if count <= HIGHEST_COUNT}


def _name(scene: Table, rng: np.random.Generator) -> tuple[str, str] | None:
    alone = [o for o in scene.objects if not load_of(scene, o) and base_of(scene, o) is None]
    if not alone:
        return None
    item = pick(rng, alone)
    form, answer = pick(
        rng,
        [("name", item.name)] * 2 + [("name_color", item.color), ("name_shape", item.shape)],
    )
    x, y, _ = item.position
    return TEMPLATES[form].format(place=f"{to_millimetres(x)}, {to_millimetres(y)}"), answer


def _place(scene: Table, rng: np.random.Generator) -> tuple[str, str]:
    item = pick(rng, scene.objects)
    return TEMPLATES["place"].format(a=item.name), _place_of(item)


def _place_two(scene: Table, rng: np.random.Generator) -> tuple[str, str]:
    a, b = _two(scene, rng)
    question = TEMPLATES["place_two"].format(a=a.name, b=b.name)
    return question, f"{_place_of(a)}; {_place_of(b)}"


def _place_bare(scene: Table, rng: np.random.Generator) -> tuple[str, str]:
    item = pick(rng, scene.objects)
    return TEMPLATES["place_bare"].format(a=item.name), format_position(item.position)


def _place_shifted(scene: Table, rng: np.random.Generator) -> tuple[str, str]:
    return ask_beside(pick(rng, scene.objects), pick(rng, list(DIRECTIONS)), rng)


def _place_above(scene: Table, rng: np.random.Generator) -> tuple[str, str]:
    item, distance = pick(rng, scene.objects), pick(rng, DISTANCES_MM)
    x, y, z = map(to_millimetres, item.position)
    question = TEMPLATES["place_above"].format(distance=format_distance(distance, rng), a=item.name)
    return question, f"{x}, {y}, {z + distance}"


def _place_absent(scene: Table, rng: np.random.Generator) -> tuple[str, str]:
    return TEMPLATES["place"].format(a=sample_absent_name(scene, rng)), ABSENT


def _relation(scene: Table, rng: np.random.Generator) -> tuple[str, str] | None:
    target = pick(rng, list(DIRECTIONS))
    pairs = [
        (a, b)
        for a in scene.objects
        for b in scene.objects
        if a is not b and direction_between(b.position, a.position) == target
    ]
    if not pairs:
        return None
    a, b = pick(rng, pairs)
    return TEMPLATES["relation"].format(a=a.name, b=b.name), target


def _relation_yes_no(scene: Table, rng: np.random.Generator) -> tuple[str, str] | None:
    direction, answer, (a, b) = (
        pick(rng, list(DIRECTIONS)),
        pick(rng, YES_NO),
        _two(scene, rng),
    )
    along = _along(direction, b.position, a.position)
    if abs(along) < MARGIN:
        return None
    if (along > 0) != (answer == "yes"):
        a, b = b, a
    question = TEMPLATES["relation_yes_no"].format(a=a.name, direction=direction, b=b.name)
    return question, answer


def _gripper_extreme(scene: Table, rng: np.random.Generator) -> tuple[str, str] | None:
    form, sign = pick(rng, [("gripper_nearest", 1), ("gripper_farthest", -1)])
    x, y, _ = scene.end_effector.position
    ranked = sorted(
        (sign * math.hypot(o.position[0] - x, o.position[1] - y), o.name) for o in scene.objects
    )
    if ranked[1][0] - ranked[0][0] < NEAREST_MARGIN:
        return None
    return TEMPLATES[form], ranked[0][1]


def _gripper(scene: Table, rng: np.random.Generator) -> tuple[str, str] | None:
    target = pick(rng, list(DIRECTIONS))
    gripper = scene.end_effector.position
    items = [o for o in scene.objects if direction_between(gripper, o.position) == target]
    return (TEMPLATES["gripper"].format(a=pick(rng, items).name), target) if items else None


def _gripper_yes_no(scene: Table, rng: np.random.Generator) -> tuple[str, str] | None:
    direction, answer = pick(rng, list(DIRECTIONS)), pick(rng, YES_NO)
    sign = 1 if answer == "yes" else -1
    gripper = scene.end_effector.position
    items = [o for o in scene.objects if sign * _along(direction, gripper, o.position) >= MARGIN]
    if not items:
        return None
    item = pick(rng, items)
    return TEMPLATES["gripper_yes_no"].format(a=item.name, direction=direction), answer


def _along(direction: str, start: Vector, end: Vector) -> float:
    """Returns how far `end` lies from `start` in a direction, metres."""
    x, y = DIRECTIONS[direction]
    return x * (end[0] - start[0]) + y * (end[1] - start[1])


def _place_of(item: SceneObject) -> str:
    return format_place(item.name, item.position)


def _two(scene: Table, rng: np.random.Generator) -> tuple[SceneObject, SceneObject]:
    first, second = rng.permutation(len(scene.objects))[:2]
    return scene.objects[first], scene.objects[second]


def pick(rng: np.random.Generator, items: Sequence[T]) -> T:
    """Draws one of the items."""
    return items[int(rng.integers(len(items)))]


def _weighted(forms: Iterable[tuple[Draw, int]]) -> tuple[Draw, ...]:
    return tuple(draw for draw, weight in forms for _ in range(weight))


_FORMS: dict[str, tuple[Draw, ...]] = {
    "count": _weighted([(_count, 9), (_count_all, 1)]),
    "name": (_name,),
    "place": _weighted(
        [
            (_place, 3),
            (_place_two, 2),
            (_place_bare, 2),
            (_place_shifted, 3),
            (_place_above, 1),
            (_place_absent, 1),
        ]
    ),
    "relation": (_relation, _relation_yes_no),
    "gripper": (_gripper_extreme, _gripper, _gripper_yes_no),
}

KINDS: tuple[str, ...] = tuple(_FORMS)
"""The five kinds of questions."""
