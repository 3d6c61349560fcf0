"""Pairs as conversations: `messages` in Parquet, `sharegpt` and `context_qa` in JSON Lines."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, ClassVar

from qa_generator.exporter import Exporter, Form, PictureFolder, format_row
from qa_generator.pairs import Pair

IMAGE_WORD = "<image>"
"""What stands for the picture in a text."""

ROWS_PER_FILE = 20_000
_ROWS_PER_GROUP = 512
_DICTIONARY_BYTES = 1 << 28
"""Far above a group's pictures, so that a picture which several rows share is stored once."""

LLAMA_FACTORY = "dataset_info.json"
"""The file in which LLaMA-Factory looks up a data set by its name."""


class Messages(Exporter):
    """Rows that TRL, Axolotl and LLaMA-Factory take as they are.

        id, context, kind, task   as in the pairs
        images                    [{"bytes": PNG, "path": null}], an Image feature
        messages                  [{"role": "user",
                                    "content": [{"type": "image", "text": null},
                                                {"type": "text", "text": "gripper: 320, ..."}],
                                    "text": "<image>gripper: 320, ..."},
                                   {"role": "assistant",
                                    "content": [{"type": "text", "text": "pick(..."}],
                                    "text": "pick(..."}]

    TRL 1.16 fills each image part from `images`. Axolotl 0.19 does the same in its
    `chat_template` type for multimodal models. LLaMA-Factory 0.9.5 counts `<image>` in plain text,
    which the other two must not see; the entry in `dataset_info.json` sends it to `text`.

    Source: `prepare_multimodal_messages` in TRL's `data_utils.py`; `ProcessingStrategy` in
    Axolotl's `processing_strategies.py`; `SharegptDatasetConverter` and `_validate_messages` in
    LLaMA-Factory's `data/`.
    """

    form = Form(
        name="messages",
        what="`messages` and `images` for TRL, Axolotl and LLaMA-Factory, in Parquet",
        files="{split}/*.parquet",
        usage="""\
TRL's `SFTTrainer` takes the rows of `load_dataset("FOLDER")`; so does Axolotl with `path: FOLDER`,
`type: chat_template`. LLaMA-Factory finds them with `dataset_dir: FOLDER` and
`dataset: tablehand_SPLIT`. `content` is for the first two, `text` for the last.""",
    )

    def open(self, split: str) -> None:
        """Begins a split's folder."""
        self._split, self._rows, self._written = split, list[dict[str, Any]](), 0
        self._writer: Any = None
        (self.folder / split).mkdir()

    def add(self, pair: Pair) -> None:
        """Writes any pair."""
        self._rows.append(_messages_row(pair))
        if len(self._rows) == _ROWS_PER_GROUP:
            self._flush()

    def close(self) -> None:
        """Writes the rows that are left; a split without rows is a file without rows."""
        if self._rows or not self._written:
            self._flush()
        self._close_file()

    def abandon(self) -> None:
        """Closes the open file."""
        self._close_file()

    def finish(self, rows: Mapping[str, int]) -> None:
        """Tells LLaMA-Factory of every split."""
        tags = {"role_tag": "role", "content_tag": "text"}
        people = {"user_tag": "user", "assistant_tag": "assistant"}
        _tell_llama_factory(self.folder, {s: s for s in rows}, "messages", tags | people)

    def features(self) -> Any:
        """The columns of a row."""
        from datasets import Features, Image, List, Value

        text = Value("string")
        message = {"role": text, "content": List({"type": text, "text": text}), "text": text}
        words = dict.fromkeys(("id", "context", "kind", "task"), text)
        return Features({**words, "images": List(Image()), "messages": List(message)})

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = self.features().arrow_schema
        if self._writer is None:
            number = self._written // ROWS_PER_FILE
            self._writer = pq.ParquetWriter(
                self.folder / self._split / f"messages-{number:05d}.parquet",
                schema,
                compression="zstd",
                dictionary_pagesize_limit=_DICTIONARY_BYTES,
            )
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema))
        before, self._written = self._written, self._written + len(self._rows)
        if before // ROWS_PER_FILE != self._written // ROWS_PER_FILE:
            self._close_file()
        self._rows = []

    def _close_file(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class JsonLines(Exporter):
    """Any format with one JSON object a line, in a file for each split."""

    def open(self, split: str) -> None:
        """Begins a split's file."""
        path = self.folder / f"{split}.jsonl"
        self._file: IO[str] = path.open("w", encoding="utf-8")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def abandon(self) -> None:
        """Closes the file."""
        self._file.close()


class ShareGpt(JsonLines):
    """ShareGPT conversations with pictures beside.

        {"id": "train-7-000012-0-named",
         "conversations": [{"from": "human", "value": "<image>gripper: 320, ..."},
                           {"from": "gpt", "value": "pick(..."}],
         "images": ["images/train/train-7-000012.png"]}

    Opened with LLaMA-Factory 0.9.5; written by the code of ms-swift 4.6.0, which was not run.

    Source: `SharegptDatasetConverter` in LLaMA-Factory's `data/converter.py`;
    `MessagesPreprocessor` in ms-swift's `dataset/preprocessor/core.py`.
    """

    form = Form(
        name="sharegpt",
        what="ShareGPT conversations with `<image>`, in JSON Lines, pictures beside",
        files="{split}.jsonl",
        usage="""\
LLaMA-Factory: `dataset_dir: FOLDER`, `media_dir: FOLDER`, `dataset: tablehand_SPLIT`. ms-swift:
`ROOT_IMAGE_DIR=FOLDER swift sft --dataset FOLDER/SPLIT.jsonl`. LLaVA's own trainer wants one JSON
array with one `image` a row: `jq -s 'map(.image = .images[0])' SPLIT.jsonl > SPLIT.json`. Paths of
pictures are relative to this folder.""",
    )

    def open(self, split: str) -> None:
        """Begins a split's file and its folder of pictures."""
        super().open(split)
        self._pictures = PictureFolder(self.folder, f"images/{split}")

    def add(self, pair: Pair) -> None:
        """Writes any pair."""
        asked = {"from": "human", "value": IMAGE_WORD + pair.prompt}
        turns = [asked, {"from": "gpt", "value": pair.answer}]
        row = {"id": pair.id, "conversations": turns, "images": [self._pictures.add(pair)]}
        self._file.write(format_row(row))

    def finish(self, rows: Mapping[str, int]) -> None:
        """Tells LLaMA-Factory of every split."""
        tags = {"role_tag": "from", "content_tag": "value"}
        people = {"user_tag": "human", "assistant_tag": "gpt"}
        files = {split: f"{split}.jsonl" for split in rows}
        _tell_llama_factory(self.folder, files, "conversations", tags | people)

    def features(self) -> Any:
        """The columns of a row."""
        from datasets import Features, List, Value

        text = Value("string")
        turn = {"from": text, "value": text}
        return Features({"id": text, "conversations": List(turn), "images": List(text)})


class ContextQa(JsonLines):
    """Text alone, for Axolotl's `context_qa.load_v2`.

        {"context": "gripper: 320, 0, 420\\nred cube: 412, -127, 25\\n...",
         "question": "lift the red cube", "answer": "pick(412, -127, 25)\\nmove_to(..."}

    Only the context `named` can be answered from the text, so the others are left out.

    Source: `ContextQaV2PromptTokenizingStrategy` in Axolotl 0.19's
    `prompt_strategies/context_qa.py`.
    """

    form = Form(
        name="context_qa",
        what="context, question and answer without pictures for Axolotl, in JSON Lines",
        files="{split}.jsonl",
        category="question-answering",
        usage="""\
Axolotl: `path: FOLDER/SPLIT.jsonl`, `ds_type: json`, `type: context_qa.load_v2`. There are no
pictures, so only what the coordinate list answers is here: pairs of the context `named`.""",
    )

    COLUMNS: ClassVar[tuple[str, ...]] = ("context", "question", "answer")

    def add(self, pair: Pair) -> str | None:
        """Writes a pair with names in its list; the others need their picture."""
        if pair.context != "named":
            return "cannot be answered without the picture"
        context = pair.prompt.removesuffix(pair.instruction).removesuffix("\n")
        values = (context, pair.instruction, pair.answer)
        self._file.write(format_row(dict(zip(self.COLUMNS, values, strict=True))))
        return None

    def features(self) -> Any:
        """The columns of a row."""
        from datasets import Features, Value

        return Features(dict.fromkeys(self.COLUMNS, Value("string")))


def _messages_row(pair: Pair) -> dict[str, Any]:
    picture, asked = {"type": "image", "text": None}, {"type": "text", "text": pair.prompt}
    told = {"type": "text", "text": pair.answer}
    return {
        "id": pair.id,
        "context": pair.context,
        "kind": pair.kind,
        "task": pair.task,
        "images": [{"bytes": pair.png, "path": None}],
        "messages": [
            {"role": "user", "content": [picture, asked], "text": IMAGE_WORD + pair.prompt},
            {"role": "assistant", "content": [told], "text": pair.answer},
        ],
    }


def _tell_llama_factory(
    folder: Path, files: Mapping[str, str], turns: str, tags: Mapping[str, str]
) -> None:
    """Writes the file in which LLaMA-Factory looks up data sets: `tablehand_SPLIT` for each."""
    columns = {"messages": turns, "images": "images"}
    entries = {
        f"tablehand_{split}": {
            "file_name": file,
            "formatting": "sharegpt",
            "columns": columns,
            "tags": dict(tags),
        }
        for split, file in files.items()
    }
    path = folder / LLAMA_FACTORY
    path.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
