"""What `generate` of `python -m qa_generator` does, given its options.

What is heavy is imported where it is needed, so that help is instant.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scene_renderer.console import Progress, note, print_json, stdout_to_stderr
from scene_renderer.errors import DatasetError, UsageError
from scene_renderer.splits import SPLITS, find_split

if TYPE_CHECKING:
    from qa_generator.pairs import Recipe

ALL = "all"
"""For `--split`: all that have scenes."""


def generate(options: argparse.Namespace) -> None:
    """Makes the pairs of some splits, and tells how fast and how many plans were rejected."""
    from scene_renderer.shards import count_scenes, scenes_folder

    if options.resume and options.overwrite:
        raise UsageError("--resume and --overwrite exclude each other.")
    splits = find_splits(options.data, options.split)
    scenes = {split: count_scenes(scenes_folder(options.data, split)) for split in splits}
    made = {split: _generate_split(options, split, scenes[split]) for split in splits}
    if options.json:
        print_json(made)
    else:
        note(f"Look at one: python -m qa_generator check --data {options.data} --split {splits[0]}")


def _generate_split(options: argparse.Namespace, split: str, scenes: int) -> dict[str, Any]:
    """Returns the manifest, the pairs a second and the share of plans that were rejected."""
    from qa_generator.dataset import pairs_folder, write_pairs
    from qa_generator.verify import Tally
    from scene_renderer.shards import read_scenes, scenes_folder
    from scene_renderer.workers import usable_cores

    source, folder = scenes_folder(options.data, split), pairs_folder(options.data, split)
    start = time.monotonic()
    with (
        stdout_to_stderr(),
        Progress(f"pairs of {split}", scenes, "scenes", options.quiet) as progress,
    ):
        manifest = write_pairs(
            folder,
            split,
            ((record.scene, record.png) for record in read_scenes(source)),
            _recipe(options, split),
            workers=options.workers or usable_cores(),
            overwrite=options.overwrite,
            resume=options.resume,
            on_scenes=progress.advance,
        )
    rate = manifest["pairs"] / (time.monotonic() - start)
    tally = Tally.add([manifest])
    if not options.json:
        print(f"{manifest['pairs']} pairs in {folder}, {rate:.1f} a second; {tally}")
    return {"pairs_per_second": round(rate, 1), "rejected_share": round(tally.share, 5), **manifest}


def find_splits(data: Path, wanted: Sequence[str]) -> list[str]:
    """Returns the splits that are meant, in the order of `SPLITS` if all are.

    Raises:
        DatasetError: if all are meant and none has scenes.
    """
    from scene_renderer.shards import scenes_folder

    if ALL not in wanted:
        return list(dict.fromkeys(wanted))
    found = [split for split in SPLITS if scenes_folder(data, split).exists()]
    if not found:
        raise DatasetError(f"There are no scenes in '{data}'. Render some, or give another --data.")
    return found


def _recipe(options: argparse.Namespace, split: str) -> "Recipe":
    from qa_generator.pairs import Recipe
    from qa_generator.tasks import tasks_of

    strange = [task for task in options.tasks or () if task not in tasks_of(split)]
    if strange:
        raise UsageError(
            f"'{split}' has no instructions of task '{strange[0]}'; "
            f"give some of: {', '.join(tasks_of(split))}."
        )
    return Recipe(
        seed=options.seed,
        per_scene=options.per_scene,
        questions=options.questions,
        contexts=tuple(options.contexts),
        tasks=tuple(options.tasks or tasks_of(split)),
        wordings=find_split(split).wordings,
        verified=not options.no_verify,
    )
