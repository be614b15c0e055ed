"""Run as a program: print the rows of the Parquet file at standard input, one JSON value a line.

A row is an object; a text is what is wrong with the row at that place. Exit code 3 says that standard error tells what
is wrong with the file. It knows nothing of the product, and is given no more memory than it needs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 16
"""Rows that are in memory at once."""
BUFFER = 1024 * 1024


def main() -> None:
    """Read the file as the parent asks: memory in bytes, most columns, deepest nesting."""
    memory, columns, depth = json.loads(sys.argv[1])
    _hold(memory)
    number = 0
    try:
        file = pq.ParquetFile(
            sys.stdin.buffer,
            buffer_size=BUFFER,  # else a whole column of a row group is read at once
            pre_buffer=False,
            memory_map=False,
            thrift_string_size_limit=16 * BUFFER,
            thrift_container_size_limit=200_000,
            arrow_extensions_enabled=False,
        )
        _check(file, columns, depth)
        for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
            for line in _lines(_plain(batch)):
                sys.stdout.buffer.write(line + b"\n")
            number += batch.num_rows
        sys.stdout.buffer.flush()
    except (MemoryError, pa.ArrowMemoryError):
        _refuse(
            number,
            f"Rows {number + 1:,} and on need more memory than an import may use. Write the file with smaller pages.",
        )
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        first = str(error).splitlines()[0][:200].rstrip(".") if str(error) else type(error).__name__
        after = f" after row {number:,}" if number else ""
        _refuse(number, f"This Parquet file is damaged{after}: {first}.")


def _hold(memory: int) -> None:
    """Let this process use no more than `memory` bytes beside what it has now, where the system can do that."""
    try:
        import resource  # not on every system

        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 -- a name that is written here
            used = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    except (ImportError, OSError, ValueError):
        return


def _refuse(number: int, sentence: str) -> NoReturn:
    if number:
        sys.stdout.buffer.flush()
    sys.stderr.write(sentence)
    sys.stderr.flush()
    sys.exit(3)


def _check(file: pq.ParquetFile, columns: int, depth: int) -> None:
    schema = file.schema_arrow
    if len(schema.names) > columns or file.metadata.num_columns > 4 * columns:
        _refuse(0, f"This Parquet file has {len(schema.names):,} columns; at most {columns} are read.")
    if len(set(schema.names)) != len(schema.names):
        _refuse(0, "Two columns of this Parquet file have the same name.")
    for field in schema:
        problem = _unwanted(field.type, depth)
        if problem or b"ARROW:extension:name" in (field.metadata or {}):
            kind = str(field.type)[:80]
            _refuse(
                0, f'The column "{field.name[:80]}" has the type {kind}, which is not read: {problem or _EXTENSION}.'
            )


_EXTENSION = "extension types are not"


def _unwanted(kind: pa.DataType, depth: int) -> str | None:
    """Why a column's type is not read: only texts, numbers, truth values, times, lists and structs are."""
    if depth == 0:
        return "it nests too deep"
    if isinstance(kind, pa.BaseExtensionType):
        return _EXTENSION
    if pa.types.is_struct(kind):
        names = [field.name for field in kind]
        if len(set(names)) != len(names):
            return "two of its fields have the same name"
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


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with times as text: Python has none of a nanosecond, and knows not every zone."""
    arrays = [column.cast(pa.string()) if pa.types.is_timestamp(column.type) else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _lines(batch: pa.RecordBatch) -> Iterator[bytes]:
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError:
        rows = [_row(batch, index) for index in range(batch.num_rows)]
    for row in rows:
        try:
            yield orjson.dumps(row)
        except TypeError as error:  # orjson.JSONEncodeError is a TypeError
            yield orjson.dumps(f"This row can't be read as JSON: {error}.")


def _row(batch: pa.RecordBatch, index: int) -> Any:
    try:
        return batch.slice(index, 1).to_pylist()[0]
    except UnicodeDecodeError:
        return "This row holds text that is not UTF-8."


if __name__ == "__main__":
    main()
