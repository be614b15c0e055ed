"""Writing rows as Parquet and as JSON Lines in one pass, in constant memory, the same bytes each time.

The lines are not compressed: gzip would cost as much as everything else together, and Parquet is the small form.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson
import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq
from pydantic import BaseModel

from labeler.exports import rows as shapes
from labeler.storage import sync

GROUP_ROWS = 10_000
"""Rows in a row group: 8,000 to 20,000 suit readers that stream."""
GROUP_BYTES = 24 * 1024 * 1024
"""A group ends here too, so that long texts do not fill the memory (bytes of JSON)."""
ALL_GROUP_BYTES = 2 * GROUP_BYTES
"""All views of an export together hold so much: with more than two, each one's groups end sooner."""
PIECE_BYTES = 2 * 1024 * 1024
"""So much JSON is handed to the compressing thread at once."""
ZSTD_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Written:
    """One finished file: its path within the export's folder, its size and SHA-256; `rows` is None for texts."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


class HashedFile:
    """A new file that knows its SHA-256; it carries a temporary name until it is whole and on the disk."""

    def __init__(self, root: Path, path: str) -> None:
        self.path = path
        self._whole = root / path
        self._whole.parent.mkdir(parents=True, exist_ok=True)
        self._partial = self._whole.with_name(self._whole.name + ".part")
        self._file = self._partial.open("xb")
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: Any) -> int:
        """Append bytes, or a buffer of them."""
        self._hash.update(data)
        size = self._file.write(data)
        self._size += size
        return size

    def finish(self, rows: int | None = None) -> Written:
        """Put the file on the disk, under its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.rename(self._whole)
        return Written(self.path, self._size, self._hash.hexdigest(), rows)

    def give_up(self) -> None:
        """Close without finishing; the partial file is left to whoever discards the folder."""
        with suppress(OSError):  # what was still to be written finds no room on a full disk; it is closed all the same
            self._file.close()

    # pyarrow asks its sinks for these
    closed = False

    def flush(self) -> None:
        """Nothing to do before the end."""

    def close(self) -> None:
        """The end is `finish`, which pyarrow does not call."""

    def writable(self) -> bool:
        """Yes."""
        return True

    def readable(self) -> bool:
        """No."""
        return False

    def seekable(self) -> bool:
        """No: bytes are hashed as they come."""
        return False

    def tell(self) -> int:
        """How many bytes there are."""
        return self._size


class ViewFiles:
    """The Parquet and the JSON Lines file of one of so many views.

    Blocks are compressed beside the thread that makes the rows.
    """

    def __init__(self, root: Path, name: str, row: type[BaseModel], views: int = 1) -> None:
        self._most_bytes = min(GROUP_BYTES, ALL_GROUP_BYTES // views)
        self.schema = shapes.schema(row)
        self.columns = frozenset(self.schema.names)
        self.rows = 0
        self._parquet = HashedFile(root, f"data/{name}.parquet")
        self._lines = HashedFile(root, f"jsonl/data/{name}.jsonl")
        try:
            self._writer = pq.ParquetWriter(
                self._parquet, self.schema, compression="zstd", compression_level=ZSTD_LEVEL, write_statistics=True
            )
        except OSError:  # it writes its first bytes at once
            self._parquet.give_up()
            self._lines.give_up()
            raise
        self._piece: list[bytes] = []
        self._piece_bytes = 0
        self._group: list[pa.Table] = []
        self._group_rows = self._group_bytes = 0
        self._aside = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"export-{name}")
        self._pending: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._aside.shutdown(wait=True, cancel_futures=True)
        with suppress(
            OSError, ValueError
        ):  # after a failure its last words matter to nobody; after `finish` it has none
            self._writer.close()
        self._parquet.give_up()
        self._lines.give_up()

    def add(self, row: dict[str, Any]) -> None:
        """Append one row. Raises ValueError when its columns are not the view's: a fault of the view."""
        if row.keys() != self.columns:
            raise ValueError(f"a row of {self._parquet.path} has columns {sorted(row)}, not {sorted(self.columns)}")
        text = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        self._piece.append(text)
        self._piece_bytes += len(text)
        self.rows += 1
        self._group_rows += 1
        self._group_bytes += len(text)
        whole = self._group_rows >= GROUP_ROWS or self._group_bytes >= self._most_bytes
        if whole or self._piece_bytes >= PIECE_BYTES:
            self._hand_over(whole)

    def finish(self) -> tuple[Written, Written]:
        """Both files, whole."""
        self._hand_over(whole=True)
        self._wait()
        self._writer.close()
        return self._parquet.finish(self.rows), self._lines.finish(self.rows)

    def _hand_over(self, whole: bool) -> None:
        """Give the piece to the other thread; `whole` when it ends a row group."""
        text = b"".join(self._piece)
        self._piece, self._piece_bytes = [], 0
        if whole:
            self._group_rows = self._group_bytes = 0
        self._wait()
        self._pending = self._aside.submit(self._compress, text, whole)

    def _compress(self, text: bytes, whole: bool) -> None:
        self._lines.write(text)
        if text:
            self._group.append(self._read(text))
        if whole and self._group:
            self._writer.write_table(pa.concat_tables(self._group), row_group_size=GROUP_ROWS)
            self._group = []

    def _read(self, text: bytes) -> pa.Table:
        # Arrow reads the lines just made: that is several times as fast as from Python objects, and beside Python
        return pj.read_json(
            pa.BufferReader(text),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=pj.ParseOptions(explicit_schema=self.schema, unexpected_field_behavior="error"),
        ).select(self.schema.names)

    def _wait(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None


def write_text(root: Path, path: str, text: str | bytes) -> Written:
    """Write one small file whole."""
    file = HashedFile(root, path)
    try:
        file.write(text.encode() if isinstance(text, str) else text)
        return file.finish()
    except OSError:
        file.give_up()
        raise


def sync_folders(root: Path) -> None:
    """Put the names of all files on the disk too."""
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        sync(folder)
