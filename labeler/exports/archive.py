"""An export's folder as one file, made while it is sent: a plain tar, the same bytes each time."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

PIECE = 1 << 20


def tar(folder: Path, name: str, at: datetime) -> Iterator[bytes]:
    """The files of `folder` below `name/`, sorted, dated with the snapshot; compressed they are already."""
    size = 0
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        entry = tarfile.TarInfo(f"{name}/{path.relative_to(folder).as_posix()}")
        entry.size = path.stat().st_size
        entry.mtime = int(at.timestamp())
        entry.mode = 0o644
        header = entry.tobuf(tarfile.PAX_FORMAT)
        yield header
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
        padding = -entry.size % tarfile.BLOCKSIZE
        yield bytes(padding)
        size += len(header) + entry.size + padding
    end = 2 * tarfile.BLOCKSIZE
    yield bytes(end + -(size + end) % tarfile.RECORDSIZE)
