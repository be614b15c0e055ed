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

from labeler.errors import FieldProblem
from labeler.projects.reading.checks import Checker
from labeler.projects.reading.limits import MIB, Limits, Refused, printable
from labeler.projects.reading.opening import Alive, Opened
from labeler.projects.reading.records import Record, records
from labeler.projects.reading.shapes import Shape, known_shapes
from tasks.content import Profile, Row, Severity
from tasks.kind import Kind

__all__ = ["Limits", "Reading", "Refused", "Shape", "fingerprint", "known_shapes", "read", "shape_names"]

LOOKED_AT = 5
"""How many rows are looked at to tell the shape of a file."""
SEARCHED = 1000
"""How many broken rows are passed to find one."""

Result = tuple[int, "Row | list[FieldProblem]"]
"""A line number with a row, or with everything that is wrong with it. Several rows may come from one line."""


class Reading:
    """A file being read: its format and shape, how far it is, and its rows."""

    def __init__(self, opened: Opened, kind: Kind, shape: str | None) -> None:
        self._opened = opened
        self.format, self._records = records(opened)
        self._waiting: deque[Record] = deque(islice(self._records, LOOKED_AT))
        while not any(isinstance(row, dict) for _, row in self._waiting) and len(self._waiting) < SEARCHED:
            record = next(self._records, None)
            if record is None:
                break
            self._waiting.append(record)
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
        limits, give, least = self._opened.limits, self.shape.rows, self._least
        for line, given in self.shape.together(self._given()) if self.shape.together else self._given():
            if isinstance(given, list):
                yield line, _plain(given)
                continue
            check = Checker(limits)
            made = give(given, check)
            if check.problems:
                yield line, _plain(check.problems)
                continue
            for row in made:
                if len(row.completions) >= least:
                    yield line, row
                else:
                    self.passed_over += 1

    def _given(self) -> Iterator[Record]:
        """The records, those that were looked at first."""
        while self._waiting:
            yield self._waiting.popleft()
        yield from self._records

    def _joined(self, rows: Iterator[Result]) -> Iterator[Result]:
        """Rows that follow each other with the same prompt, as one row with all their completions."""
        most = self._opened.limits.completions
        alike: list[Row] = []
        first = 0
        for line, row in rows:
            if isinstance(row, list):
                yield line, row
                continue
            if alike and (alike[0].prompt != row.prompt or len(alike) == most):
                yield first, _as_one(alike)
                alike = []
            if not alike:
                first = line
            alike.append(row)
        if alike:
            yield first, _as_one(alike)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()


def _plain(problems: list[FieldProblem]) -> list[FieldProblem]:
    """Problems as people may read them: they quote names and values of the file."""
    return [FieldProblem(printable(each.field, 120), printable(each.message, 600), each.line) for each in problems]


def _as_one(rows: list[Row]) -> Row:
    """One row of all these completions. Its content is the hardest that any of them has."""
    if len(rows) == 1:
        return rows[0]
    together: dict[str, Any] = {
        "completions": tuple(completion for row in rows for completion in row.completions),
        "categories": _hardest(rows),
        "source_label": {"scores": [row.source_label for row in rows]},
    }
    if any(row.meta != rows[0].meta for row in rows):
        together["meta"] = {"rows": [row.meta for row in rows]}
    return rows[0].model_copy(update=together)


def _hardest(rows: list[Row]) -> Profile | None:
    """The highest severity of each category; unknown when it is for any."""
    together: Profile = {}
    for row in rows:
        if row.categories is None:
            return None
        for code, level in row.categories.items():
            together[code] = max(level, together.get(code, Severity.NONE))
    return together


UNKNOWN = Shape("", "not known", {}, lambda row: False, lambda row, check: [])
"""The shape of a file of which no row can be read: all there is are problems."""


def _recognised(rows: list[Any], name: str | None) -> Shape:
    shapes = list(known_shapes())
    if name is not None:
        found = next((shape for shape in shapes if shape.name == name), None)
        if found is None:
            raise Refused(f"There is no shape named {name[:40]}. They are {', '.join(shape_names())}.")
        return found
    usable = [row for row in rows if isinstance(row, dict)]
    if not usable:
        if not rows:
            raise Refused("This file has no rows.")
        if len(rows) >= SEARCHED:
            raise Refused(f"None of the first {SEARCHED:,} rows can be read. Row 1: {rows[0][0].message}", 1)
        return UNKNOWN
    for shape in shapes:
        if any(shape.fits(row) for row in usable):
            return shape
    columns = ", ".join(column[:40] for column in list(usable[0])[:20]) or "none"
    raise Refused(
        f"The shape of this file is not known. Its columns are {columns}. Known shapes: {', '.join(shape_names())}. "
        "docs/importing.md shows what each looks like."
    )


def shape_names() -> list[str]:
    """The names of all shapes."""
    return [shape.name for shape in known_shapes()]


def read(
    path: Path,
    *,
    kind: Kind,
    limits: Limits | None = None,
    shape: str | None = None,
    alive: Alive = lambda done, of: None,
) -> Reading:
    """Open a file for reading. Raises Refused for a file that can't be read at all; so may going through its rows.

    `alive` is told now and then how many bytes have been read, and of how many.
    """
    opened = Opened(path, limits or Limits(), alive)
    try:
        return Reading(opened, kind, shape)
    except BaseException:
        opened.close()
        raise


def fingerprint(path: Path, alive: Alive = lambda done, of: None) -> str:
    """The SHA-256 of a file, as hexadecimal text."""
    digest, total = hashlib.sha256(), path.stat().st_size
    with path.open("rb") as file:
        while piece := file.read(MIB):
            digest.update(piece)
            alive(0, total)
    return digest.hexdigest()
