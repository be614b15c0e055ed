"""Parquet: its metadata is judged before any of its data is read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from labeler.errors import FieldProblem
from labeler.projects.reading.limits import MIB, Limits, Refused
from labeler.projects.reading.opening import Opened

FOOTER_BYTES = 16 * MIB
GROUP_BYTES = 256 * MIB
"""The most bytes, uncompressed, that one row group may claim: reading needs it in memory."""
BATCH = 256

Record = tuple[int, "dict[str, Any] | list[FieldProblem]"]


def parquet_records(opened: Opened) -> Iterator[Record]:
    """The rows of a Parquet file, some hundred at a time. Raises Refused before reading data that no import holds."""
    if opened.compression is None:
        with opened.path.open("rb") as file:
            yield from _rows(file, opened)
        return
    with tempfile.TemporaryFile() as file:  # Parquet is read from its end, so a packed one is unpacked first
        for piece in opened.pieces():
            file.write(piece)
        file.seek(0)
        yield from _rows(file, opened)


def _rows(file: IO[bytes], opened: Opened) -> Iterator[Record]:
    try:
        _check_footer(file)
        parquet = pq.ParquetFile(
            file,
            memory_map=False,
            pre_buffer=False,
            thrift_string_size_limit=FOOTER_BYTES,
            thrift_container_size_limit=1_000_000,
            arrow_extensions_enabled=False,
        )
        _check(parquet, opened.limits)
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        raise Refused(f"This Parquet file is damaged: {_first_line(error)}.") from None
    number = 0
    try:
        for batch in parquet.iter_batches(batch_size=BATCH, use_threads=False):
            opened._raw.bytes_read = min(file.tell(), opened.bytes_total)
            if batch.nbytes > BATCH * opened.limits.row_bytes:
                raise Refused(f"Rows {number + 1} and on are larger than {opened.limits.row_bytes // 1024:,} KB each.")
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refused(f"This Parquet file is damaged after row {number}: {_first_line(error)}.") from None


def _check_footer(file: IO[bytes]) -> None:
    """The footer's own length, before a library reserves memory for what it claims."""
    size = file.seek(0, 2)
    if size < 12:
        raise Refused("This Parquet file breaks off. Send the whole file again.")
    file.seek(-8, 2)
    tail = file.read(8)
    footer = int.from_bytes(tail[:4], "little")
    if tail[4:] != b"PAR1" or footer > min(FOOTER_BYTES, size):
        raise Refused("This Parquet file breaks off, or its end is damaged. Send the whole file again.")
    file.seek(0)


def _check(parquet: pq.ParquetFile, limits: Limits) -> None:
    schema, metadata = parquet.schema_arrow, parquet.metadata
    if len(schema.names) > limits.columns or metadata.num_columns > 4 * limits.columns:
        raise Refused(f"This Parquet file has {len(schema.names):,} columns; at most {limits.columns} are read.")
    for field in schema:
        problem = _unwanted(field.type, limits.depth)
        if problem or b"ARROW:extension:name" in (field.metadata or {}):
            raise Refused(
                f'The column "{field.name}" has the type {field.type}, which is not read: {problem or "extension"}.'
            )
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        if group.total_byte_size > GROUP_BYTES or group.total_byte_size < 0 or group.num_rows < 0:
            raise Refused(
                f"Row group {index + 1} holds {group.total_byte_size // MIB:,} MB; at most {GROUP_BYTES // MIB} are"
                " read. Write the file with smaller row groups."
            )


def _unwanted(kind: pa.DataType, depth: int) -> str | None:
    """Why a column's type is not read: only texts, numbers, truth values, lists and structs are."""
    if depth == 0:
        return "it nests too deep"
    if isinstance(kind, pa.BaseExtensionType):
        return "extension types are not read"
    if pa.types.is_struct(kind):
        return next((why for field in kind if (why := _unwanted(field.type, depth - 1))), None)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _unwanted(kind.value_type, depth - 1)
    if pa.types.is_dictionary(kind):
        return _unwanted(kind.value_type, depth - 1)
    plain = (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
        or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
        or pa.types.is_null(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind)
    )  # fmt: skip
    return None if plain else "only texts, numbers, truth values, times, lists and structs are"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200].rstrip(".") if str(error) else type(error).__name__
