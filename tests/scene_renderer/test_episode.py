"""An episode is the same every time, survives any plan, and reads back from JSON."""

import dataclasses
import io
import json
import math
import subprocess
import sys

import pytest
from PIL import Image

from scene_renderer.episode import Episode, execute
from scene_renderer.errors import DatasetError, SceneError, UsageError
from scene_renderer.failures import Failure
from scene_renderer.plan import Action, Plan, parse_plan
from scene_renderer.scene import EndEffector, Scene
from scene_renderer.simulator import PHYSICS_HZ

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


@pytest.mark.parametrize("record_hz", [7.0, 50.0, 120.0, 1000.0])
def test_frames_come_at_any_frequency_up_to_that_of_physics(full_table, record_hz):
    episode = execute(full_table, parse_plan("move_to(400, 0, 300)"), record_hz=record_hz)
    times = [frame.time for frame in episode.frames]
    wanted = [i / min(record_hz, PHYSICS_HZ) for i in range(len(times))]
    assert times == pytest.approx(wanted, abs=0.5 / PHYSICS_HZ + 1e-9)
    assert wanted[-1] > episode.duration - 1 / record_hz - 1 / PHYSICS_HZ


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"record_hz": 0.0}, "record_hz is 0.0; give frames per second, above 0"),
        ({"record_hz": float("nan")}, "record_hz is nan"),
        ({"picture_px": 64}, "give record_hz beside picture_px"),
    ],
)
def test_what_cannot_be_recorded_is_a_usage_error(full_table, options, message):
    with pytest.raises(UsageError, match=message):
        execute(full_table, parse_plan("refuse(absent)"), **options)


def test_an_episode_knows_what_was_gone_for_and_where_it_was_let_go(put):
    assert put.aimed == ("red cube",)
    assert set(put.placed) == {"red cube"}
    assert math.dist(put.placed["red cube"].position, put.final["red cube"].position) < 0.03


def test_frames_know_where_the_gripper_is(full_table):
    episode = execute(full_table, parse_plan("move_to(400, 0, 300)\nrotate(30)"), record_hz=30)
    first, last = episode.frames[0].end_effector, episode.frames[-1].end_effector
    assert first.position == pytest.approx(full_table.end_effector.position, abs=0.002)
    assert last.position == pytest.approx((0.4, 0.0, 0.3), abs=0.003)
    assert math.remainder(last.yaw - math.radians(30), math.pi) == pytest.approx(0, abs=0.01)
    data = json.loads(episode.to_json())["frames"][-1]
    assert data["end_effector"] == {"position": list(last.position), "yaw": last.yaw}


def test_frames_hold_pictures_if_asked_for(full_table):
    plan = parse_plan("move_to(450, 100, 100)")
    episode = execute(full_table, plan, record_hz=4, picture_px=64)
    pictures = [Image.open(io.BytesIO(frame.picture)) for frame in episode.frames]
    assert {picture.size for picture in pictures} == {(64, 64)}
    assert len({picture.tobytes() for picture in pictures}) > 1
    assert Episode.from_json(episode.to_json()) == episode


def test_an_episode_reads_back_from_json(full_table, put):
    plan = parse_plan("move_to(400, 0, 300)")
    episode = execute(full_table, plan, record_hz=10)
    assert Episode.from_json(episode.to_json()) == episode
    assert Episode.from_json(put.to_json()) == put
    judged = dataclasses.replace(put, verdict="wrong place")
    assert Episode.from_json(judged.to_json()) == judged
    assert len(episode.frames) > 2


@pytest.mark.parametrize(
    ("verdict", "failure", "cause"),
    [
        (None, None, None),
        (None, Failure.DROPPED, "dropped"),
        ("wrong object", Failure.DROPPED, "wrong object"),
        ("success", Failure.UNSTABLE, None),
    ],
)
def test_the_goal_has_the_last_word_on_what_went_wrong(put, verdict, failure, cause):
    assert dataclasses.replace(put, verdict=verdict, failure=failure).cause == cause


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("final"), "lacks the key 'final'"),
        (lambda d: d.update(plan="fly(1)"), "Unknown action 'fly'"),
        (lambda d: d.update(failure="bad luck"), "'bad luck' is not a valid Failure"),
        (lambda d: d.update(verdict="done"), "'done' is not a valid Failure"),
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
        ("pick(320, -60, 10)\nplace(400, 0, 20)", "unknown place"),
        ("pick(400, -120, 25)\nopen_gripper()\nplace(400, 0, 20)", "dropped"),
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
        ("pick(400, -120, 25)\nplace(640, 20, 60)", "unstable"),
        ("pick(400, -120, 25)\nplace(320, -120, 180)", "dropped"),
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
