"""A look at the start of a file: how it would be read, before anything is imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from labeler.errors import FieldProblem
from labeler.projects.reading import Limits, Refused, read
from labeler.projects.spooling import Asked, Made, make, settings_problems
from tasks import kind

LOOK = 200
"""Rows that are read for their problems."""
SHOWN = 3
"""Rows that are kept to be shown."""


@dataclass(slots=True)
class Glance:
    """How a file would be read. `rows` are its first usable ones with their lines; `whole` says that it has no more.

    `mapping` says what becomes of which column; `aside` names columns that are exported and never shown.
    `shape` is empty where the file could not be read at all: `problems` then says why.
    """

    format: str = ""
    shape: str = ""
    title: str = ""
    mapping: dict[str, str] = field(default_factory=dict)
    aside: list[str] = field(default_factory=list)
    looked: int = 0
    whole: bool = False
    tasks: int = 0
    rows: list[tuple[int, Made]] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)


def glance(asked: Asked, path: Path, limits: Limits | None = None) -> Glance:
    """Look at the first rows of a file. Never raises for what it holds."""
    seen = Glance(problems=settings_problems(asked))
    try:
        with read(path, kind=kind(asked.kind), limits=limits, shape=asked.settings.shape) as reading:
            shape = reading.shape
            seen.format, seen.shape, seen.title, seen.mapping = reading.format, shape.name, shape.title, shape.mapping
            columns = dict.fromkeys(column for row in reading.sample() for column in row)
            seen.aside = [column for column in columns if column not in shape.used]
            for line, row in reading:
                seen.looked += 1
                made = row if isinstance(row, list) else make(asked, row)
                if isinstance(made, list):
                    seen.problems += [FieldProblem(each.field, each.message, each.line or line) for each in made]
                else:
                    seen.tasks += len(made.items)
                    if len(seen.rows) < SHOWN:
                        seen.rows.append((line, made))
                if seen.looked >= LOOK:
                    return seen
            seen.whole = True
    except Refused as refused:
        seen.problems.append(FieldProblem("file", refused.message, refused.line))
    return seen
