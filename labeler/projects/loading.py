"""Loading a spool of tasks in one transaction: binary COPY on PostgreSQL, rows in bundles on SQLite."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.projects.spools import END, HEAD, contents, copied_contents, places

T = TypeVar("T")

BUNDLE = 1000

STRETCH = 10_000
"""So many tasks change places among each other: weeks of work, and still near each other in the index."""
_dice = random.SystemRandom()  # from no seed: a batch's id is in its exports

TASK = "id, lane_id, batch_id, position, overlap, first_order, claims, handed"
CONTENT = "task_id, item, row_id, source_label, meta, matched"
INTO_TASK = f"INSERT INTO task ({TASK}) VALUES (?, ?, ?, ?, ?, ?, 0, 0)"  # noqa: S608 -- our own names
INTO_CONTENT = f"INSERT INTO task_content ({CONTENT}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 -- our own names


def load_spool(
    session: Session, spool: Path, batch_id: UUID, overlap: int, lanes: list[tuple[UUID, int]], beat: Callable[[], None]
) -> None:
    """Write every task of the spool. `lanes` gives, for each lane number, the lane and its first reserved position.

    `beat` is called now and then.
    """
    numbered = _numbered(spool, lanes)
    if session.get_bind().dialect.name == "postgresql":
        _copy(session, spool, batch_id, overlap, numbered, beat)
    else:
        _insert(session, spool, batch_id, overlap, numbered, beat)


Numbered = Iterator[tuple[bytes, UUID, int, str]]
"""Task id, lane, position, order."""


def _numbered(spool: Path, lanes: list[tuple[UUID, int]]) -> Numbered:
    """Each task with its position in its lane, drawn among those of its stretch of the file.

    Tasks are handed out by position. Were that the order of the file, a dataset in this order would show on which day
    each answer came, and with it who was there: everybody rests on days of her own.
    """
    following = [position for _, position in lanes]
    there = places(spool)
    while stretch := list(islice(there, STRETCH)):
        free: dict[int, list[int]] = {}
        for lane, number in Counter(lane for lane, _, _ in stretch).items():
            free[lane] = list(range(following[lane], following[lane] + number))
            _dice.shuffle(free[lane])
            following[lane] += number
        for lane, task_id, order in stretch:
            yield task_id, lanes[lane][0], free[lane].pop(), order


def _bundles(things: Iterator[T]) -> Iterator[list[T]]:
    while bundle := list(islice(things, BUNDLE)):
        yield bundle


def _copy(
    session: Session, spool: Path, batch_id: UUID, overlap: int, numbered: Numbered, beat: Callable[[], None]
) -> None:
    driver: Any = session.connection().connection.driver_connection
    batch = batch_id.bytes
    with driver.cursor() as cursor:
        with cursor.copy(f"COPY task ({TASK}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(HEAD)
            for bundle in _bundles(numbered):
                copy.write(
                    b"".join(
                        [
                            _task(len(order))(
                                8, 16, task_id, 16, lane.bytes, 16, batch, 8, position, 2, overlap,
                                len(order), order.encode(), 2, 0, 4, 0,
                            )
                            for task_id, lane, position, order in bundle
                        ]
                    )
                )  # fmt: skip
                beat()
            copy.write(END)
        with cursor.copy(f"COPY task_content ({CONTENT}) FROM STDIN (FORMAT BINARY)") as copy:
            for block in copied_contents(spool):
                copy.write(block)
                beat()


@lru_cache
def _task(order: int) -> Callable[..., bytes]:
    """How a task is packed for COPY: eight fields, each with its length, in the order of `TASK`."""
    return struct.Struct(f">h i16s i16s i16s iq ih i{order}s ih ii".replace(" ", "")).pack


def _insert(
    session: Session, spool: Path, batch_id: UUID, overlap: int, numbered: Numbered, beat: Callable[[], None]
) -> None:
    connection = session.connection()
    said = contents(spool)
    for bundle in _bundles(numbered):
        beat()
        rows = [
            (task_id.hex(), lane.hex, batch_id.hex, position, overlap, order)
            for task_id, lane, position, order in bundle
        ]
        connection.exec_driver_sql(INTO_TASK, rows)
        texts = [(task_id.hex(), *each) for task_id, each in islice(said, len(bundle))]
        connection.exec_driver_sql(INTO_CONTENT, texts)
