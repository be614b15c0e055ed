"""What an administrator looks after: objections, held counts, rates, floors, and what is wrong with any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from labeler.accounts.models import User
from labeler.errors import Missing
from labeler.pay.closing import counted, floor_of
from labeler.pay.models import OwnTime, PayContest, PayLine, PayPlace, Rate, TimeLine, WageBenchmark
from labeler.pay.own import Mine, my_line
from labeler.pay.sums import Floor, stale
from labeler.workforce.models import Vendor


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection with the line it is about. It is read by who answers it, and never by her vendor."""

    contest: PayContest
    name: str
    vendor: str
    line: Mine


_WAITING = (
    select(PayContest, User.name, Vendor.name)
    .join(User, User.id == PayContest.labeler_id)
    .outerjoin(TimeLine, TimeLine.id == PayContest.time_line_id)
    .outerjoin(PayLine, PayLine.id == PayContest.pay_line_id)
    .join(Vendor, (Vendor.id == TimeLine.vendor_id) | (Vendor.id == PayLine.vendor_id))
    .where(PayContest.answered_at.is_(None))
    .order_by(PayContest.due_at)
    .limit(100)
)


def objections(session: Session) -> Sequence[Objection]:
    """Those that wait for an answer, the soonest due first."""
    return [_objection(session, *row) for row in session.execute(_WAITING).all()]


def objection(session: Session, contest_id: UUID) -> Objection:
    """One that waits for its answer. Raises Missing."""
    row = session.execute(_WAITING.where(PayContest.id == contest_id)).one_or_none()
    if row is None:
        raise Missing("There is no such objection that waits for an answer.")
    return _objection(session, *row)


def _objection(session: Session, raised: PayContest, name: str, vendor: str) -> Objection:
    return Objection(raised, name, vendor, my_line(session, raised.labeler_id, _line_of(raised)))


def _line_of(raised: PayContest) -> UUID:
    line = raised.time_line_id or raised.pay_line_id
    assert line is not None
    return line


@dataclass(frozen=True, slots=True)
class Held:
    """A labeler's own count of a week that is more than a quarter over the server's."""

    id: UUID
    name: str
    week: datetime
    said: int
    counted: int


def held_counts(session: Session) -> Sequence[Held]:
    """Own counts that a person must look at."""
    rows = session.execute(
        select(OwnTime, User.name)
        .join(User, User.id == OwnTime.labeler_id)
        .where(OwnTime.held_at.is_not(None), OwnTime.decided_at.is_(None))
        .order_by(OwnTime.held_at)
        .limit(100)
    ).all()
    return [
        Held(said.id, name, said.period_from, said.seconds, counted(session, said.labeler_id, said.period_from))
        for said, name in rows
    ]


@dataclass(frozen=True, slots=True)
class RateShown:
    """A rate as the page lists it. `labeler` is null where it holds for all of the vendor's."""

    vendor_id: UUID
    vendor: str
    labeler: str | None
    per_hour: int
    currency: str
    from_at: datetime
    set_by: str | None


def rates(session: Session, vendor_id: UUID | None = None) -> Sequence[RateShown]:
    """All rates, or a vendor's own, by vendor and the newest first."""
    who, setter = aliased(User), aliased(User)
    wanted = (
        select(
            Rate.vendor_id, Vendor.name.label("vendor"), who.name.label("labeler"), Rate.per_hour, Rate.currency,
            Rate.from_at, setter.name.label("set_by"),
        )
        .join(Vendor, Vendor.id == Rate.vendor_id)
        .outerjoin(who, who.id == Rate.labeler_id)
        .outerjoin(setter, setter.id == Rate.set_by)
        .order_by(Vendor.name, Rate.from_at.desc())
    )  # fmt: skip
    if vendor_id is not None:
        wanted = wanted.where(Rate.vendor_id == vendor_id)
    return [RateShown(**row._mapping) for row in session.execute(wanted)]


@dataclass(frozen=True, slots=True)
class BenchmarkShown:
    """A benchmark, and whether it is older than a year (PAY-9)."""

    row: WageBenchmark
    stale: bool


def benchmarks(session: Session, today: date) -> Sequence[BenchmarkShown]:
    """All benchmarks by place, the newest first."""
    found = session.scalars(select(WageBenchmark).order_by(WageBenchmark.place, WageBenchmark.dated.desc()))
    return [BenchmarkShown(row, stale(row.dated, today)) for row in found]


@dataclass(frozen=True, slots=True)
class VendorPay:
    """A vendor: its place, its floor, and what is wrong. `findings` are sentences."""

    vendor: Vendor
    place: PayPlace | None
    floor: Floor | None
    findings: list[str]


def vendor_pay(session: Session, now: datetime) -> Sequence[VendorPay]:
    """Every vendor with its floor in force and what an administrator should see to."""
    found: list[VendorPay] = []
    for vendor in session.scalars(select(Vendor).order_by(Vendor.name)).all():
        begun = select(PayPlace).where(PayPlace.vendor_id == vendor.id, PayPlace.from_at <= now)
        place = session.scalars(begun.order_by(PayPlace.from_at.desc()).limit(1)).one_or_none()
        floor = floor_of(session, vendor.id, now)
        currency = session.scalar(select(Rate.currency).where(Rate.vendor_id == vendor.id).limit(1))
        found.append(VendorPay(vendor, place, floor, findings(floor, currency, now.date())))
    return found


def findings(floor: Floor | None, currency: str | None, today: date) -> list[str]:
    """What is wrong with a vendor's rate and floor, each in a sentence. Pure."""
    said: list[str] = []
    if currency is None:
        said.append("No rate is set: its labelers' time is kept but not paid, and their work can't be exported.")
    if floor is None:
        said.append("No floor is set: nobody can be topped up.")
        return said
    if currency is not None and floor.currency != currency:
        said.append(f"The floor is in {floor.currency}, the rate in {currency}: nobody can be topped up.")
    if stale(floor.dated, today):
        said.append(f"The floor is of {floor.dated.isoformat()}, more than twelve months ago. Add a newer one.")
    return said
