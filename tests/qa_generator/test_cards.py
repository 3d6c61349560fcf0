import json
from pathlib import Path

import pytest
import yaml

from qa_generator.__main__ import main
from qa_generator.cards import PAIRS, _body
from qa_generator.dataset import pairs_folder, read_pairs
from qa_generator.export import EXPORTERS, export_pairs
from scene_renderer.errors import DatasetError, OutputError

DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("card") / "card.md"
    main(["card", "--data", str(DEMO), "--output", str(path)])
    return path.read_text()


def head_of(card: str) -> dict[str, object]:
    return yaml.safe_load(card.split("---\n")[1])


def test_the_head_names_files_types_and_license(card):
    head = head_of(card)
    assert head["license"] == "apache-2.0"
    (config,) = head["configs"]
    assert [file["split"] for file in config["data_files"]] == ["train", "valid"]
    for file in config["data_files"]:
        assert list(DEMO.glob(file["path"]))
    names = [feature["name"] for feature in head["dataset_info"]["features"]]
    assert {"images", "prompt", "completion", "goal"} <= set(names)


def test_counts_are_those_of_the_rows(card):
    for split in ("train", "valid"):
        pairs = list(read_pairs(pairs_folder(DEMO, split)))
        third = sum(pair.context == "named" for pair in pairs)
        assert f"| `{split}` | {len(pairs)} | {third} |" in card
    counts = {
        split: sum(pair.task == "stack" for pair in read_pairs(pairs_folder(DEMO, split)))
        for split in ("train", "valid")
    }
    assert f"| `stack` | {counts['train']} | {counts['valid']} |" in card


def test_the_commands_are_those_of_the_manifests(card):
    scenes = json.loads((DEMO / "train/scenes/manifest.json").read_text())
    seed, count = scenes["seed"], scenes["scenes"]
    assert f"render --output DATA --split train --seed {seed} --count {count}" in card
    recipe = json.loads((DEMO / "train/pairs/manifest.json").read_text())["recipe"]
    assert f"`{json.dumps(recipe)}`" in card
    assert f"--per-scene {recipe['per_scene']}" in card
    assert scenes["made_with"]["pybullet"] in card


def test_a_recipe_that_was_not_verified_is_told_with_its_flag():
    recipe = {"seed": 4, "verified": False}
    split = {"rows": 1, "counts": {}, "left_out": {}, "recipe": recipe, "scenes": {}}
    told = _body({"splits": {"train": split}, "made_with": {}}, PAIRS)
    assert "generate --data DATA --split train --seed 4 --no-verify\n" in told


def test_no_line_of_prose_is_left_unfilled(card):
    assert "{" not in card.replace(": `{", "").split("## How it was made")[0]
    assert max(len(line) for line in card.split("## How it was made")[0].splitlines()) <= 120


@pytest.mark.parametrize("form", [name for name in EXPORTERS if name != "lerobot"])
def test_an_export_s_card_tells_its_command(form, tmp_path):
    export_pairs(form, DEMO, ["valid"], tmp_path / "out", limit=5)
    card = (tmp_path / "out" / "README.md").read_text()
    assert f"--format {form} --split valid --limit 5" in card
    assert "| `valid` | 5 |" in card
    assert EXPORTERS[form].form.usage in card
    for file in head_of(card)["configs"][0]["data_files"]:
        assert list((tmp_path / "out").glob(file["path"]))


def test_an_export_s_card_tells_what_was_left_out(tmp_path):
    manifest = export_pairs("context_qa", DEMO, ["valid"], tmp_path / "out")
    (count,) = manifest["splits"]["valid"]["left_out"].values()
    card = (tmp_path / "out" / "README.md").read_text()
    assert f"left out: {count} (cannot be answered without the picture)." in card


def test_a_card_is_kept_unless_it_is_to_be_replaced(tmp_path):
    path = tmp_path / "card.md"
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        main(["card", "--data", str(DEMO), "--output", str(path)])
    main(["card", "--data", str(DEMO), "--output", str(path), "--overwrite"])
    assert path.read_text().startswith("---\n")


def test_a_folder_without_pairs_says_how_to_make_them(tmp_path):
    with pytest.raises(DatasetError, match=r"no pairs in .*qa_generator generate --data"):
        main(["card", "--data", str(tmp_path)])
