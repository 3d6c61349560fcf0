"""Kills a rendering process at random moments, resumes, and compares the bytes.

python benchmarks/kills.py --kills 200

Each try renders the same few shards with one or two workers, is killed with SIGKILL at a random
moment between its start and its end, and then goes on with --resume. Exit code 3 if any data set
differs from the undisturbed one.
"""

import argparse
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNT, SIZE = 200, 64


def main() -> None:
    """Runs the tries and prints how many ended in the same bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="tries (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    rng, work = random.Random(options.seed), Path(tempfile.mkdtemp())
    try:
        start = time.perf_counter()
        render(work / "calm", 1).wait()
        seconds, expected = time.perf_counter() - start, hashes(work / "calm")
        counts = {"kills": 0, "landed": 0, "equal": 0}
        for number in range(options.kills):
            workers = 1 + number % 2
            landed, found = kill_and_resume(work / "try", workers, rng.uniform(0, seconds))
            counts["kills"] += 1
            counts["landed"] += landed
            counts["equal"] += found == expected
    finally:
        shutil.rmtree(work)
    print(json.dumps(counts))
    sys.exit(0 if counts["equal"] == counts["kills"] else 3)


def kill_and_resume(folder: Path, workers: int, seconds: float) -> tuple[bool, dict[str, str]]:
    """Returns whether the kill came before the end, and the hashes after --resume."""
    shutil.rmtree(folder, ignore_errors=True)
    process = render(folder, workers)
    time.sleep(seconds)
    landed = process.poll() is None
    process.kill()
    process.wait()
    render(folder, workers, "--resume").wait()
    return landed, hashes(folder)


def render(folder: Path, workers: int, *more: str) -> subprocess.Popen[bytes]:
    """Starts the command."""
    command = [sys.executable, "-m", "scene_renderer", "render", "--count", str(COUNT), "--quiet"]
    command += ["--image-size", str(SIZE), "--workers", str(workers), "--output", str(folder)]
    return subprocess.Popen([*command, *more], cwd=ROOT, stdout=subprocess.DEVNULL)


def hashes(folder: Path) -> dict[str, str]:
    """Returns the SHA-256 of every file in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    main()
