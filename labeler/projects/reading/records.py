"""From a file to records: numbered dictionaries of plain values, or what is wrong with that row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labeler.errors import FieldProblem
from labeler.projects.reading.arrays import entries, has_rows_within
from labeler.projects.reading.jsontext import parse_row, too_large
from labeler.projects.reading.opening import PARQUET, Opened, check_text, lines, text_pieces
from labeler.projects.reading.tables import table

Record = tuple[int, "dict[str, Any] | list[FieldProblem]"]
"""A line number (a row number for JSON arrays and Parquet, from 1) with the row, or with what is wrong with it."""


def records(opened: Opened) -> tuple[str, Iterator[Record]]:
    """The file's format, told by its first bytes, and its records. Raises Refused for what is none of ours."""
    head = opened.head
    if head.startswith(PARQUET):
        from labeler.projects.reading.parquet import parquet_rows  # only here: few files are Parquet

        return "parquet", parquet_rows(opened)
    check_text(head)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"[") or (start.startswith(b"{") and has_rows_within(start)):
        return "json", _json_array(opened)
    if start.startswith(b"{"):
        return "jsonl", _json_lines(opened)
    return "csv", table(opened)


def _json_lines(opened: Opened) -> Iterator[Record]:
    limits = opened.limits
    for number, line in lines(text_pieces(opened), limits.row_bytes, empty=False):
        if line and not line.isspace():
            yield number, parse_row(line, limits)


def _json_array(opened: Opened) -> Iterator[Record]:
    limits = opened.limits
    for number, row in entries(opened):
        yield number, too_large(limits) if row is None else parse_row(row, limits)
