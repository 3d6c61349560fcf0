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

TEXT, NUMBER, WHOLE, IMAGE = "string", "float64", "int32", "Image"
_PLACED = {"position": [NUMBER], "yaw": NUMBER}
_MATRICES = ("view", "projection", "extrinsics", "intrinsics")
_COLUMNS: dict[str, Any] = {
    "id": TEXT,
    "image": IMAGE,
    "mask": IMAGE,
    "scene": TEXT,
    "objects": [
        {
            **dict.fromkeys(("name", "color", "shape"), TEXT),
            "size": NUMBER,
            **_PLACED,
            "box": [WHOLE],
            "visible": NUMBER,
            "position_px": [NUMBER],
        }
    ],
    "end_effector": _PLACED,
    "camera": {"name": TEXT, **{name: [NUMBER] for name in _MATRICES}},
}


def encode_rows(rows: list[dict[str, Any]], metadata: dict[bytes, bytes]) -> bytes:
    """Returns the bytes of a Parquet file.

    Args:
        rows: as `make_row` returns them.
        metadata: what the file tells beside them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = build_schema(_COLUMNS, metadata)
    buffer = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist(rows, schema),
        buffer,
        compression="zstd",
        use_dictionary=False,
        write_page_checksum=True,
    )
    return buffer.getvalue()


def build_schema(columns: dict[str, Any], metadata: dict[bytes, bytes]) -> Any:
    """Returns the schema of a Parquet file that `datasets` opens with decoded pictures.

    Args:
        columns: name to type: `TEXT`, `NUMBER`, `WHOLE` or `IMAGE`; a list stands for lists of
            what it holds, a mapping for one with these keys.
        metadata: what the file tells beside its rows.
    """
    import pyarrow as pa

    features = {"info": {"features": {name: _feature(kind) for name, kind in columns.items()}}}
    types = [(name, _arrow_type(kind)) for name, kind in columns.items()]
    return pa.schema(types, {b"huggingface": json.dumps(features).encode(), **metadata})


def _feature(kind: Any) -> dict[str, Any]:
    """Returns how `datasets` calls a type."""
    if isinstance(kind, dict):
        return {name: _feature(inner) for name, inner in kind.items()}
    if isinstance(kind, list):
        return {"feature": _feature(kind[0]), "_type": "List"}
    return {"_type": "Image"} if kind == IMAGE else {"dtype": kind, "_type": "Value"}


def _arrow_type(kind: Any) -> Any:
    import pyarrow as pa

    if isinstance(kind, dict):
        return pa.struct([(name, _arrow_type(inner)) for name, inner in kind.items()])
    if isinstance(kind, list):
        return pa.list_(_arrow_type(kind[0]))
    if kind == IMAGE:
        return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return {TEXT: pa.string(), NUMBER: pa.float64(), WHOLE: pa.int32()}[kind]


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
