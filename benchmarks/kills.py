"""Kills a rendering or generating process at random moments, resumes, and compares the bytes.

python benchmarks/kills.py --kills 200
python benchmarks/kills.py --kills 200 --of pairs

Each try makes the same few shards with one or two workers, is killed with SIGKILL at a random
moment between the birth of its folder and its end, and then goes on with --resume. One that ended
before its kill is done again. Two tries run at a time. Exit code 3 if any data set differs from the
undisturbed one. `halfway` counts the kills that left some shards and no manifest. The plans behind
the pairs are refusals, executed like any other, since their episodes are short.
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNT, SIZE, AT_A_TIME = 320, 48, 2


def main() -> int:
    """Runs the tries and prints how many ended in the same bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="tries (default: %(default)s)")
    parser.add_argument("--of", choices=("scenes", "pairs"), default="scenes", help="what is made")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp())
    try:
        make(work / "source", "scenes", 1).wait()
        calm = make(work / "calm", options.of, 1)
        start = time_of_birth(made(work / "calm", options.of), calm)
        calm.wait()
        seconds = time.perf_counter() - start
        expected = hashes(made(work / "calm", options.of))
        jobs = [
            (work, options.of, number, seconds, options.seed) for number in range(options.kills)
        ]
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            tries = list(pool.map(lambda job: kill_and_resume(*job), jobs))
    finally:
        shutil.rmtree(work)
    counts = {
        "kills": len(tries),
        "halfway": sum(halfway for halfway, _ in tries),
        "equal": sum(found == expected for _, found in tries),
    }
    print(json.dumps(counts))
    return 0 if counts["equal"] == counts["kills"] and expected else 3


def kill_and_resume(
    work: Path, what: str, number: int, seconds: float, seed: int
) -> tuple[bool, dict[str, str]]:
    """Returns whether the kill came halfway, and the hashes after --resume.

    Args:
        work: where to make the try's folder.
        what: is made: `scenes` or `pairs`.
        number: of the try.
        seconds: that an undisturbed one takes from the birth of its folder.
        seed: of the moments.
    """
    data, workers = work / f"try-{number}", 1 + number % 2
    folder = made(data, what)
    rng = random.Random(f"{seed} {number}")
    while not kill(make(data, what, workers), folder, rng.uniform(0, seconds)):
        shutil.rmtree(folder)
    left = {path.name for path in folder.rglob("*.*")}
    halfway = "manifest.json" not in left and any(name.endswith(".parquet") for name in left)
    make(data, what, workers, "--resume").wait()
    found = hashes(folder)
    shutil.rmtree(data, ignore_errors=True)
    return halfway, found


def kill(process: subprocess.Popen[bytes], folder: Path, seconds: float) -> bool:
    """Kills a process so long after its folder appeared; returns whether it was still at work."""
    time_of_birth(folder, process)
    time.sleep(seconds)
    is_at_work = process.poll() is None
    process.kill()
    process.wait()
    return is_at_work


def time_of_birth(folder: Path, process: subprocess.Popen[bytes]) -> float:
    """Returns when a process begins with its work: its folder appears."""
    while not folder.exists() and process.poll() is None:
        time.sleep(0.005)
    return time.perf_counter()


def made(data: Path, what: str) -> Path:
    """Returns the folder that appears when the work begins."""
    return data / "train" / what


def make(data: Path, what: str, workers: int, *more: str) -> subprocess.Popen[bytes]:
    """Starts the command; pairs are made of the scenes in the folder `source` beside."""
    if what == "scenes":
        words = ["scene_renderer", "render", "--count", str(COUNT), "--image-size", str(SIZE)]
        words += ["--output", str(data)]
    else:
        scenes = made(data, "scenes")
        scenes.parent.mkdir(parents=True, exist_ok=True)
        if not scenes.exists():
            scenes.symlink_to(made(data.parent / "source", "scenes"))
        words = ["qa_generator", "generate", "--per-scene", "1", "--tasks", "refuse"]
        words += ["--data", str(data)]
    command = [sys.executable, "-m", *words, "--workers", str(workers), "--quiet", *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def hashes(folder: Path) -> dict[str, str]:
    """Returns the SHA-256 of every file in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    sys.exit(main())
