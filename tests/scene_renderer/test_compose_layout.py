"""Sentences of `tests/data/composed.txt`, and whether the scenes are as they say.

What holds is computed here from positions and widths alone, by nothing that places the objects.
"""

import dataclasses
import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from scene_renderer.catalogue import SHAPES
from scene_renderer.compose_grammar import parse_description
from scene_renderer.compose_layout import lay_out
from scene_renderer.errors import SceneError
from scene_renderer.scene import REACH_X, REACH_Y, Scene, SceneObject
from scene_renderer.vocabulary import COLORS

TABLE = Path(__file__).parents[1] / "data" / "composed.txt"
ROWS = [
    tuple(part.strip() for part in line.split("|"))
    for line in TABLE.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
SEEDS = (0, 1)
PHRASES = {
    "left of", "right of", "in front of", "behind", "next to", "near", "far from", "between",
    "around", "on", "in", "~left of", "~right of", "~in front of", "~behind",
}  # fmt: skip
FORMATIONS = ("row", "column", "circle")
TOWARDS = {"left of": (0, 1), "right of": (0, -1), "behind": (1, 0), "in front of": (-1, 0)}
Items = list[SceneObject]


def xy(item: SceneObject) -> np.ndarray:
    return np.array(item.position[:2])


def middle(items: Items) -> np.ndarray:
    return np.mean([xy(item) for item in items], axis=0)


def radius(item: SceneObject) -> float:
    """Of the circle around a footprint."""
    x, y, _ = item.extents
    return x / 2 if item.kind.round else math.hypot(x, y) / 2


def is_meant(words: list[str], item: SceneObject) -> bool:
    small, large = SHAPES[item.shape].sizes
    known = {item.color, item.shape, "thing"}
    known |= {"small"} if item.size == small else {"large"} if item.size == large else set()
    return set(words) <= known


def select(scene: Scene, words: list[str]) -> list[Items]:
    """Splits words at nouns: `red cube ball` are the red cubes, and the balls."""
    found, start = [], 0
    for end, word in enumerate(words, 1):
        if word in SHAPES:
            items = [item for item in scene.objects if is_meant(words[start:end], item)]
            assert items, f"no {words[start:end]} in {[o.name for o in scene.objects]}"
            found.append(items)
            start = end
    assert start == len(words) and found, words
    return found


def is_towards(way: tuple[int, int], a: Items, b: Items, is_slanted: bool) -> bool:
    ahead = min(float((xy(i) - xy(j)) @ way) for i in a for j in b if i is not j)
    offsets = [xy(i) - middle(b) for i in a]
    is_mostly = all(abs(o @ way) >= 0.99 * math.hypot(*o) / math.sqrt(2) for o in offsets)
    return ahead > 0.02 and (is_slanted or is_mostly)


def is_around(items: Items, anchor: SceneObject) -> bool:
    turns = sorted(math.atan2(*(xy(item) - xy(anchor))) for item in items)
    gaps = [b - a for a, b in itertools.pairwise([*turns, turns[0] + 2 * math.pi])]
    far = max(math.dist(xy(item), xy(anchor)) for item in items)
    return max(gaps) < 2 * math.pi / len(items) + 0.1 and far < radius(anchor) + 0.15


def is_line(items: Items, along: int) -> bool:
    ranked = sorted(items, key=lambda item: item.position[along])
    steps = [b.position[along] - a.position[along] for a, b in itertools.pairwise(ranked)]
    aside = [item.position[1 - along] for item in items]
    return max(aside) - min(aside) < 0.04 and min(steps) > 0.02 and max(steps) < 0.15


def is_circle(items: Items) -> bool:
    distances = [math.dist(xy(item), middle(items)) for item in items]
    return max(distances) - min(distances) < 0.01 and min(distances) > 0.03


def is_between(item: SceneObject, a: SceneObject, b: SceneObject) -> bool:
    one, other = xy(a) - xy(item), xy(b) - xy(item)
    cosine = float(one @ other) / math.hypot(*one) / math.hypot(*other)
    return cosine < -0.5


def bears(base: SceneObject, item: SceneObject) -> bool:
    bottom = item.position[2] - item.extents[2] / 2
    return bottom > 0.002 and math.dist(xy(base), xy(item)) < 0.01


def is_at(place: str, items: Items) -> bool:
    x, y = np.array([xy(item) for item in items]).T - np.array([[0.48], [0.0]])
    return bool(
        {
            "left": (y > 0.08).all(),
            "right": (y < -0.08).all(),
            "front": (x < -0.01).all(),
            "back": (x > 0.01).all(),
            "middle": (np.hypot(x, y) < 0.13).all(),
        }[place]
    )


def width_between(a: SceneObject, b: SceneObject) -> float:
    return math.dist(xy(a), xy(b)) - radius(a) - radius(b)


def holds(scene: Scene, claim: str) -> bool:
    words = claim.split()
    if words[-1] in FORMATIONS:
        items = [item for items in select(scene, words[:-1]) for item in items]
        if words[-1] == "circle":
            return is_circle(items)
        return is_line(items, along=1 if words[-1] == "row" else 0)
    if words[-2] in ("at", "in") and words[-1] in ("left", "right", "front", "back", "middle"):
        return is_at(words[-1], select(scene, words[:-2])[0])
    start, end = next(
        (i, j)
        for j in range(len(words), 0, -1)
        for i in range(j)
        if " ".join(words[i:j]) in PHRASES
    )
    phrase, subjects = " ".join(words[start:end]), select(scene, words[:start])
    return relates(phrase, [i for items in subjects for i in items], select(scene, words[end:]))


def relates(phrase: str, a: Items, others: list[Items]) -> bool:
    b = [item for items in others for item in items]
    if phrase.strip("~") in TOWARDS:
        if {id(i) for i in a} == {id(i) for i in b}:  # a duck left of a duck
            return is_towards(TOWARDS[phrase], a[:1], a[1:], False)
        return is_towards(TOWARDS[phrase.strip("~")], a, b, phrase.startswith("~"))
    if phrase == "between":
        return all(is_between(i, b[0], others[-1][-1]) for i in a)
    if phrase == "around":
        return len(b) == 1 and is_around(a, b[0])
    if phrase in ("on", "in"):
        return all(any(bears(base, item) for base in b) for item in a)
    widths = [min(width_between(i, j) for j in b) for i in a]
    return {
        "next to": max(widths) < 0.06,
        "near": max(widths) < 0.1,
        "far from": min(widths) > 0.1,
    }[phrase]


def count_words(objects: str) -> list[tuple[int, list[str]]]:
    return [(int(part.split()[0]), part.split()[1:]) for part in objects.split(", ")]


@pytest.mark.parametrize(("sentence", "objects", "claims"), ROWS, ids=[row[0] for row in ROWS])
def test_a_scene_is_as_its_sentence_says(sentence: str, objects: str, claims: str) -> None:
    for seed in SEEDS:
        scene = lay_out(parse_description(sentence), seed)
        counts = count_words(objects)
        assert sum(count for count, _ in counts) == len(scene.objects)
        for count, words in counts:
            assert sum(is_meant(words, item) for item in scene.objects) >= count, words
        for claim in filter(None, claims.split("; ")):
            assert holds(scene, claim), f"seed {seed}: {claim}\n{scene.to_json()}"


def mirror(scene: Scene, axis: int) -> Scene:
    def flip(item: SceneObject) -> SceneObject:
        place = [*item.position]
        place[axis] = 2 * 0.48 * (axis == 0) - place[axis]
        return dataclasses.replace(item, position=(place[0], place[1], place[2]))

    return dataclasses.replace(scene, objects=tuple(flip(item) for item in scene.objects))


def test_in_the_mirror_what_is_left_is_not_left_and_what_is_behind_not_behind() -> None:
    axes = {"left": 1, "right": 1, "behind": 0, "front": 0, "back": 0}
    asked = 0
    for sentence, _, claims in ROWS:
        for claim in filter(None, claims.split("; ")):
            word = next((word for word in claim.split() if word.strip("~") in axes), "")
            if word:
                scene = lay_out(parse_description(sentence), 0)
                assert not holds(mirror(scene, axes[word.strip("~")]), claim), claim
                asked += 1
    assert asked > 40


def test_there_are_many_sentences() -> None:
    assert len(ROWS) >= 60
    assert all(len(row) == 3 for row in ROWS)


@pytest.mark.parametrize("sentence", [row[0] for row in ROWS[::4]])
def test_composed_scenes_keep_the_rules_of_scenes(sentence: str) -> None:
    scene = lay_out(parse_description(sentence), 5)
    assert Scene.from_json(scene.to_json()) == scene
    for item in scene.objects:
        assert REACH_X[0] <= item.position[0] <= REACH_X[1]
        assert REACH_Y[0] <= item.position[1] <= REACH_Y[1]
        assert item.color in COLORS
    for a, b in itertools.combinations(scene.objects, 2):
        apart = math.dist(xy(a), xy(b))
        assert apart > (min(a.extents[:2]) + min(b.extents[:2])) / 2 + 0.02 or apart < 0.01


def test_the_seed_decides_and_nothing_else() -> None:
    description = parse_description("three red cubes around a blue bowl, a mug behind")
    assert lay_out(description, 3) == lay_out(description, 3)
    assert lay_out(description, 3).objects != lay_out(description, 4).objects


def names(sentence: str) -> list[str]:
    return [item.name for item in lay_out(parse_description(sentence), 0).objects]


def test_names_tell_what_is_alike_apart_by_side_size_depth_and_order() -> None:
    scene = lay_out(parse_description("two red cubes in a row, two blue balls in a column"), 0)
    assert scene["left red cube"].position[1] > scene["right red cube"].position[1]
    assert scene["near blue ball"].position[0] < scene["far blue ball"].position[0]
    assert names("three red cubes in a row, a bowl")[:3] == [
        "left red cube",
        "middle red cube",
        "right red cube",
    ]
    found = names("a small red cube, a red cube, two small blue balls in a row")
    assert found == ["small red cube", "large red cube", "left blue ball", "right blue ball"]
    assert names("five red cubes in a row")[::4] == ["first red cube", "fifth red cube"]
    found = names("a red cube on a red cube, a green cone, a pink duck")
    assert found == ["upper red cube", "lower red cube", "green cone", "pink duck"]


def test_what_is_left_open_is_drawn_without_repeating() -> None:
    scene = lay_out(parse_description("eight balls"), 0)
    assert len({item.color for item in scene.objects}) == 8
    kinds = {(o.color, o.shape) for o in lay_out(parse_description("eight things"), 0).objects}
    assert len(kinds) == 8


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("eight bowls", "These do not fit on the table: eight bowls. Ask for fewer"),
        ("eight cubes in a row", "eight cubes in a row found no place most often"),
        (
            "three bowls in a row in the middle, three plates behind",
            "There is room for three bowls",
        ),
    ],
)
def test_what_finds_no_place_is_said(sentence: str, words: str) -> None:
    with pytest.raises(SceneError) as caught:
        lay_out(parse_description(sentence), 0)
    assert words in str(caught.value)
