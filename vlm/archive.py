"""Bundles as zip files, in one form only: a reader that takes nothing but what the writer writes.

Zip says most things twice (before each file and in the table of contents at the end), so that two
programs can read two different things out of one file. Here the files are read front to back, and
then written again: unless that gives the very same bytes, table of contents and end record
included, the zip is refused. Nothing is compressed, so nothing can unfold into more than is there;
weights hardly shrink anyway.

    local header, name, content     once for each file, back to back from byte 0
    table of contents               one entry for each file, in the same order
    end record                      22 bytes, the last of the file

Source: "APPNOTE.TXT - .ZIP File Format Specification" 6.3.10, PKWARE, 2022.
"""

import struct
import zlib
from collections.abc import Collection, Mapping

from scene_renderer.errors import CheckpointError
from vlm.strict_json import shown

_LOCAL, _ENTRY, _END = (
    struct.Struct("<4s5H3L2H"),
    struct.Struct("<4s6H3L5H2L"),
    struct.Struct("<4s4H2LH"),
)
_LOCAL_MARK, _ENTRY_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION, _UNIX = 20, 3
_STORED = 0
_ENCRYPTED, _SIZE_BEHIND = 0x1, 0x8
_TIME, _DATE = 0, 0x21
"""Midnight, 1 January 1980: the first moment that zip knows."""

_MODE = 0o100644
"""A plain file that everybody may read."""

_FILE_TYPES = {
    0o120000: "a link",
    0o040000: "a folder",
    0o100000: "a plain file",
    0: "a plain file",
}

REMEDY = "bundles are made by 'python -m finetune bundle'"


def pack(files: Mapping[str, bytes]) -> bytes:
    """Returns the one zip that holds these files in this order; names are ASCII."""
    parts: list[bytes] = []
    entries: list[bytes] = []
    offset = 0
    for name, content in files.items():
        facts = (0, _STORED, _TIME, _DATE, zlib.crc32(content), len(content), len(content))
        told = (*facts, len(name), 0)
        parts += [_LOCAL.pack(_LOCAL_MARK, _VERSION, *told), name.encode("ascii"), content]
        made_by = _UNIX << 8 | _VERSION
        rest = (0, 0, 0, _MODE << 16, offset)  # no comment, disk 0, no hints
        entries += [_ENTRY.pack(_ENTRY_MARK, made_by, _VERSION, *told, *rest), name.encode("ascii")]
        offset += _LOCAL.size + len(name) + len(content)
    table = b"".join(entries)
    end = _END.pack(_END_MARK, 0, 0, len(files), len(files), len(table), offset, 0)
    return b"".join([*parts, table, end])


def unpack(data: bytes, names: Collection[str]) -> dict[str, bytes]:
    """Returns the files of a zip that `pack` wrote.

    Args:
        data: the whole zip.
        names: what it may hold.

    Raises:
        CheckpointError: if a single byte is not as `pack` writes it.
    """
    files: dict[str, bytes] = {}
    offset = 0
    while data.startswith(_LOCAL_MARK, offset):
        name, content, offset = _read_file(data, offset, names)
        if name in files:
            raise CheckpointError(f"it holds '{name}' twice; {REMEDY}.")
        files[name] = content
    if not files:
        raise CheckpointError(f"it does not begin like a zip file; {REMEDY}.")
    if pack(files) != data:
        raise CheckpointError(f"{_what_differs(data, offset, len(files))}; {REMEDY}.")
    return files


def _read_file(data: bytes, offset: int, names: Collection[str]) -> tuple[str, bytes, int]:
    """Reads the file at `offset`; returns its name, its content and where it ends."""
    try:
        head = _LOCAL.unpack_from(data, offset)
    except struct.error:
        raise CheckpointError("its last file is cut off; copy it again.") from None
    _, _, flags, method, _, _, checksum, packed, size, name_size, extra_size = head
    start = offset + _LOCAL.size
    name = data[start : start + name_size].decode("latin-1")
    if name not in names:
        raise CheckpointError(f"it holds {shown(name)}, which is no file of a bundle; {REMEDY}.")
    start += name_size
    end = start + size
    faults = {
        "is encrypted": flags & _ENCRYPTED,
        "is compressed": method != _STORED,
        "tells its size only behind it": flags & _SIZE_BEHIND,
        "has an extra field": extra_size,
        "has two sizes": packed != size,
        "is cut off, or tells a wrong size": end > len(data),
    }
    for fault, is_so in faults.items():
        if is_so:
            raise CheckpointError(f"'{name}' in it {fault}; {REMEDY}.")
    content = data[start:end]
    if zlib.crc32(content) != checksum:
        raise CheckpointError(f"'{name}' in it is damaged (its checksum differs); copy it again.")
    return name, content, end


def _what_differs(data: bytes, offset: int, count: int) -> str:
    """Says in what a zip differs from what `pack` writes, its table beginning at `offset`."""
    if not data.startswith(_END_MARK, len(data) - _END.size):
        return "it does not end with a zip's end record: there is a comment or something else"
    _, disk, first_disk, here, total, *_ = _END.unpack_from(data, len(data) - _END.size)
    if disk or first_disk:
        return "it is one part of several"
    if (here, total) != (count, count):
        return f"its end record tells of {max(here, total)} files, but {count} are there"
    for _ in range(count):
        if not data.startswith(_ENTRY_MARK, offset) or offset + _ENTRY.size > len(data):
            break
        entry = _ENTRY.unpack_from(data, offset)
        kind = entry[15] >> 16 & 0o170000
        if kind not in (0, _MODE & 0o170000):
            return f"an entry of its table of contents is {_FILE_TYPES.get(kind, 'no plain file')}"
        offset += _ENTRY.size + sum(entry[10:13])
    return "its table of contents is not the one of its files"
