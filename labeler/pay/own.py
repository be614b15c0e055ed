"""A labeler's own record: her lines, what is not written yet, what it comes to. Nobody else's pages call these."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment
from labeler.errors import Missing
from labeler.pay import events
from labeler.pay.classes import PayKind, TimeClass
from labeler.pay.closing import floor_of, newest_own, rate_at
from labeler.pay.due import COMES_BACK, training_goes_on
from labeler.pay.models import OwnTime, PayContest, PayLine, PayMark, PayPeriod, TimeLine
from labeler.pay.reading import read_first
from labeler.pay.reading_models import ReadingTime
from labeler.pay.rules import WEEK, Event, RateFrom, Span, lines_of, week_of
from labeler.pay.settling import LONG_AGO, rates_of
from labeler.pay.sums import Floor, Sums, sums
from labeler.projects.models import Guideline, Lane, Task
from labeler.wellbeing.clock import peek
from labeler.wellbeing.models import Break, StandDown, Training
from labeler.wellbeing.rules import stretch_of
from labeler.workforce.models import Labeler
from tasks.content import SENSITIVE

NO_RATE = RateFrom(UUID(int=0), LONG_AGO, 0, "")
"""Stands for a rate where there is none yet: the time is shown, and is worth nothing so far."""


@dataclass(frozen=True, slots=True)
class Mine:
    """One line as its labeler sees it. `id` is null while it is not written; `per_hour` is null for money lines."""

    id: UUID | None
    kind: TimeClass | PayKind
    from_at: datetime
    until_at: datetime | None
    seconds: int
    per_hour: int | None
    amount: int | None
    currency: str
    period_from: datetime
    written_at: datetime | None = None
    corrects_id: UUID | None = None
    note: str = ""

    @property
    def parts(self) -> int:
        """What it is worth in parts of a minor unit (`sums.PARTS`); fees and costs count downwards."""
        if self.per_hour is not None:
            return self.seconds * self.per_hour
        worth = (self.amount or 0) * 3600
        return -worth if self.kind in (PayKind.FEE, PayKind.COST) else worth


@dataclass(frozen=True, slots=True)
class MyWeek:
    """A week of a labeler's: written lines and those to come, what they come to, what an hour must bring."""

    week: datetime
    time: list[Mine]
    money: list[Mine]
    sums: Sums
    rate: RateFrom | None
    floor: Floor | None
    statement: PayPeriod | None
    said: OwnTime | None
    contests: dict[UUID, PayContest]

    @property
    def currency(self) -> str:
        """The currency she is paid in; empty while there is no rate."""
        return self.rate.currency if self.rate else ""


def my_week(session: Session, labeler_id: UUID, week: datetime, now: datetime) -> MyWeek:
    """Everything of one week. Raises Missing for somebody who is no labeler."""
    vendor_id = session.scalar(select(Labeler.vendor_id).where(Labeler.id == labeler_id))
    if vendor_id is None:
        raise Missing("There is no such labeler.")
    rates = rates_of(session, labeler_id)
    time = [_time(line) for line in _time_lines(session, labeler_id, week)]
    time += [line for line in to_come(session, labeler_id, now) if line.period_from == week]
    money = [_money(line) for line in _pay_lines(session, labeler_id, week)]
    rate = rate_at(rates, min(now, week + WEEK)) if rates else None
    floor = floor_of(session, vendor_id, min(now, week + WEEK))
    return MyWeek(
        week=week,
        time=sorted(time, key=lambda line: line.from_at),
        money=money,
        sums=sums(
            ((line.seconds, line.per_hour or 0) for line in time),
            ((line.kind, line.amount or 0) for line in money if isinstance(line.kind, PayKind)),
        ),
        rate=rate,
        floor=floor if floor and rate and floor.currency == rate.currency else None,
        statement=session.scalars(select(PayPeriod).filter_by(labeler_id=labeler_id, from_at=week)).one_or_none(),
        said=newest_own(session, labeler_id, week),
        contests=contests(session, labeler_id),
    )


def contests(session: Session, labeler_id: UUID) -> dict[UUID, PayContest]:
    """A labeler's objections by the line they are about; the newest of each."""
    raised = session.scalars(
        select(PayContest).where(PayContest.labeler_id == labeler_id).order_by(PayContest.raised_at)
    )
    return {(each.time_line_id or each.pay_line_id or each.id): each for each in raised}


def my_line(session: Session, labeler_id: UUID, line_id: UUID) -> Mine:
    """One written line of hers. Raises Missing."""
    time_line, pay_line = session.get(TimeLine, line_id), session.get(PayLine, line_id)
    line = time_line or pay_line
    if line is None or line.labeler_id != labeler_id:
        raise Missing("There is no such line of yours.")
    return _time(time_line) if time_line is not None else _money(pay_line)  # type: ignore[arg-type]


def all_lines(session: Session, labeler_id: UUID, week: datetime | None = None) -> Iterator[Mine]:
    """Every written line, time first, each in the order of its moments: for the record she takes away (PAY-10)."""
    for line in _time_lines(session, labeler_id, week):
        yield _time(line)
    for money in _pay_lines(session, labeler_id, week):
        yield _money(money)


def to_come(session: Session, labeler_id: UUID, now: datetime) -> list[Mine]:
    """The lines that would be written if all ended now: so a minute is seen at once, and not after the next job."""
    mark = session.get(PayMark, labeler_id)
    due = events.due(session, labeler_id, mark.from_at if mark else LONG_AGO, now, now)
    read = [guideline for guideline, _ in due.reading.values()]
    open_ones = [*going_on(session, labeler_id, now, read), *due.events]
    spans = [span for event in open_ones for span in (*event.spans, *event.promised)]
    if not spans:
        return []
    first = min(span.from_at for span in spans)
    near = select(TimeLine.from_at, TimeLine.until_at).where(
        TimeLine.labeler_id == labeler_id, TimeLine.until_at > first, TimeLine.from_at >= first - WEEK
    )
    written = [(start, end) for start, end in session.execute(near) if end is not None]
    rates = rates_of(session, labeler_id)
    if not rates or rates[0].from_at > first:
        rates = [NO_RATE, *rates]
    cut = lines_of(open_ones, rates, now, written)
    return [
        Mine(
            None, line.kind, line.from_at, line.until_at, line.seconds, line.rate.per_hour, None, line.rate.currency,
            week_of(line.from_at),
        )
        for line in cut.all
    ]  # fmt: skip


def going_on(session: Session, labeler_id: UUID, now: datetime, read: Collection[UUID] = ()) -> list[Event]:
    """What goes on at this moment, as if it ended now. `read` are instructions whose reading another line brings."""
    found: list[Event] = []
    held = session.execute(
        select(
            Assignment.id, Assignment.handed_at, Assignment.lease_until, Lane.severity, Guideline.id.label("guideline")
        )
        .join(Task, Task.id == Assignment.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .join(
            Guideline, (Guideline.project_id == Lane.project_id) & (Guideline.version == Assignment.guideline_version)
        )
        .where(Assignment.labeler_id == labeler_id, Assignment.ended_at.is_(None))
    ).one_or_none()
    if held is not None:
        sensitive = held.severity >= SENSITIVE
        moments = events.moments_of(session, [held.id]).get(held.id, ())
        end = max(held.handed_at, min(now, held.lease_until))
        spans = events.spans_of(held.handed_at, end, held.lease_until, sensitive, moments)
        if held.guideline not in read and session.get(ReadingTime, (labeler_id, held.guideline)) is None:
            spans = read_first(spans, events.to_read(session, labeler_id, held.guideline, read))
        found.append(Event(held.id, spans))
    pauses = session.execute(
        select(Break.id, Break.started_at, Break.paid_until).where(
            Break.labeler_id == labeler_id, Break.ended_at.is_(None)
        )
    )
    found += [Event(key, (Span(TimeClass.BREAK, start, min(now, most)),)) for key, start, most in pauses]
    downs = session.execute(
        select(StandDown.id, StandDown.from_at).where(
            StandDown.labeler_id == labeler_id, StandDown.ended_at.is_(None), StandDown.until_at > now
        )
    )
    found += [Event(key, (Span(TimeClass.STAND_DOWN, start, now),)) for key, start in downs]
    begun = training_goes_on(now - COMES_BACK)
    trainings = session.execute(
        select(Training.id, Training.started_at).where(Training.labeler_id == labeler_id, begun)
    )
    found += [Event(key, (Span(TimeClass.TRAINING, start, now),)) for key, start in trainings]
    seen = peek(session, labeler_id)
    running = None if seen is None else stretch_of(seen.clock, now)
    if running is not None:  # as it would be closed now; what was held in it has a class of its own
        found.append(Event(labeler_id, (Span(TimeClass.WAITING, running.from_at, running.until_at),)))
    return found


def _time_lines(session: Session, labeler_id: UUID, week: datetime | None) -> Sequence[TimeLine]:
    wanted = select(TimeLine).where(TimeLine.labeler_id == labeler_id)
    if week is not None:
        wanted = wanted.where(TimeLine.period_from == week)
    return session.scalars(wanted.order_by(TimeLine.from_at, TimeLine.id)).all()


def _pay_lines(session: Session, labeler_id: UUID, week: datetime | None) -> Sequence[PayLine]:
    wanted = select(PayLine).where(PayLine.labeler_id == labeler_id)
    if week is not None:
        wanted = wanted.where(PayLine.period_from == week)
    return session.scalars(wanted.order_by(PayLine.written_at, PayLine.id)).all()


def _time(line: TimeLine) -> Mine:
    return Mine(
        line.id, line.kind, line.from_at, line.until_at, line.seconds, line.per_hour, None, line.currency,
        line.period_from, line.written_at, line.corrects_id, line.note,
    )  # fmt: skip


def _money(line: PayLine) -> Mine:
    return Mine(
        line.id, line.kind, line.written_at, None, 0, None, line.amount, line.currency, line.period_from,
        line.written_at, line.corrects_time_id or line.corrects_pay_id, line.note,
    )  # fmt: skip
