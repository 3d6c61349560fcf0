"""Hostile zips around good files: each comes with a word of the sentence that must refuse it."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

from vlm.archive import pack
from vlm.bundle import MAX_BYTES

Files = Mapping[str, bytes]
Make = Callable[[Files], bytes]

EVIL = b"import pathlib\npathlib.Path('executed').touch()\n"
"""Were this ever run or imported, the test would find its file."""

END, ENTRY, LOCAL = 22, 46, 30
NAMES = {
    "traversal": "../evil.py",
    "traversal inside": "a/../../adapter_config.json",
    "traversal to a good name": "../README.md",
    "absolute": "/tmp/evil.py",
    "two slashes": "//server/share/evil.py",
    "unc": r"\\server\share\evil.py",
    "device path": r"\\?\C:\evil.py",
    "drive": r"C:\evil.py",
    "drive relative": "C:README.md",
    "backslash": r"..\evil.py",
    "home": "~/.bashrc",
    "dot": "./README.md",
    "doubled slash": "a//README.md",
    "nul inside": "README.md\0.py",
    "nul at the end": "README.md\0",
    "reserved": "CON",
    "reserved with ending": "nul.json",
    "stream": "README.md:evil.py",
    "dot at the end": "README.md.",
    "space at the end": "README.md ",
    "line break": "README.md\n",
    "terminal codes": "\x1b[2J\x1b]0;owned\x07",
    "another case": "readme.MD",
    "empty": "",
    "longest": "x" * 65_535,
    "folder": "README.md/",
    "percent": "%2e%2e%2fevil.py",
    "module": "evil.py",
    "package": "__init__.py",
    "start-up hook": "sitecustomize.py",
    "model code": "modeling_smolvlm.py",
    "pickle": "adapter_model.bin",
    "training state": "training_state.pt",
    "index of shards": "model.safetensors.index.json",
    "nested zip": "inner.zip",
    "generation config": "generation_config.json",
}
"""Names that no bundle holds."""


def added(name: str) -> Make:
    """A good bundle with one more file."""

    def make(files: Files) -> bytes:
        padded = name.encode("latin-1")
        marked = "m" * len(padded)
        return pack({**files, marked: EVIL}).replace(marked.encode(), padded)

    return make


def written(**entry: object) -> Make:
    """What Python's own zip module writes; `entry` sets attributes of the first entry."""

    def make(files: Files) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for number, (name, content) in enumerate(files.items()):
                info = zipfile.ZipInfo(name)
                for key, value in entry.items() if not number else ():
                    setattr(info, key, value)
                archive.writestr(info, content)
        return stream.getvalue()

    return make


def patched(at: Callable[[bytes], int], value: bytes) -> Make:
    """A good bundle of which some bytes were replaced."""

    def make(files: Files) -> bytes:
        data = bytearray(pack(files))
        offset = at(bytes(data))
        data[offset : offset + len(value)] = value
        return bytes(data)

    return make


def table(data: bytes) -> int:
    """Returns where the table of contents begins."""
    return int(struct.unpack_from("<L", data, len(data) - 6)[0])


def in_local(offset: int) -> Callable[[bytes], int]:
    return lambda data: offset


def in_table(offset: int) -> Callable[[bytes], int]:
    return lambda data: table(data) + offset


def in_end(offset: int) -> Callable[[bytes], int]:
    return lambda data: len(data) - END + offset


def inserted(at: Callable[[bytes], int], value: bytes, moved: bool = True) -> Make:
    """A good bundle with bytes put in; offsets follow, if `moved`, as clever tools see to."""

    def make(files: Files) -> bytes:
        data = pack(files)
        offset, begin = at(data), table(data)
        longer = bytearray(data[:offset] + value + data[offset:])
        if moved and offset <= begin:
            struct.pack_into("<L", longer, len(longer) - 6, begin + len(value))
        return bytes(longer)

    return make


def zip64(files: Files) -> bytes:
    """A good bundle with a second, larger end record."""
    data = pack(files)
    at = len(data) - END
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 46, table(data))
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)
    return data[:at] + record + locator + data[at:]


def million(files: Files) -> bytes:
    """A million empty entries in a table of contents, counted by a zip64 record."""
    entries = 1_000_000
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *[0] * 14)
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, 46 * entries, 0
    )
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 46 * entries, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65_535, 65_535, 2**32 - 1, 2**32 - 1, 0)
    return entry * entries + record + locator + end


def million_locals(files: Files) -> bytes:
    """As many empty files, one after another, as fit."""
    return pack({"README.md": b""})[: LOCAL + 9] * (MAX_BYTES // 40)


def overlapping(files: Files) -> bytes:
    """Two entries of the table that tell of the same bytes."""
    data = bytearray(pack(files))
    first = table(bytes(data))
    second = first + ENTRY + len(next(iter(files)))
    data[second + 42 : second + 46] = bytes(4)
    return bytes(data)


def hidden_inside(files: Files) -> bytes:
    """A file within the content of another one, listed in place of the real one."""
    inner = pack({"adapter_config.json": EVIL})[: LOCAL + 19 + len(EVIL)]
    data = bytearray(pack({"README.md": inner, **files}))
    entry = table(bytes(data)) + ENTRY + 9
    struct.pack_into("<3L", data, entry + 16, zlib.crc32(EVIL), len(EVIL), len(EVIL))
    struct.pack_into("<L", data, entry + 42, LOCAL + 9)
    return bytes(data)


def without_entry(files: Files) -> bytes:
    """A file that the table of contents conceals."""
    data = pack(files)
    begin, name = table(data), next(iter(files))
    rest = data[begin + ENTRY + len(name) : -END]
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *[len(files)] * 2, len(rest), begin, 0)
    return data[:begin] + rest + end


def bomb(files: Files) -> bytes:
    """Zeros, a thousandth of their size."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = press.compress(bytes(2 * 10**7)) + press.flush()
    head = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, 0, len(packed), 2 * 10**7, 9, 0)
    return head + b"README.md" + packed


def twice(change: bytes) -> Make:
    """A file that stands there twice, the second time with `change` behind it."""

    def make(files: Files) -> bytes:
        return pack({**files, "README.mm": files["README.md"] + change}).replace(b".mm", b".md")

    return make


def with_inner_end(files: Files) -> bytes:
    """A comment that holds another zip, end record and all."""
    other = pack({"README.md": EVIL})
    return pack(files)[:-2] + struct.pack("<H", len(other)) + other


DIRECTORY, LINK, FIFO, DEVICE = (kind << 16 for kind in (0o40755, 0o120777, 0o10644, 0o60644))
ARCHIVES: dict[str, tuple[Make, str]] = {
    **{f"name: {case}": (added(name), "no file of a bundle") for case, name in NAMES.items()},
    "the same file twice": (twice(b""), "'README.md' twice"),
    "two files of one name": (twice(b"!"), "'README.md' twice"),
    "a link": (patched(in_table(38), struct.pack("<L", LINK)), "is a link"),
    "a folder": (patched(in_table(38), struct.pack("<L", DIRECTORY)), "is a folder"),
    "a pipe": (patched(in_table(38), struct.pack("<L", FIFO)), "is no plain file"),
    "a device": (patched(in_table(38), struct.pack("<L", DEVICE)), "is no plain file"),
    "a folder of DOS": (patched(in_table(38), b"\x10"), "table of contents"),
    "encrypted": (patched(in_local(6), b"\1"), "is encrypted"),
    "encrypted in the table only": (patched(in_table(8), b"\1"), "table of contents"),
    "encrypted strongly": (patched(in_local(6), b"\x41"), "is encrypted"),
    "size behind the content": (patched(in_local(6), b"\x08"), "only behind it"),
    "a name in UTF-8": (patched(in_local(6), b"\0\x08"), "table of contents"),
    "wrong checksum": (patched(in_local(14), b"evil"), "is damaged"),
    "content changed": (patched(in_local(80), b"\xff"), "is damaged"),
    "deflated": (written(compress_type=zipfile.ZIP_DEFLATED), "is compressed"),
    "bzip2": (written(compress_type=zipfile.ZIP_BZIP2), "is compressed"),
    "lzma": (written(compress_type=zipfile.ZIP_LZMA), "is compressed"),
    "unknown method": (patched(in_local(8), b"\x63"), "is compressed"),
    "method differs in the table": (patched(in_table(10), b"\x08"), "table of contents"),
    "bomb": (bomb, "is compressed"),
    "bomb within a bomb": (lambda f: added("x.zip")({"x.zip": bomb(f)}), "no file of a bundle"),
    "a million entries": (million, "does not begin like a zip"),
    "a million files": (million_locals, "'README.md' twice"),
    "count of 65,535": (patched(in_end(8), b"\xff\xff\xff\xff"), "tells of 65535 files"),
    "count of nothing": (patched(in_end(8), bytes(4)), "tells of 0 files"),
    "zip64": (zip64, "table of contents"),
    "zip64 sizes": (patched(in_local(18), b"\xff" * 8), "tells a wrong size"),
    "zip64 field": (written(extra=struct.pack("<2HQ", 1, 8, 9)), "extra field"),
    "extra field": (written(extra=struct.pack("<2H4s", 0x5455, 4, b"time")), "extra field"),
    "another name in an extra field": (
        written(extra=struct.pack("<2HBL4s", 0x7075, 9, 1, 0, b"evil")),
        "extra field",
    ),
    "overlapping entries": (overlapping, "table of contents"),
    "a file inside another": (hidden_inside, "table of contents"),
    "a file that is not listed": (without_entry, "table of contents"),
    "a listed file that is not there": (
        lambda f: pack(f)[: table(pack(f))] + pack({**f, "x": b""})[table(pack(f)) + LOCAL + 1 :],
        "tells of",
    ),
    "order of the table": (
        lambda f: pack(f)[: table(pack(f))] + pack(dict(reversed(f.items())))[table(pack(f)) :],
        "table of contents",
    ),
    "another name in the table": (patched(in_table(ENTRY), b"evil.py"), "table of contents"),
    "another size in the table": (patched(in_table(24), b"\1\0\0\0"), "table of contents"),
    "another checksum in the table": (patched(in_table(16), b"evil"), "table of contents"),
    "another place in the table": (patched(in_table(42), b"\xff\xff"), "table of contents"),
    "made by another system": (patched(in_table(5), b"\0"), "table of contents"),
    "another version needed": (patched(in_table(6), b"\x2d"), "table of contents"),
    "packed size differs": (patched(in_local(18), b"\1\0\0\0"), "has two sizes"),
    "four gigabytes": (patched(in_local(18), (b"\xfe" * 4) * 2), "tells a wrong size"),
    "comment": (lambda f: pack(f)[:-2] + b"\3\0hey", "end record"),
    "comment with a zip": (with_inner_end, "tells of 1 files"),
    "length of a comment without one": (patched(in_end(20), b"\1\0"), "table of contents"),
    "comment of a file": (written(comment=b"hey"), "table of contents"),
    "several disks": (patched(in_end(4), b"\1"), "one part of several"),
    "disk of an entry": (patched(in_table(34), b"\1"), "table of contents"),
    "something before it": (inserted(in_local(0), b"#!/bin/sh\nevil\n"), "does not begin"),
    "a picture before it": (inserted(in_local(0), b"\x89PNG\r\n\x1a\n"), "does not begin"),
    "something behind it": (lambda f: pack(f) + b"<script>", "end record"),
    "zeros behind it": (lambda f: pack(f) + bytes(1000), "end record"),
    "a gap before the table": (inserted(table, b"evil"), "table of contents"),
    "a gap before the end": (inserted(in_end(0), b"evil"), "table of contents"),
    "two zips": (lambda f: pack(f) + pack({"README.md": EVIL}), "tells of 1 files"),
    "the table twice": (lambda f: pack(f) + pack(f)[table(pack(f)) :], "table of contents"),
    "cut in half": (lambda f: pack(f)[: len(pack(f)) // 2], "is cut off"),
    "cut in its first header": (lambda f: pack(f)[:20], "is cut off"),
    "without an end": (lambda f: pack(f)[:-END], "end record"),
    "only an end": (lambda f: pack({}), "does not begin"),
    "nothing": (lambda f: b"", "does not begin"),
    "text": (lambda f: b"not a zip", "does not begin"),
    "weights": (lambda f: f["adapter_model.safetensors"], "does not begin"),
    "more than 50 MB": (lambda f: pack({**f, "README.md": bytes(MAX_BYTES)}), "more than 50 MB"),
    "a page of 5 MB": (lambda f: pack({**f, "README.md": bytes(5 * 10**6)}), "more than 4 MB"),
}
"""What it is: how it is made, and a word of why it is refused."""
