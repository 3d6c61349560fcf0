"""What an audit needs to know of one split, from one reading of its scenes and pairs.

A scene's *layout* is the JSON of its objects in the order of their names, places rounded to whole
millimetres and turns to hundredths of a radian. A *request* is what must not come twice: the prompt
where it lists coordinates, and prompt and picture where it does not, since two scenes may have the
gripper at the same place and be asked the same thing. A *phrase* is an instruction with every
colour, shape and number replaced, so that it does not depend on what the pair says of its wording.
"""

import functools
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from qa_generator.dataset import pairs_folder, read_manifest, read_pairs
from qa_generator.language.styles import WORDLESS
from qa_generator.likeness import Codes, picture_code
from qa_generator.pairs import PLAN, Pair
from qa_generator.prompt import GRIPPER_LABEL, UNNAMED_LABEL, format_place
from qa_generator.rules import SCENE_RULES, unseen_name
from qa_generator.tasks import read_goal, tasks_of
from scene_renderer.catalogue import SHAPES, plural
from scene_renderer.errors import TablehandError
from scene_renderer.plan import parse_plan
from scene_renderer.scene import Scene
from scene_renderer.shards import SceneRecord, read_scenes, scenes_folder
from scene_renderer.splits import find_split
from scene_renderer.vocabulary import COLORS

SHOWN = 3
"""How many offenders a check names."""
_WORD = {**dict.fromkeys(COLORS, "COLOUR"), **{s: "SHAPE" for k in SHAPES for s in (k, plural(k))}}
_SAID = re.compile(rf"\b(?:{'|'.join(_WORD)}|\d+)\b")

Item = TypeVar("Item")


@dataclass
class Check:
    """One thing that was looked at.

    Attributes:
        compared: how many were looked at.
        found: how many of them are not as they should be.
        first: the first few of those, in words.
    """

    compared: int = 0
    found: int = 0
    first: list[str] = field(default_factory=list)

    def see(self, fault: str | None, where: str) -> None:
        """Counts one more; `fault` says what is wrong with it, if anything is."""
        self.compared += 1
        if fault is not None:
            self.found += 1
            if len(self.first) < SHOWN:
                self.first.append(f"{where}: {fault}")

    def add(self, other: "Check") -> None:
        """Counts what another check of the same kind has seen too."""
        self.compared += other.compared
        self.found += other.found
        self.first = (self.first + other.first)[:SHOWN]


class Sample(Generic[Item]):
    """A few of many that pass by, each as likely as the others."""

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self.items: list[Item] = []
        self._size, self._rng, self._seen = size, rng, 0

    def pass_by(self, item: Item) -> None:
        """Keeps an item, perhaps instead of an earlier one."""
        self._seen += 1
        if len(self.items) < self._size:
            self.items.append(item)
        elif (place := int(self._rng.integers(self._seen))) < self._size:
            self.items[place] = item


@dataclass
class Facts:
    """One split.

    Attributes:
        split: its name.
        own: name to check of what concerns this split alone.
        known: kind of thing that no two sides may share, to each thing and where it first is.
        codes: of the pictures: uint64, shape (scenes, 9).
        scenes: ids, in the order of `codes`.
        drawn: some scenes, to be rendered again.
        planned: some pairs with plans, to be executed again.
    """

    split: str
    own: dict[str, Check]
    known: dict[str, dict[str | bytes, str]]
    codes: Codes
    scenes: list[str]
    drawn: list[SceneRecord]
    planned: list[Pair]


def gather(
    data: Path, split: str, sample: int, seed: int, on_scene: Callable[[], None] = lambda: None
) -> Facts:
    """Reads all scenes and pairs of a split.

    Args:
        data: the data folder.
        split: a word from `SPLITS`.
        sample: how many scenes and how many pairs to keep for doing again.
        seed: of the sample.
        on_scene: called after each scene.

    Raises:
        DatasetError: if there are none, or a file is broken or of another format.
    """
    rng = np.random.default_rng(seed)
    drawn: Sample[SceneRecord] = Sample(sample, rng)
    planned: Sample[Pair] = Sample(sample, rng)
    reader = _Reader(split)
    for record in read_scenes(scenes_folder(data, split)):
        reader.see_scene(record)
        drawn.pass_by(record)
        on_scene()
    for pair in read_pairs(pairs_folder(data, split)):
        reader.see_pair(pair)
        if pair.kind == PLAN:
            planned.pass_by(pair)
    reader.see_manifest(pairs_folder(data, split))
    codes = np.array(reader.codes, np.uint64)
    ids = list(reader.scenes)
    return Facts(split, reader.own, reader.known, codes, ids, drawn.items, planned.items)


class _Reader:
    """Collects facts as scenes, and then pairs, pass by."""

    def __init__(self, split: str) -> None:
        self.rules = find_split(split)
        self.tasks = tasks_of(split)
        self.own: dict[str, Check] = defaultdict(Check)
        self.known: dict[str, dict[str | bytes, str]] = defaultdict(dict)
        self.codes: list[Codes] = []
        self._ids: set[str] = set()
        self.scenes: dict[str, tuple[bytes, bytes]] = {}
        """Scene's id to digests of the scene and of its picture."""

    def see_scene(self, record: SceneRecord) -> None:
        scene, image = record.scene, record.image
        self._see_id(scene.id)
        for name, rule in SCENE_RULES.items():
            self.own[name].see(rule(scene, self.rules), scene.id)
        self.scenes[scene.id] = (_scene_digest(scene), _digest(record.png))
        self.codes.append(picture_code(image))
        self._know("scene ids", scene.id, scene.id)
        self._know("layouts", _digest(layout(scene)), scene.id)
        self._know("pictures", _digest(image.tobytes()), scene.id)

    def see_pair(self, pair: Pair) -> None:
        digests = self.scenes.get(pair.scene.id, (b"", b""))
        self._see_id(pair.id)
        self.own["scenes of pairs"].see(_not_of_scene(pair, digests[0]), pair.id)
        strange = "not its scene's picture" if _digest(pair.png) != digests[1] else None
        self.own["pictures of pairs"].see(strange, pair.id)
        self.own["coordinates in prompts"].see(_misplaced(pair), pair.id)
        self.own["answers"].see(_unanswered(pair), pair.id)
        if self.rules.combinations == "seen":
            name = unseen_name(f"{pair.prompt}\n{pair.answer}")
            self.own["colour-shape pairs in texts"].see(name and f"a {name}", pair.id)
        picture = pair.png if pair.context == "image" else b""
        self._know("requests", _digest(pair.prompt.encode() + picture), pair.id)
        if pair.kind == PLAN:
            self._see_wording(pair)
            strange = None if pair.task in self.tasks else f"a plan of '{pair.task}'"
            self.own["tasks"].see(strange, pair.id)

    def _see_wording(self, pair: Pair) -> None:
        untold = None if pair.template else "its wording is not told"
        self.own["wordings told"].see(untold, pair.id)
        if pair.template in WORDLESS:
            return
        self._know("phrases", phrase(pair.instruction), pair.id)
        if pair.template:
            self._know("wordings", pair.template, pair.id)
        for synonym in pair.lexical:
            self._know("synonyms", synonym, pair.id)

    def _see_id(self, name: str) -> None:
        self.own["ids"].see("there is another of this id" if name in self._ids else None, name)
        self._ids.add(name)

    def see_manifest(self, folder: Path) -> None:
        """Checks that the files are those that a finished, verifying run wrote."""
        manifest = read_manifest(folder)
        told = manifest["files"] if manifest else []
        listed = {file["name"]: file["sha256"] for file in told}
        for path in sorted(folder.glob("pairs-*.parquet")):
            fault = None
            if listed.get(path.name) != hashlib.sha256(path.read_bytes()).hexdigest():
                fault = "not as the manifest tells"
            elif manifest and not manifest["recipe"]["verified"]:
                fault = "written without being executed"
            self.own["files executed"].see(fault, str(path))

    def _know(self, kind: str, thing: str | bytes, where: str) -> None:
        self.known[kind].setdefault(thing, where)


def layout(scene: Scene) -> str:
    """Returns what stands where, rounded, whatever the objects' order and the scene's id."""
    things = sorted(
        (o.color, o.shape, *(round(1000 * v) for v in (o.size, *o.position)), round(100 * o.yaw))
        for o in scene.objects
    )
    return json.dumps(things)


def phrase(instruction: str) -> str:
    """Returns an instruction without its colours, shapes and numbers."""
    return _SAID.sub(lambda match: _WORD.get(match[0], "NUMBER"), instruction.lower())


def _digest(data: str | bytes) -> bytes:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).digest()[:16]


@functools.lru_cache(maxsize=4)  # neighbours are about the same scene
def _scene_digest(scene: Scene) -> bytes:
    return _digest(scene.to_json())


def _not_of_scene(pair: Pair, digest: bytes) -> str | None:
    if not digest:
        return f"there is no scene '{pair.scene.id}' in its split"
    return "not as in its scene's file" if _scene_digest(pair.scene) != digest else None


def _misplaced(pair: Pair) -> str | None:
    """Compares what the prompt lists with where things are."""
    listed = pair.prompt.removesuffix(f"\n{pair.instruction}").split("\n")
    places = [format_place(GRIPPER_LABEL, pair.scene.end_effector.position)]
    if pair.context != "image":
        named = pair.context == "named"
        places += [
            format_place(o.name if named else UNNAMED_LABEL, o.position) for o in pair.scene.objects
        ]
    return _first_difference(listed, places)


def _first_difference(listed: Iterable[str], places: Iterable[str]) -> str | None:
    listed, places = sorted(listed), sorted(places)
    wrong = [line for line in listed if line not in places]
    missing = [line for line in places if line not in listed]
    if wrong:
        return f"'{wrong[0]}' is not so in its scene"
    if missing:
        return f"'{missing[0]}' is not listed"
    return None if listed == places else "something is listed twice"


def _unanswered(pair: Pair) -> str | None:
    """Checks that a plan and its goal can be read."""
    if pair.kind != PLAN:
        return None if pair.answer.strip() else "no answer"
    try:
        parse_plan(pair.answer)
        read_goal(pair.goal, pair.scene)
    except TablehandError as error:
        return str(error)
    return None
