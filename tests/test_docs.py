"""The examples in docs/ do what they say."""

import re
from pathlib import Path
from typing import Any

import pytest

from scene_renderer.episode import Episode

DOCS = Path(__file__).resolve().parent.parent / "docs"


def run(page: str, number: int) -> dict[str, Any]:
    """Executes one of the page's Python examples."""
    examples = re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(), re.M | re.S)
    names: dict[str, Any] = {}
    exec(compile(examples[number], page, "exec"), names)
    return names


def test_the_example_of_reading_an_episode_reads_all_that_it_names() -> None:
    names = run("episodes.md", 0)
    episode, item = names["episode"], names["item"]
    first, last = episode.frames[0], episode.frames[-1]
    assert last.time == pytest.approx((len(episode.frames) - 1) / 20, abs=0.01)
    assert (first.action, last.action) == (0, 1)
    assert last.poses[item.name].position[2] > first.poses[item.name].position[2] + 0.1
    assert last.opening < first.opening
    assert names["frame"].picture.startswith(b"\x89PNG")


def test_the_example_of_telling_the_goal_writes_a_film_ready_episode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("episodes.md", 1)
    episode = Episode.from_json((tmp_path / "stack.json").read_text())
    assert episode.verdict == "success"
    assert len(episode.frames) > 60


def test_the_episodes_of_the_pictures_end_as_they_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("pictures.md", 0)
    verdicts = [
        Episode.from_json((tmp_path / f"{name}.json").read_text()).verdict
        for name in ("reached", "missed")
    ]
    assert verdicts == ["success", "missed grasp"]
