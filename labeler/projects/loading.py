"""Loading a spool of tasks in one transaction: COPY on PostgreSQL, rows in bundles on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert
from sqlalchemy.orm import Session

from labeler.db import table
from labeler.projects.models import Task, TaskContent

BUNDLE = 1000

Spool = tuple[int, str, str, str, "str | None", "str | None", "str | None", "str | None"]
"""Lane number, task id in hexadecimal, order, item, row id, source label, meta, matched words."""


def load_spool(
    session: Session, path: Path, batch_id: UUID, overlap: int, places: list[tuple[UUID, int]], beat: Callable[[], None]
) -> None:
    """Write every task of the spool. `places` gives, for each lane number, the lane and its first reserved position."""
    if session.get_bind().dialect.name == "postgresql":
        _copy(session, path, batch_id, overlap, places, beat)
    else:
        _insert(session, path, batch_id, overlap, places, beat)


def _lines(path: Path) -> Iterator[Spool]:
    with path.open("rb") as file:
        for line in file:
            yield orjson.loads(line)


def _copy(
    session: Session, path: Path, batch_id: UUID, overlap: int, places: list[tuple[UUID, int]], beat: Callable[[], None]
) -> None:
    driver: Any = session.connection().connection.driver_connection
    lanes = [lane_id.hex for lane_id, _ in places]
    following = [position for _, position in places]
    with driver.cursor() as cursor:
        columns = "id, lane_id, batch_id, position, overlap, first_order, claims, handed"
        with cursor.copy(f"COPY task ({columns}) FROM STDIN") as copy:
            for count, (lane, task_id, order, *_) in enumerate(_lines(path)):
                copy.write_row((task_id, lanes[lane], batch_id.hex, following[lane], overlap, order, 0, 0))
                following[lane] += 1
                if count % 5000 == 0:
                    beat()
        columns = "task_id, item, row_id, source_label, meta, matched"
        with cursor.copy(f"COPY task_content ({columns}) FROM STDIN") as copy:
            for count, (_, task_id, _, *content) in enumerate(_lines(path)):
                copy.write_row((task_id, *content))
                if count % 5000 == 0:
                    beat()


def _insert(
    session: Session, path: Path, batch_id: UUID, overlap: int, places: list[tuple[UUID, int]], beat: Callable[[], None]
) -> None:
    following = [position for _, position in places]
    lines = _lines(path)
    while bundle := list(islice(lines, BUNDLE)):
        beat()
        tasks, contents = [], []
        for lane, hexed, order, item, row_id, source_label, meta, matched in bundle:
            task_id = UUID(hexed)
            tasks.append(
                {
                    "id": task_id, "lane_id": places[lane][0], "batch_id": batch_id, "position": following[lane],
                    "overlap": overlap, "first_order": order, "claims": 0, "handed": 0,
                }
            )  # fmt: skip
            contents.append(
                {
                    "task_id": task_id, "item": item, "row_id": row_id, "source_label": source_label, "meta": meta,
                    "matched": matched,
                }
            )  # fmt: skip
            following[lane] += 1
        session.execute(insert(table(Task)), tasks)
        session.execute(insert(table(TaskContent)), contents)
