"""The labeler's clock in the database. Holding it puts her requests from all tabs and devices in a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry
from labeler.audit.service import Entry, entry_values
from labeler.db import table
from labeler.errors import Missing
from labeler.wellbeing.doses import Run
from labeler.wellbeing.hours import Span
from labeler.wellbeing.models import Stretch, WorkClock
from labeler.wellbeing.rules import Clock, Person, Touched
from labeler.workforce.models import Labeler


@dataclass(slots=True)
class Locked:
    """A labeler whose clock this transaction holds: nobody else acts for her until it ends."""

    person: Person
    clock: Clock
    dirty: bool = False
    """Whether `clock` was changed in memory and is not written yet."""


_clock = table(WorkClock).c
_labeler = table(Labeler).c
_other = table(Labeler).alias()
_KEPT = tuple(column.name for column in table(WorkClock).columns if column.name != "person_id")

_LOOK = (
    select(
        *(_clock[name] for name in _KEPT),
        _labeler.person_id,
        _labeler.vendor_id,
        _labeler.languages,
        _labeler.time_zone,
        _labeler.contract_from,
        _labeler.contract_until,
        exists(select(_other.c.id).where(_other.c.person_id == _labeler.person_id, _other.c.id != _labeler.id)).label(
            "joined"
        ),
    )
    .join_from(table(WorkClock), table(Labeler), _labeler.person_id == _clock.person_id)
    .where(_labeler.id == bindparam("me"))
)
_LOCK = _LOOK.with_for_update(of=table(WorkClock), key_share=True)
_LOCK_FREE = _LOOK.with_for_update(of=table(WorkClock), key_share=True, nowait=True)


def lock(session: Session, labeler_id: UUID, *, wait: bool = True) -> Locked:
    """Wait for the labeler's other requests to end and hold her clock. Raises Missing when she is no labeler, and when
    her data were erased.

    Without `wait` a clock that is held makes the database give way, and the door tries again.
    """
    look = _LOCK if wait else _LOCK_FREE
    row = session.execute(look, {"me": labeler_id}).one_or_none()
    if row is None:
        _start_clock(session, labeler_id)
        row = session.execute(look, {"me": labeler_id}).one_or_none()
        if row is None:
            raise Missing("There is no such labeler.")
    return _locked(labeler_id, row)


def peek(session: Session, labeler_id: UUID) -> Locked | None:
    """The labeler and her clock as they stand, held by nobody: for pages that say what is so. None: no clock yet."""
    row = session.execute(_LOOK, {"me": labeler_id}).one_or_none()
    return None if row is None else _locked(labeler_id, row)


def _locked(labeler_id: UUID, row: Any) -> Locked:
    return Locked(
        Person(
            labeler_id,
            row.person_id,
            row.vendor_id,
            frozenset(row.languages),
            row.time_zone,
            row.contract_from,
            row.contract_until,
            bool(row.joined),
        ),
        clock_of(row),
    )


def _start_clock(session: Session, labeler_id: UUID) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    zeros = ["day_seconds", "severe_seconds", "run_seconds", "run_tasks"]
    # Of somebody whose data were erased there is no clock, and none is begun: nothing can be done for her any more.
    known = select(Labeler.person_id, *(literal(0) for _ in zeros)).where(
        Labeler.id == labeler_id, Labeler.erased_at.is_(None)
    )
    start = dialect.insert(table(WorkClock)).from_select(["person_id", *zeros], known)
    session.execute(start.on_conflict_do_nothing() if dialect is postgresql else start.prefix_with("OR IGNORE"))


def clock_of(row: Any) -> Clock:
    """The clock in a row that has the columns of `WorkClock`."""
    return Clock(
        row.stretch_from,
        row.active_at,
        row.busy_until,
        row.free_until,
        row.day,
        row.day_seconds,
        row.severe_seconds,
        Run(row.run_seconds, row.run_tasks, row.run_at),
    )


SAVE_CLOCK = (
    update(table(WorkClock))
    .where(_clock.person_id == bindparam("person"))
    .values({name: bindparam(f"clock_{name}") for name in _KEPT})
)
"""Writes a clock; its parameters are those of `clock_values`."""


def clock_values(locked: Locked, clock: Clock) -> dict[str, Any]:
    """The parameters of `SAVE_CLOCK`."""
    return {
        "person": locked.person.person_id,
        "clock_stretch_from": clock.stretch_from,
        "clock_active_at": clock.active_at,
        "clock_busy_until": clock.busy_until,
        "clock_free_until": clock.free_until,
        "clock_day": clock.day,
        "clock_day_seconds": clock.day_seconds,
        "clock_severe_seconds": clock.severe_seconds,
        "clock_run_seconds": clock.run.seconds,
        "clock_run_tasks": clock.run.tasks,
        "clock_run_at": clock.run.at,
    }


def save_clock(session: Session, locked: Locked, touched: Touched) -> None:
    """Write the person's clock as the rule left it, and the stretch of work that ended."""
    set_clock(session, locked, touched)
    if locked.dirty:
        session.execute(SAVE_CLOCK, clock_values(locked, locked.clock))
        locked.dirty = False


def set_clock(session: Session, locked: Locked, touched: Touched) -> None:
    """Take the clock over in memory; it is written by the next `save_clock` of this transaction."""
    if touched.closed is not None and touched.closed.from_at < touched.closed.until_at:
        me, at = locked.person, touched.at or touched.closed.until_at
        write_stretch(session, me.person_id, me.id, me.vendor_id, touched.closed, at)
    locked.dirty = locked.dirty or touched.clock != locked.clock
    locked.clock = touched.clock


def write_stretch(
    session: Session, person_id: UUID, labeler_id: UUID, vendor_id: UUID, span: Span, now: datetime
) -> None:
    """Add a stretch of work and its entry; both are written by the next flush."""
    row = Stretch(person_id=person_id, labeler_id=labeler_id, from_at=span.from_at, until_at=span.until_at)
    told = {"from_at": span.from_at, "until_at": span.until_at}
    entry = entry_values(Entry("stretch.close", labeler_id, row.id, vendor_id, told), now)
    session.add_all([row, AuditEntry(**entry)])


_STRETCHES = (
    select(Stretch.from_at, Stretch.until_at)
    .where(Stretch.person_id == bindparam("person"), Stretch.until_at > bindparam("since"))
    .order_by(Stretch.until_at)
)


def stretches(session: Session, person_id: UUID, since: datetime) -> list[Span]:
    """The person's closed stretches of work that ended after `since`, in order."""
    return [Span(*row) for row in session.execute(_STRETCHES, {"person": person_id, "since": since}).all()]
