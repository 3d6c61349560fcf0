"""One scene as a row of a Parquet file, with the types that `datasets` reads it as.

`datasets` takes more than a second to load, so its schema is written out here; the tests compare.
"""

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from scene_renderer.png import encode_png
from scene_renderer.scene import Scene

if TYPE_CHECKING:
    from scene_renderer.renderer import Rendering

_TEXT, _NUMBER, _WHOLE, _IMAGE = "string", "float64", "int32", "Image"
_PLACED = {"position": [_NUMBER], "yaw": _NUMBER}
_MATRICES = ("view", "projection", "extrinsics", "intrinsics")
_COLUMNS: dict[str, Any] = {
    "id": _TEXT,
    "image": _IMAGE,
    "mask": _IMAGE,
    "scene": _TEXT,
    "objects": [
        {
            **dict.fromkeys(("name", "color", "shape"), _TEXT),
            "size": _NUMBER,
            **_PLACED,
            "box": [_WHOLE],
            "visible": _NUMBER,
            "position_px": [_NUMBER],
        }
    ],
    "end_effector": _PLACED,
    "camera": {"name": _TEXT, **{name: [_NUMBER] for name in _MATRICES}},
}
"""A list stands for lists of what it holds, a mapping for one with these keys."""


def encode_rows(rows: list[dict[str, Any]], metadata: dict[bytes, bytes]) -> bytes:
    """Returns the bytes of a Parquet file.

    Args:
        rows: as `make_row` returns them.
        metadata: what the file tells beside them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    features = {"info": {"features": {name: _feature(k) for name, k in _COLUMNS.items()}}}
    columns = [(name, _arrow_type(kind)) for name, kind in _COLUMNS.items()]
    schema = pa.schema(columns, {b"huggingface": json.dumps(features).encode(), **metadata})
    buffer = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist(rows, schema),
        buffer,
        compression="zstd",
        use_dictionary=False,
        write_page_checksum=True,
    )
    return buffer.getvalue()


def _feature(kind: Any) -> dict[str, Any]:
    """Returns how `datasets` calls a type."""
    if isinstance(kind, dict):
        return {name: _feature(inner) for name, inner in kind.items()}
    if isinstance(kind, list):
        return {"feature": _feature(kind[0]), "_type": "List"}
    return {"_type": "Image"} if kind == _IMAGE else {"dtype": kind, "_type": "Value"}


def _arrow_type(kind: Any) -> Any:
    import pyarrow as pa

    if isinstance(kind, dict):
        return pa.struct([(name, _arrow_type(inner)) for name, inner in kind.items()])
    if isinstance(kind, list):
        return pa.list_(_arrow_type(kind[0]))
    if kind == _IMAGE:
        return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return {_TEXT: pa.string(), _NUMBER: pa.float64(), _WHOLE: pa.int32()}[kind]


def make_row(scene: Scene, rendering: "Rendering") -> dict[str, Any]:
    """Returns one row; `shards.py` tells its columns."""
    camera, size = scene.camera, len(rendering.image)
    centres = camera.project(np.array([o.position for o in scene.objects]), size).round(3)
    labels = zip(
        rendering.boxes.tolist(), rendering.visible.tolist(), centres.tolist(), strict=True
    )
    return {
        "id": scene.id,
        "image": {"bytes": encode_png(rendering.image)},
        "mask": {"bytes": encode_png(rendering.mask)},
        "scene": scene.to_json(),
        "objects": [
            {**vars(item), "box": box, "visible": visible, "position_px": centre}
            for item, (box, visible, centre) in zip(scene.objects, labels, strict=True)
        ],
        "end_effector": vars(scene.end_effector),
        "camera": {
            "name": camera.name,
            "view": camera.view_matrix().ravel().tolist(),
            "projection": camera.projection_matrix().ravel().tolist(),
            "extrinsics": camera.extrinsics().ravel().tolist(),
            "intrinsics": camera.intrinsics(size).ravel().tolist(),
        },
    }
