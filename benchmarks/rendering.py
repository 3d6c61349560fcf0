"""Labelled scenes a second, with shadow, encoded and written: PyBullet's loops against ours.

python benchmarks/rendering.py --json
python benchmarks/rendering.py --quick

`quick start`: what PyBullet's examples lead to. Each scene resets the simulation, loads plane,
table, Panda and six objects, settles for 240 steps, takes a picture with shadow and segmentation,
and writes a PNG and a JSON file with boxes. `persistent`: the same, but loaded once. Ours renders
split `train` to Parquet shards. All take turns in one run. Our rates are those between the first
shard that each process has finished and the last one, so that starting Python does not count.

The loops are single processes, so two workers against them is a second reading, not the first. Ours
settles nothing, because its objects are put down at rest and apart; what the loops settle is part
of what a stranger's scene costs. Ours syncs its files to the disk, the loops do not.

The limit is what encoding our pictures and writing them durably would allow if drawing were free.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # works without an install

import numpy as np
import pybullet_data
from PIL import Image

from scene_renderer import renderer as ours
from scene_renderer import shards
from scene_renderer.bullet import pybullet
from scene_renderer.console import stdout_to_stderr, write_whole
from scene_renderer.environment import describe_environment
from scene_renderer.kinematics import FINGER_OPEN, start_joints
from scene_renderer.panda import place_parts
from scene_renderer.png import encode_png
from scene_renderer.sampler import sample_scene
from scene_renderer.scene import FRONT, Scene
from scene_renderer.lamp import hinder
from scene_renderer.vocabulary import COLORS

SIZE = 224
OBJECTS = (
    *("cube_small.urdf", "sphere_small.urdf", "duck_vhacd.urdf"),
    *("lego/lego.urdf", "jenga/jenga.urdf", "objects/mug.urdf"),
)
HOME = (0.0, -0.785, 0.0, -2.356, 0.0, 1.571, 0.785)
LOOP_SCENES = 4
SHARDS = 8


class Loop:
    """The loop that a stranger would write."""

    def __init__(self, folder: Path, is_persistent: bool) -> None:
        self.folder, self.is_persistent = folder, is_persistent
        self.rng = np.random.default_rng(0)
        self.view = pybullet.computeViewMatrix(FRONT.position, FRONT.target, [0, 0, 1])
        self.projection = pybullet.computeProjectionMatrixFOV(FRONT.fov_deg, 1, 0.05, 5)
        self.client = pybullet.connect(pybullet.DIRECT)
        pybullet.setAdditionalSearchPath(pybullet_data.getDataPath(), self.client)
        self.number = 0
        self.bodies: list[int] = []
        self.arm = -1

    def rate(self) -> float:
        """Makes some scenes; returns scenes a second."""
        start = time.perf_counter()
        for _ in range(LOOP_SCENES):
            self.make_scene()
        return LOOP_SCENES / (time.perf_counter() - start)

    def load(self) -> None:
        """Loads everything."""
        client = self.client
        pybullet.resetSimulation(client)
        pybullet.setGravity(0, 0, -9.81, client)
        pybullet.loadURDF("plane.urdf", [0, 0, -0.65], physicsClientId=client)
        pybullet.loadURDF("table/table.urdf", [0.5, 0, -0.65], physicsClientId=client)
        self.arm = pybullet.loadURDF(
            "franka_panda/panda.urdf", useFixedBase=True, physicsClientId=client
        )
        self.bodies = [pybullet.loadURDF(name, physicsClientId=client) for name in OBJECTS]

    def make_scene(self) -> None:
        """Places, settles, renders, labels, writes."""
        client = self.client
        if not (self.is_persistent and self.bodies):
            self.load()
        for joint, angle in enumerate(HOME):
            pybullet.resetJointState(self.arm, joint, angle, physicsClientId=client)
        for body in self.bodies:
            x, y = self.rng.uniform((0.33, -0.22), (0.63, 0.22))
            pybullet.resetBasePositionAndOrientation(body, [x, y, 0.05], [0, 0, 0, 1], client)
            color = [*self.rng.uniform(0, 1, 3), 1]
            pybullet.changeVisualShape(body, -1, rgbaColor=color, physicsClientId=client)
        for _ in range(240):
            pybullet.stepSimulation(client)
        _, _, rgba, _, segmentation = pybullet.getCameraImage(
            *(SIZE, SIZE, self.view, self.projection),
            shadow=1,
            renderer=pybullet.ER_TINY_RENDERER,
            physicsClientId=client,
        )
        image = np.reshape(rgba, (SIZE, SIZE, 4)).astype(np.uint8)[..., :3]
        segmentation = np.reshape(segmentation, (SIZE, SIZE))
        Image.fromarray(image).save(self.folder / f"{self.number}.png")
        labels = {body: _box(segmentation == body) for body in self.bodies}
        (self.folder / f"{self.number}.json").write_text(json.dumps(labels))
        self.number += 1


def _box(mask: np.ndarray) -> list[int]:
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return []
    return [int(v) for v in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)]


def rate_of_ours(folder: Path, workers: int) -> float:
    """Renders shards with so many processes; returns scenes a second, all of them together."""
    times: list[float] = []
    count = (SHARDS + 1) * workers * shards.SCENES_PER_SHARD
    shards.render_split(
        folder,
        "train",
        0,
        count,
        SIZE,
        workers=workers,
        overwrite=True,
        on_shard=lambda scenes: times.append(time.perf_counter()),
    )
    done = (len(times) - workers) * shards.SCENES_PER_SHARD
    return done / (times[-1] - times[workers - 1])


def rate_of_encoding(folder: Path) -> float:
    """Encodes and writes pictures that are drawn already; returns scenes a second."""
    record = list(shards.read_scenes(folder))[: shards.SCENES_PER_SHARD]
    drawn = [(r.image, r.mask) for r in record]
    start = time.perf_counter()
    data = b"".join(encode_png(pixels) for pair in drawn for pixels in pair)
    write_whole(folder.parent / "limit.bin", data)
    return len(drawn) / (time.perf_counter() - start)


def share_of_equal_pixels(scenes: int) -> float:
    """Compares pictures with those drawn whole: everything at once, nothing kept."""
    kept, equal = ours.Renderer(), []
    for index in range(scenes):
        scene = sample_scene(0, "train", index)
        image, whole = kept.render(scene, SIZE).image, render_whole(scene)
        equal.append(float((image == whole).all(axis=2).mean()))
    return float(np.mean(equal))


def render_whole(scene: Scene) -> np.ndarray:
    """Takes a scene's picture with all solids in one go and all pixels painted."""
    fresh, start = ours.Renderer(), scene.end_effector
    parts = place_parts(start_joints(start.position, start.yaw), FINGER_OPEN)
    solids = [fresh._object(item) for item in scene.objects]
    frames = [ours._frame(item, None) for item in scene.objects]
    arm_frames = [parts[part.frame] for part in fresh._parts]
    seen, _ = ours._look(scene, SIZE, fresh._arm + solids, arm_frames + frames, False)
    _, by_arm = ours._look(scene, SIZE, fresh._arm, arm_frames, True)
    _, by_objects = ours._look(scene, SIZE, solids, frames, False)
    nothing = ours._nothing(SIZE)
    reach = hinder(hinder(nothing.reach, *by_objects), *by_arm)
    view = ours.View(nothing.seen.draw(seen, 0), reach)
    colors = [part.color for part in fresh._parts] + [COLORS[o.color] for o in scene.objects]
    albedo = np.array(colors, np.float32).T
    image = ours._paint(scene, view, albedo, ours.build_ground(scene, SIZE)).layers
    return image.T.reshape(SIZE, SIZE, 3)


def compare(rounds: int) -> list[dict[str, Any]]:
    """Times all of them in turns."""
    work = Path(tempfile.mkdtemp(dir=Path.cwd()))
    try:
        loops = {name: Loop(work, name == "persistent") for name in ("quick start", "persistent")}
        ways: dict[str, Callable[[], float]] = {n: loop.rate for n, loop in loops.items()}
        ways["one worker"] = lambda: rate_of_ours(work / "one" / "scenes", 1)
        ways["encoding"] = lambda: rate_of_encoding(work / "one" / "scenes")
        ways["two workers"] = lambda: rate_of_ours(work / "two" / "scenes", 2)
        loops["persistent"].make_scene()  # loads
        rates = [{name: way() for name, way in ways.items()} for _ in range(rounds)]
    finally:
        shutil.rmtree(work)
    equal = share_of_equal_pixels(40)
    pairs = [
        *(("quick start", "one worker", 1), ("quick start", "two workers", 2)),
        *(("persistent", "one worker", 1), ("persistent", "two workers", 2)),
        ("one worker", "two workers", 2),
    ]
    return [_result(rates, *pair, equal) for pair in pairs]


def _result(
    rates: list[dict[str, float]], baseline: str, way: str, workers: int, equal: float
) -> dict[str, Any]:
    ratios = np.array([r[way] / r[baseline] for r in rates])
    limit = workers * float(np.median([r["encoding"] for r in rates]))
    rate = float(np.median([r[way] for r in rates]))
    return {
        "name": f"labelled {SIZE} px scenes a second: {way} against {baseline}",
        "baseline": float(np.median([r[baseline] for r in rates])),
        "ours": rate,
        "ratio": {
            "median": float(np.median(ratios)),
            "low": float(ratios.min()),
            "high": float(ratios.max()),
            "rounds": len(rates),
        },
        "limit": limit,
        "share_of_limit": rate / limit,
        "outputs_equal": equal >= 0.9999,
        "equal_pixels": equal,
        "environment": describe_environment(),
    }


def main() -> None:
    """Runs the benchmark and prints its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="three rounds instead of ten")
    options = parser.parse_args()
    with stdout_to_stderr():
        results = compare(rounds=3 if options.quick else 10)
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for result in results:
        ratio = result["ratio"]
        print(
            f"{result['name']}: {result['ours']:.1f} against {result['baseline']:.1f}, ratio "
            f"{ratio['median']:.1f} ({ratio['low']:.1f} to {ratio['high']:.1f}); limit "
            f"{result['limit']:.0f}, share {result['share_of_limit']:.2f}"
        )
    print(f"pixels equal to those of pictures drawn whole: {100 * result['equal_pixels']:.4f} %")


if __name__ == "__main__":
    main()
