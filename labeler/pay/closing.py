"""Weeks become statements: the time of her own, the top-up to the floor, the sum, the day it is due; then paid."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.pay.classes import PayKind, TimeClass
from labeler.pay.models import OwnTime, PayLine, PayMark, PayPeriod, PayPlace, TimeLine, WageBenchmark
from labeler.pay.rules import DUE, WEEK, RateFrom, closable
from labeler.pay.settling import hold, open_week, rates_of
from labeler.pay.sums import Floor, Sums, own_extra, sums
from labeler.workforce.models import Labeler, VendorManager

LONGEST_REFERENCE = 120
"""Characters of a payment's reference."""


def floor_of(session: Session, vendor_id: UUID, moment: datetime) -> Floor | None:
    """What an hour of this vendor's labelers had to bring at least at a moment (PAY-1); None where nobody has said."""
    row = session.execute(
        select(WageBenchmark.per_hour, WageBenchmark.currency, WageBenchmark.dated)
        .join(
            PayPlace,
            (PayPlace.place == WageBenchmark.place)
            & (PayPlace.kind == WageBenchmark.kind)
            & (PayPlace.household == WageBenchmark.household)
            & (PayPlace.measure == WageBenchmark.measure),
        )
        .where(PayPlace.id == _place_in_force(vendor_id, moment), WageBenchmark.dated <= moment.date())
        .order_by(WageBenchmark.dated.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Floor(*row)


def _place_in_force(vendor_id: UUID, moment: datetime):  # type: ignore[no-untyped-def]  # a scalar subquery
    begun = select(PayPlace.id).where(PayPlace.vendor_id == vendor_id, PayPlace.from_at <= moment)
    return begun.order_by(PayPlace.from_at.desc()).limit(1).scalar_subquery()


def week_sums(session: Session, labeler_id: UUID, week: datetime) -> Sums:
    """What the written lines of one week come to."""
    time = session.execute(
        select(TimeLine.seconds, TimeLine.per_hour).where(
            TimeLine.labeler_id == labeler_id, TimeLine.period_from == week
        )
    )
    amounts = session.execute(
        select(PayLine.kind, PayLine.amount).where(PayLine.labeler_id == labeler_id, PayLine.period_from == week)
    )
    return sums(((row.seconds, row.per_hour) for row in time), ((row.kind, row.amount) for row in amounts))


def to_close(session: Session, now: datetime) -> Sequence[UUID]:
    """The labelers who may have a week that is over and has no statement."""
    return session.scalars(
        select(PayMark.labeler_id).where(PayMark.open_from < closable(now)).order_by(PayMark.labeler_id)
    ).all()


def close(session: Session, labeler_id: UUID, now: datetime) -> int:
    """Make the statements of a labeler's weeks that are over, and return how many. A second run makes none."""
    mark = hold(session, labeler_id)
    limit = closable(now)
    if mark is None or mark.open_from >= limit:
        return 0
    rates = rates_of(session, labeler_id)
    weeks = select(TimeLine.period_from).where(TimeLine.labeler_id == labeler_id)
    weeks_of = weeks.union(
        select(PayLine.period_from).where(PayLine.labeler_id == labeler_id),
        select(OwnTime.period_from).where(OwnTime.labeler_id == labeler_id),
    ).subquery()
    made = select(PayPeriod.from_at).where(PayPeriod.labeler_id == labeler_id)
    open_weeks = session.scalars(
        select(weeks_of.c.period_from)
        .where(weeks_of.c.period_from < limit, weeks_of.c.period_from.not_in(made))
        .order_by(weeks_of.c.period_from)
    ).all()
    closed = sum([_close_week(session, labeler_id, week, rates, now) for week in open_weeks])
    mark.open_from = limit
    session.flush()
    return closed


def _close_week(session: Session, labeler_id: UUID, week: datetime, rates: Sequence[RateFrom], now: datetime) -> bool:
    vendor_id = session.scalars(select(Labeler.vendor_id).where(Labeler.id == labeler_id)).one()
    _own_time(session, labeler_id, vendor_id, week, rates, now)
    so_far = week_sums(session, labeler_id, week)
    if not so_far.seconds and not so_far.money:
        return False
    rate = rate_at(rates, week + WEEK)
    floor = floor_of(session, vendor_id, week + WEEK)
    if floor is not None and floor.currency != rate.currency:
        floor = None  # the page of pay names it as a finding
    lacks = so_far.top_up(floor)
    if lacks:
        session.add(
            PayLine(
                labeler_id=labeler_id,
                vendor_id=vendor_id,
                kind=PayKind.TOP_UP,
                amount=lacks,
                currency=rate.currency,
                period_from=week,
                written_at=now,
                by=None,
            )
        )
        session.flush()
        so_far = week_sums(session, labeler_id, week)
    statement = PayPeriod(
        labeler_id=labeler_id,
        vendor_id=vendor_id,
        from_at=week,
        until_at=week + WEEK,
        due_at=week + WEEK + DUE,
        seconds=so_far.seconds,
        currency=rate.currency,
        base=so_far.base,
        allowance=so_far.of(PayKind.ALLOWANCE),
        bonus=so_far.of(PayKind.BONUS),
        correction=so_far.of(PayKind.CORRECTION),
        top_up=so_far.of(PayKind.TOP_UP),
        fee=so_far.of(PayKind.FEE),
        cost=so_far.of(PayKind.COST),
        total=so_far.total,
        made_at=now,
        floor=None if floor is None else floor.per_hour,
    )
    session.add(statement)
    session.flush()
    record(
        session, "pay.close", None, statement.id, now, vendor_id,
        labeler=labeler_id, week=week, until_at=statement.until_at, due_at=statement.due_at,
        seconds=statement.seconds, currency=statement.currency, floor=statement.floor, base=statement.base,
        bonus=statement.bonus, correction=statement.correction, allowance=statement.allowance, fee=statement.fee,
        cost=statement.cost, top_up=statement.top_up, total=statement.total,
    )  # fmt: skip
    return True


def rate_at(rates: Sequence[RateFrom], moment: datetime) -> RateFrom:
    """The rate in force just before a moment; the first one when none had begun."""
    return rates[max(0, bisect_left([rate.from_at for rate in rates], moment) - 1)]


def _own_time(
    session: Session, labeler_id: UUID, vendor_id: UUID, week: datetime, rates: Sequence[RateFrom], now: datetime
) -> None:
    said = newest_own(session, labeler_id, week)
    if said is None or said.decided_at is not None:
        return
    extra = own_extra(said.seconds, counted(session, labeler_id, week))
    if extra is None:
        said.held_at = now
        return
    said.decided_at, said.decided_seconds = now, extra
    if extra:
        add_own_line(session, said, vendor_id, week, rate_at(rates, week + WEEK), now)
    session.flush()


def newest_own(session: Session, labeler_id: UUID, week: datetime) -> OwnTime | None:
    """What a labeler said last about how long a week was."""
    said = select(OwnTime).where(OwnTime.labeler_id == labeler_id, OwnTime.period_from == week)
    return session.scalars(said.order_by(OwnTime.said_at.desc(), OwnTime.id.desc()).limit(1)).one_or_none()


def counted(session: Session, labeler_id: UUID, week: datetime) -> int:
    """The seconds of a week that the server counted."""
    lengths = select(TimeLine.seconds).where(
        TimeLine.labeler_id == labeler_id, TimeLine.period_from == week, TimeLine.kind != TimeClass.OWN
    )
    return sum(session.scalars(lengths))


def add_own_line(
    session: Session, said: OwnTime, vendor_id: UUID, week: datetime, rate: RateFrom, now: datetime
) -> None:
    """Write the line of what her own count adds, paid in `week`."""
    assert said.decided_seconds
    session.add(
        TimeLine(
            labeler_id=said.labeler_id,
            vendor_id=vendor_id,
            kind=TimeClass.OWN,
            from_at=said.period_from,
            until_at=None,
            seconds=said.decided_seconds,
            rate_id=rate.id,
            per_hour=rate.per_hour,
            currency=rate.currency,
            period_from=week,
            written_at=now,
            source_id=said.id,
        )
    )


def decide_own(session: Session, actor: UUID, own_id: UUID, *, take: bool, now: datetime) -> None:
    """Take a held count as it stands, or leave the server's. Raises Missing, Conflict when it has been decided."""
    said = session.get(OwnTime, own_id)
    if said is None or said.held_at is None:
        raise Missing("There is no such time to look at.")
    hold(session, said.labeler_id)
    session.refresh(said)
    if said.decided_at is not None:
        raise Conflict("Somebody has decided this already.")
    extra = max(0, said.seconds - counted(session, said.labeler_id, said.period_from)) if take else 0
    vendor_id = session.scalars(select(Labeler.vendor_id).where(Labeler.id == said.labeler_id)).one()
    said.decided_at, said.decided_by, said.decided_seconds = now, actor, extra
    rates = rates_of(session, said.labeler_id)
    if extra and not rates:
        raise Conflict("There is no rate for this person yet. Set one first.")
    if extra:
        closed = frozenset(session.scalars(select(PayPeriod.from_at).where(PayPeriod.labeler_id == said.labeler_id)))
        week = open_week(said.period_from, closed, now)
        add_own_line(session, said, vendor_id, week, rate_at(rates, said.period_from + WEEK), now)
    session.flush()
    record(session, "pay.own_decide", actor, said.id, now, vendor_id, seconds=extra)


def mark_paid(
    session: Session, actor: UUID, statement_id: UUID, paid_at: datetime | None, reference: str, now: datetime
) -> PayPeriod:
    """Say that a statement was paid, when and under which reference. A vendor manager may for her own vendor's people.

    Raises Missing (also for another vendor's), Conflict when it was paid before, Invalid naming every problem.
    """
    statement = session.scalar(select(PayPeriod).where(PayPeriod.id == statement_id).with_for_update())
    speaks_for = session.scalar(select(VendorManager.vendor_id).where(VendorManager.user_id == actor))
    if statement is None or (speaks_for is not None and speaks_for != statement.vendor_id):
        raise Missing("There is no such statement.")
    problems: list[FieldProblem] = []
    if paid_at is None or paid_at > now or paid_at < statement.until_at:
        problems.append(FieldProblem("paid_on", "Write the day it was paid: after the week, not in the future."))
    if not reference.strip() or len(reference) > LONGEST_REFERENCE or "\0" in reference:
        problems.append(FieldProblem("reference", f"Write the reference, at most {LONGEST_REFERENCE} letters."))
    if statement.paid_at is not None:
        raise Conflict("This statement is marked as paid already.")
    if problems:
        raise Invalid("This can't be marked as paid yet.", problems)
    statement.paid_at, statement.paid_by, statement.reference = paid_at, actor, reference.strip()
    statement.marked_at = now
    session.flush()
    record(session, "pay.pay", actor, statement.id, now, statement.vendor_id, paid_at=paid_at)
    return statement
