import numpy as np
import pytest

from qa_generator.prompt import build_prompt, format_position, observe
from scene_renderer.errors import UsageError
from scene_renderer.scene import Scene


def prompt_lines(scene: Scene, context: str, seed: int = 0) -> list[str]:
    observation = observe(scene, None, context, np.random.default_rng(seed))
    return build_prompt(observation, "lift the red cube").split("\n")


def test_named_context_lists_names_and_millimetres(scene):
    lines = prompt_lines(scene, "named")
    assert lines[0] == "gripper: 320, 0, 420"
    assert lines[-1] == "lift the red cube"
    assert sorted(lines[1:-1]) == [
        "blue bowl: 540, 80, 28",
        "green cube: 400, 200, 25",
        "red ball: 560, -150, 25",
        "red cube: 412, -127, 25",
    ]


def test_unnamed_context_hides_every_name(scene):
    lines = prompt_lines(scene, "unnamed")
    assert sorted(lines[1:-1]) == [
        "object: 400, 200, 25",
        "object: 412, -127, 25",
        "object: 540, 80, 28",
        "object: 560, -150, 25",
    ]


def test_image_context_holds_the_gripper_and_the_instruction_alone(scene):
    assert prompt_lines(scene, "image") == ["gripper: 320, 0, 420", "lift the red cube"]


def test_order_of_the_list_is_drawn(scene):
    orders = {tuple(prompt_lines(scene, "named", seed)) for seed in range(20)}
    assert len(orders) > 5


def test_unknown_context_suggests_a_known_one(scene, rng):
    with pytest.raises(UsageError, match="Did you mean 'named'"):
        observe(scene, None, "name", rng)


def test_small_negative_lengths_have_no_minus_zero():
    assert format_position((0.4126, -0.0004, 0.0251)) == "413, 0, 25"
