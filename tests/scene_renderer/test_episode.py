"""An episode is the same every time, survives any plan, and reads back from JSON."""

import dataclasses
import json
import math
import subprocess
import sys

import pytest

from scene_renderer.episode import Episode, execute
from scene_renderer.errors import DatasetError, SceneError
from scene_renderer.plan import Action, Plan, parse_plan
from scene_renderer.scene import EndEffector, Scene

PUT = "pick(400, -120, 25)\nplace(560, 200, 28)"


@pytest.fixture(scope="module")
def put(full_table: Scene) -> Episode:
    return execute(full_table, parse_plan(PUT), instruction="put the red cube into the white bowl")


def moved(episode: Episode) -> set[str]:
    return {
        item.name
        for item in episode.scene.objects
        if math.dist(item.position, episode.final[item.name].position) > 0.02
    }


def test_a_good_plan_ends_well(put):
    assert put.failure is None
    assert put.held is None
    assert moved(put) == {"red cube"}
    x, y, _ = put.final["red cube"].position
    assert math.dist((x, y), (0.56, 0.2)) < 0.03
    assert 1.0 < put.duration < 10.0
    assert put.frames == ()


def test_a_lifted_object_is_still_held(full_table):
    episode = execute(full_table, parse_plan("pick(620, 20, 62)\nmove_to(620, 20, 212)"))
    assert episode.held == "cyan bottle"
    assert episode.final["cyan bottle"].position[2] > 0.062 + 0.05


def test_the_same_episode_after_others_is_bit_identical(put, full_table):
    execute(full_table, parse_plan("pick(380, 0, 25)\nplace(400, -280, 10)"))
    execute(dataclasses.replace(full_table, objects=full_table.objects[2:7]), parse_plan(PUT))
    again = execute(full_table, put.plan, instruction=put.instruction)
    assert again == put


def test_the_same_episode_in_another_process_is_bit_identical(put, full_table):
    code = (
        "import sys; from scene_renderer.episode import execute, parse_plan, Scene;"
        "scene, plan = Scene.from_json(sys.argv[1]), parse_plan(sys.argv[2]);"
        "print(execute(scene, plan, instruction=sys.argv[3]).to_json())"
    )
    arguments = [full_table.to_json(), PUT, put.instruction]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=True)
    assert Episode.from_json(done.stdout.decode()).final == put.final


def test_recording_changes_nothing_and_keeps_frames(put, full_table):
    recorded = execute(full_table, put.plan, instruction=put.instruction, record_hz=20)
    assert dataclasses.replace(recorded, frames=()) == put
    times = [frame.time for frame in recorded.frames]
    assert times == pytest.approx([i / 20 for i in range(len(times))])
    assert times[-1] > recorded.duration - 0.06
    assert {frame.action for frame in recorded.frames} == {0, 1}
    assert recorded.frames[0].poses["red cube"].position[0] == pytest.approx(0.4, abs=0.001)


def test_an_episode_reads_back_from_json(full_table):
    plan = parse_plan("move_to(400, 0, 300)")
    episode = execute(full_table, plan, record_hz=10)
    assert Episode.from_json(episode.to_json()) == episode
    assert len(episode.frames) > 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("final"), "lacks the key 'final'"),
        (lambda d: d.update(plan="fly(1)"), "Unknown action 'fly'"),
        (lambda d: d.update(frames=[{"time": "soon"}]), "no episode"),
        (lambda d: d["scene"].update(objects=[]), "it needs 4 to 8"),
    ],
)
def test_what_is_no_episode_is_refused(put, change, message):
    data = json.loads(put.to_json())
    change(data)
    with pytest.raises(DatasetError, match=message):
        Episode.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000])
def test_text_that_is_no_episode_is_refused(text):
    with pytest.raises(DatasetError, match="no episode"):
        Episode.from_json(text)


@pytest.mark.parametrize(
    ("plan", "failure"),
    [
        ("pick(99999, -99999, 99999)", "out of reach"),
        ("place(400, 0, 20)", "nothing in hand"),
        ("pick(400, -120, 25)\npick(400, 120, 16)", "hand full"),
        ("pick(320, -60, 10)\nplace(400, 0, 20)", "missed grasp"),
        ("move_to(400, 0, 200)\nmove_to(0, 0, 0)", "out of reach"),
        ("open_gripper()\nclose_gripper()\nrotate(99999)", None),
        ("refuse(absent)", None),
    ],
)
def test_any_plan_ends_as_an_episode(full_table, plan, failure):
    assert execute(full_table, parse_plan(plan)).failure == failure


def test_sixty_four_actions_end(full_table):
    there_and_back = (Action("move_to", (450, 300, 250)), Action("move_to", (450, -300, 250)))
    episode = execute(full_table, Plan(there_and_back * 32))
    assert episode.failure in (None, "timeout")
    assert moved(episode) == set()


def test_refusing_moves_nothing_at_all(full_table):
    episode = execute(full_table, parse_plan("refuse(absent)"))
    for item in full_table.objects:
        assert math.dist(item.position, episode.final[item.name].position) < 0.001


@pytest.mark.parametrize(
    ("plan", "failure"),
    [
        ("pick(400, -120, 25)\nplace(640, 20, 60)", "slid away"),
        ("push(400, -60, 25, 400, -200)", "knocked another"),
    ],
)
def test_what_went_wrong_afterwards_is_named(full_table, plan, failure):
    assert execute(full_table, parse_plan(plan)).failure == failure


def test_an_arm_that_cannot_start_is_a_bad_scene(full_table):
    far = dataclasses.replace(full_table, end_effector=EndEffector((2.0, 0.0, 0.1)))
    with pytest.raises(SceneError, match="cannot reach the end effector"):
        execute(far, parse_plan("refuse(absent)"))


def test_an_object_far_from_the_table_is_a_bad_scene(full_table):
    with pytest.raises(SceneError, match=r"'red cube' is at .* within 2\.0 of the robot's base"):
        dataclasses.replace(full_table["red cube"], position=(1e300, 0.0, 0.0))
