"""From a researcher's file to rows of ours, in constant memory.

`with read(path, kind=…) as reading: for line, row in reading: …`
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from labeler.errors import FieldProblem
from labeler.projects.reading.checks import Checker
from labeler.projects.reading.limits import Limits, Refused
from labeler.projects.reading.opening import Opened
from labeler.projects.reading.records import Record, records
from labeler.projects.reading.shapes import Shape, known_shapes
from tasks.content import Row
from tasks.kind import Kind

__all__ = ["Limits", "Reading", "Refused", "Shape", "fingerprint", "known_shapes", "read", "shape_names"]

LOOKED_AT = 5
"""How many rows are looked at to tell the shape of a file."""

Result = tuple[int, "Row | list[FieldProblem]"]
"""A line number with a row, or with everything that is wrong with it. Several rows may come from one line."""


class Reading:
    """A file being read: its format and shape, how far it is, and its rows."""

    def __init__(self, opened: Opened, kind: Kind, shape: str | None) -> None:
        self._opened = opened
        self.format, self._records = records(opened)
        self._waiting: deque[Record] = deque(islice(self._records, LOOKED_AT))
        self.shape = _recognised([row for _, row in self._waiting], shape)
        self._least = kind.least if self.shape.tree else 1
        self._joins = self.shape.joins and kind.least > 1
        self.passed_over = 0
        """Prompts of trees that have too few replies for the kind."""

    @property
    def bytes_total(self) -> int:
        """The size of the file."""
        return self._opened.bytes_total

    @property
    def bytes_read(self) -> int:
        """How much of it has been read."""
        return self._opened.bytes_read

    def sample(self) -> list[dict[str, Any]]:
        """The first rows as the file has them, for the preview of the mapping."""
        return [row for _, row in self._waiting if isinstance(row, dict)][:3]

    def __iter__(self) -> Iterator[Result]:
        rows = self._rows()
        return self._joined(rows) if self._joins else rows

    def _rows(self) -> Iterator[Result]:
        limits, give = self._opened.limits, self.shape.rows
        while True:
            record = self._waiting.popleft() if self._waiting else next(self._records, None)
            if record is None:
                return
            line, given = record
            if isinstance(given, list):
                yield line, given
                continue
            check = Checker(limits)
            made = give(given, check)
            for row in made:
                _check_sides(row, check)
            if check.problems:
                yield line, check.problems
            else:
                for row in made:
                    if len(row.completions) >= self._least:
                        yield line, row
                    else:
                        self.passed_over += 1

    def _joined(self, rows: Iterator[Result]) -> Iterator[Result]:
        """Rows that follow each other with the same prompt, as one row with all their completions."""
        kept: tuple[int, Row, list[Any]] | None = None
        for line, row in rows:
            if isinstance(row, list):
                yield line, row
            elif (
                kept is not None
                and kept[1].prompt == row.prompt
                and len(kept[1].completions) < self._opened.limits.completions
            ):
                labels = [*kept[2], row.source_label]
                kept = (
                    kept[0],
                    kept[1].model_copy(update={"completions": kept[1].completions + row.completions}),
                    labels,
                )
            else:
                if kept is not None:
                    yield _done(*kept)
                kept = line, row, [row.source_label]
        if kept is not None:
            yield _done(*kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()


def _done(line: int, row: Row, labels: list[Any]) -> Result:
    return line, row.model_copy(update={"source_label": {"scores": labels}}) if len(labels) > 1 else row


def _check_sides(row: Row, check: Checker) -> None:
    """What a row carries along without being shown must be small, and be JSON."""
    for name, value in (("source_label", row.source_label), ("meta", row.meta)):
        if value is None:
            continue
        try:
            size = len(orjson.dumps(value, default=str))
        except (TypeError, ValueError):  # orjson.JSONEncodeError is a TypeError
            check.wrong(name, "This can't be kept: it holds values that JSON has no word for.")
            continue
        if size > check.limits.meta_bytes:
            check.wrong(name, f"The columns that are not shown hold more than {check.limits.meta_bytes // 1024} KB.")


def _recognised(rows: list[Any], name: str | None) -> Shape:
    shapes = list(known_shapes())
    if name is not None:
        found = next((shape for shape in shapes if shape.name == name), None)
        if found is None:
            raise Refused(f"There is no shape named {name}. They are {', '.join(shape_names())}.")
        return found
    usable = [row for row in rows if isinstance(row, dict)]
    if not usable:
        problem = next((each[0].message for each in rows if isinstance(each, list)), None)
        raise Refused(f"No row of this file could be read. {problem}" if problem else "This file has no rows.", 1)
    for shape in shapes:
        if any(shape.fits(row) for row in usable):
            return shape
    columns = ", ".join(list(usable[0])[:20])
    raise Refused(
        f"The shape of this file is not known. Its columns are {columns}. Known shapes: {', '.join(shape_names())}. "
        "docs/importing.md shows what each looks like."
    )


def shape_names() -> list[str]:
    """The names of all shapes."""
    return [shape.name for shape in known_shapes()]


def read(path: Path, *, kind: Kind, limits: Limits | None = None, shape: str | None = None) -> Reading:
    """Open a file for reading. Raises Refused for a file that can't be read at all; so may going through its rows."""
    opened = Opened(path, limits or Limits())
    try:
        return Reading(opened, kind, shape)
    except BaseException:
        opened.close()
        raise


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
