"""The layout `SPLIT/*_qa_pairs.json`: questions and answers about picture files.

    FOLDER/train/train-7-000012.png             the picture
    FOLDER/train/train-7-000012_qa_pairs.json   all that is asked about it:
        [{"image_file": "train/train-7-000012.png",
          "question": "gripper: 320, 0, 420\\nred cube: 412, -127, 25\\n...\\nlift the red cube",
          "answer": "pick(412, -127, 25)\\nmove_to(412, -127, 175)"}, ...]

A question is all the text that a model reads, coordinates included. `read_qa_pairs` reads such
folders, ours or anybody's.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa_generator.exporter import Exporter, Form, PictureFolder
from qa_generator.pairs import Pair
from scene_renderer.console import file_name
from scene_renderer.errors import DatasetError, did_you_mean

KEYS = ("image_file", "question", "answer")
ENDING = "_qa_pairs.json"


class QaPairs(Exporter):
    """One file of questions and answers for each scene, pictures beside."""

    form = Form(
        name="qa_pairs",
        what="`SPLIT/*_qa_pairs.json` with `image_file`, `question`, `answer`, pictures beside",
        files="{split}/*" + ENDING,
        category="visual-question-answering",
        usage="""\
`qa_generator.qa_pairs.read_qa_pairs(folder, split)` yields the path of a picture, a question and an
answer; `python -m qa_generator import --data FOLDER` checks a folder and counts them. `image_file`
is relative to this folder.""",
    )

    def open(self, split: str) -> None:
        """Begins a split's folder."""
        self._pictures = PictureFolder(self.folder, split)
        self._split, self._scene, self._rows = split, "", list[dict[str, str]]()

    def add(self, pair: Pair) -> None:
        """Keeps any pair until its scene's are complete."""
        if pair.scene.id != self._scene:
            self.close()
            self._scene = pair.scene.id
        values = (self._pictures.add(pair), pair.prompt, pair.answer)
        self._rows.append(dict(zip(KEYS, values, strict=True)))

    def close(self) -> None:
        """Writes the pairs of the scene at hand."""
        if self._rows:
            path = self.folder / self._split / (file_name(self._scene) + ENDING)
            text = json.dumps(self._rows, indent=1, ensure_ascii=False) + "\n"
            path.write_text(text, encoding="utf-8")
            self._rows = []

    def features(self) -> Any:
        """The columns of a row."""
        from datasets import Features, Value

        return Features(dict.fromkeys(KEYS, Value("string")))


@dataclass(frozen=True)
class ImageQuestion:
    """What somebody asks about a picture file.

    Attributes:
        image_file: where the picture is; the file exists.
        question: all the text beside it.
        answer: the right answer.
    """

    image_file: Path
    question: str
    answer: str


def read_qa_pairs(folder: Path, split: str | None = None) -> Iterator[ImageQuestion]:
    """Reads `*_qa_pairs.json` files, file by file in the order of their names.

    A picture's path is taken relative to the folder, else to its JSON file.

    Args:
        folder: holds one folder for each split.
        split: name of one of them; default all.

    Raises:
        DatasetError: if there are none, or one is broken or names a picture that is not there.
    """
    paths = sorted(folder.glob(f"{split or '*'}/*{ENDING}"))
    if not paths:
        raise DatasetError(
            f"There is no '{split or 'SPLIT'}/*{ENDING}' in '{folder}'. Name the folder above the "
            "splits, or make one with: python -m qa_generator export --format qa_pairs"
        )
    for path in paths:
        for number, row in enumerate(_read_rows(path)):
            yield _read_row(row, f"Entry {number} of '{path}'", (folder, path.parent))


def _read_rows(path: Path) -> list[Any]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"'{path}' is no JSON file: {error}.") from error
    if not isinstance(rows, list):
        raise DatasetError(f"'{path}' must hold a list of objects with the keys {_keys()}.")
    return rows


def _read_row(row: Any, where: str, folders: tuple[Path, ...]) -> ImageQuestion:
    """Reads one entry; `where` begins the sentence of an error."""
    if not isinstance(row, dict):
        raise DatasetError(f"{where} must be an object with the keys {_keys()}.")
    for key in KEYS:
        if key not in row:
            surplus = [other for other in row if other not in KEYS]
            hint = did_you_mean(surplus[0], KEYS) if surplus else ""
            raise DatasetError(f"{where} lacks the key '{key}'.{hint}")
        if not isinstance(row[key], str) or not row[key].strip():
            raise DatasetError(f"{where}: '{key}' must be a text that is not empty.")
    for folder in folders:
        if (folder / row["image_file"]).is_file():
            return ImageQuestion(folder / row["image_file"], row["question"], row["answer"])
    tried = " nor in ".join(f"'{folder}'" for folder in folders)
    raise DatasetError(f"{where}: there is no picture '{row['image_file']}', neither in {tried}.")


def _keys() -> str:
    return ", ".join(f"'{key}'" for key in KEYS)
