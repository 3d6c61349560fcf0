from dataclasses import replace

import pytest

from qa_generator.rules import SCENE_RULES, is_within, unseen_name
from scene_renderer.cameras import view_from
from scene_renderer.sampler import LOOKS, sample_scene
from scene_renderer.splits import SPLITS, find_split


@pytest.mark.parametrize("split", SPLITS)
def test_scenes_obey_the_rules_of_their_split(split):
    for index in range(20):
        scene = sample_scene(5, split, index)
        assert not any(rule(scene, find_split(split)) for rule in SCENE_RULES.values())


def test_each_look_holds_the_milder_ones():
    scene = sample_scene(5, "test_look", 0)
    assert not is_within(scene, LOOKS["mild"])
    assert is_within(scene, LOOKS["medium"])
    assert is_within(scene, LOOKS["hard"])


def test_other_cameras_are_not_measured_by_the_front_one():
    scene = sample_scene(5, "test", 0)
    assert is_within(view_from(scene, "top"), LOOKS["mild"])
    assert not is_within(replace(scene, noise=1.0), LOOKS["mild"])


def test_unseen_names_are_found_in_texts():
    assert unseen_name("put the red cube on the orange cubes") == "orange cubes"
    assert unseen_name("put the red cube on the blue bowl") is None
