"""An export's folder as one file, made while it is sent: a plain tar, the same bytes each time.

Its size and every byte's place are known beforehand, so that a download which broke off goes on in the middle.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

PIECE = 1 << 20
Part = bytes | Path
"""What the tar is put together from: bytes of its own, or a whole file."""


class Archive(io.RawIOBase):
    """The files of `folder` below `name/`, sorted, dated with the snapshot; compressed they are already.

    A file to read and to seek in. `size` is in bytes. `sha256` of files that are known (by path) is taken on trust;
    the others are few and small, and are read for the `tag`.
    """

    def __init__(self, folder: Path, name: str, at: datetime, sha256: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._parts: list[Part] = []
        self._starts: list[int] = []
        self._at = 0
        self._open: tuple[Path, io.BufferedReader] | None = None
        self.size = 0
        digest = hashlib.sha256()
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            below = path.relative_to(folder).as_posix()
            entry = tarfile.TarInfo(f"{name}/{below}")
            entry.size = path.stat().st_size
            entry.mtime = int(at.timestamp())
            entry.mode = 0o644
            header = entry.tobuf(tarfile.PAX_FORMAT)
            self._add(header, len(header))
            self._add(path, entry.size)
            self._add(bytes(-entry.size % tarfile.BLOCKSIZE), -entry.size % tarfile.BLOCKSIZE)
            digest.update(header)
            digest.update(((sha256 or {}).get(below) or hashlib.sha256(path.read_bytes()).hexdigest()).encode())
        end = 2 * tarfile.BLOCKSIZE
        end += -(self.size + end) % tarfile.RECORDSIZE
        self._add(bytes(end), end)
        self.tag = digest.hexdigest()
        """Another one for every tar that differs in a byte: SHA-256 over the headers and the SHA-256 of each file."""

    def _add(self, part: Part, length: int) -> None:
        if length:  # an empty part has no place of its own
            self._parts.append(part)
            self._starts.append(self.size)
            self.size += length

    def readable(self) -> bool:
        """It is only read."""
        return True

    def seekable(self) -> bool:
        """To any byte, without reading what lies before."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go on from another byte."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes from here, fewer at the end of a part; empty at the end of all."""
        if size < 0:
            return self.readall()
        if self._at >= self.size:
            return b""
        which = bisect_right(self._starts, self._at) - 1
        part, inside = self._parts[which], self._at - self._starts[which]
        if isinstance(part, bytes):
            piece = part[inside : inside + size]
        else:
            file = self._reader(part)
            file.seek(inside)
            piece = file.read(size)
            if not piece:  # never a tar that is well-formed and lacks something
                raise OSError(f"{part.name} has become shorter while it was sent.")
        self._at += len(piece)
        return piece

    def _reader(self, path: Path) -> io.BufferedReader:
        if self._open is None or self._open[0] != path:
            self._shut()
            self._open = (path, path.open("rb"))
        return self._open[1]

    def _shut(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def close(self) -> None:
        """Let go of the file that is being read."""
        self._shut()
        super().close()
