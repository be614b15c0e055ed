"""From a file to records: numbered dictionaries of plain values, or what is wrong with that row."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any

import ijson

from labeler.errors import FieldProblem
from labeler.projects.reading.limits import Limits, Refused
from labeler.projects.reading.opening import PARQUET, Opened, check_encoding, lines

Record = tuple[int, "dict[str, Any] | list[FieldProblem]"]
"""A line number (a row number for JSON arrays and Parquet, from 1) with the row, or with what is wrong with it."""


class Unreadable(ValueError):
    """A row that is no usable JSON, with a sentence."""


def records(opened: Opened) -> tuple[str, Iterator[Record]]:
    """The file's format, told by its first bytes, and its records. Raises Refused for what is none of ours."""
    head = opened.head
    if head.startswith(PARQUET):
        from labeler.projects.reading.parquet import parquet_records  # only here: reading Parquet loads much

        return "parquet", parquet_records(opened)
    check_encoding(head)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    name = opened.path.name.lower()
    if start.startswith(b"["):
        return "json", _json_array(opened, "item")
    if start.startswith(b"{"):
        first = start.split(b"\n", 1)[0].rstrip()
        if ".json" in name and ".jsonl" not in name and not _whole(first):
            return "json", _json_array(opened, _array_within(opened))
        return "jsonl", _json_lines(opened)
    return "csv", _csv(opened)


def _whole(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Unreadable(f'The key "{twice}" stands twice. Keep one.')
    return row


def _no_constant(name: str) -> Any:
    raise Unreadable(f"{name} is no number in JSON. Write null or a number.")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def too_deep(text: str | bytes, most: int) -> bool:
    """Whether brackets nest deeper than `most`; cheap for the rows that could not. Brackets in texts count too."""
    opening = (b"{", b"[") if isinstance(text, bytes) else ("{", "[")
    if text.count(opening[0]) + text.count(opening[1]) <= most:  # type: ignore[arg-type]
        return False
    depth, quoted, skip = 0, False, False
    for char in text if isinstance(text, str) else text.decode("utf-8", "replace"):
        if skip:
            skip = False
        elif char == "\\" and quoted:
            skip = True
        elif char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char in "{[":
            depth += 1
            if depth > most:
                return True
        elif char in "}]":
            depth -= 1
    return False


def parse_row(line: bytes, limits: Limits) -> dict[str, Any] | list[FieldProblem]:
    """One line of JSON Lines as a row, or its problem."""
    if len(line) > limits.row_bytes:
        return _wrong(f"This row is larger than {limits.row_bytes // 1024:,} KB.")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        return _wrong(f"This is not UTF-8 (byte {error.start + 1} of the line). Save the file as UTF-8.")
    if too_deep(text, limits.depth):
        return _wrong(f"This row nests deeper than {limits.depth} levels.")
    try:
        row = _decoder.decode(text)
    except Unreadable as error:
        return _wrong(str(error))
    except (json.JSONDecodeError, RecursionError, ValueError) as error:
        return _wrong(f"This line is not JSON: {error}.")
    if not isinstance(row, dict):
        return _wrong("This line is not a JSON object, { … }.")
    return row


def _wrong(message: str) -> list[FieldProblem]:
    return [FieldProblem("row", message)]


def _json_lines(opened: Opened) -> Iterator[Record]:
    for number, line in lines(opened):
        if line.strip():
            yield number, parse_row(line, opened.limits)


class _Pieces(io.RawIOBase):
    """The opened file as the byte stream that ijson reads, with its depth watched on the way."""

    def __init__(self, opened: Opened) -> None:
        self._pieces = opened.pieces()
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` of the next bytes."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
        piece, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return piece


def _array_within(opened: Opened) -> str:
    """The path of the one array of objects inside a JSON object, such as `data.item`."""
    for key in (b"data", b"rows", b"examples", b"train", b"instances"):
        if b'"%s"' % key in opened.head:
            return f"{key.decode()}.item"
    raise Refused(
        "This JSON file holds one object. Give an array of rows, an object with the rows under data, or JSON Lines."
    )


def _json_array(opened: Opened, where: str) -> Iterator[Record]:
    limits = opened.limits
    number = 0
    events = ijson.parse(_Pieces(opened), use_float=True, buf_size=65536)
    building: ijson.ObjectBuilder | None = None
    depth = size = 0
    wrong: list[FieldProblem] = []
    keys: list[set[str]] = []
    try:
        for prefix, event, value in events:
            if building is None:
                if prefix == where and event not in ("end_array", "end_map"):
                    number += 1
                    if event != "start_map":
                        yield number, _wrong("This entry is not a JSON object, { … }.")
                        continue
                    building, depth, size, wrong, keys = ijson.ObjectBuilder(), 0, 0, [], []
                else:
                    continue
            if event in ("start_map", "start_array"):
                depth += 1
                keys.append(set())
                if depth > limits.depth:
                    raise Refused(f"Entry {number} nests deeper than {limits.depth} levels.", number)
            elif event == "map_key":
                if value in keys[-1]:
                    wrong = _wrong(f'The key "{value}" stands twice. Keep one.')
                keys[-1].add(value)
            elif event == "string":
                size += len(value)
                if size > limits.row_bytes:
                    raise Refused(f"Entry {number} is larger than {limits.row_bytes // 1024:,} KB.", number)
            building.event(event, value)
            if event in ("end_map", "end_array"):
                depth -= 1
                keys.pop()
                if depth == 0:
                    yield number, wrong or building.value
                    building = None
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise Refused(f"After entry {number} this is not JSON any more: {reason}.", number or None) from None


def _csv(opened: Opened) -> Iterator[Record]:
    limits = opened.limits
    csv.field_size_limit(limits.row_bytes)
    reader = csv.reader(_csv_text(opened), strict=True)
    header: list[str] | None = None
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Refused(f"From line {reader.line_num} on this is not CSV: {error}.", reader.line_num) from None
        if cells is None:
            return
        if header is None:
            header = _csv_header(cells, limits)
            continue
        if not cells:
            continue
        if len(cells) != len(header):
            yield reader.line_num, _wrong(f"This row has {len(cells)} cells, the head has {len(header)}.")
            continue
        yield reader.line_num, {name: _csv_value(cell) for name, cell in zip(header, cells, strict=True)}


def _csv_header(cells: list[str], limits: Limits) -> list[str]:
    names = [cell.strip() for cell in cells]
    if len(names) < 2:
        raise Refused("This is no file we know: it is not JSON, not Parquet, and has fewer than two CSV columns.", 1)
    if len(names) > limits.columns:
        raise Refused(f"The head has {len(names)} columns; at most {limits.columns} are read.", 1)
    if len(set(names)) != len(names) or "" in names:
        raise Refused("Every column needs a name of its own in the first line.", 1)
    return names


def _csv_text(opened: Opened) -> Iterator[str]:
    for number, line in lines(opened):
        if len(line) > opened.limits.row_bytes:
            raise Refused(f"Line {number} is larger than {opened.limits.row_bytes // 1024:,} KB.", number)
        try:
            yield line.decode() + "\n"
        except UnicodeDecodeError as error:
            raise Refused(
                f"Line {number} is not UTF-8 (byte {error.start + 1}). Save the file as UTF-8 and send it again.",
                number,
            ) from None


def _csv_value(cell: str) -> Any:
    """A cell as what it says: JSON for lists and objects, nothing for an empty one, else its text."""
    if cell == "":
        return None
    if cell[0] in "[{" and cell[-1] in "]}" and not too_deep(cell, 32):
        try:
            return _decoder.decode(cell)
        except (ValueError, RecursionError):
            return cell
    return cell


def is_number(value: object) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
