"""Time that no row of work shows: what asking for a review takes, faults of ours, and what somebody writes by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.ids import new_id
from labeler.pay import events
from labeler.pay.classes import TimeClass
from labeler.pay.models import PayMark, PayPeriod, TimeLine
from labeler.pay.own import going_on
from labeler.pay.rules import Cut, Event, Length, Span, lines_of, week_of
from labeler.pay.settling import LONG_AGO, hold, open_week, rates_of
from labeler.pay.sums import one_line
from labeler.workforce.models import Labeler

BY_HAND = (TimeClass.INSTRUCTIONS, TimeClass.QUALIFICATION, TimeClass.FAULT, TimeClass.REWORK, TimeClass.APPEAL)
"""Classes of time that no row of the product may show: whoever knows of it writes it."""
ASKING = timedelta(minutes=10)
"""What asking for a review, or reporting a danger, is paid."""
REPLYING = timedelta(minutes=5)
"""What further words to a case, or an objection to a line, are paid."""
FAULT = timedelta(minutes=5)
"""What a page of ours that broke is paid."""
_LONGEST = timedelta(hours=16)


def add_time(
    session: Session,
    actor: UUID | None,
    labeler_id: UUID,
    kind: TimeClass,
    from_at: datetime,
    until_at: datetime,
    now: datetime,
    *,
    source_id: UUID | None = None,
) -> int:
    """Write paid time that no other row shows: a fault of ours, rework, an appeal. Returns the seconds it added.

    What other lines pay already is left out: each second is paid once. Raises Missing, Conflict without a rate,
    Invalid naming every problem.
    """
    if hold(session, labeler_id) is None:
        raise Missing("There is no such labeler.")
    problems: list[FieldProblem] = []
    if kind not in BY_HAND:
        problems.append(FieldProblem("kind", "Choose what the time was for."))
    if not from_at < until_at <= now or until_at - from_at > _LONGEST:
        problems.append(FieldProblem("until_at", "Write a span in the past of at most 16 hours."))
    if problems:
        raise Invalid("This time can't be added yet.", problems)
    source = source_id or new_id()
    written = _written(session, labeler_id, from_at, until_at)
    cut = lines_of([Event(source, (Span(kind, from_at, until_at),))], rates_of(session, labeler_id), now, written)
    if cut.unrated:
        raise Conflict("There was no rate for this person at that time. Set one first.")
    return _write(session, actor, labeler_id, cut, source, now)


def add_length(
    session: Session, actor: UUID, labeler_id: UUID, kind: TimeClass | None, minutes: int | None, note: str,
    now: datetime,
) -> int:  # fmt: skip
    """Write a length of paid time by hand, with what it was for in a line that the labeler reads. Its seconds.

    It belongs to the present week, and fills no place on the clock: whoever writes it says that nothing else pays it.
    Raises Missing, Conflict without a rate, Invalid naming every problem.
    """
    if hold(session, labeler_id) is None:
        raise Missing("There is no such labeler.")
    problems = length_problems(kind, minutes, note)
    if problems or kind is None or minutes is None:
        raise Invalid("This time can't be added yet.", problems)
    rates = [rate for rate in rates_of(session, labeler_id) if rate.from_at <= now]
    if not rates:
        raise Conflict("There is no rate for this person yet. Set one first.")
    source = new_id()
    length = Length(source, kind, now, minutes * 60, rates[-1])
    return _write(session, actor, labeler_id, Cut([], frozenset(), [length]), source, now, note.strip())


def length_problems(kind: TimeClass | None, minutes: int | None, note: str) -> list[FieldProblem]:
    """What is wrong with a length of time by hand. Pure."""
    problems: list[FieldProblem] = []
    if kind not in BY_HAND:
        problems.append(FieldProblem("kind", "Choose what the time was for."))
    if minutes is None or not 1 <= minutes <= _LONGEST // timedelta(minutes=1):
        problems.append(FieldProblem("minutes", "Write whole minutes, from 1 to 960."))
    if not one_line(note):
        problems.append(FieldProblem("note", "Say in one line what it was for; the labeler reads it."))
    return problems


def pay_asking(
    session: Session, labeler_id: UUID, source_id: UUID, length: timedelta, now: datetime, *, once: bool = True
) -> int:
    """Pay a labeler the time that asking for a review took, in full: seconds before now that nothing pays, the rest as
    a length. Returns its seconds: 0 where there is no rate.

    With `once` what is sent within five minutes of the last such line is paid by that line.
    """
    return _pay(session, labeler_id, TimeClass.APPEAL, source_id, length, now, REPLYING if once else None)


def pay_fault(session: Session, labeler_id: UUID, now: datetime) -> bool:
    """Pay a labeler five minutes for a page of ours that broke, at most once in five minutes. Whether it is paid."""
    if hold(session, labeler_id) is None:
        return False
    return _pay(session, labeler_id, TimeClass.FAULT, new_id(), FAULT, now, FAULT) > 0 or _lately(
        session, labeler_id, TimeClass.FAULT, now - FAULT
    )


def _pay(
    session: Session,
    labeler_id: UUID,
    kind: TimeClass,
    source: UUID,
    length: timedelta,
    now: datetime,
    apart: timedelta | None,
) -> int:
    mark = hold(session, labeler_id)
    rates = [rate for rate in rates_of(session, labeler_id) if rate.from_at <= now]
    if not rates or (apart is not None and _lately(session, labeler_id, kind, now - apart)):
        return 0
    rates[0] = replace(rates[0], from_at=LONG_AGO)  # minutes that reach over its beginning are paid by it too
    written = _written(session, labeler_id, now - length, now)
    if mark is not None:
        written += _work(session, labeler_id, mark, now)
    event = Event(source, (), promised=(Span(kind, now - length, now),))
    return _write(session, None, labeler_id, lines_of([event], rates, now, written), source, now)


def _lately(session: Session, labeler_id: UUID, kind: TimeClass, since: datetime) -> bool:
    same = select(TimeLine.id).where(
        TimeLine.labeler_id == labeler_id, TimeLine.kind == kind, TimeLine.written_at > since,
        TimeLine.from_at > since - _LONGEST,
    )  # fmt: skip
    return session.scalar(same.limit(1)) is not None


def _work(session: Session, labeler_id: UUID, mark: PayMark, now: datetime) -> list[tuple[datetime, datetime]]:
    """Seconds that tasks, breaks and the like will pay: ended and not written yet, or still going on. Not waiting."""
    due = events.due(session, labeler_id, mark.from_at, now, now)
    return [
        (span.from_at, span.until_at)
        for event in (*due.events, *going_on(session, labeler_id, now))
        for span in event.spans
        if span.kind is not TimeClass.WAITING
    ]


def _written(
    session: Session, labeler_id: UUID, from_at: datetime, until_at: datetime
) -> list[tuple[datetime, datetime]]:
    near = select(TimeLine.from_at, TimeLine.until_at).where(
        TimeLine.labeler_id == labeler_id, TimeLine.until_at > from_at - timedelta(seconds=1),
        TimeLine.from_at < until_at + timedelta(seconds=1),
    )  # fmt: skip
    return [(start, end) for start, end in session.execute(near) if end is not None]


def _write(
    session: Session, actor: UUID | None, labeler_id: UUID, cut: Cut, source: UUID, now: datetime, note: str = ""
) -> int:
    vendor_id = session.scalars(select(Labeler.vendor_id).where(Labeler.id == labeler_id)).one()
    closed = frozenset(session.scalars(select(PayPeriod.from_at).where(PayPeriod.labeler_id == labeler_id)))
    session.add_all(
        TimeLine(
            labeler_id=labeler_id, vendor_id=vendor_id, kind=line.kind, from_at=line.from_at, until_at=line.until_at,
            seconds=line.seconds, rate_id=line.rate.id, per_hour=line.rate.per_hour, currency=line.rate.currency,
            period_from=open_week(week_of(line.from_at), closed, now), written_at=now, source_id=source, note=note,
        )
        for line in cut.all
    )  # fmt: skip
    session.flush()
    for kind in {line.kind for line in cut.all}:
        lines = [line for line in cut.all if line.kind == kind]
        since, seconds = min(line.from_at for line in lines), sum(line.seconds for line in lines)
        record(session, "pay.time", actor, source, now, vendor_id, kind=kind, seconds=seconds, from_at=since)
    return sum(line.seconds for line in cut.all)
