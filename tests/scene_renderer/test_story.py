import dataclasses

import pytest

from scene_renderer.episode import Episode
from scene_renderer.errors import DatasetError
from scene_renderer.plan import parse_plan
from scene_renderer.story import MOST, draw_story


def columns(episode: Episode) -> int:
    return draw_story(episode, 32).width // 32


def test_a_story_has_the_start_and_the_end_of_each_action(lifted: Episode) -> None:
    assert columns(lifted) == 3


def test_a_long_plan_is_told_in_a_few_pictures(lifted: Episode) -> None:
    frames = tuple(dataclasses.replace(f, action=i) for i, f in enumerate(lifted.frames[:12]))
    plan = parse_plan("\n".join(["rotate(20)"] * 12))
    assert columns(dataclasses.replace(lifted, frames=frames, plan=plan)) == MOST + 1  # with gaps


def test_an_episode_that_was_not_recorded_is_refused(lifted: Episode) -> None:
    with pytest.raises(DatasetError, match="holds no frames"):
        draw_story(dataclasses.replace(lifted, frames=()), 32)
