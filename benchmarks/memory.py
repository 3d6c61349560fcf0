"""How much a process grows with every scene that it has rendered, or has made pairs of.

python benchmarks/memory.py
python benchmarks/memory.py --of pairs

Works through scenes of split `train` in one process and asks Linux for its memory after every
shard. The first tenth fills what is kept: meshes, textures, the memory that Python holds back.
Through the rest a line is laid; its slope is what a scene costs. Pictures are small, since what
they hold is freed scene by scene. With `--of pairs` each scene is also asked two instructions,
which are executed, and ten questions, each in three contexts: 36 pairs. Exit code 3 if a scene
costs a kilobyte or more.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # works without an install

import numpy as np

from qa_generator.dataset import write_pairs
from qa_generator.pairs import Recipe
from scene_renderer.console import EXIT_THRESHOLD, positive, stdout_to_stderr
from scene_renderer.png import encode_png
from scene_renderer.renderer import Renderer
from scene_renderer.sampler import sample_scene
from scene_renderer.shards import render_split

LIMIT = 1024
"""Bytes a scene."""

COUNTS = {"scenes": 20_000, "pairs": 2_800}
RECIPE = Recipe(per_scene=2, questions=10)

PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Renders, and prints what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", choices=COUNTS, default="scenes", help="what is made")
    parser.add_argument(
        "--scenes", type=positive, help=f"how many (default: {COUNTS}, by what is made)"
    )
    parser.add_argument(
        "--image-size", type=positive, default=48, help="pixels (default: %(default)s)"
    )
    options = parser.parse_args()
    count = options.scenes or COUNTS[options.of]
    done, used = [0], [resident()]

    def watch(scenes: int) -> None:
        done.append(done[-1] + scenes)
        used.append(resident())

    make = make_scenes if options.of == "scenes" else make_pairs
    with tempfile.TemporaryDirectory() as folder, stdout_to_stderr():
        made = make(Path(folder, options.of), count, options.image_size, watch)
    late = np.array(done) >= count / 10
    scenes, memory = np.array(done)[late], np.array(used)[late]
    slope = float(np.polyfit(scenes, memory, 1)[0])
    result = {
        "made": made,
        "of": options.of,
        "scenes": count,
        "image_size": options.image_size,
        "bytes_a_scene": round(slope, 1),
        "megabytes_after_a_tenth": round(memory[0] / 1e6, 1),
        "megabytes_at_the_end": round(memory[-1] / 1e6, 1),
    }
    print(json.dumps(result))
    return 0 if slope < LIMIT else EXIT_THRESHOLD


def make_scenes(folder: Path, count: int, size: int, watch: Callable[[int], None]) -> int:
    """Renders scenes and returns how many there are."""
    manifest = render_split(folder, "train", 0, count, size, on_shard=watch)
    return int(manifest["scenes"])


def make_pairs(folder: Path, count: int, size: int, watch: Callable[[int], None]) -> int:
    """Makes the pairs of scenes and returns how many there are."""
    renderer = Renderer()
    scenes = (sample_scene(0, "train", index) for index in range(count))
    drawn = ((scene, encode_png(renderer.render(scene, size).image)) for scene in scenes)
    manifest = write_pairs(folder, "train", drawn, RECIPE, on_scenes=watch)
    return int(manifest["pairs"])


def resident() -> int:
    """Returns the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


if __name__ == "__main__":
    sys.exit(main())
