"""Questions for what is how often there, and for what is at a place."""

import itertools
import math
from collections import Counter

import numpy as np

from qa_generator.questions.things import (
    Asked,
    could_be,
    may_name,
    pick,
    pick_rare,
    pick_weighted,
    spot_of,
    standing_alone,
    usual_number,
)
from qa_generator.questions.words import (
    EVERYTHING,
    OPTIONS,
    TEMPLATES,
    add_options,
    answers_to,
    highest_count,
)
from scene_renderer.catalogue import SHAPES, plural
from scene_renderer.scene import MAX_OBJECTS, MIN_OBJECTS, Table
from scene_renderer.vocabulary import COLORS

_VARIANTS = tuple(
    (tuple(sorted(kinds)), words)
    for kinds in (COLORS, SHAPES)
    for words in (1, 2, 3)
    for _ in range(words)
)
"""What is counted together: more words more often, because their counts reach further."""


def ask_count(scene: Table, rng: np.random.Generator) -> Asked:
    """Counts things of one, two or three colours or shapes; several, because few scenes repeat one.

    Every count from 0 to the highest is equally likely, and the words hardly tell which it is.
    """
    for number in rng.permutation(len(_VARIANTS)):
        choices = _choices(scene, *_VARIANTS[number])
        if all(choices):
            count = int(rng.integers(len(choices)))
            weights = [_surprise(chosen, count) for chosen in choices[count]]
            things = _join(pick_weighted(rng, choices[count], weights))
            return TEMPLATES["count"].format(things=things), str(count)
    return None


def ask_count_choice(scene: Table, rng: np.random.Generator) -> Asked:
    """Counts, with every count to choose from."""
    asked = ask_count(scene, rng)
    if asked is None:
        return None
    question, right = asked
    return add_options(question, answers_to(question) or (), right, rng)


def ask_count_all(scene: Table, rng: np.random.Generator) -> Asked:
    """Counts everything, except where a split has scenes of one size only.

    Scenes of few objects are more frequent, because they find room sooner.
    """
    number = len(scene.objects)
    if not MIN_OBJECTS <= number < MAX_OBJECTS or rng.random() > (number - 3) / 4:
        return None
    return TEMPLATES["count_all"], str(number)


def ask_name(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks for the name, the colour or the shape of what is at a place."""
    alone = standing_alone(scene)
    if not alone:
        return None
    item = pick_rare(rng, alone)
    form, answer = pick(
        rng,
        [("name", item.name)] * 2 + [("name_color", item.color), ("name_shape", item.shape)],
    )
    return TEMPLATES[form].format(place=spot_of(item)), answer


def ask_name_choice(scene: Table, rng: np.random.Generator) -> Asked:
    """Asks for the name of what is at a place, between near misses.

    The options are two colours of two shapes, so that none stands out; the shapes are of one
    height, so that a list of coordinates does not tell them apart. Where the height is unique,
    four colours of one shape.
    """
    alone = standing_alone(scene)
    if not alone:
        return None
    item = pick_rare(rng, alone)
    grids = [
        names
        for color in COLORS
        for shape in SHAPES
        if color != item.color and shape != item.shape and could_be(item, shape)
        if (names := _names(scene, (item.color, color), (item.shape, shape)))
    ]
    shown = {o.color for o in scene.objects} | {o.shape for o in scene.objects}
    likely = [grid for grid in grids if shown.issuperset(" ".join(grid).split())]
    if grids:
        options = pick(rng, likely or grids)
    else:
        others = [c for c in COLORS if c != item.color and may_name(scene, c, item.shape)]
        colors = [others[i] for i in rng.permutation(len(others))[: OPTIONS - 1]]
        options = [f"{color} {item.shape}" for color in (item.color, *colors)]
    return add_options(TEMPLATES["name"].format(place=spot_of(item)), options, item.name, rng)


def _choices(scene: Table, kinds: tuple[str, ...], words: int) -> list[list[tuple[str, ...]]]:
    """Returns for each count from 0 to the highest which words have it."""
    held = Counter(word for o in scene.objects for word in (o.color, o.shape))
    choices: list[list[tuple[str, ...]]] = [[] for _ in range(highest_count(words) + 1)]
    for chosen in itertools.combinations(kinds, words):
        if (count := sum(held[word] for word in chosen)) < len(choices):
            choices[count].append(chosen)
    return choices


def _surprise(words: tuple[str, ...], count: int) -> float:
    """Returns what is inversely proportional to how often these words have this count (Poisson)."""
    usual = sum(map(usual_number, words))
    return math.exp(usual) / usual**count


def _join(words: tuple[str, ...]) -> str:
    """Writes `red, blue or green objects`, `cubes or balls`."""
    named = words if words[0] in COLORS else tuple(map(plural, words))
    text = " or ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)
    return f"{text} {EVERYTHING}" if words[0] in COLORS else text


def _names(scene: Table, colors: tuple[str, str], shapes: tuple[str, str]) -> list[str]:
    """Returns all four names, or none if one of them may not be named."""
    pairs = [(color, shape) for color in colors for shape in shapes]
    return [f"{c} {s}" for c, s in pairs] if all(may_name(scene, *p) for p in pairs) else []
