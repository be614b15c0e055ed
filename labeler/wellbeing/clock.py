"""The labeler's clock in the database. Holding it puts her requests from all tabs and devices in a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from labeler.db import table
from labeler.errors import Missing
from labeler.wellbeing.models import WorkClock
from labeler.wellbeing.rules import Clock, Person
from labeler.workforce.models import Labeler


@dataclass(slots=True)
class Locked:
    """A labeler whose clock this transaction holds: nobody else acts for her until it ends."""

    person: Person
    clock: Clock


_clock = table(WorkClock).c
_labeler = table(Labeler).c

_LOCK = (
    select(
        _clock.stretch_from,
        _clock.active_at,
        _clock.day,
        _clock.day_seconds,
        _labeler.person_id,
        _labeler.vendor_id,
        _labeler.languages,
        _labeler.time_zone,
        _labeler.contract_from,
        _labeler.contract_until,
    )
    .join_from(table(WorkClock), table(Labeler), _labeler.person_id == _clock.person_id)
    .where(_labeler.id == bindparam("me"))
    .with_for_update(of=table(WorkClock), key_share=True)
)


def lock(session: Session, labeler_id: UUID) -> Locked:
    """Wait for the labeler's other requests to end and hold her clock. Raises Missing when she is no labeler."""
    row = session.execute(_LOCK, {"me": labeler_id}).one_or_none()
    if row is None:
        _start_clock(session, labeler_id)
        row = session.execute(_LOCK, {"me": labeler_id}).one_or_none()
        if row is None:
            raise Missing("There is no such labeler.")
    return Locked(
        Person(
            labeler_id,
            row.person_id,
            row.vendor_id,
            frozenset(row.languages),
            row.time_zone,
            row.contract_from,
            row.contract_until,
        ),
        Clock(row.stretch_from, row.active_at, row.day, row.day_seconds),
    )


def _start_clock(session: Session, labeler_id: UUID) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    zeros = ["day_seconds", "severe_seconds", "run_seconds", "run_tasks"]
    known = select(Labeler.person_id, *(literal(0) for _ in zeros)).where(Labeler.id == labeler_id)
    start = dialect.insert(table(WorkClock)).from_select(["person_id", *zeros], known)
    session.execute(start.on_conflict_do_nothing() if dialect is postgresql else start.prefix_with("OR IGNORE"))


SAVE_CLOCK = (
    update(table(WorkClock))
    .where(_clock.person_id == bindparam("person"))
    .values({name: bindparam(f"clock_{name}") for name in ("stretch_from", "active_at", "day", "day_seconds")})
)
"""Writes a clock; its parameters are those of `clock_values`."""


def clock_values(locked: Locked, clock: Clock) -> dict[str, Any]:
    """The parameters of `SAVE_CLOCK`."""
    return {
        "person": locked.person.person_id,
        "clock_stretch_from": clock.stretch_from,
        "clock_active_at": clock.active_at,
        "clock_day": clock.day,
        "clock_day_seconds": clock.day_seconds,
    }


def save_clock(session: Session, locked: Locked, clock: Clock) -> None:
    """Write the labeler's clock as the rule left it."""
    if clock != locked.clock:
        session.execute(SAVE_CLOCK, clock_values(locked, clock))
        locked.clock = clock
