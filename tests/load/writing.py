"""What writing the record costs the labeler's loop: answer a task and be handed the next, with and without entries.

One person does both in turn on the same database, a few loops at a time, so that noise meets both. The kernel's count
of nanoseconds is used: ticks are too coarse for it. Entries are left out by this file alone: it puts other statements
into the places from which the product writes, and looks that none was written.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import Integer, Uuid, func, select, text

from labeler import clock, db, schema
from labeler.assignment import claim
from labeler.assignment.service import Handed
from labeler.audit.models import AuditEntry
from labeler.db import Together, reading, transaction
from labeler.ids import new_id
from labeler.judgments import storing
from labeler.web.handing import answer_and_next, next_task
from tests.load.processes import tree
from tests.load.server import Postgres
from tests.support.build import add_labeler, add_project, add_tasks

WARM = 40
"""Loops before the measuring begins."""
ENTRIES = 2
"""What a loop writes: the answer, and the hand-out of the next task."""
_SAID = re.compile(r"said AS \(.*?\n\), ", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds of a loop, this process and the database together: with entries, without, and the difference by
    round."""

    database: str
    with_ms: float
    without_ms: float
    more_ms: list[float]

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Of the differences: a quarter are below the first, half below the second, a quarter above the third."""
        low, middle, high = statistics.quantiles(self.more_ms, n=4)
        return low, middle, high


@contextmanager
def no_entries() -> Iterator[None]:
    """The loop without its entries, and without the work of making them."""
    told = {column.name: None for column in db.table(AuditEntry).columns}
    with ExitStack() as stack:
        for name in ("_STORE_FIRST", "_STORE_REVISION"):
            stack.enter_context(patch.object(storing, name, _without(getattr(storing, name))))
        stack.enter_context(patch.object(storing, "entry_values", lambda entry, now: told))
        stack.enter_context(patch.object(claim, "_CLAIMS", _SILENT_CLAIMS))
        stack.enter_context(patch.object(claim, "canonical", lambda fields: "{}"))
        stack.enter_context(patch.object(claim, "record", lambda *given, **fields: None))
        yield


def _without(writes: Together) -> Together:
    kept = [each for each in writes._writes if each.table.name != "audit_entry"]
    if len(kept) != len(writes._writes) - 1:
        raise RuntimeError("the answer's entry is not where it was: look at judgments.storing")
    return _made.setdefault(id(writes), Together(*kept))


_made: dict[int, Together] = {}


def _silent(statement: Any) -> Any:
    words, times = _SAID.subn("", statement.element.text)
    if times != 1:
        raise RuntimeError("the hand-out's entry is not where it was: look at assignment.claim")
    return claim._typed(text(words)).columns(id=Uuid(), handed=Integer())


_SILENT_CLAIMS = {key: _silent(statement) for key, statement in claim._CLAIMS.items()}


class Desk:
    """Somebody at work: each loop answers her task and takes the next."""

    def __init__(self, tasks: int) -> None:
        with transaction() as session:
            self.me: UUID = add_labeler(session, now=clock.now()).id
            add_tasks(session, add_project(session), tasks)
        self.held = self._sure(next_task(self.me, clock.now()))

    def loops(self, count: int) -> None:
        """So many answers, each with the next task."""
        form = {"choice": ["a2"], "comment": [""]}
        for _ in range(count):
            done = answer_and_next(self.me, self.held.assignment_id, form, str(new_id()), clock.now())
            self.held = self._sure(done.next)

    @staticmethod
    def _sure(given: object) -> Handed:
        if not isinstance(given, Handed):
            raise RuntimeError(f"nothing was handed out: {given}")
        return given


def measure(postgres: Postgres, rounds: int, count: int) -> Iterator[Cost]:
    """PostgreSQL, then SQLite: so many rounds of so many loops on each side."""
    postgres.fresh("bench_writing")
    yield _in_turn("PostgreSQL", postgres, rounds, count)
    with tempfile.TemporaryDirectory() as folder:
        engine = db.connect(f"sqlite:///{Path(folder) / 'writing.db'}")
        schema.upgrade(engine)
        yield _in_turn("SQLite", None, rounds, count)
        engine.dispose()


def _in_turn(name: str, postgres: Postgres | None, rounds: int, count: int) -> Cost:
    desk = Desk(2 * (WARM + rounds * count) + 1)
    desk.loops(WARM)
    with no_entries():
        desk.loops(WARM)
    costs = []
    for n in range(rounds):
        pair = [0.0, 0.0]
        for silent in (False, True) if n % 2 else (True, False):  # neither side is always the later one
            pair[silent] = _round(desk, postgres, count, silent=silent)
        costs.append(pair)
    return Cost(
        name,
        statistics.median(spoken for spoken, _ in costs),
        statistics.median(silent for _, silent in costs),
        [spoken - silent for spoken, silent in costs],
    )


def _round(desk: Desk, postgres: Postgres | None, count: int, *, silent: bool) -> float:
    before = _entries()
    with no_entries() if silent else ExitStack():
        begin = _cpu(postgres)
        desk.loops(count)
        spent = _cpu(postgres) - begin
    written = _entries() - before
    if written < ENTRIES * count if not silent else written:
        raise RuntimeError(f"{written} entries were written in {count} loops")
    return spent / count * 1000


def _cpu(postgres: Postgres | None) -> float:
    """Seconds of CPU of this process and of the database's living ones."""
    served = 0
    for pid in tree(postgres.pid) if postgres else ():
        try:
            served += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        except OSError:
            continue  # it ended while we looked
    return time.process_time() + served / 1e9


def _entries() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0
