"""Looking at pay: what may be exported, and whose money somebody may see.

A labeler sees her own lines. A vendor manager sees what each of her vendor's people is to be paid, and never for what:
breaks, stand-down and skips of one person do not show (OPT-5, BRK-4).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.assignment.models import Assignment
from labeler.pay.models import PayPeriod, Rate, Settlement
from labeler.pay.rules import DUE, WEEK
from labeler.pay.sums import SMALLEST
from labeler.workforce.models import Labeler, Vendor


def paid(assignment_id: Any, at: datetime) -> ColumnElement[bool]:
    """PAY-5: whether an assignment's time has lines with a fixed rate, and is paid where its statement was due by `at`.

    As it was known `at` that moment: a payment that was marked later does not count, nor do lines that only a rate set
    later made possible. Lines that were written later but could have been by then do: settling is machine work.
    One condition for a statement over many rows: a semi-join on the keys of both tables.
    """
    marked = func.coalesce(PayPeriod.marked_at, PayPeriod.paid_at)
    return exists(
        select(Settlement.source_id)
        .outerjoin(
            PayPeriod,
            (PayPeriod.labeler_id == Settlement.labeler_id) & (PayPeriod.from_at == Settlement.period_from),
        )
        .where(
            Settlement.source_id == assignment_id,
            or_(Settlement.settled_at <= at, has_rate(Settlement.labeler_id, at)),
            or_(Settlement.period_from > at - WEEK - DUE, marked <= at),
        )
    )


def settled(assignment_id: Any) -> ColumnElement[bool]:
    """Whether an assignment's time has lines with a fixed rate."""
    return exists(select(Settlement.source_id).where(Settlement.source_id == assignment_id))


def has_rate(labeler_id: Any, at: datetime | None = None) -> ColumnElement[bool]:
    """Whether anything says what an hour of a labeler brings, or said so `at` a moment: without it nothing of hers can
    be settled."""
    of = select(Rate.id).join(Labeler, Labeler.vendor_id == Rate.vendor_id)
    if at is not None:
        of = of.where(Rate.set_at <= at)
    return exists(of.where(Labeler.id == labeler_id, or_(Rate.labeler_id.is_(None), Rate.labeler_id == Labeler.id)))


def unpaid(session: Session, assignment_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Those of these assignments whose work may not be exported now (PAY-5)."""
    wanted = select(Assignment.id).where(Assignment.id.in_(assignment_ids), ~paid(Assignment.id, now))
    return set(session.scalars(wanted))


@dataclass(frozen=True, slots=True)
class Statement:
    """What one labeler is to be paid for a week: nothing of what it is for."""

    id: UUID
    name: str
    vendor: str
    from_at: datetime
    until_at: datetime
    due_at: datetime
    total: int
    currency: str
    paid_at: datetime | None
    reference: str | None


def statements(
    session: Session, vendor_id: UUID | None = None, *, open_only: bool = False, most: int = 200
) -> Sequence[Statement]:
    """Statements of a vendor, or of all: the unpaid first, the soonest due first; then the newest paid."""
    wanted = (
        select(
            PayPeriod.id,
            User.name,
            Vendor.name.label("vendor"),
            PayPeriod.from_at,
            PayPeriod.until_at,
            PayPeriod.due_at,
            PayPeriod.total,
            PayPeriod.currency,
            PayPeriod.paid_at,
            PayPeriod.reference,
        )
        .join(User, User.id == PayPeriod.labeler_id)
        .join(Vendor, Vendor.id == PayPeriod.vendor_id)
    )
    if vendor_id is not None:
        wanted = wanted.where(PayPeriod.vendor_id == vendor_id)
    still = wanted.where(PayPeriod.paid_at.is_(None)).order_by(PayPeriod.due_at, User.name).limit(most)
    found = [Statement(**row._mapping) for row in session.execute(still)]
    if not open_only and len(found) < most:
        done = wanted.where(PayPeriod.paid_at.is_not(None)).order_by(PayPeriod.from_at.desc(), User.name)
        found += [Statement(**row._mapping) for row in session.execute(done.limit(most - len(found)))]
    return found


@dataclass(frozen=True, slots=True)
class WeekTotal:
    """A week of a vendor: what its people are paid in all; null figures where fewer than `SMALLEST` have lines."""

    from_at: datetime
    currency: str
    people: int | None
    seconds: int | None
    total: int | None


def week_totals(session: Session, vendor_id: UUID, most: int = 12) -> Sequence[WeekTotal]:
    """The newest weeks of a vendor that have statements, each only in sums over enough people (k-cells)."""
    rows = session.execute(
        select(
            PayPeriod.from_at,
            PayPeriod.currency,
            func.count().label("people"),
            func.sum(PayPeriod.seconds).label("seconds"),
            func.sum(PayPeriod.total).label("total"),
            func.max(PayPeriod.seconds).label("largest"),
        )
        .where(PayPeriod.vendor_id == vendor_id)
        .group_by(PayPeriod.from_at, PayPeriod.currency)
        .order_by(PayPeriod.from_at.desc())
        .limit(most)
    ).all()
    return [
        WeekTotal(row.from_at, row.currency, row.people, int(row.seconds), int(row.total))
        if row.people >= SMALLEST and row.largest * 2 <= row.seconds
        else WeekTotal(row.from_at, row.currency, None, None, None)
        for row in rows
    ]


def labeler_at(session: Session, email: str) -> tuple[UUID, UUID] | None:
    """The labeler with an address, and her vendor; None when no labeler has it."""
    at = select(Labeler.id, Labeler.vendor_id).join(User, User.id == Labeler.id)
    row = session.execute(at.where(User.email == email.strip().lower())).one_or_none()
    return None if row is None else (row.id, row.vendor_id)
