"""Writing files as researchers have them: any rows, in any format, packed or not; and reading them back with ours."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from labeler.errors import FieldProblem
from labeler.projects.reading import Limits, Reading, Refused, read
from tasks import kind
from tasks.content import Row

FORMATS = ("jsonl", "json", "json-within", "csv", "parquet")
PACKINGS = ("", "gz", "zst")


def write(path: Path, rows: Iterable[dict[str, Any]], form: str = "jsonl", packing: str = "") -> Path:
    """These rows as a file of this format."""
    return pack(path, _BYTES[form](list(rows)), packing)


def pack(path: Path, content: bytes, packing: str = "") -> Path:
    """These bytes as a file, packed or not. Its name says nothing of what it is."""
    packed = {"": lambda data: data, "gz": gzip.compress, "zst": zstandard.ZstdCompressor().compress}
    path.write_bytes(packed[packing](content))
    return path


def json_lines(rows: Iterable[dict[str, Any]]) -> bytes:
    """Rows as JSON Lines."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def comma_separated(rows: list[dict[str, Any]]) -> bytes:
    """Rows as CSV; what is no text is written as JSON, nothing as an empty cell."""
    out = io.StringIO(newline="")
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(out)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def parquet(rows: list[dict[str, Any]], **options: Any) -> bytes:
    """Rows as Parquet."""
    return parquet_table(pa.Table.from_pylist(rows), **options)


def parquet_table(table: pa.Table, **options: Any) -> bytes:
    """A table as Parquet."""
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


_BYTES = {
    "jsonl": json_lines,
    "json": lambda rows: json.dumps(rows, indent=2, ensure_ascii=False).encode(),
    "json-within": lambda rows: json.dumps({"version": "1.0", "data": rows}).encode(),
    "csv": comma_separated,
    "parquet": parquet,
}


def rows_of(path: Path, name: str = "comparison", **options: Any) -> list[Row]:
    """The rows of a good file. Any problem fails the test."""
    with read(path, kind=kind(name), **options) as reading:
        return good(reading)


def good(reading: Reading) -> list[Row]:
    """The rows of a reading without problems."""
    rows = []
    for line, row in reading:
        assert isinstance(row, Row), (line, row)
        rows.append(row)
    return rows


def problems_of(
    path: Path, name: str = "comparison", limits: Limits | None = None, shape: str | None = None
) -> list[FieldProblem]:
    """Everything wrong with a file, the sentence that ends the reading last; empty when nothing is."""
    found: list[FieldProblem] = []
    try:
        with read(path, kind=kind(name), limits=limits, shape=shape) as reading:
            for line, row in reading:
                if isinstance(row, list):
                    found += [FieldProblem(each.field, each.message, each.line or line) for each in row]
    except Refused as refused:
        found.append(FieldProblem("file", refused.message, refused.line))
    return found
