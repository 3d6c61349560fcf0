"""What is asked: cases drawn from a split, or read from anybody's file.

A case file is JSONL; each line is

    {"id": "mine-1", "scene": {Scene JSON}, "instruction": "lift the red cube",
     "context": "named", "goal": {"task": "lift", "object": "red cube"}}

with a scene as in `scene_renderer/scene.py` and a goal as in `qa_generator/tasks/__init__.py`.
"""

import codecs
import dataclasses
import functools
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from grader.metrics import MAIN
from qa_generator.prompt import Observation, observe
from qa_generator.tasks import TASKS, Goal, Instruction, Task, read_goal
from qa_generator.tasks.refuse import Refuse
from scene_renderer.errors import DatasetError, TablehandError, did_you_mean
from scene_renderer.kinematics import start_joints
from scene_renderer.scene import Scene, Vector
from scene_renderer.splits import find_split
from scene_renderer.vocabulary import CONTEXTS, REFUSAL_REASONS
from vlm.processor import grey_picture

if TYPE_CHECKING:
    from scene_renderer.renderer import Renderer

Image = NDArray[np.uint8]
Listing = tuple[tuple[str, Vector], ...]

CUSTOM = "custom"
"""The split of cases that come from a file."""

TRUE, BLANK, MIRRORED = "true", "blank", "mirrored"
DISGUISES = (TRUE, BLANK, MIRRORED)
"""What may be done to a picture before it is shown."""

MAX_BYTES = 256 * 2**20
"""Of a case file; ten thousand cases have about 20 MiB."""

_RETRY_STRIDE = 1_000_003
_KEYS = ("id", "scene", "instruction", "context", "goal")


@dataclass(frozen=True, eq=False)
class Case:
    """One question to a policy.

    Attributes:
        id: unique among the cases that are graded together.
        scene: what is on the table.
        instruction: the person's sentence.
        context: what the prompt tells beside the picture.
        goal: what is wanted, in physics.
        split: where the scene is from.
        twin: of what must be refused, the minimally different instruction that can be followed.
        suite: `MAIN`, or the suite that varied the case.
        variant: what the suite did to it, e.g. `5 mm`.
        origin: id of the case that was varied; empty in `MAIN`.
        pictured: the table that the picture shows, if it is not `scene`: another look or scene.
        picture: a word from `DISGUISES`.
        listing: what the prompt lists, label and place in metres, if it is not what `context` and
            `scene` say.
        decoys: where things that the goal moves would be if what is falsified were true: `x, y` in
            millimetres, joined by `; `; empty if nothing tells.
    """

    id: str
    scene: Scene
    instruction: str
    context: str
    goal: Goal
    split: str
    twin: Instruction | None = None
    suite: str = MAIN
    variant: str = ""
    origin: str = ""
    pictured: Scene | None = None
    picture: str = TRUE
    listing: Listing | None = None
    decoys: str = ""

    @property
    def shown(self) -> Scene:
        """The table that its picture shows."""
        return self.pictured or self.scene

    @property
    def must_be_refused(self) -> bool:
        """Whether it cannot be done, so that only saying no is right."""
        return self.goal.task == Refuse.name

    def vary(self, suite: str, variant: str, **changes: Any) -> "Case":
        """Returns a case that differs from this one in what is given."""
        name = f"{self.id}~{suite}:{variant}"
        given = {"id": name, "suite": suite, "variant": variant, "origin": self.id, **changes}
        return dataclasses.replace(self, **given)


@dataclass(frozen=True, eq=False, kw_only=True)
class Question(Observation):
    """An observation that also carries its case, which only the oracle and the baselines read."""

    case: Case


def draw_cases(
    split: str, seed: int, index: int, tasks: Sequence[str], contexts: Sequence[str]
) -> list[Case]:
    """Draws one scene and instruction, asked in every context.

    The tasks take turns, and so do the reasons of what must be refused. A scene that does not allow
    its task is passed over.

    Args:
        split: a name from `SPLITS`.
        seed: of the whole sample.
        index: number of the draw; the result depends on nothing else.
        tasks: words from `TASKS`.
        contexts: words from `CONTEXTS`.
    """
    task = TASKS[tasks[index % len(tasks)]]
    reason = REFUSAL_REASONS[index // len(tasks) % len(REFUSAL_REASONS)]
    scene, instruction = _draw_instruction(split, seed, index, task, reason)
    return [
        Case(
            f"{scene.id}:{task.name}:{c}",
            scene,
            instruction.text,
            c,
            instruction.goal,
            split,
            instruction.twin,
        )
        for c in contexts
    ]


def _draw_instruction(
    split: str, seed: int, index: int, task: Task, reason: str
) -> tuple[Scene, Instruction]:
    """Draws a scene that allows a task, and an instruction; of a refusal for this reason."""
    from scene_renderer.sampler import sample_scene

    rng = np.random.default_rng([seed, zlib.crc32(f"grade {split}".encode()), index])
    style = find_split(split).wordings
    while True:
        scene = sample_scene(seed, split, index)
        instruction = (
            task.sample_for(reason, scene, rng, style)
            if isinstance(task, Refuse)
            else task.sample(scene, rng, style)
        )
        if instruction is not None:
            return scene, instruction
        index += _RETRY_STRIDE


def ask(case: Case, image: Image | None) -> Question:
    """Returns what a policy gets to see of a case.

    Args:
        case: what is asked.
        image: of the table that it shows, as drawn: uint8, shape (height, width, 3), RGB; or None.
    """
    place = case.scene.end_effector.position
    return Question(_disguise(image, case.picture), place, listing_of(case), case=case)


def listing_of(case: Case) -> Listing:
    """Returns what the prompt of a case lists; the order depends on the case's origin alone."""
    if case.listing is not None:
        return case.listing
    rng = np.random.default_rng(zlib.crc32((case.origin or case.id).encode()))
    return observe(case.scene, None, case.context, rng).listing


def _disguise(image: Image | None, picture: str) -> Image | None:
    if image is None or picture == TRUE:
        return image
    return grey_picture(len(image)) if picture == BLANK else np.ascontiguousarray(image[:, ::-1])


def render_image(scene: Scene, image_size: int) -> Image:
    """Renders what the camera sees: uint8, shape (image_size, image_size, 3), RGB."""
    image: Image = _renderer().render(scene, image_size).image
    return image


@functools.cache
def _renderer() -> "Renderer":
    """Returns this process's visual world, made when it is first needed."""
    from scene_renderer.renderer import Renderer

    return Renderer()


def read_cases(path: Path) -> list[Case]:
    """Reads a case file.

    Raises:
        DatasetError: if the file is missing, empty or too large, or a line is malformed; it names
            the line.
    """
    cases: dict[str, Case] = {}
    for number, line in enumerate(_read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            case = _read_case(line)
        except UnicodeError as error:
            raise DatasetError(f"'{path}', line {number}: this is no UTF-8 text.") from error
        except (TablehandError, ValueError, RecursionError) as error:
            raise DatasetError(f"'{path}', line {number}: {error}") from error
        if case.id in cases:
            raise DatasetError(f"'{path}', line {number}: the id '{case.id}' was used before.")
        cases[case.id] = case
    if not cases:
        raise DatasetError(f"Case file '{path}' has no cases.")
    return list(cases.values())


def _read_lines(path: Path) -> list[bytes]:
    try:
        if path.exists() and not path.is_dir() and not path.is_file():
            raise DatasetError(f"Cannot read '{path}': it is no regular file.")
        if (size := path.stat().st_size) > MAX_BYTES:
            raise DatasetError(
                f"Case file '{path}' has {size / 2**20:.0f} MiB; at most {MAX_BYTES >> 20} are "
                "read. Split it."
            )
        return path.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n")
    except OSError as error:
        raise DatasetError(f"Cannot read '{path}': {error.strerror or error}.") from error


def _read_case(line: bytes) -> Case:
    data = json.loads(line.decode())
    json.dumps(data, ensure_ascii=False).encode()  # refuses halves of characters, as in "\\ud800"
    if not isinstance(data, dict):
        raise DatasetError("a case must be a JSON object.")
    for key in (*_KEYS, *data):
        if key not in data:
            raise DatasetError(f"a case needs the key '{key}'.")
        if key not in _KEYS:
            raise DatasetError(f"a case has no key '{key}'.{did_you_mean(key, _KEYS)}")
    for key in ("id", "instruction", "context"):
        if not isinstance(data[key], str) or not (data[key].strip() or key == "instruction"):
            raise DatasetError(f"'{key}' must be a text that is not empty.")
    if data["context"] not in CONTEXTS:
        hint = did_you_mean(data["context"], CONTEXTS)
        raise DatasetError(f"Unknown context '{data['context']}'.{hint}")
    scene = Scene.from_dict(data["scene"])
    start_joints(scene.end_effector.position, scene.end_effector.yaw)  # refuses what cannot begin
    goal = read_goal(data["goal"], scene)
    goal.oracle(scene)  # refuses what nobody could plan
    return Case(data["id"], scene, data["instruction"], data["context"], goal, CUSTOM)
