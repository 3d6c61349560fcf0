import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qa_generator.__main__ import main
from qa_generator.audit import audit, format_audit
from qa_generator.dataset import pairs_folder, read_pairs
from qa_generator.facts import layout, phrase
from qa_generator.pairs import PLAN, Pair, Recipe, make_pairs
from qa_generator.rows import encode_pairs
from qa_generator.tasks import tasks_of
from scene_renderer.catalogue import SHAPES, plural
from scene_renderer.errors import DatasetError
from scene_renderer.renderer import Renderer
from scene_renderer.rows import encode_rows, make_row
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import Scene
from scene_renderer.shards import read_scenes, scenes_folder
from scene_renderer.splits import SPLITS, find_split, is_unseen
from scene_renderer.vocabulary import COLORS

SIZE_PX = 64
RENDERER = Renderer()
UNSEEN = next(f"{c} {plural(s)}" for s in SHAPES for c in COLORS if is_unseen(c, s))


def write_scenes(data: Path, split: str, scenes: list[Scene], shown: list[Scene]) -> None:
    """Writes scenes with the pictures of others, by default of themselves."""
    rows = [make_row(scene, RENDERER.render(scene, SIZE_PX)) for scene in scenes]
    pictures = [make_row(scene, RENDERER.render(scene, SIZE_PX))["image"] for scene in shown]
    rows = [{**row, "image": picture} for row, picture in zip(rows, pictures, strict=True)]
    folder = scenes_folder(data, split)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenes-00000.parquet").write_bytes(encode_rows(rows, {}))


def write_pairs(data: Path, split: str, pairs: list[Pair]) -> None:
    """Writes pairs as a run does that has executed them."""
    folder = pairs_folder(data, split)
    folder.mkdir(parents=True, exist_ok=True)
    data_ = encode_pairs(pairs, split, {})
    (folder / "pairs-00000.parquet").write_bytes(data_)
    listed = {"name": "pairs-00000.parquet", "sha256": hashlib.sha256(data_).hexdigest()}
    manifest = {"recipe": {"verified": True}, "files": [listed]}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def write_split(
    data: Path, split: str, scenes: list[Scene], shown: list[Scene] | None = None
) -> None:
    write_scenes(data, split, scenes, shown or scenes)
    wordings, tasks = find_split(split).wordings, tasks_of(split)
    recipe = Recipe(per_scene=3, questions=2, wordings=wordings, tasks=tasks)
    pairs = [
        replace(pair, template=phrase(pair.instruction) if pair.kind == PLAN else "", lexical=())
        for record in read_scenes(scenes_folder(data, split))
        for pair in make_pairs(record.scene, record.png, recipe)
    ]
    write_pairs(data, split, pairs)


def scenes_of(split: str) -> list[Scene]:
    return [sample_scene(0, split, index) for index in range(3)]


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    for split in SPLITS:
        write_split(folder, split, scenes_of(split))
    return folder


@pytest.fixture
def data(clean, tmp_path) -> Path:
    return shutil.copytree(clean, tmp_path / "data")


def found(data: Path, *splits: str, sample: int = 0) -> set[str]:
    result = audit(data, ("train", "valid", *splits), sample, 0, quiet=True)
    assert result["is_clean"] == (not any(c["found"] for c in result["checks"].values()))
    return {name for name, check in result["checks"].items() if check["found"]}


def test_honest_splits_are_clean(clean):
    result = audit(clean, tuple(SPLITS), 1, 0, quiet=True)
    assert result["is_clean"], format_audit(result)
    compared = {name: check["compared"] for name, check in result["checks"].items()}
    assert compared["scene ids"] == compared["near pictures"] == 3 * (9 + 8)
    assert compared["phrases"] > 0
    assert compared["pictures drawn again"] == compared["plans executed again"] == len(SPLITS)
    assert [name for name, n in compared.items() if not n] == ["synonyms"]


def swap(split: str, change: Callable[[Scene], Scene]) -> Callable[[Path], None]:
    """Exchanges the first scene of a split, and makes its pairs anew."""

    def plant(data: Path) -> None:
        first, *rest = scenes_of(split)
        write_split(data, split, [change(first), *rest])

    return plant


def as_in(split: str, other: str) -> Callable[[Path], None]:
    return swap(split, lambda scene: replace(sample_scene(1, other, 0), id=scene.id))


def moved(scene: Scene) -> Scene:
    """The same picture for the eye: one thing is 2 mm off, the light another."""
    first, *rest = scene.objects
    x, y, z = first.position
    objects = (replace(first, position=(x + 0.002, y, z)), *rest)
    return replace(scene, id="test-0-000000", objects=objects, light=scenes_of("test")[0].light)


def steal_picture(data: Path) -> None:
    first, *rest = scenes_of("test")
    write_split(data, "test", [first, *rest], [scenes_of("train")[0], *rest])


SCENE_PLANTS: dict[str, tuple[str, Callable[[Path], None], set[str]]] = {
    "a scene's id": (
        "test",
        swap("test", lambda scene: replace(scene, id="train-0-000000")),
        {"scene ids"},
    ),
    "what stands where": (
        "test",
        swap("test", lambda scene: replace(scene, objects=scenes_of("train")[0].objects[::-1])),
        {"layouts", "near pictures"},
    ),
    "a picture": ("test", steal_picture, {"pictures", "near pictures"}),
    "nearly a picture": (
        "test",
        swap("test", lambda scene: moved(scenes_of("train")[0])),
        {"near pictures"},
    ),
    "too many objects": ("test", as_in("train", "test_counts"), {"number of objects"}),
    "too few objects": ("test_counts", as_in("test_counts", "test"), {"number of objects"}),
    "an unseen pair": (
        "test",
        as_in("train", "test_combinations"),
        {"colour-shape pairs in scenes", "colour-shape pairs in texts"},
    ),
    "no unseen pair": (
        "test_combinations",
        as_in("test_combinations", "test"),
        {"colour-shape pairs in scenes"},
    ),
    "a strange look": ("test", as_in("valid", "test_look"), {"looks"}),
    "a usual look": ("test_look", as_in("test_look", "test"), {"looks"}),
    "a pile": ("test", as_in("train", "test_piles"), {"piles"}),
    "no pile": ("test_piles", as_in("test_piles", "test"), {"piles"}),
}


@pytest.mark.parametrize(("split", "plant", "checks"), SCENE_PLANTS.values(), ids=SCENE_PLANTS)
def test_a_planted_scene_is_caught(data, split, plant, checks):
    plant(data)
    assert found(data, split) == checks


def edit(split: str, **changes: Any) -> Callable[[Path], None]:
    """Changes the first plan pair of a split in context `named`."""

    def plant(data: Path) -> None:
        pairs = list(read_pairs(pairs_folder(data, split)))
        place = next(i for i, p in enumerate(pairs) if p.kind == PLAN and p.context == "named")
        pair = pairs[place]
        told = {key: v(data, pair) if callable(v) else v for key, v in changes.items()}
        pairs[place] = dataclasses.replace(pair, **told)
        write_pairs(data, split, pairs)

    return plant


def learnt(data: Path, context: str = "named") -> Pair:
    pairs = read_pairs(pairs_folder(data, "train"))
    return next(p for p in pairs if p.kind == PLAN and p.context == context)


def other(data: Path, pair: Pair) -> Pair:
    """A pair of another scene of the same split."""
    pairs = read_pairs(pairs_folder(data, pair.id.rsplit("-", 4)[0]))
    return next(p for p in pairs if p.scene.id != pair.scene.id)


def said(text: Callable[[Path], str]) -> dict[str, Any]:
    return {
        "instruction": lambda data, pair: text(data),
        "prompt": lambda data, pair: pair.prompt.removesuffix(pair.instruction) + text(data),
    }


def first_line(change: Callable[[str], str]) -> Callable[[Path, Pair], str]:
    def changed(data: Path, pair: Pair) -> str:
        gripper, first, rest = pair.prompt.split("\n", 2)
        return "\n".join((gripper, change(first), rest))

    return changed


PAIR_PLANTS: dict[str, tuple[str, Callable[[Path], None], set[str]]] = {
    "a prompt": (
        "test",
        edit(
            "test",
            prompt=lambda data, pair: learnt(data).prompt,
            instruction=lambda data, pair: learnt(data).instruction,
        ),
        {"requests", "coordinates in prompts"},
    ),
    "prompt and picture": (
        "test",
        edit(
            "test",
            context="image",
            prompt=lambda data, pair: learnt(data, "image").prompt,
            instruction=lambda data, pair: learnt(data, "image").instruction,
            png=lambda data, pair: learnt(data).png,
        ),
        {"requests", "coordinates in prompts", "pictures of pairs"},
    ),
    "a wording": (
        "test_wordings",
        edit("test_wordings", template=lambda data, pair: learnt(data).template),
        {"wordings"},
    ),
    "a wording that denies it": (
        "test_wordings",
        edit("test_wordings", **said(lambda data: learnt(data).instruction)),
        {"phrases"},
    ),
    "no wording": ("test", edit("test", template=""), {"wordings told"}),
    "a longer plan": ("test", edit("train", task="long_steps"), {"tasks"}),
    "an id": ("test", edit("test", id=lambda data, pair: other(data, pair).id), {"ids"}),
    "an unseen pair in a text": (
        "test",
        edit("train", **said(lambda data: f"lift the {UNSEEN}")),
        {"colour-shape pairs in texts"},
    ),
    "another scene": (
        "test",
        edit("test", scene=lambda data, pair: other(data, pair).scene),
        {"pictures of pairs", "coordinates in prompts"},
    ),
    "a scene with another light": (
        "test",
        edit("test", scene=lambda data, pair: replace(pair.scene, tint=(1.0, 1.01, 1.0))),
        {"scenes of pairs"},
    ),
    "a scene that is not there": (
        "test",
        edit("test", scene=lambda data, pair: replace(pair.scene, id="test-0-000009")),
        {"scenes of pairs", "pictures of pairs"},
    ),
    "another picture": (
        "test",
        edit("test", png=lambda data, pair: other(data, pair).png),
        {"pictures of pairs"},
    ),
    "a wrong coordinate": (
        "test",
        edit("test", prompt=first_line(lambda line: line[:-1] + str((int(line[-1]) + 1) % 10))),
        {"coordinates in prompts"},
    ),
    "a wrong name": (
        "test",
        edit("test", prompt=first_line(lambda line: "red " + line)),
        {"coordinates in prompts"},
    ),
    "an object listed twice": (
        "test",
        edit("test", prompt=first_line(lambda line: f"{line}\n{line}")),
        {"coordinates in prompts"},
    ),
    "no plan": ("test", edit("test", answer="pick(412, -127"), {"answers"}),
    "a goal of nothing": (
        "test",
        edit("test", goal={"task": "lift", "object": "chequered cube"}),
        {"answers"},
    ),
}


@pytest.mark.parametrize(("split", "plant", "checks"), PAIR_PLANTS.values(), ids=PAIR_PLANTS)
def test_a_planted_pair_is_caught(data, split, plant, checks):
    plant(data)
    assert found(data, split) == checks


def test_a_planted_synonym_is_caught(data):
    edit("train", lexical=("hoist", "crimson"))(data)
    edit("test_wordings", lexical=("crimson",))(data)
    assert found(data, "test_wordings") == {"synonyms"}


def test_an_object_that_is_not_listed_is_caught(data):
    def drop(data: Path, pair: Pair) -> str:
        gripper, _, rest = pair.prompt.split("\n", 2)
        return f"{gripper}\n{rest}"

    edit("test", prompt=drop)(data)
    assert found(data, "test") == {"coordinates in prompts"}


def test_a_picture_that_is_not_its_scene_s_is_caught(data):
    first, second, third = scenes_of("test")
    write_split(data, "test", [first, second, third], [second, second, third])
    assert found(data, "test", sample=3) == {"pictures drawn again"}


def test_a_plan_that_misses_its_goal_is_caught(data):
    pair = next(p for p in read_pairs(pairs_folder(data, "test")) if p.kind == PLAN)
    write_pairs(data, "test", [replace(pair, answer="open_gripper()")])
    assert found(data, "test", sample=1) == {"plans executed again"}


@pytest.mark.parametrize("fault", ["unverified", "changed", "unfinished"])
def test_pairs_that_nobody_executed_are_caught(data, fault):
    folder = pairs_folder(data, "test")
    manifest = folder / "manifest.json"
    if fault == "unverified":
        manifest.write_text(manifest.read_text().replace("true", "false"))
    elif fault == "unfinished":
        manifest.unlink()
    else:
        pairs = [replace(pair, twin="?") for pair in read_pairs(folder)]
        (folder / "pairs-00000.parquet").write_bytes(encode_pairs(pairs, "test", {}))
    assert found(data, "test") == {"files executed"}


def test_the_command_names_offenders_and_exits_with_3(data, capsys):
    words = ["audit", "--data", str(data), "--sample", "0", "--quiet"]
    splits = ["--split", "train", "test"]
    assert main([*words, *splits, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_clean"]
    swap("test", lambda scene: replace(scene, id="train-0-000000"))(data)
    assert main([*words, *splits]) == 3
    said = capsys.readouterr().out
    assert "scene ids: train-0-000000 of test: also train-0-000000 of train" in said
    assert said.endswith("NOT CLEAN\n")


def test_without_train_there_is_nothing_to_prove(clean):
    with pytest.raises(DatasetError, match="no scenes of 'train'"):
        audit(clean, ("test",), 0, 0)


def test_a_layout_knows_neither_order_nor_name():
    scene = scenes_of("train")[0]
    renamed = tuple(replace(o, name=f"thing {i}") for i, o in enumerate(scene.objects))
    assert layout(scene) == layout(replace(scene, id="x", objects=renamed[::-1]))
    assert layout(scene) != layout(moved(scene))


def test_a_phrase_has_no_names_and_numbers():
    assert phrase("Move the red cube 80 mm left") == "move the COLOUR SHAPE NUMBER mm left"
