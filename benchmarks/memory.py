"""How much a rendering process grows with every scene that it has rendered.

python benchmarks/memory.py
python benchmarks/memory.py --scenes 4000

Renders scenes of split `train` in one process and asks Linux for its memory after every shard. The
first tenth fills what is kept: meshes, textures, the memory that Python holds back. Through the
rest a line is laid; its slope is what a scene costs. Pictures are small, since what they hold is
freed scene by scene. Exit code 3 if a scene costs a kilobyte or more.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # works without an install

import numpy as np

from scene_renderer.console import EXIT_THRESHOLD, positive
from scene_renderer.shards import render_split

LIMIT = 1024
"""Bytes a scene."""

PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Renders, and prints what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scenes", type=positive, default=20_000, help="how many (default: %(default)s)"
    )
    parser.add_argument(
        "--image-size", type=positive, default=48, help="pixels (default: %(default)s)"
    )
    options = parser.parse_args()
    done, used = [0], [resident()]

    def watch(scenes: int) -> None:
        done.append(done[-1] + scenes)
        used.append(resident())

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scenes")
        render_split(path, "train", 0, options.scenes, options.image_size, on_shard=watch)
    late = np.array(done) >= options.scenes / 10
    scenes, memory = np.array(done)[late], np.array(used)[late]
    slope = float(np.polyfit(scenes, memory, 1)[0])
    result = {
        "scenes": options.scenes,
        "image_size": options.image_size,
        "bytes_a_scene": round(slope, 1),
        "megabytes_after_a_tenth": round(memory[0] / 1e6, 1),
        "megabytes_at_the_end": round(memory[-1] / 1e6, 1),
    }
    print(json.dumps(result))
    return 0 if slope < LIMIT else EXIT_THRESHOLD


def resident() -> int:
    """Returns the bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


if __name__ == "__main__":
    sys.exit(main())
