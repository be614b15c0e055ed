"""Opening a file as a stream of text lines or bytes: plain, gzip or zstandard, told by content and not by name."""

from __future__ import annotations

import codecs
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from labeler.projects.reading.limits import Limits, Refused

CHUNK = 256 * 1024
GZIP, ZSTD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"


class Source(Protocol):
    """Bytes that come in pieces; an empty piece is the end."""

    def read(self, size: int, /) -> bytes: ...


class Counted(io.RawIOBase):
    """A file that knows how much of it has been read, for the progress bar."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.bytes_read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size` of them."""
        piece = self._file.read(size)
        self.bytes_read += len(piece)
        return piece

    def close(self) -> None:
        self._file.close()
        super().close()


class _Gzip:
    """A gzip stream, member after member, that gives at most what is asked for and notices where it breaks off."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._inflate = zlib.decompressobj(wbits=31)
        self._waiting = b""
        self._began = False

    def read(self, size: int, /) -> bytes:
        while True:
            piece = self._waiting or self._source.read(CHUNK)
            if not piece:
                if self._began and not self._inflate.eof:
                    raise Refused("This gzip file breaks off: its end is missing. Send the whole file again.")
                return b""
            if self._inflate.eof:
                piece = piece.lstrip(b"\0") if not self._waiting.strip(b"\0") else piece
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
    """A zstandard stream by pyarrow's codec."""

    def __init__(self, source: Counted) -> None:
        self._stream = pa.CompressedInputStream(pa.PythonFile(source, mode="r"), "zstd")

    def read(self, size: int, /) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except (OSError, pa.ArrowInvalid) as error:
            raise Refused(f"This zstandard file is damaged or breaks off ({error}).") from None


class Opened:
    """A file open for reading: decompressed bytes under watch, and where in the file one is."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self.bytes_total = path.stat().st_size
        if self.bytes_total > limits.file_bytes:
            raise Refused(f"This file is larger than {limits.file_bytes // 2**20:,} MB. Send it in parts.")
        if self.bytes_total == 0:
            raise Refused("This file is empty.")
        with path.open("rb") as file:
            head = file.read(4)
        self._raw = Counted(path)
        self._given = 0
        self.compression = "gzip" if head[:2] == GZIP else "zstd" if head == ZSTD else None
        self._source: Source = self._raw
        if self.compression == "gzip":
            self._source = _Gzip(self._raw)
        elif self.compression == "zstd":
            self._source = _Zstd(self._raw)
        self._head = self.read(4096)

    @property
    def bytes_read(self) -> int:
        """How much of the file itself has been read."""
        return self._raw.bytes_read

    @property
    def head(self) -> bytes:
        """The first decompressed bytes, for telling formats apart; reading still begins at the start."""
        return self._head

    def read(self, size: int = CHUNK) -> bytes:
        """The next decompressed bytes. Raises Refused when the file turns out to be a bomb."""
        piece = self._source.read(size)
        self._given += len(piece)
        if self._given > self.limits.text_bytes:
            raise Refused(
                f"Unpacked, this file holds more than {self.limits.text_bytes // 2**30} GB. Send it in parts."
            )
        if self.compression and self._given > self.limits.ratio_from + self.limits.ratio * max(self.bytes_read, 1):
            raise Refused(
                f"This file unpacks to more than {self.limits.ratio} times its size, as no real text does. "
                "Nothing was read further."
            )
        return piece

    def pieces(self) -> Iterator[bytes]:
        """All decompressed bytes from the start, piece by piece."""
        piece, self._head = self._head, b""
        while piece:
            yield piece
            piece = self.read()

    def close(self) -> None:
        self._raw.close()


_MARKS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


def check_encoding(head: bytes) -> None:
    """Refuse what is plainly not UTF-8 text. Raises Refused."""
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            raise Refused(f"This file is written in {name}. Save it as UTF-8 and send it again.")
    if b"\0" in head[:1024]:
        raise Refused("This is not a text file (it holds zero bytes), nor Parquet, gzip or zstandard.")


def _text_pieces(opened: Opened) -> Iterator[bytes]:
    pieces = opened.pieces()
    first = next(pieces, b"")
    check_encoding(first)
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from pieces


def lines(opened: Opened) -> Iterator[tuple[int, bytes]]:
    """Numbered lines without their ends. One over the row limit is given cut, just over it, so that it is refused."""
    most = opened.limits.row_bytes
    number, rest, cut = 1, bytearray(), False
    for piece in _text_pieces(opened):
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            if rest or cut:
                rest += piece[start : min(end, start + most + 1)]
                yield number, bytes(rest)
                rest.clear()
                cut = False
            else:
                yield number, piece[start:end]
            number += 1
            start = end + 1
        if len(rest) <= most:
            rest += piece[start : start + most + 1]
        cut = cut or len(rest) > most
    if rest:
        yield number, bytes(rest)
