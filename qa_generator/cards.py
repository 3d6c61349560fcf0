"""Data cards: a README that says what a data set is, how it was made and how to open it.

Its head is YAML that the Hugging Face Hub and `datasets.load_dataset(FOLDER)` read. Every number
comes from a manifest or from the rows.
"""

import json
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qa_generator.dataset import pairs_folder
from qa_generator.exporter import Form
from scene_renderer.console import write_whole
from scene_renderer.errors import DatasetError
from scene_renderer.shards import MANIFEST, read_manifest, scenes_folder
from scene_renderer.splits import SPLITS
from scene_renderer.vocabulary import CONTEXTS

_TAGS = ("robotics", "synthetic", "tabletop", "vision-language-action", "tablehand")
_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_SIZE_NAMES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M")
_RECIPE_FLAGS = ("seed", "per_scene", "questions", "contexts", "tasks")
"""What of a recipe is a flag of `generate` with the same name."""

_BODY = """\
# {title}

{what}.

Made with Tablehand: rendered table-top scenes before a simulated Franka Panda, with instructions
and the plans that carry them out{questions}. Nothing was photographed, written or labelled by hand.

| split | {unit} |{contexts} made of | wordings |
|---|---|{bars}---|---|
{splits}

{by_task}{left_out}
## How to load

```python
from datasets import load_dataset

rows = load_dataset("FOLDER", split="{split}")
rows = load_dataset("FOLDER", split="{split}", streaming=True)  # row by row, nothing is copied
```

`FOLDER` is this folder, or its name on the Hub.

{usage}

## Frame and units

The robot's base frame: the origin is the Panda's base on the table top, x points forward, y to the
robot's left, z up. Prompts and plans are in whole millimetres; scenes, poses and episodes in metres
and radians. Contexts: `named` lists names and coordinates beside the picture, `unnamed` coordinates
without names in random order, `image` nothing but the gripper.

## How it was made

```
{commands}
```

{recipes}
Versions: {versions}.

## Limits

Scenes are synthetic and drawn by one renderer; nothing here says how well a model does with a real
camera or arm. There is one arm, one table, a fixed catalogue of shapes and colours, and English
from a grammar. Plans are those of a rule-based oracle that knows the scene: one right answer of
several. Splits named `test_*` hold what training must not see; keep them out of it.
"""


PAIRS = Form(
    name="pairs",
    what="Pictures with a prompt and an answer, in Parquet",
    files="{split}/pairs/*.parquet",
    usage="""\
`images`, `prompt` and `completion` are columns that TRL's `SFTTrainer` takes as they are, with the
loss on the answer alone.""",
)
"""The format of the pairs themselves, as `generate` writes them."""


class Tally:
    """Counts the rows of a split.

    Attributes:
        rows: how many were written.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._counts: dict[str, Counter[str]] = {}
        self._left_out: Counter[str] = Counter()

    def add(self, task: str, context: str, left_out: str | None = None) -> None:
        """Counts one pair, or why it was left out."""
        if left_out is not None:
            self._left_out[left_out] += 1
            return
        self.rows += 1
        self._counts.setdefault(task, Counter())[context] += 1

    def to_dict(self) -> dict[str, Any]:
        """Returns the counts as a manifest tells them."""
        counts = {task: dict(sorted(found.items())) for task, found in sorted(self._counts.items())}
        left_out = dict(sorted(self._left_out.items()))
        return {"rows": self.rows, "counts": counts, "left_out": left_out}


def describe_split(data: Path, split: str) -> dict[str, Any]:
    """Returns what the manifests in a data folder say of a split: its pairs and their scenes.

    Raises:
        DatasetError: if the pairs are not there or not complete.
    """
    folder = pairs_folder(data, split)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        pairs, recipe = int(manifest["pairs"]), dict(manifest["recipe"])
    except (OSError, ValueError, LookupError, TypeError):
        state = "not complete" if any(folder.glob("*.parquet")) else "not there"
        raise DatasetError(
            f"The pairs in '{folder}' are {state}. Make them with: python -m qa_generator generate "
            f"--data {data} --split {split}{' --resume' if state == 'not complete' else ''}"
        ) from None
    scenes = read_manifest(scenes_folder(data, split)) or {}
    kept = ("seed", "scenes", "image_size", "camera", "made_with")
    return {
        "pairs": pairs,
        "recipe": recipe,
        "scenes": {key: scenes[key] for key in kept if key in scenes},
    }


def describe_pairs(data: Path) -> dict[str, Any]:
    """Returns what a card says of all pairs in a data folder, split by split.

    Raises:
        DatasetError: if there are none, or those of a split are broken or not complete.
    """
    splits = [split for split in SPLITS if any(pairs_folder(data, split).glob("*.parquet"))]
    if not splits:
        raise DatasetError(
            f"There are no pairs in '{data}'. Make them with: "
            f"python -m qa_generator generate --data {data}"
        )
    described = {s: describe_split(data, s) | _count_pairs(data, s) for s in splits}
    return {"format": PAIRS.name, "splits": described, "made_with": made_with()}


def made_with() -> dict[str, str]:
    """Returns the versions of what decides the bytes of a file."""
    return {name: version(name) for name in ("datasets", "numpy", "pillow", "pyarrow")}


def write_card(path: Path, manifest: dict[str, Any], form: Form, features: Any) -> None:
    """Writes a data card.

    Args:
        path: of the README.
        manifest: with `splits`, each with `rows`, `counts`, `recipe` and `scenes`; `made_with`.
        form: the format of the rows.
        features: the `datasets.Features` of a row.

    Raises:
        OutputError: if it cannot be written.
    """
    write_whole(path, f"---\n{_head(manifest, form, features)}\n---\n\n{_body(manifest, form)}")


def _count_pairs(data: Path, split: str) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tally = Tally()
    for path in sorted(pairs_folder(data, split).glob("*.parquet")):
        try:
            table = pq.read_table(path, columns=["task", "context"])
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(f"'{path}' is broken: {error}. Generate it again.") from error
        for row in table.to_pylist():
            tally.add(row["task"], row["context"])
    return tally.to_dict()


def _head(manifest: dict[str, Any], form: Form, features: Any) -> str:
    """Returns the YAML, with which `load_dataset` finds files, splits and types."""
    from huggingface_hub import DatasetCardData

    splits = manifest["splits"]
    rows = sum(split["rows"] for split in splits.values())
    one_table = "{split}" not in form.files
    names = ["train"] if one_table else list(splits)
    files = [{"split": name, "path": form.files.replace("{split}", name)} for name in names]
    card = DatasetCardData(
        pretty_name=_title(form),
        license="apache-2.0",
        language=["en"],
        task_categories=[form.category],
        size_categories=[_SIZE_NAMES[sum(rows >= size for size in _SIZES)]],
        tags=[*form.tags, *_TAGS],
        configs=[{"config_name": "default", "data_files": files}],
        dataset_info={"features": features._to_yaml_list()},
    )
    return str(card.to_yaml())


def _body(manifest: dict[str, Any], form: Form) -> str:
    splits = manifest["splits"]
    contexts = [c for c in CONTEXTS if any(_count_context(s, c) for s in splits.values())]
    contexts = contexts if len(contexts) > 1 else []
    asks = any(split["recipe"].get("questions") for split in splits.values())
    return _BODY.format(
        title=_title(form),
        what=form.what[0].upper() + form.what[1:],
        questions=", questions and their answers" if asks else "",
        unit=form.unit,
        contexts="".join(f" `{context}` |" for context in contexts),
        bars="---|" * len(contexts),
        splits="\n".join(_split_row(name, split, contexts) for name, split in splits.items()),
        by_task=_by_task(splits),
        left_out=_left_out(splits),
        split="train" if "{split}" not in form.files else next(iter(splits)),
        usage=form.usage,
        commands=_commands(manifest, form),
        recipes=_recipes(splits),
        versions=_versions(manifest),
    )


def _title(form: Form) -> str:
    return f"Tablehand: {form.name}"


def _count_context(split: dict[str, Any], context: str) -> int:
    return sum(found.get(context, 0) for found in split["counts"].values())


def _split_row(name: str, split: dict[str, Any], contexts: list[str]) -> str:
    scenes, wordings = split["scenes"], split["recipe"].get("wordings", "")
    made_of = f"{scenes['scenes']} scenes of seed {scenes['seed']}" if scenes else ""
    cells = [f"`{name}`", split["rows"], *(_count_context(split, c) for c in contexts)]
    return "| " + " | ".join(map(str, [*cells, made_of, wordings])) + " |"


def _by_task(splits: dict[str, Any]) -> str:
    tasks = sorted({task for split in splits.values() for task in split["counts"]})
    lines = [
        f"| `{task}` | "
        + " | ".join(str(sum(split["counts"].get(task, {}).values())) for split in splits.values())
        + " |"
        for task in tasks
    ]
    head = f"| task or kind of question | {' | '.join(f'`{name}`' for name in splits)} |"
    return "\n".join([head, "|---" * (len(splits) + 1) + "|", *lines, ""])


def _left_out(splits: dict[str, Any]) -> str:
    """Says which pairs are not here, and why."""
    reasons: Counter[str] = Counter()
    for split in splits.values():
        reasons.update(split["left_out"])
    if not reasons:
        return ""
    told = "; ".join(f"{count} ({reason})" for reason, count in sorted(reasons.items()))
    return f"\nPairs that were looked at and left out: {told}.\n"


def _commands(manifest: dict[str, Any], form: Form) -> str:
    lines = []
    for name, split in manifest["splits"].items():
        if scenes := split["scenes"]:
            flags = {"seed": scenes["seed"], "count": scenes["scenes"]}
            flags |= {"image_size": scenes["image_size"]}
            flags |= (
                {"camera": scenes["camera"]} if scenes.get("camera", "front") != "front" else {}
            )
            lines.append(
                f"python -m scene_renderer render --output DATA --split {name}{_flags(flags)}"
            )
        recipe = {key: split["recipe"][key] for key in _RECIPE_FLAGS if key in split["recipe"]}
        flagged = _flags(recipe) + ("" if split["recipe"].get("verified", True) else " --no-verify")
        lines.append(f"python -m qa_generator generate --data DATA --split {name}{flagged}")
    if form.name != PAIRS.name:
        limit = {"limit": manifest["limit"]} if manifest["limit"] else {}
        names = {"split": list(manifest["splits"])}
        words = _flags({"format": form.name, **names, **limit})
        lines.append(f"python -m qa_generator export --data DATA --output FOLDER{words}")
    return "\n".join(lines)


def _flags(values: dict[str, Any]) -> str:
    words = []
    for key, value in values.items():
        told = " ".join(map(str, value)) if isinstance(value, list) else value
        words.append(f" --{key.replace('_', '-')} {told}")
    return "".join(words)


def _recipes(splits: dict[str, Any]) -> str:
    """Writes out each recipe, so that nothing that has no flag is lost."""
    lines = [f"- `{name}`: `{json.dumps(s['recipe'])}`" for name, s in splits.items()]
    return "\n".join(["The recipe of each split's pairs:", "", *lines, ""])


def _versions(manifest: dict[str, Any]) -> str:
    found = dict(manifest["made_with"])
    for split in manifest["splits"].values():
        found |= split["scenes"].get("made_with", {})
    return ", ".join(f"{name} {number}" for name, number in sorted(found.items()))
