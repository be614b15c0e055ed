"""Our own export read back: the view `judgments`, as JSON Lines or Parquet.

There a row is a judgment; here the judgments of one task are one row, and so are the tasks that were made of one row.
Prompts, completions, models, names, languages, content, `source_label` and `meta` come in as they went out. Answers do
not: an answer is a person's, given here under instructions of this project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from labeler.projects.reading.checks import Checker
from labeler.projects.reading.jsontext import Unreadable, parse
from labeler.projects.reading.preference import NATIVE
from labeler.projects.reading.records import Record
from labeler.projects.reading.shapes import Shape, has
from tasks.content import Row
from tasks.order import MOST

_SHARED = ("batch", "row_id", "prompt", "language", "categories", "source_label", "meta")
"""What all tasks of one imported row have alike."""


@dataclass(slots=True)
class _Gathered:
    """The tasks of one imported row so far: their completions by place, and which places came from which task."""

    line: int
    first: dict[str, Any]
    completions: dict[int, Any] = field(default_factory=dict)
    tasks: dict[tuple[int, ...], Any] = field(default_factory=dict)

    def takes(self, row: dict[str, Any], places: tuple[int, ...]) -> bool:
        """Whether a judgment is about this row too; if so, it is counted in."""
        given = dict(zip(places, row["completions"], strict=True))
        alike = (
            self.tasks.get(places, row["task_id"]) == row["task_id"]
            and all(self.completions.get(place, each) == each for place, each in given.items())
            and all(row.get(name) == self.first.get(name) for name in _SHARED)
            and len(self.completions.keys() | given.keys()) <= MOST
        )
        if alike:
            self.completions |= given
            self.tasks[places] = row["task_id"]
        return alike

    def record(self) -> Record:
        """The row with all its completions, in the order of the row that it once was."""
        return self.line, {**self.first, "completions": [self.completions[place] for place in sorted(self.completions)]}


def together(records: Iterable[Record]) -> Iterator[Record]:
    """Records of judgments as records of rows. They follow each other in an export; so nothing else is held."""
    open_: _Gathered | None = None
    task: Any = None
    for line, row in records:
        if isinstance(row, dict) and row.get("task_id") is not None and row["task_id"] == task:
            continue  # another judgment of the same task
        places = _places(row)
        if open_ is not None and isinstance(row, dict) and places and open_.takes(row, places):
            task = row["task_id"]
            continue
        if open_ is not None:
            yield open_.record()
        open_ = None
        task = row.get("task_id") if isinstance(row, dict) else None
        if isinstance(row, dict) and places:
            open_ = _Gathered(line, row)
            open_.takes(row, places)
        else:
            yield line, row
    if open_ is not None:
        yield open_.record()


def _places(row: Any) -> tuple[int, ...] | None:
    """Which completions of a longer row a task is about; None where it has all of them, or does not say it rightly."""
    given, completions = (row.get("of_row"), row.get("completions")) if isinstance(row, dict) else (None, None)
    if not isinstance(given, list) or not isinstance(completions, list) or len(given) != len(completions):
        return None
    if row.get("task_id") is None:
        return None
    return tuple(given) if all(type(place) is int for place in given) else None


def _row(row: dict[str, Any], check: Checker) -> list[Row]:
    native = {name: row.get(name) for name in ("prompt", "completions", "language")}
    native |= {name: _object(row.get(name), name, check) for name in ("source_label", "meta")}
    return NATIVE.rows({**native, "id": row.get("row_id"), "categories": _profile(row.get("categories"))}, check)


def _profile(given: Any) -> Any:
    """An export lists categories with their severities; we write them as an object."""
    if isinstance(given, list) and all(isinstance(each, dict) and "category" in each for each in given):
        return {str(each["category"]): each.get("severity") for each in given}
    return given


def _object(given: Any, name: str, check: Checker) -> Any:
    """What an export has as JSON text."""
    if not isinstance(given, str):
        return given
    try:
        return parse(given.encode(), check.limits.depth)
    except (Unreadable, UnicodeEncodeError):
        check.wrong(name, "This must be an object, as JSON text.")
        return None


JUDGMENTS = Shape(
    "judgments",
    "our own export, view judgments",
    {
        "prompt": "prompt", "completions": "completions", "row_id": "id", "language": "language",
        "categories": "categories and severities", "source_label": "kept aside", "meta": "goes along, never shown",
        "task_id": "judgments of one task are one row", "of_row": "tasks of one row are one row again",
    },
    has("task_id", "of_row", "prompt", "completions"),
    _row,
    together=together,
)  # fmt: skip
