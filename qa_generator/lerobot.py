"""Executed episodes as a LeRobotDataset v3.0.

The oracle's plan of each instruction is executed once; episodes that reach their goal go in.

    meta/info.json                                         fps, features, counts, splits
    meta/stats.json                                        figures over all frames
    meta/tasks.parquet                                     instruction -> task_index
    meta/episodes/chunk-000/file-000.parquet               one row an episode: where its frames are
    data/chunk-000/file-000.parquet                        one row a frame, one row group an episode
    videos/observation.images.front/chunk-000/file-000.mp4 the camera of the scene

A row of `data`:

    observation.state         7 joint angles (radians) and how far each finger stands from the
                              middle (metres): float32, shape (8,)
    observation.end_effector  x, y, z (metres, robot base frame) and yaw (radians): float32
    action                    the state wanted next: that of the following frame, and of the last
                              frame its own; float32, shape (8,)
    timestamp, frame_index    since the episode's start: seconds, frames
    episode_index, index, task_index

Files of one number hold the same episodes. Opened frame by frame with LeRobot's main branch of
August 2026 (0.6.2), and compared with a data set that it wrote; of 0.4.4 the metadata alone.

Source: `LeRobotDatasetMetadata`, `DatasetWriter` and `DatasetReader` in LeRobot's
`src/lerobot/datasets`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qa_generator.exporter import Exporter, Form
from qa_generator.lerobot_stats import Stats, flatten_stats, image_stats, merge_stats, vector_stats
from qa_generator.pairs import PLAN, Pair
from qa_generator.tasks import read_goal
from scene_renderer.errors import DatasetError
from scene_renderer.pictures import decode_picture
from scene_renderer.plan import parse_plan

if TYPE_CHECKING:
    from scene_renderer.episode import Episode

FPS = 20
EPISODES_PER_FILE = 500
FILES_PER_CHUNK = 1000
KEYFRAME_EVERY = 2
"""As in LeRobot's own videos: any frame is at most one frame from one that decodes alone."""
JOINTS = [*(f"joint_{number}.pos" for number in range(1, 8)), "gripper.pos"]
STATE, END_EFFECTOR, ACTION = "observation.state", "observation.end_effector", "action"
_INDICES = ("frame_index", "episode_index", "index", "task_index")
_PLACE = "chunk-{chunk_index:03d}/file-{file_index:03d}"
_INSTEAD = "choose another --format"


class LeRobot(Exporter):
    """Executes plans and writes what the arm did."""

    form = Form(
        name="lerobot",
        what="a LeRobotDataset v3.0 of executed episodes, with MP4",
        files="data/*/*.parquet",
        category="robotics",
        tags=("LeRobot",),
        unit="episodes",
        usage="""\
`LeRobotDataset("NAME/FOLDER", root="FOLDER")` of LeRobot opens it, with pictures and
instructions; `load_dataset` gives the frames' numbers. `meta/info.json` says which episodes are of
which split. `action` is the joint position wanted next, in the units of `observation.state`.""",
    )

    def __init__(self, folder: Path) -> None:
        from scene_renderer.video import find_encoder

        super().__init__(folder)
        find_encoder(_INSTEAD)
        self._tasks: dict[str, int] = {}
        self._stats: Stats | None = None
        self._camera, self._size_px = "", 0
        self._episodes: list[dict[str, Any]] = []
        self._asked: tuple[str, str] | None = None
        self._episode_count = self._frame_count = self._frames_in_film = 0
        self._film: Any = None
        self._table: Any = None

    def open(self, split: str) -> None:
        """Nothing: splits follow each other, and `meta/info.json` says where each begins."""

    def close(self) -> None:
        """Nothing: the next split goes on in the same files."""

    def add(self, pair: Pair) -> str | None:
        """Executes a pair's plan and writes the episode if it reached its goal."""
        from scene_renderer.episode import execute

        if pair.kind != PLAN or pair.goal is None:
            return "a question"
        asked = (pair.scene.id, pair.instruction)
        if asked == self._asked:
            return "the same instruction in another context"
        self._asked = asked
        plan = parse_plan(pair.answer)
        if plan.refusal:
            return "a refusal: nothing to execute"
        self._check_camera(pair)
        episode = execute(
            pair.scene,
            plan,
            instruction=pair.instruction,
            record_hz=FPS,
            picture_px=self._size_px,
        )
        if not read_goal(pair.goal, pair.scene).reached(pair.scene, episode):
            return "the goal was not reached"
        self._write(episode)
        return None

    def finish(self, rows: Mapping[str, int]) -> None:
        """Writes the last files and `meta/`."""
        if self._stats is None:
            raise DatasetError(
                "No plan of these pairs reached its goal, so there is no episode to export; "
                "name a --split with plans."
            )
        self._close_files()
        meta = self.folder / "meta"
        self._write_tasks(meta)
        (meta / "info.json").write_text(json.dumps(self._info(rows), indent=4) + "\n")
        (meta / "stats.json").write_text(json.dumps(self._stats, indent=4) + "\n")

    def abandon(self) -> None:
        """Stops the encoder."""
        if self._film is not None:
            self._film.__exit__(KeyboardInterrupt, None, None)
            self._film = None
            self._table.close()

    def features(self) -> Any:
        """The columns of a row of `data`; the video is no column."""
        from datasets import Features, List, Value

        kinds = {
            name: List(Value(kind["dtype"]), length=kind["shape"][0])
            if kind["shape"] != [1]
            else Value(kind["dtype"])
            for name, kind in self._features().items()
            if kind["dtype"] != "video"
        }
        return Features(kinds)

    @property
    def _video_key(self) -> str:
        return f"observation.images.{self._camera}"

    def _check_camera(self, pair: Pair) -> None:
        """Takes size and camera of the first picture; all others must have the same."""
        found = (pair.scene.camera.name, len(pair.image))
        if not self._camera:
            self._camera, self._size_px = found
        elif found != (self._camera, self._size_px):
            raise DatasetError(
                f"Pair '{pair.id}' has a picture of {found[1]} pixels from camera '{found[0]}', "
                f"those before it have {self._size_px} from '{self._camera}'. Export them apart."
            )

    def _write(self, episode: "Episode") -> None:
        if self._episode_count % EPISODES_PER_FILE == 0:
            self._close_files()
            self._open_files()
        pictures = [decode_picture(f.picture or b"", "A frame") for f in episode.frames]
        for picture in pictures:
            self._film.add(picture)
        columns = self._columns(episode)
        self._table.write_table(_table(columns, self.features().arrow_schema))
        stats = {name: vector_stats(values) for name, values in columns.items()}
        stats[self._video_key] = image_stats(np.stack(pictures))
        self._episodes.append(self._episode_row(episode, stats))
        self._stats = merge_stats(self._stats, stats) if self._stats else stats
        self._episode_count += 1
        self._frame_count += len(pictures)
        self._frames_in_film += len(pictures)

    def _columns(self, episode: "Episode") -> dict[str, Any]:
        """Returns the rows of `data` by column: each an array whose first axis is time."""
        frames, count = episode.frames, len(episode.frames)
        state = np.array([(*f.joints, f.opening) for f in frames], np.float32)  # (n, 8)
        hands = [f.end_effector for f in frames]
        task = self._tasks.setdefault(episode.instruction, len(self._tasks))
        return {
            STATE: state,
            END_EFFECTOR: np.array([(*h.position, h.yaw) for h in hands], np.float32),  # (n, 4)
            ACTION: np.concatenate([state[1:], state[-1:]]),
            "timestamp": (np.arange(count) / FPS).astype(np.float32),
            "frame_index": np.arange(count),
            "episode_index": np.full(count, self._episode_count),
            "index": np.arange(self._frame_count, self._frame_count + count),
            "task_index": np.full(count, task),
        }

    def _episode_row(self, episode: "Episode", stats: Stats) -> dict[str, Any]:
        count, (chunk, file) = len(episode.frames), self._place()
        video = f"videos/{self._video_key}"
        return {
            "episode_index": self._episode_count,
            "tasks": [episode.instruction],
            "length": count,
            "data/chunk_index": chunk,
            "data/file_index": file,
            "dataset_from_index": self._frame_count,
            "dataset_to_index": self._frame_count + count,
            f"{video}/chunk_index": chunk,
            f"{video}/file_index": file,
            f"{video}/from_timestamp": self._frames_in_film / FPS,
            f"{video}/to_timestamp": (self._frames_in_film + count) / FPS,
            **flatten_stats(stats),
            "meta/episodes/chunk_index": chunk,
            "meta/episodes/file_index": file,
        }

    def _place(self) -> tuple[int, int]:
        """Returns the numbers of the chunk and of the file in it that are being written."""
        number = self._episode_count // EPISODES_PER_FILE
        return number // FILES_PER_CHUNK, number % FILES_PER_CHUNK

    def _open_files(self) -> None:
        import pyarrow.parquet as pq

        from scene_renderer.video import Film

        chunk, file = self._place()
        place = _PLACE.format(chunk_index=chunk, file_index=file)
        self._frames_in_film = 0
        film = self.folder / f"videos/{self._video_key}/{place}.mp4"
        table = self.folder / f"data/{place}.parquet"
        self._episodes_path = self.folder / f"meta/episodes/{place}.parquet"
        for path in (film, table, self._episodes_path):
            path.parent.mkdir(parents=True, exist_ok=True)
        size = (self._size_px, self._size_px)
        self._film = Film(film, size, FPS, keyframe_every=KEYFRAME_EVERY, instead=_INSTEAD)
        self._table = pq.ParquetWriter(table, self.features().arrow_schema, compression="snappy")

    def _close_files(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._film is None:
            return
        self._film.close()
        self._table.close()
        pq.write_table(pa.Table.from_pylist(self._episodes), self._episodes_path)
        self._film, self._episodes = None, []

    def _write_tasks(self, meta: Path) -> None:
        """Writes the tasks as LeRobot reads them: with pandas, the instruction as index."""
        import pandas as pd

        index = pd.Index(list(self._tasks), name="task")
        frame = pd.DataFrame({"task_index": list(self._tasks.values())}, index=index)
        frame.to_parquet(meta / "tasks.parquet")

    def _info(self, rows: Mapping[str, int]) -> dict[str, Any]:
        ends = np.cumsum(list(rows.values())).tolist()
        return {
            "codebase_version": "v3.0",
            "robot_type": "panda",
            "total_episodes": self._episode_count,
            "total_frames": self._frame_count,
            "total_tasks": len(self._tasks),
            "chunks_size": FILES_PER_CHUNK,
            "data_files_size_in_mb": 100,
            "video_files_size_in_mb": 200,
            "fps": FPS,
            "splits": {
                split: f"{end - count}:{end}"
                for (split, count), end in zip(rows.items(), ends, strict=True)
            },
            "data_path": f"data/{_PLACE}.parquet",
            "video_path": f"videos/{{video_key}}/{_PLACE}.mp4",
            "features": self._features(),
        }

    def _features(self) -> dict[str, dict[str, Any]]:
        """Returns the features as `meta/info.json` tells them."""
        arm = {"dtype": "float32", "shape": [len(JOINTS)], "names": JOINTS}
        hand = {"dtype": "float32", "shape": [4], "names": ["x", "y", "z", "yaw"]}
        size = self._size_px
        video = {
            "dtype": "video",
            "shape": [size, size, 3],
            "names": ["height", "width", "channels"],
            "info": {
                "video.height": size - size % 2,
                "video.width": size - size % 2,
                "video.codec": "h264",
                "video.pix_fmt": "yuv420p",
                "video.fps": FPS,
                "video.channels": 3,
                "has_audio": False,
                "is_depth_map": False,
            },
        }
        index = {"dtype": "int64", "shape": [1], "names": None}
        return {
            STATE: arm,
            END_EFFECTOR: hand,
            ACTION: arm,
            self._video_key: video,
            "timestamp": {**index, "dtype": "float32"},
            **dict.fromkeys(_INDICES, index),
        }


def _table(columns: Mapping[str, Any], schema: Any) -> Any:
    import pyarrow as pa

    return pa.table({name: list(values) for name, values in columns.items()}, schema)
