"""Two accounts of one person share her clock, her breaks and what she has seen: joining them, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment
from labeler.audit.service import record
from labeler.db import table
from labeler.wellbeing.clock import clock_of, write_stretch
from labeler.wellbeing.hours import Span
from labeler.wellbeing.merging import together
from labeler.wellbeing.models import Break, Exposure, StandDown, Stretch, WorkClock
from labeler.wellbeing.rules import Clock, stretch_of
from labeler.workforce.joining import Rejoined, payroll_hash, regroup


def set_payroll_id(
    session: Session, actor: UUID | None, labeler_id: UUID, payroll_id: str, secret: str, now: datetime
) -> None:
    """Say under which payroll id an account is paid; an empty one makes it its own person again.

    Accounts with the same id are one person from here on, with the history of all of them; what an account did before
    goes with it when its id is changed. Texts seen on other pages than the desk stay with whom they were counted for.
    Only a keyed hash is kept. Raises Missing, Invalid.
    """
    hashed = payroll_hash(secret, payroll_id)
    joined = regroup(session, labeler_id, hashed)
    if joined.moved:
        _join_clocks(session, labeler_id, joined, now)
        _join_breaks(session, actor, joined, now)
        olds = {old for old, _ in joined.moved.values()}
        # Who leaves a person goes before who comes to her: she has one open break at any moment.
        for account, (_, person) in sorted(joined.moved.items(), key=lambda item: item[1][1] in olds):
            _move(session, account, person)
        _move_the_rest(session, joined)
    for account in sorted({labeler_id, *joined.moved}):
        record(
            session, "labeler.payroll", actor, account, now, joined.vendors[account], person=joined.after[account]
        )  # fmt: skip


def _join_clocks(session: Session, labeler_id: UUID, joined: Rejoined, now: datetime) -> None:
    """Each person's clock is made of those of all the persons that her accounts were before; nobody gains time by it.

    An account that leaves takes a copy along, and what still ran goes on for both. Clocks that nobody has begun yet are
    begun first, so that a request which begins one at this instant is waited for.
    """
    clock = table(WorkClock)
    before, after = set(joined.before.values()), set(joined.after.values())
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for person in sorted(before | after):
        unused = dialect.insert(clock).values(person_id=person, **_columns(Clock()))
        session.execute(unused.on_conflict_do_nothing())
    rows = session.execute(
        select(clock).where(clock.c.person_id.in_(before | after)).order_by(clock.c.person_id).with_for_update()
    )
    known: dict[UUID, Clock] = {}
    for row in rows:
        known[row.person_id] = clock_of(row)
        _write_down(session, row.person_id, known[row.person_id], joined, now)
    session.execute(delete(clock).where(clock.c.person_id.in_(known)))
    for person in sorted(after):
        sources = dict.fromkeys(joined.before[key] for key, new in joined.after.items() if new == person)
        merged = reduce(lambda a, b: together(a, b, now), (known[source] for source in sources), Clock())
        session.execute(insert(clock).values(person_id=person, **_columns(merged)))


def _columns(clock: Clock) -> dict[str, Any]:
    return {
        "stretch_from": clock.stretch_from, "active_at": clock.active_at, "busy_until": clock.busy_until,
        "free_until": clock.free_until, "day": clock.day, "day_seconds": clock.day_seconds,
        "severe_seconds": clock.severe_seconds, "run_seconds": clock.run.seconds, "run_tasks": clock.run.tasks,
        "run_at": clock.run.at,
    }  # fmt: skip


def _write_down(session: Session, person: UUID, clock: Clock, joined: Rejoined, now: datetime) -> None:
    """What stands on a clock alone becomes a row of the person's own account, so that it leaves with her if she does.

    One that runs goes on on the clock as well: the hours of a person are counted without overlaps.
    """
    span = stretch_of(clock, now)
    if span is None or span.from_at >= span.until_at:
        return
    account = person if joined.before.get(person) == person else _first(joined, person)
    span = Span(span.from_at, min(span.until_at, now))
    write_stretch(session, person, account, joined.vendors[account], span, now)
    session.flush()


def _first(joined: Rejoined, person: UUID) -> UUID:
    return next(account for account, who in sorted(joined.before.items()) if who == person)


def _join_breaks(session: Session, actor: UUID | None, joined: Rejoined, now: datetime) -> None:
    """One person has one open break: of two, the one that lasts longer stays."""
    rows = session.scalars(select(Break).where(Break.labeler_id.in_(joined.after), Break.ended_at.is_(None))).all()
    for person in set(joined.after.values()):
        hers = [row for row in rows if joined.after[row.labeler_id] == person]
        hers.sort(key=lambda row: (row.until is not None, row.until or row.started_at))
        for row in hers[:-1]:
            row.ended_at = now
            record(session, "break.end", actor, row.id, now, joined.vendors[row.labeler_id])
    session.flush()


def _move(session: Session, account: UUID, person: UUID) -> None:
    """What was done under an account goes to the person it belongs to now."""
    for model in (Stretch, Break, StandDown):
        session.execute(update(model).where(model.labeler_id == account).values(person_id=person))
    given = select(Assignment.id).where(Assignment.labeler_id == account)
    session.execute(
        update(Exposure)
        .where(Exposure.assignment_id.in_(given))
        .values(person_id=person)
        .execution_options(synchronize_session=False)
    )


def _move_the_rest(session: Session, joined: Rejoined) -> None:
    """Texts seen elsewhere name no account: they go along when nobody is left who was that person."""
    left: Iterable[UUID] = set(joined.before.values()) - set(joined.after.values())
    for old in sorted(left):
        new = next(person for account, (was, person) in sorted(joined.moved.items()) if was == old)
        session.execute(
            update(Exposure)
            .where(Exposure.person_id == old)
            .values(person_id=new)
            .execution_options(synchronize_session=False)
        )
