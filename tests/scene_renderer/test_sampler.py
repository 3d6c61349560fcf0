import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from scene_renderer.catalogue import SUPPORTS
from scene_renderer.errors import UsageError
from scene_renderer.footprint import gap
from scene_renderer.kinematics import inverse
from scene_renderer.piles import bears
from scene_renderer.sampler import GAP, LOOKS, sample_scene, uncovered
from scene_renderer.scene import REACH_X, REACH_Y, Scene, SceneObject
from scene_renderer.splits import SPLITS, is_unseen


@pytest.fixture(scope="module")
def scenes() -> dict[str, list[Scene]]:
    return {split: [sample_scene(3, split, index) for index in range(12)] for split in SPLITS}


def flat(scenes: dict[str, list[Scene]]) -> list[Scene]:
    return list(itertools.chain.from_iterable(scenes.values()))


def test_a_scene_depends_on_seed_split_and_index_alone(scenes: dict[str, list[Scene]]) -> None:
    assert sample_scene(3, "train", 5) == scenes["train"][5]
    layouts = {scene.objects for scene in flat(scenes)} | {sample_scene(4, "train", 5).objects}
    assert len(layouts) == 12 * len(SPLITS) + 1


def test_scenes_in_a_row_share_a_setup_where_the_split_says_so() -> None:
    def setup(split: str, index: int) -> tuple[object, ...]:
        scene = sample_scene(3, split, index)
        return scene.camera, scene.light, scene.table, scene.tint, scene.end_effector

    shared = SPLITS["train"].sharing
    assert len({setup("train", index) for index in range(shared)}) == 1
    assert setup("train", shared) != setup("train", 0)
    assert len({setup("test", index) for index in range(shared)}) == shared


def test_a_scene_survives_its_json(scenes: dict[str, list[Scene]]) -> None:
    for scene in flat(scenes):
        assert Scene.from_json(scene.to_json()) == scene


def test_counts_follow_the_split(scenes: dict[str, list[Scene]]) -> None:
    for split, rules in SPLITS.items():
        low, high = rules.objects
        assert all(low <= len(scene.objects) <= high for scene in scenes[split])


def test_there_is_something_to_stack_on_to_take_and_to_receive(
    scenes: dict[str, list[Scene]],
) -> None:
    for scene in flat(scenes):
        roles = Counter(item.kind.role for item in scene.objects)
        assert roles["graspable"] >= 2
        assert 1 <= roles["receiver"] <= 2
        assert any(item.shape in SUPPORTS for item in scene.objects)


def test_unseen_pairs_appear_only_where_they_should(scenes: dict[str, list[Scene]]) -> None:
    for split, rules in SPLITS.items():
        for scene in scenes[split]:
            unseen = sum(is_unseen(item.color, item.shape) for item in scene.objects)
            needed = math.ceil(len(scene.objects) / 2) if rules.combinations == "unseen" else 0
            assert unseen == needed


def test_one_word_is_often_not_enough_to_name_an_object(scenes: dict[str, list[Scene]]) -> None:
    def repeats(words: list[str]) -> bool:
        return len(set(words)) < len(words)

    colors = [repeats([item.color for item in scene.objects]) for scene in flat(scenes)]
    shapes = [repeats([item.shape for item in scene.objects]) for scene in flat(scenes)]
    assert sum(colors) > 0.7 * len(colors)
    assert sum(shapes) > 0.5 * len(shapes)


def test_every_scene_holds_a_distractor_of_the_same_colour_or_shape(
    scenes: dict[str, list[Scene]],
) -> None:
    for scene in flat(scenes):
        takeable = [item for item in scene.objects if item.kind.role == "graspable"]
        pairs = itertools.combinations(takeable, 2)
        assert any(a.color == b.color or a.shape == b.shape for a, b in pairs)


def test_looks_wander_further_from_mild_to_hard_in_every_way() -> None:
    mild, medium, hard = (dataclasses.astuple(LOOKS[name]) for name in ("mild", "medium", "hard"))
    assert all(a < b < c for a, b, c in zip(mild, medium, hard, strict=True))


@pytest.mark.parametrize(
    "look",
    [
        lambda scene: scene.camera.position,
        lambda scene: scene.light.direction,
        lambda scene: scene.tint,
        lambda scene: scene.noise,
    ],
)
def test_scenes_of_a_harder_look_differ_more(look: Callable[[Scene], Any]) -> None:
    def spread(split: str) -> float:
        looks = [look(sample_scene(3, split, index)) for index in range(30)]
        return float(np.std(looks, axis=0).sum())

    assert spread("test") < spread("test_look") < spread("test_look_hard")


def test_objects_stand_on_the_table_within_reach_and_apart(scenes: dict[str, list[Scene]]) -> None:
    for scene in flat(scenes):
        for item in scene.objects:
            x, y, z = item.position
            assert REACH_X[0] <= x <= REACH_X[1]
            assert REACH_Y[0] <= y <= REACH_Y[1]
            is_rider = any(bears(other, item) for other in scene.objects)
            assert is_rider or z == item.extents[2] / 2
        for a, b in itertools.combinations(scene.objects, 2):
            assert gap(a, b) >= GAP or bears(a, b) or bears(b, a)


def test_objects_are_wholly_in_the_picture(scenes: dict[str, list[Scene]]) -> None:
    for scene in flat(scenes):
        for item in scene.objects:
            reach = max(item.extents[:2]) / 2
            corners = itertools.product((-reach, reach), (-reach, reach))
            floor = [[item.position[0] + x, item.position[1] + y, 0.0] for x, y in corners]
            pixels = scene.camera.project(np.array([item.position, *floor]), 1)
            assert np.all((pixels[0] > 0) & (pixels[0] < 1))
            assert np.all((pixels > -0.1) & (pixels < 1.1))


def test_the_arm_reaches_where_the_gripper_starts(scenes: dict[str, list[Scene]]) -> None:
    for scene in flat(scenes):
        place, yaw = scene.end_effector.position, scene.end_effector.yaw
        assert any(inverse(place, turn) is not None for turn in (yaw, yaw + math.pi, yaw - math.pi))


def test_gap_between_boxes_and_circles() -> None:
    cube = SceneObject("a", "red", "cube", 0.05, (0.4, 0.0, 0.025))
    beside = dataclasses.replace(cube, name="b", position=(0.4, 0.08, 0.025))
    turned = dataclasses.replace(beside, yaw=math.pi / 4)
    ball = dataclasses.replace(beside, shape="ball", position=(0.4, 0.1, 0.025))
    assert gap(cube, beside) == pytest.approx(0.03)
    assert gap(cube, turned) == pytest.approx(0.08 - 0.025 - 0.025 * math.sqrt(2))
    assert gap(cube, ball) == pytest.approx(0.05)
    assert gap(cube, cube) < 0


def test_only_what_is_nearer_covers() -> None:
    square = np.array([[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]])
    shares = uncovered([square, square + np.array([0.2, 0.0])], [1.0, 2.0])
    assert shares[0] == 1.0
    assert shares[1] == pytest.approx(0.5, abs=0.06)


def test_an_unknown_split_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match=r"Unknown split 'trian'\. Did you mean 'train'\?"):
        sample_scene(0, "trian", 0)
