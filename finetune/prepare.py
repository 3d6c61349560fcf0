"""Makes the data that training needs and that is not there yet."""

from pathlib import Path

from qa_generator.dataset import pairs_folder, write_pairs
from qa_generator.dataset import read_manifest as read_pairs_manifest
from qa_generator.pairs import Recipe
from scene_renderer.console import Progress, note, stdout_to_stderr
from scene_renderer.errors import DatasetError
from scene_renderer.shards import read_manifest, read_scenes, render_split, scenes_folder
from scene_renderer.workers import usable_cores


def prepare_scenes(
    data: Path, split: str, seed: int, count: int, image_size: int, quiet: bool = False
) -> None:
    """Renders a split's scenes unless they are there; goes on where a killed run was.

    Raises:
        DatasetError: if those that are there have pictures of another size.
    """
    folder = scenes_folder(data, split)
    if found := read_manifest(folder):
        if found["image_size"] != image_size:
            raise DatasetError(
                f"The pictures in '{folder}' are {found['image_size']} pixels wide, and the model "
                f"wants {image_size}; give another --data."
            )
        if (found["scenes"], found["seed"]) != (count, seed):
            note(
                f"'{folder}' holds {found['scenes']} scenes of seed {found['seed']}, not {count} "
                f"of seed {seed}; they are used as they are."
            )
        return
    with Progress(f"render {split}", count, "scenes", quiet) as progress:
        render_split(
            folder,
            split,
            seed,
            count,
            image_size,
            workers=usable_cores(),
            resume=True,
            on_shard=progress.advance,
        )


def prepare_pairs(
    data: Path, split: str, seed: int, scenes: int, quiet: bool = False, verified: bool = True
) -> None:
    """Makes a split's pairs unless they are there; goes on where a killed run was.

    Args:
        data: the data folder.
        split: a word from `SPLITS`; its scenes must be there.
        seed: of the pairs.
        scenes: how many there are, for the progress.
        quiet: no progress.
        verified: whether every plan is executed first, and left out if it misses its goal.

    Raises:
        DatasetError: if the scenes are missing or broken.
    """
    folder = pairs_folder(data, split)
    if read_pairs_manifest(folder):
        return
    records = read_scenes(scenes_folder(data, split))
    with (
        stdout_to_stderr(),
        Progress(f"pair up {split}", scenes, "scenes", quiet) as progress,
    ):
        write_pairs(
            folder,
            split,
            ((record.scene, record.png) for record in records),
            Recipe(seed=seed, verified=verified),
            workers=usable_cores(),
            resume=True,
            on_scenes=progress.advance,
        )
