"""A spool: the tasks of one import on disk, as the database will take them. It is a folder of two files.

`places` has, for each task, its lane's number, its id and its order of completions: 34 bytes, because position and lane
are only known when the import is loaded. `contents` has what the tasks say, in PostgreSQL's binary COPY format, so that
loading passes it through untouched: a row is its number of fields, then each field's length (-1 for none) and bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
BLOCK = 256 * 1024

_PLACE = struct.Struct(">H16s16s")
_BEGIN = b"\x00\x06\x00\x00\x00\x10"
"""Six fields, of which the first, the task's id, has 16 bytes."""
_length = struct.Struct(">i").pack

Place = tuple[int, bytes, str]
"""Lane number, task id, order."""
Content = tuple[bytes, "list[str | None]"]
"""Task id; item, row id, source label, meta, matched words."""


def fields(texts: Iterable[str | bytes | None]) -> bytes:
    """Texts as fields of a row."""
    parts: list[bytes] = []
    for text in texts:
        if text is None:
            parts.append(NULL)
        else:
            data = text if isinstance(text, bytes) else text.encode()
            parts += (_length(len(data)), data)
    return b"".join(parts)


class SpoolWriter:
    """Writes a spool into a folder that it makes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._places = (folder / "places").open("wb", buffering=BLOCK)
        self._contents = (folder / "contents").open("wb", buffering=4 * BLOCK)
        self.bytes = 0

    def add(self, lane: int, task_id: bytes, order: str, item: bytes, aside: bytes) -> None:
        """Write one task; `aside` is what `fields` made of its row id, source label, meta and matched words."""
        self._places.write(_PLACE.pack(lane, task_id, order.encode()))
        self.bytes += self._contents.write(b"".join((_BEGIN, task_id, _length(len(item)), item, aside)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.close()
        self._contents.close()


def places(folder: Path) -> Iterator[Place]:
    """The place of each task, in the order of the file."""
    with (folder / "places").open("rb") as file:
        while block := file.read(_PLACE.size * 4096):
            for lane, task_id, order in _PLACE.iter_unpack(block):
                yield lane, task_id, order.rstrip(b"\0").decode()


def copied_contents(folder: Path) -> Iterator[bytes]:
    """The contents as a binary COPY wants them, block by block."""
    yield HEAD
    with (folder / "contents").open("rb") as file:
        while block := file.read(BLOCK):
            yield block
    yield END


def contents(folder: Path) -> Iterator[Content]:
    """The content of each task, in the order of the file."""
    with (folder / "contents").open("rb", buffering=BLOCK) as file:
        while file.read(len(_BEGIN)):
            task_id = file.read(16)
            texts: list[str | None] = []
            for _ in range(5):
                length = int.from_bytes(file.read(4), signed=True)
                texts.append(None if length < 0 else file.read(length).decode())
            yield task_id, texts
