"""Questions for where things are, and for places beside and above them."""

import numpy as np

from qa_generator.language.words import WAYS
from qa_generator.prompt import format_position, to_millimetres
from qa_generator.questions.things import (
    Asked,
    could_be,
    pick,
    pick_rare,
    pick_two,
    place_of,
    sample_absent_name,
    spot_of,
    standing_alone,
)
from qa_generator.questions.words import (
    ABSENT,
    DISTANCES_MM,
    OPTIONS,
    SHIFTED_FORMS,
    TEMPLATES,
    add_options,
    format_distance,
)
from scene_renderer.scene import SceneObject, Table
from scene_renderer.vocabulary import DIRECTIONS


def ask_place(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks where one of the things is or, as often as for each of them, an absent one."""
    number = int(rng.integers(len(scene.objects) + 1))
    if number == len(scene.objects):
        return TEMPLATES["place"].format(a=sample_absent_name(scene, rng)), ABSENT
    item = scene.objects[number]
    return TEMPLATES["place"].format(a=item.name), place_of(item)


def ask_place_two(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks where two things are."""
    a, b = pick_two(scene, rng)
    question = TEMPLATES["place_two"].format(a=a.name, b=b.name)
    return question, f"{place_of(a)}; {place_of(b)}"


def ask_place_bare(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks for coordinates alone."""
    item = pick(rng, scene.objects)
    return TEMPLATES["place_bare"].format(a=item.name), format_position(item.position)


def ask_place_choice(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks where a thing is, between the places of things that are about as high as it."""
    alone = standing_alone(scene)
    if not alone:
        return None
    item = pick_rare(rng, alone)
    alike = [other for other in alone if other is not item and could_be(other, item.shape)]
    if len(alike) < OPTIONS - 2:
        return None
    others = [alike[i] for i in rng.permutation(len(alike))[: OPTIONS - 1]]
    options = [spot_of(thing) for thing in (item, *others)]
    return add_options(TEMPLATES["place"].format(a=item.name), options, options[0], rng)


def ask_place_shifted(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks for a place beside a thing."""
    return ask_beside(pick(rng, scene.objects), pick(rng, list(DIRECTIONS)), rng)


def ask_place_above(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks for a place above a thing."""
    item, distance = pick(rng, scene.objects), pick(rng, DISTANCES_MM)
    x, y, z = map(to_millimetres, item.position)
    question = TEMPLATES["place_above"].format(distance=format_distance(distance, rng), a=item.name)
    return question, f"{x}, {y}, {z + distance}"


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
