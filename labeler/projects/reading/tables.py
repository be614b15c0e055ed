"""CSV: a head with names, then a row of as many cells each. Cells that hold JSON are read as what they say."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from labeler.errors import FieldProblem
from labeler.projects.reading.jsontext import Unreadable, parse, wrong
from labeler.projects.reading.limits import Limits, Refused, size
from labeler.projects.reading.opening import Opened, lines, text_pieces

_STRUCTURED = frozenset(
    {
        "completions", "categories", "source_label", "meta", "input", "preferred_output", "non_preferred_output",
        "answers", "models", "context", "individual_preference", "conversation_a", "conversation_b",
        "full_conversation", "conv_metadata", "category_tag",
    }
)  # fmt: skip
"""Columns of the shapes we know that hold lists or objects. In any other column only messages are read as such: a text
that happens to be JSON is a text."""


def table(opened: Opened) -> Iterator[tuple[int, dict[str, Any] | list[FieldProblem]]]:
    """The rows of a CSV file, with the line on which each begins. Raises Refused from where it is no CSV."""
    limits = opened.limits
    text = _Lines(opened)
    csv.field_size_limit(limits.row_bytes)
    reader = csv.reader(text, strict=True)
    header: list[str] | None = None
    while True:
        first = text.begin()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Refused(_reason(str(error), first, text.number), first) from None
        if cells is None:
            break
        if not cells or (header is None and not any(cell.strip() for cell in cells)):
            continue
        if header is None:
            header = _header(cells, limits)
        elif len(cells) != len(header):
            yield first, wrong(f"This row has {len(cells)} cells, the head has {len(header)}.")
        else:
            yield first, _row(header, cells, limits)
    if header is None:
        raise Refused("This file holds nothing but empty lines.")


def _reason(error: str, first: int, last: int) -> str:
    if "unexpected end of data" in error or (last > first and "field limit" in error):
        return f"The row that begins on line {first} has a quote that is never closed."
    if "new-line character" in error:
        return "This file ends its lines with a carriage return alone. Save it with line feeds and send it again."
    return f"From line {first} on this is not CSV: {error}."


class _Lines:
    """The file's lines as text, for the csv module, which asks for as many as a row has."""

    def __init__(self, opened: Opened) -> None:
        self.number = 0
        self._first = self._taken = 0
        self._most = opened.limits.row_bytes
        self._lines = lines(text_pieces(opened), self._most)

    def begin(self) -> int:
        """Say that a row begins; the number of its first line."""
        self._first, self._taken = self.number + 1, 0
        return self._first

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, line = next(self._lines)
        self._taken += len(line) + 1
        if self._taken > self._most + 1:
            why = " Perhaps it has a quote that is never closed." if self.number > self._first else ""
            raise Refused(
                f"The row that begins on line {self._first} is larger than {size(self._most)}.{why}", self._first
            )
        try:
            return line.decode() + "\n"
        except UnicodeDecodeError as error:
            raise Refused(
                f"Line {self.number} is not UTF-8 (byte {error.start + 1}). Save the file as UTF-8 and send it again.",
                self.number,
            ) from None


def _header(cells: list[str], limits: Limits) -> list[str]:
    names = [cell.strip() for cell in cells]
    if len(names) < 2:
        other = next((name for sign, name in _SIGNS if sign in names[0]), None)
        hint = f" It has {other} in its head: separate columns by commas." if other else ""
        raise Refused(f"This is neither JSON nor Parquet, and as CSV it has fewer than two columns.{hint}", 1)
    if len(names) > limits.columns:
        raise Refused(f"The head has {len(names):,} columns; at most {limits.columns} are read.", 1)
    if len(set(names)) != len(names) or "" in names:
        raise Refused("Every column needs a name of its own in the first line.", 1)
    return names


_SIGNS = ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"))


def _row(header: list[str], cells: list[str], limits: Limits) -> dict[str, Any] | list[FieldProblem]:
    row: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for name, cell in zip(header, cells, strict=True):
        try:
            row[name] = _value(name, cell, limits.depth)
        except Unreadable as error:
            problems.append(FieldProblem(name, str(error)))
    return problems or row


def _value(name: str, cell: str, depth: int) -> Any:
    """A cell as what it says; nothing for an empty one. Raises Unreadable for bad JSON where only JSON makes sense."""
    if not cell:
        return None
    if cell[0] not in "[{" or cell[-1] not in "]}":
        return cell
    try:
        value = parse(cell.encode(), depth)
    except Unreadable:
        if name in _STRUCTURED:
            raise
        return cell
    return value if name in _STRUCTURED or _are_messages(value) or _is_tree(value) else cell


def _are_messages(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(each, dict) and (each.keys() >= {"role", "content"} or each.keys() >= {"from", "value"})
            for each in value
        )
    )


def _is_tree(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() >= {"text", "replies"}
