"""Turning what happened into lines with a fixed rate, beside everybody's work. It may run twice, and at once.

A line that is written never changes. What ends later after all adds a line that names the earlier one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.db import table
from labeler.ids import new_id
from labeler.judgments.models import Judgment
from labeler.pay import events
from labeler.pay.classes import PayKind
from labeler.pay.due import Due, unsettled
from labeler.pay.models import PayLine, PayMark, PayPeriod, Rate, Settlement, TimeLine
from labeler.pay.reading_models import ReadingTime
from labeler.pay.rules import WEEK, Length, Line, RateFrom, lines_of, week_of
from labeler.pay.sums import allowance
from labeler.wellbeing.limits import in_force
from labeler.wellbeing.policies import changes
from labeler.workforce.models import Labeler

LONG_AGO = datetime(2000, 1, 3, tzinfo=UTC)
"""A Monday before everything: where a new mark stands."""
WAITS = timedelta(seconds=60)
"""How long after its end the schedule leaves a row: what follows it at once is then known."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What one step wrote: lines of time, and whether there is more for the next step."""

    lines: int
    sources: int
    more: bool


def add_marks(session: Session) -> None:
    """Give every labeler who has none the row that lets one settle at a time."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    lacking = select(Labeler.id, literal(LONG_AGO, PayMark.from_at.type), literal(LONG_AGO, PayMark.open_from.type))
    lacking = lacking.where(Labeler.id.not_in(select(PayMark.labeler_id)))
    into = dialect.insert(table(PayMark)).from_select(["labeler_id", "from_at", "open_from"], lacking)
    session.execute(into.on_conflict_do_nothing() if dialect is postgresql else into.prefix_with("OR IGNORE"))


def hold(session: Session, labeler_id: UUID) -> PayMark | None:
    """The labeler's mark, held until this transaction ends; None when she is no labeler."""
    wanted = select(PayMark).where(PayMark.labeler_id == labeler_id).with_for_update()
    wanted = wanted.execution_options(populate_existing=True)
    mark = session.scalar(wanted)
    if mark is None:
        add_marks(session)
        mark = session.scalar(wanted)
    return mark


def rates_of(session: Session, labeler_id: UUID) -> list[RateFrom]:
    """What her hour brings, from when: her own rates from the first of them on, before it her vendor's."""
    rows = session.execute(
        select(Rate.id, Rate.labeler_id, Rate.from_at, Rate.per_hour, Rate.currency)
        .join(Labeler, Labeler.vendor_id == Rate.vendor_id)
        .where(Labeler.id == labeler_id, (Rate.labeler_id == labeler_id) | Rate.labeler_id.is_(None))
        .order_by(Rate.from_at)
    ).all()
    own = [RateFrom(row.id, row.from_at, row.per_hour, row.currency) for row in rows if row.labeler_id is not None]
    shared = [RateFrom(row.id, row.from_at, row.per_hour, row.currency) for row in rows if row.labeler_id is None]
    return [rate for rate in shared if not own or rate.from_at < own[0].from_at] + own


def settle(session: Session, labeler_id: UUID, upto: datetime, now: datetime) -> Settled:
    """Write the lines of what a labeler ended by `upto`, as many as one transaction should take.

    What has no rate yet is left for later. Raises nothing for somebody who is no labeler: there is nothing to write.
    """
    mark = hold(session, labeler_id)
    rates = rates_of(session, labeler_id) if mark is not None else []
    if mark is None or not rates:
        return Settled(0, 0, more=False)
    due = events.due(session, labeler_id, mark.from_at, upto, now)
    if not due.events:
        return Settled(0, 0, more=False)
    cut = lines_of(due.events, rates, now, _written(session, labeler_id, due), due.going_on)
    done = [event.source_id for event in due.events if event.source_id not in cut.unrated]
    vendor = session.scalars(select(Labeler.vendor_id).where(Labeler.id == labeler_id)).one()
    lines = cut.all
    paid_in = _write(session, labeler_id, vendor, lines, done, due, now)
    _mark_settled(session, labeler_id, done, due, paid_in, now)
    _mark_read(session, labeler_id, done, due, now)
    session.flush()
    mark.from_at = events.first_open(session, labeler_id, mark.from_at, now)
    if lines:
        seconds = sum(line.seconds for line in lines)
        record(session, "pay.settle", None, labeler_id, now, vendor, lines=len(lines), seconds=seconds)
    return Settled(len(lines), len(done), more=due.more and bool(done))


def _written(session: Session, labeler_id: UUID, due: Due) -> list[tuple[datetime, datetime]]:
    """The written spans that what is due could run into."""
    spans = [span for event in due.events for span in (*event.spans, *event.promised)]
    if not spans:
        return []
    first, last = min(span.from_at for span in spans), max(span.until_at for span in spans)
    rows = session.execute(
        select(TimeLine.from_at, TimeLine.until_at).where(
            TimeLine.labeler_id == labeler_id,
            TimeLine.until_at > first - timedelta(seconds=1),
            TimeLine.from_at >= first - WEEK,  # no line is longer than a week
            TimeLine.from_at < last + timedelta(minutes=2),
        )
    )
    return [(start, end) for start, end in rows if end is not None]


def _write(
    session: Session,
    labeler_id: UUID,
    vendor: UUID,
    lines: Sequence[Line | Length],
    done: Sequence[UUID],
    due: Due,
    now: datetime,
) -> dict[UUID, datetime]:
    """Write lines of time, and the allowance for severe texts; in which week each source is paid."""
    closed = frozenset(session.scalars(select(PayPeriod.from_at).where(PayPeriod.labeler_id == labeler_id)))
    earlier = _first_lines(session, [key for key in done if key in due.again or key not in due.projects])
    paid_in: dict[UUID, datetime] = {}
    rows: list[dict[str, Any]] = []
    worth: dict[UUID, Line | Length] = {}
    for line in lines:
        week = open_week(week_of(line.from_at), closed, now)
        paid_in[line.source_id] = max(week, paid_in.get(line.source_id, week))
        worth[line.source_id] = line
        rows.append(
            {
                "id": new_id(), "labeler_id": labeler_id, "vendor_id": vendor, "kind": line.kind,
                "from_at": line.from_at, "until_at": line.until_at, "seconds": line.seconds, "rate_id": line.rate.id,
                "per_hour": line.rate.per_hour, "currency": line.rate.currency, "period_from": week,
                "written_at": now, "source_id": line.source_id, "corrects_id": earlier.get(line.source_id),
            }
        )  # fmt: skip
    if rows:
        session.execute(insert(table(TimeLine)), rows)
    extra: list[dict[str, Any]] = []
    severe = events.severe_seconds(session, [key for key in due.projects if key in worth])
    known = _allowed(session, severe)
    numbers = changes(session) if severe else []
    for key, seconds in severe.items():
        percent = in_force(numbers, worth[key].from_at).of(due.projects[key]).severe_allowance
        before, earlier_id = known.get(key, (0, None))
        amount = allowance(seconds, worth[key].rate.per_hour, percent) - before
        if amount > 0:  # of a task that lapsed and was gone on with, what came after
            extra.append(
                {
                    "id": new_id(), "labeler_id": labeler_id, "vendor_id": vendor, "kind": PayKind.ALLOWANCE,
                    "amount": amount, "currency": worth[key].rate.currency, "period_from": paid_in[key],
                    "written_at": now, "by": None, "note": "", "source_id": key, "corrects_time_id": None,
                    "corrects_pay_id": earlier_id,
                }
            )  # fmt: skip
    if extra:
        session.execute(insert(table(PayLine)), extra)
    return paid_in


def _allowed(session: Session, sources: Collection[UUID]) -> dict[UUID, tuple[int, UUID]]:
    """What has been written as allowance for each source already, and the last of those lines."""
    found: dict[UUID, tuple[int, UUID]] = {}
    if not sources:
        return found
    rows = session.execute(
        select(PayLine.source_id, PayLine.amount, PayLine.id)
        .where(PayLine.source_id.in_(sources), PayLine.kind == PayKind.ALLOWANCE)
        .order_by(PayLine.id)
    )
    for key, amount, line_id in rows:
        if key is not None:
            found[key] = (found.get(key, (0, line_id))[0] + amount, line_id)
    return found


def open_week(week: datetime, closed: frozenset[datetime], now: datetime) -> datetime:
    """The week in which a line is paid: its own, or the present one when its own has its statement."""
    return week_of(now) if week in closed else week


def _first_lines(session: Session, sources: Sequence[UUID]) -> dict[UUID, UUID]:
    """The first line that each source has already, oldest first."""
    if not sources:
        return {}
    rows = session.execute(
        select(TimeLine.source_id, TimeLine.id).where(TimeLine.source_id.in_(sources)).order_by(TimeLine.id.desc())
    )
    return {source: key for source, key in rows if source is not None}


def _mark_settled(
    session: Session, labeler_id: UUID, done: Sequence[UUID], due: Due, paid_in: dict[UUID, datetime], now: datetime
) -> None:
    again = [key for key in done if key in due.again or key not in due.projects]  # a break may end after its pay did
    weeks = select(Settlement.source_id, Settlement.period_from).where(Settlement.source_id.in_(again))
    known = dict(session.execute(weeks).all()) if again else {}
    fresh = [
        {
            "source_id": key, "labeler_id": labeler_id, "until_at": due.ends[key],
            # whatever has no line of its own was paid by others at its end
            "period_from": paid_in.get(key, week_of(due.ends[key])), "settled_at": now,
        }
        for key in done
        if key not in known
    ]  # fmt: skip
    if fresh:
        session.execute(insert(table(Settlement)), fresh)
    for key, before in known.items():
        week = max(before, paid_in.get(key, before))
        session.execute(
            update(Settlement)
            .where(Settlement.source_id == key)
            .values(until_at=due.ends[key], period_from=week, settled_at=now)
            .execution_options(synchronize_session=False)
        )


def _mark_read(session: Session, labeler_id: UUID, done: Sequence[UUID], due: Due, now: datetime) -> None:
    rows = [
        {"labeler_id": labeler_id, "guideline_id": due.reading[key][0], "seconds": due.reading[key][1], "at": now}
        for key in done
        if key in due.reading
    ]
    if rows:
        session.execute(insert(table(ReadingTime)), rows)


def waiting_for(session: Session, project_id: UUID) -> Sequence[UUID]:
    """The labelers with an answer in this project that is not settled."""
    return session.scalars(
        select(Judgment.labeler_id)
        .where(
            Judgment.project_id == project_id,
            Judgment.version == 1,
            unsettled(Judgment.assignment_id, Judgment.submitted_at),
        )
        .distinct()
        .order_by(Judgment.labeler_id)
    ).all()
