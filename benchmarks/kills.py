"""Kills a rendering, generating or grading process at random moments, resumes, compares the bytes.

python benchmarks/kills.py --kills 200
python benchmarks/kills.py --kills 200 --of pairs
python benchmarks/kills.py --kills 100 --of grade    a rule's answers, varied by all suites
python benchmarks/kills.py --kills 100 --of model    the shipped model's, with controls and suites

Each try makes the same few shards with one or two workers, is killed with SIGKILL at a random
moment between the birth of its folder and its end, and then goes on with --resume. One that ended
before its kill is done again. Two tries run at a time. Exit code 3 if any data set differs from the
undisturbed one. `halfway` counts the kills that left some shards and no manifest, or some answers
and no report. The plans behind the pairs are refusals, executed like any other, since their
episodes are short. Of a grade the answers are compared byte for byte, none may be there twice, and
the report is compared without the parts that `grader.grade.TIMED` names.
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
sys.path.insert(0, str(ROOT))  # works without an install

from grader.grade import without_times

COUNT, SIZE, AT_A_TIME = 320, 48, 2
ANSWERS = 60
GRADES = {
    "grade": ["baseline", "--kind", "random"],
    "model": ["checkpoint", "checkpoints/tiny-tuned"],
}
"""What is graded, by what is asked for with `--of`."""


def main() -> int:
    """Runs the tries and prints how many ended in the same bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="tries (default: %(default)s)")
    parser.add_argument("--of", choices=("scenes", "pairs", *GRADES), default="scenes")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp())
    try:
        if options.of == "pairs":
            make(work / "source", "scenes", 1).wait()
        calm = make(work / "calm", options.of, 1)
        start = time_of_birth(made(work / "calm", options.of), calm)
        calm.wait()
        seconds = time.perf_counter() - start
        expected = hashes(made(work / "calm", options.of))
        print(f"An undisturbed one takes {seconds:.1f} s.", file=sys.stderr, flush=True)
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
    is_whole = bool(expected) and expected.get("twice", "0") == "0"
    return 0 if counts["equal"] == counts["kills"] and is_whole else 3


def kill_and_resume(
    work: Path, what: str, number: int, seconds: float, seed: int
) -> tuple[bool, dict[str, str]]:
    """Returns whether the kill came halfway, and the hashes after --resume.

    Args:
        work: where to make the try's folder.
        what: is made, as `--of` calls it.
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
    halfway = not left & {"manifest.json", "report.json"} and any(
        name.endswith((".parquet", "answers.jsonl")) for name in left
    )
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
    return data / "report" if what in GRADES else data / "train" / what


def make(data: Path, what: str, workers: int, *more: str) -> subprocess.Popen[bytes]:
    """Starts the command; pairs are made of the scenes in the folder `source` beside."""
    if what == "scenes":
        words = ["scene_renderer", "render", "--count", str(COUNT), "--image-size", str(SIZE)]
        words += ["--output", str(data)]
    elif what in GRADES:
        words = ["grader", *GRADES[what], "--quick", "--limit", str(ANSWERS), "--batch-size", "4"]
        words += ["--output", str(made(data, what))]
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
    """Returns the SHA-256 of what must be the same in every file of a folder.

    Of a grade that are its answers and its report without times; pages and animations derive from
    these, and the page tells times.
    """
    report = folder / "report.json"
    if report.exists():
        answers = (folder / "answers.jsonl").read_bytes()
        given = [(line["role"], line["case"]) for line in map(json.loads, answers.splitlines())]
        return {
            "answers": _hash(answers),
            "twice": str(len(given) - len(set(given))),
            "report": _hash(json.dumps(without_times(json.loads(report.read_text()))).encode()),
        }
    return {
        str(path.relative_to(folder)): _hash(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
