"""Time with hard content on the desk: reserved with the lease, counted from reveal to hide, closed with the task.

What is read here is asked for only when hard content is open to the labeler at all.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from labeler.assignment.models import IS_HELD, Assignment
from labeler.assignment.rules import LaneFacts
from labeler.assignment.tagged import tagged
from labeler.audit.service import record
from labeler.db import Utc
from labeler.wellbeing.clock import Locked, save_clock, set_clock
from labeler.wellbeing.doses import LEAST_RESERVE, Dose, Run, Seen, after, reserve
from labeler.wellbeing.hours import DAY, WEEK
from labeler.wellbeing.limits import THE_STANDARD, Limits
from labeler.wellbeing.models import Comfort, Exposure, ExposurePath, ExposurePool, Training
from labeler.wellbeing.rules import Person, Touched
from labeler.workforce.models import Labeler
from tasks.content import SENSITIVE, Profile, Severity, highest, profile_key


def seen_in(seen_seconds: int, revealed_at: datetime | None, lease_until: datetime, now: datetime) -> int:
    """Seconds a text has been visible: closed reveals and the open one, up to now or to the end of the lease.

    When the server's clock has been set back to before the reveal nobody knows: then what a task reserves at least
    counts, as ever on doubt.
    """
    if revealed_at is None:
        return seen_seconds
    passed = round((min(now, lease_until) - revealed_at).total_seconds())
    return seen_seconds + (passed if passed >= 0 else LEAST_RESERVE)


_COLUMNS: dict[str, Any] = {"n": BigInteger(), "m": BigInteger(), "k": BigInteger(), "at": Utc(), "ends": Utc()}
_row = partial(tagged, _COLUMNS)


def _statement() -> Any:
    me, person = bindparam("me", type_=Uuid()), bindparam("person", type_=Uuid())
    day, week = bindparam("day", type_=Utc()), bindparam("week", type_=Utc())
    severe = Exposure.severity >= Severity.EGREGIOUS
    closed = select(
        *_row(
            "closed",
            typed=True,
            n=func.sum(case((and_(severe, Exposure.ended_at > day), Exposure.seconds), else_=0)),
            m=func.sum(case((severe, Exposure.seconds), else_=0)),
            k=func.sum(case((Exposure.ended_at > day, Exposure.seconds), else_=0)),
        )
    ).where(Exposure.person_id == person, Exposure.ended_at > week)
    still_open = (
        select(
            *_row(
                "open",
                n=Exposure.severity,
                m=Exposure.reserved_seconds,
                k=Assignment.seen_seconds,
                at=Assignment.revealed_at,
                ends=Assignment.lease_until,
            )
        )
        .join(Assignment, Assignment.id == Exposure.assignment_id)
        .where(Exposure.person_id == person, Exposure.ended_at.is_(None))
    )
    pool = select(*_row("pool", n=ExposurePool.median_seconds))
    night = select(*_row("night", n=case((Comfort.night.is_(True), 1), else_=0))).where(Comfort.labeler_id == me)
    trained = select(*_row("trained", at=func.max(Training.expires_at))).where(Training.labeler_id == me)
    return union_all(closed, still_open, pool, night, trained)


_SEEN = _statement()


def seen(session: Session, person: Person, now: datetime) -> Seen:
    """What the person has seen and has reserved, over all her accounts, and what else limits on hard content go by."""
    found = Seen()
    who = {"me": person.id, "person": person.person_id, "day": now - DAY, "week": now - WEEK}
    for row in session.execute(_SEEN, who):
        match row.tag:
            case "closed":
                found = _add(found, row.n or 0, row.m or 0, row.k or 0)
            case "open":
                counts = max(row.m, seen_in(row.k, row.at, row.ends, now))
                severe = counts if row.n >= Severity.EGREGIOUS else 0
                found = _add(found, severe, severe, counts)
            case "pool":
                found = replace(found, pool_median=row.n)
            case "night":
                found = replace(found, night=bool(row.n))
            case _:
                found = replace(found, trained_until=row.at)
    return found


def _add(found: Seen, severe_day: int, severe_week: int, disturbing_day: int) -> Seen:
    return replace(
        found,
        severe_day=found.severe_day + severe_day,
        severe_week=found.severe_week + severe_week,
        disturbing_day=found.disturbing_day + disturbing_day,
    )


def doses(session: Session, person_id: UUID, now: datetime) -> list[Dose]:
    """The closed doses of the last 168 hours, for saying when there is room again."""
    rows = session.execute(
        select(Exposure.severity, Exposure.seconds, Exposure.ended_at)
        .where(Exposure.person_id == person_id, Exposure.ended_at > now - WEEK, Exposure.seconds > 0)
        .order_by(Exposure.ended_at)
    )
    return [Dose(*row) for row in rows]


def open_row(
    session: Session, person: Person, lane: LaneFacts, assignment_id: UUID, task_id: UUID, now: datetime
) -> None:
    """Reserve, with the lease of a task of severity 2 or more."""
    session.add(
        Exposure(
            person_id=person.person_id,
            path=ExposurePath.DESK,
            profile=profile_key(lane.profile),
            severity=lane.severity,
            from_at=now,
            reserved_seconds=reserve(lane.estimate),
            assignment_id=assignment_id,
            task_id=task_id,
        )
    )
    session.flush()


def reopen(session: Session, assignment_id: UUID) -> None:
    """Reserve again, for a lapsed task that is gone on with. In a run, what was seen before counts once more."""
    session.execute(update(Exposure).where(Exposure.assignment_id == assignment_id).values(ended_at=None))


_ROW_OF = select(Exposure).where(Exposure.assignment_id == bindparam("assignment"), Exposure.path == ExposurePath.DESK)


def row_of(session: Session, assignment_id: UUID) -> Exposure | None:
    """The row that was made with an assignment's lease; None when its task was thought harmless then."""
    return session.scalars(_ROW_OF, {"assignment": assignment_id}).one_or_none()


def shown(
    session: Session, person: Person, held: Assignment, profile: Profile, row: Exposure | None, now: datetime
) -> None:
    """Note that the text is asked for. A task that was raised since it was handed out gets its row, or a worse one."""
    if highest(profile) < SENSITIVE:
        return
    if row is None:
        row = Exposure(
            person_id=person.person_id,
            path=ExposurePath.DESK,
            profile=profile_key(profile),
            severity=int(highest(profile)),
            from_at=now,
            reserved_seconds=reserve(None),
            assignment_id=held.id,
            task_id=held.task_id,
        )
        session.add(row)
    row.shown_at = row.shown_at or now
    if highest(profile) > row.severity:
        row.severity, row.profile = int(highest(profile)), profile_key(profile)
    session.flush()


def close_row(session: Session, locked: Locked, assignment_id: UUID, seconds: int, ended_at: datetime) -> None:
    """End the row of an assignment, if it has one, with all the seconds seen, and count them on the clock.

    What is open under another account, and was seen, is no quiet time: the run goes on from where that was given.
    """
    row = session.execute(
        update(Exposure)
        .where(Exposure.assignment_id == assignment_id, Exposure.ended_at.is_(None))
        .values(seconds=seconds, ended_at=ended_at)
        .returning(Exposure.severity, Exposure.from_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is not None:
        others = (since for _, seen_there, since in elsewhere(session, locked, ended_at) if seen_there)
        set_clock(session, locked, counted(locked, row.severity, seconds, min([row.from_at, *others]), ended_at))


def counted(
    locked: Locked, severity: int, seconds: int, began: datetime, ended: datetime, limits: Limits = THE_STANDARD
) -> Touched:
    """The clock after a dose: the run of severe content, and what the next break goes by."""
    clock = locked.clock
    severe = seconds if severity >= Severity.EGREGIOUS else 0
    run = after(clock.run, severity, seconds, began, ended, limits) if severity >= SENSITIVE else clock.run
    return Touched(replace(clock, severe_seconds=clock.severe_seconds + severe, run=run))


_ELSEWHERE = (
    select(Exposure.severity, Exposure.from_at, Assignment.seen_seconds, Assignment.revealed_at, Assignment.lease_until)
    .join(Assignment, Assignment.id == Exposure.assignment_id)
    .where(
        Exposure.person_id == bindparam("person"),
        Exposure.ended_at.is_(None),
        Assignment.labeler_id != bindparam("me"),
    )
    .order_by(Exposure.from_at)
)


def elsewhere(session: Session, locked: Locked, now: datetime) -> list[tuple[int, int, datetime]]:
    """What the person has seen of the open tasks of her other accounts: severity, seconds, when each was given."""
    if not locked.person.joined:
        return []
    rows = session.execute(_ELSEWHERE, {"me": locked.person.id, "person": locked.person.person_id})
    return [
        (row.severity, seen_in(row.seen_seconds, row.revealed_at, row.lease_until, now), row.from_at) for row in rows
    ]


def run_now(session: Session, locked: Locked, now: datetime) -> Run:
    """The run of severe content on the clock, and what is open under other accounts of the person (EXP-5)."""
    run = locked.clock.run
    for severity, seconds, began in elsewhere(session, locked, now):
        run = after(run, severity, seconds, began, now)
    return run


_LAPSED = (
    select(Assignment.id, Assignment.seen_seconds, Assignment.revealed_at, Assignment.lease_until)
    .join(Exposure, Exposure.assignment_id == Assignment.id)
    .where(Exposure.person_id == bindparam("person"), Exposure.ended_at.is_(None), Assignment.state != IS_HELD)
    .order_by(Assignment.lease_until)
)


def say_hidden(session: Session, locked: Locked, assignment_id: UUID, seconds: int, now: datetime) -> None:
    """Write that a text of this account or another one of the person is off the screen, after so many seconds."""
    account, vendor = session.execute(_WHOSE, {"assignment": assignment_id}).one()
    record(session, "assignment.hide", account, assignment_id, now, vendor, seconds=seconds)


_WHOSE = (
    select(Assignment.labeler_id, Labeler.vendor_id)
    .join(Labeler, Labeler.id == Assignment.labeler_id)
    .where(Assignment.id == bindparam("assignment"))
)


def settle_lapsed(session: Session, locked: Locked, now: datetime, *, whoever: bool = False) -> None:
    """Close what the person's lapsed leases left open: a text that was shown counts until the end of its lease.

    A lease lapses without her clock, so this is done at her next act, before anything is asked of the gate. Her clock
    says whether there can be any; `whoever` looks in any case.
    """
    may_be = locked.person.joined or (locked.clock.busy_until is not None and locked.clock.busy_until <= now)
    if not whoever and not may_be:
        return
    for row in session.execute(_LAPSED, {"person": locked.person.person_id}).all():
        seconds = seen_in(row.seen_seconds, row.revealed_at, row.lease_until, now)
        if row.revealed_at is not None:
            session.execute(
                update(Assignment)
                .where(Assignment.id == row.id)
                .values(seen_seconds=seconds, revealed_at=None)
                .execution_options(synchronize_session=False)
            )
            say_hidden(session, locked, row.id, seconds - row.seen_seconds, now)
        close_row(session, locked, row.id, seconds, row.lease_until)
    if whoever:
        save_clock(session, locked, Touched(locked.clock))
