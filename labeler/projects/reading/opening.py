"""Opening a file as a stream of bytes or lines: plain, gzip or zstandard, told by content and not by name."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from labeler.projects.reading.limits import Limits, Refused, size

Alive = Callable[[int, int], None]
"""Called now and then with the bytes read and the bytes of the file."""

CHUNK = 256 * 1024
PACKED_CHUNK = 64 * 1024
"""Packed bytes read at once: how much comes out of them is only known afterwards."""
GZIP, ZSTD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"

_OTHERS = {
    b"PK\x03\x04": "a zip file (or an Excel sheet)",
    b"BZh9": "packed with bzip2",
    b"\xfd7zXZ\x00": "packed with xz",
    b"7z\xbc\xaf": "a 7-Zip file",
    b"ARROW1": "an Arrow file",
    b"FEA1": "a Feather file",
    b"Obj\x01": "an Avro file",
    b"SQLite format 3\x00": "a SQLite database",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
}
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_WANTED = "Send JSON Lines, JSON, CSV or Parquet, plain or packed with gzip or zstandard."


class Source(Protocol):
    """Bytes that come in pieces; an empty piece is the end."""

    def read(self, size: int, /) -> bytes: ...


class Counted:
    """A file that knows how much of it has been read, for the progress bar."""

    closed = False

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.bytes_read = 0

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most `size` of them."""
        piece = self._file.read(size)
        self.bytes_read += len(piece)
        return piece

    def close(self) -> None:
        """Let go of the file."""
        self.closed = True
        self._file.close()


class _Gzip:
    """A gzip stream, member after member, that gives at most what is asked for and notices where it breaks off."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._inflate = zlib.decompressobj(wbits=31)
        self._waiting = b""
        self._began = False

    def read(self, size: int, /) -> bytes:
        while True:
            piece = self._waiting or self._source.read(PACKED_CHUNK)
            if not piece:
                if self._began and not self._inflate.eof:
                    raise Refused("This gzip file breaks off: its end is missing. Send the whole file again.")
                return b""
            if self._inflate.eof:
                piece = piece.lstrip(b"\0")  # zeros may fill a gzip file up to a block
                if not piece:
                    self._waiting = b""
                    continue
                self._inflate = zlib.decompressobj(wbits=31)
            self._began = True
            try:
                out = self._inflate.decompress(piece, size)
            except zlib.error as error:
                raise Refused(f"This gzip file is damaged ({error}). Make it anew and send it again.") from None
            self._waiting = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            if out:
                return out


class _Zstd:
    """A zstandard stream by pyarrow's codec, whose window is at most 128 MB."""

    def __init__(self, source: Counted) -> None:
        import pyarrow as pa  # only here: it is large, and most files are not zstandard

        self._broken = (OSError, pa.ArrowException)
        self._stream = pa.CompressedInputStream(pa.PythonFile(source, mode="r"), "zstd")

    def read(self, size: int, /) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except self._broken as error:
            raise Refused(f"This zstandard file is damaged or breaks off ({error}).") from None


class Opened:
    """A file open for reading: decompressed bytes under watch, and where in the file one is."""

    def __init__(self, path: Path, limits: Limits, alive: Alive = lambda done, of: None) -> None:
        self.path = path
        self.limits = limits
        self.alive = alive
        self.closing: list[Callable[[], None]] = []
        """What else ends when the file is closed."""
        self.bytes_total = path.stat().st_size
        if self.bytes_total > limits.file_bytes:
            raise Refused(f"This file is larger than {size(limits.file_bytes)}. Send it in parts.")
        if self.bytes_total == 0:
            raise Refused("This file is empty.")
        self._raw = Counted(path)
        try:
            self._begin()
        except BaseException:
            self._raw.close()
            raise

    def _begin(self) -> None:
        with self.path.open("rb") as file:
            head = file.read(4)
        self._given = 0
        self.compression = "gzip" if head[:2] == GZIP else "zstd" if head == ZSTD else None
        self._source: Source = self._raw
        if self.compression == "gzip":
            self._source = _Gzip(self._raw)
        elif self.compression == "zstd":
            self._source = _Zstd(self._raw)
        self._head = b""
        while len(self._head) < 4096 and (piece := self.read(4096)):
            self._head += piece

    @property
    def bytes_read(self) -> int:
        """How much of the file itself has been read."""
        return self._raw.bytes_read

    @property
    def head(self) -> bytes:
        """The first decompressed bytes, for telling formats apart; reading still begins at the start."""
        return self._head

    def read(self, most: int = CHUNK) -> bytes:
        """The next decompressed bytes. Raises Refused when the file turns out to be a bomb."""
        piece = self._source.read(most)
        self.count(len(piece), self.bytes_read if self.compression else None)
        self.alive(self.bytes_read, self.bytes_total)
        return piece

    def count(self, given: int, read: int | None) -> None:
        """Watch how much comes out: `given` more bytes, of `read` packed ones so far (None: nothing was packed)."""
        self._given += given
        if self._given > self.limits.text_bytes:
            raise Refused(f"Unpacked, this file holds more than {size(self.limits.text_bytes)}. Send it in parts.")
        if read is not None and self._given > self.limits.ratio_from + self.limits.ratio * max(read, 1):
            raise Refused(
                f"This file unpacks to more than {self.limits.ratio} times its size, as no real text does. "
                "Nothing was read further."
            )

    def moved(self, read: int) -> None:
        """Say how much of the file has been read, where that happens elsewhere."""
        self._raw.bytes_read = min(max(read, self.bytes_read), self.bytes_total)
        self.alive(self.bytes_read, self.bytes_total)

    def pieces(self) -> Iterator[bytes]:
        """All decompressed bytes from the start, piece by piece."""
        piece, self._head = self._head, b""
        while piece:
            yield piece
            piece = self.read()

    def close(self) -> None:
        """Let go of the file and of whatever was opened to read it."""
        self._raw.close()
        while self.closing:
            self.closing.pop()()


def check_text(head: bytes) -> None:
    """Refuse what is plainly not UTF-8 text, by its first bytes. Raises Refused, saying what it is instead."""
    if head.startswith((GZIP, ZSTD)):
        raise Refused("This file is packed twice. Unpack it once and send it again.")
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            raise Refused(f"This file is written in {name}. Save it as UTF-8 and send it again.")
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise Refused(f"This is {what}. {_WANTED}")
    if b"\0" in head[:1024]:
        raise Refused(f"This is not a text file: it holds zero bytes. {_WANTED}")


def text_pieces(opened: Opened) -> Iterator[bytes]:
    """The bytes of a text file, without the mark that some programs put before UTF-8."""
    pieces = opened.pieces()
    yield next(pieces, b"").removeprefix(codecs.BOM_UTF8)
    yield from pieces


_EMPTY = re.compile(rb"\n*+")


def lines(pieces: Iterator[bytes], most: int, *, empty: bool = True) -> Iterator[tuple[int, bytes]]:
    """Numbered lines without their ends. One over `most` bytes is given cut, just over it, so that it is refused.

    Without `empty`, most empty lines are counted and not given.
    """
    number, rest = 1, bytearray()
    for piece in pieces:
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            if rest:
                rest += piece[start : min(end, start + most + 1)]
                yield number, bytes(rest)
                rest.clear()
            else:
                yield number, piece[start:end]
            number += 1
            start = end + 1
            if not empty:
                after: int = _EMPTY.match(piece, start).end()  # type: ignore[union-attr]  # it matches anything
                number, start = number + after - start, after
        if len(rest) <= most:
            rest += piece[start : start + most + 1]
    if rest:
        yield number, bytes(rest)
