"""Makes the data that training needs and that is not there yet."""

import os
from pathlib import Path

from qa_generator.dataset import pairs_folder, write_pairs
from qa_generator.pairs import Recipe
from scene_renderer.console import Progress, note
from scene_renderer.shards import count_scenes, read_scenes, render_split, scenes_folder


def prepare_scenes(
    data: Path, split: str, seed: int, count: int, image_size: int, quiet: bool = False
) -> None:
    """Renders a split's scenes unless they are there; goes on where a killed run was."""
    folder = scenes_folder(data, split)
    if (folder / "manifest.json").exists():
        if (found := count_scenes(folder)) != count:
            note(f"'{folder}' holds {found} scenes, not {count}; they are used as they are.")
        return
    workers = min(os.cpu_count() or 1, 8)
    with Progress(f"render {split}", count, "scenes", quiet) as progress:
        render_split(
            folder,
            split,
            seed,
            count,
            image_size,
            workers=workers,
            resume=True,
            on_shard=progress.advance,
        )


def prepare_pairs(data: Path, split: str, seed: int, scenes: int, quiet: bool = False) -> None:
    """Makes a split's pairs unless they are there; goes on where a killed run was."""
    folder = pairs_folder(data, split)
    if (folder / "manifest.json").exists():
        return
    records = read_scenes(scenes_folder(data, split))
    with Progress(f"pair up {split}", scenes, "scenes", quiet) as progress:
        write_pairs(
            folder,
            split,
            ((record.scene, record.png) for record in records),
            Recipe(seed=seed),
            resume=True,
            on_scene=progress.advance,
        )
