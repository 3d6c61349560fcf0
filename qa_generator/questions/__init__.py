"""Questions about a scene with one right answer each, in five kinds, and a caption.

    count      how many red objects are there?            2
               how many cubes, mugs or plates are there?  3
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
               can the gripper reach 20 cm forward of the red cube?
                                                          no

Each kind is asked with options to choose from as well (`words.py`). Directions are the robot's:
left is +y, forward is +x, away from the robot.

Where the answers are a closed set, a question is asked only of scenes that allow each of them, and
the answer is drawn before the question: all are equally likely whatever the prompt tells. Names are
drawn such that no shape is frequent. What is closer to a boundary than `MARGIN`, `NEAREST_MARGIN`
or `REACH_MARGIN` is never asked, nor is what has one possible answer only.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from qa_generator.prompt import to_millimetres
from qa_generator.questions.naming import (
    ask_count,
    ask_count_all,
    ask_count_choice,
    ask_name,
    ask_name_choice,
)
from qa_generator.questions.placing import (
    ask_beside,
    ask_place,
    ask_place_above,
    ask_place_bare,
    ask_place_choice,
    ask_place_shifted,
    ask_place_two,
)
from qa_generator.questions.relating import (
    ask_extreme,
    ask_extreme_choice,
    ask_gripper,
    ask_gripper_choice,
    ask_gripper_reach,
    ask_gripper_yes_no,
    ask_relation,
    ask_relation_choice,
    ask_relation_yes_no,
)
from qa_generator.questions.things import (
    Asked,
    absent_names,
    direction_between,
    pick,
    place_of,
    sample_absent_name,
)
from qa_generator.questions.words import (
    ABSENT,
    CAPTION_REQUEST,
    DISTANCES_MM,
    LETTERS,
    TEMPLATES,
    YES_NO,
    format_distance,
)
from scene_renderer.scene import Table

__all__ = [
    "ABSENT",
    "CAPTION_REQUEST",
    "DISTANCES_MM",
    "KINDS",
    "LETTERS",
    "TEMPLATES",
    "YES_NO",
    "Question",
    "absent_names",
    "ask_beside",
    "caption",
    "direction_between",
    "format_distance",
    "pick",
    "sample_absent_name",
    "sample_questions",
]


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
        At most `len(kinds)` questions: one is left out where the scene allows no more fair ones.
    """
    questions: dict[str, Question] = {}
    for kind in KINDS if kinds is None else kinds:
        forms = dict.fromkeys(_FORMS[kind][i] for i in rng.permutation(len(_FORMS[kind])))
        for ask in forms:  # each once: a rare answer stays rare if a form is tried until it fits
            drawn = ask(scene, rng)
            if drawn is not None and drawn[0] not in questions:
                questions[drawn[0]] = Question(kind, *drawn)
                break
    return list(questions.values())


def caption(scene: Table) -> Question:
    """Lists every object, in reading order: farthest from the robot first, then leftmost first."""
    objects = sorted(scene.objects, key=lambda o: [-to_millimetres(v) for v in o.position])
    return Question("caption", CAPTION_REQUEST, "; ".join(map(place_of, objects)))


Ask = Callable[[Table, np.random.Generator], Asked]


def _weighted(forms: Iterable[tuple[Ask, int]]) -> tuple[Ask, ...]:
    return tuple(ask for ask, weight in forms for _ in range(weight))


_FORMS: dict[str, tuple[Ask, ...]] = {
    "count": _weighted([(ask_count, 6), (ask_count_choice, 3), (ask_count_all, 1)]),
    "name": _weighted([(ask_name, 2), (ask_name_choice, 1)]),
    "place": _weighted(
        [
            (ask_place, 4),
            (ask_place_two, 2),
            (ask_place_bare, 2),
            (ask_place_choice, 3),
            (ask_place_shifted, 4),
            (ask_place_above, 1),
        ]
    ),
    "relation": _weighted([(ask_relation, 2), (ask_relation_yes_no, 2), (ask_relation_choice, 1)]),
    "gripper": _weighted(
        [
            (ask_extreme, 3),
            (ask_extreme_choice, 3),
            (ask_gripper, 4),
            (ask_gripper_choice, 2),
            (ask_gripper_yes_no, 3),
            (ask_gripper_reach, 3),
        ]
    ),
}

KINDS: tuple[str, ...] = tuple(_FORMS)
"""The five kinds of questions."""
