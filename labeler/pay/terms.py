"""What pay is measured by: a contract's rate an hour, what an hour must bring at a place, which of these is the floor.

All of it is dated, says who set it, and is only added to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.pay.benchmarks import Asked, benchmark_problems
from labeler.pay.classes import FloorKind, Measure
from labeler.pay.models import PayPlace, Rate, WageBenchmark
from labeler.pay.sums import is_currency
from labeler.workforce.models import Labeler, Vendor

KNOWN = "There is this benchmark of this day already."


def set_rate(
    session: Session,
    actor: UUID | None,
    vendor_id: UUID,
    per_hour: int | None,
    currency: str,
    from_at: datetime,
    now: datetime,
    *,
    labeler_id: UUID | None = None,
) -> Rate:
    """Set an hour's pay from a moment on, for a vendor's labelers or for one of them.

    It can't begin in the past, where work may have been settled at another rate; only where no rate was at all, which
    is how a vendor's first one reaches back to the beginning of its contracts. A vendor pays in one currency.
    Raises Missing, and Invalid naming every problem.
    """
    vendor = session.scalar(select(Vendor).where(Vendor.id == vendor_id).with_for_update())
    if vendor is None or (labeler_id is not None and not _employs(session, vendor_id, labeler_id)):
        raise Missing("There is no such vendor, or the person does not work for it.")
    known = session.scalars(select(Rate).where(Rate.vendor_id == vendor_id)).all()
    mine = [rate for rate in known if rate.labeler_id in (None, labeler_id)]
    problems = rate_problems(per_hour, currency)
    if is_currency(currency) and known and known[0].currency != currency:
        problems.append(FieldProblem("currency", f"This vendor pays in {known[0].currency}."))
    first = min((rate.from_at for rate in mine), default=None)
    fills = first is None or (labeler_id is None and from_at < first)
    if from_at < now and not fills:
        problems.append(FieldProblem("from_at", "A rate can't begin in the past: work may be settled at the old one."))
    if any(rate.from_at == from_at and rate.labeler_id == labeler_id for rate in known):
        problems.append(FieldProblem("from_at", "There is a rate from this moment already."))
    if problems or per_hour is None:
        raise Invalid("This rate can't be set yet.", problems)
    made = Rate(
        vendor_id=vendor_id, labeler_id=labeler_id, per_hour=per_hour, currency=currency, from_at=from_at,
        set_by=actor, set_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    record(
        session, "rate.set", actor, made.id, now, vendor_id,
        personal=labeler_id is not None, per_hour=per_hour, currency=currency, from_at=from_at,
    )  # fmt: skip
    return made


def rate_problems(per_hour: int | None, currency: str) -> list[FieldProblem]:
    """What is wrong with a rate, whoever it is for. Pure."""
    problems: list[FieldProblem] = []
    if per_hour is None or not 0 < per_hour < 10**12:
        problems.append(FieldProblem("per_hour", "Write the pay of an hour as an amount above zero, such as 12.50."))
    if not is_currency(currency):
        problems.append(FieldProblem("currency", "Write the currency's code of three letters, such as EUR."))
    return problems


def _employs(session: Session, vendor_id: UUID, labeler_id: UUID) -> bool:
    employer = session.scalar(select(Labeler.vendor_id).where(Labeler.id == labeler_id))
    return employer == vendor_id


def add_benchmark(
    session: Session,
    actor: UUID | None,
    place: str,
    kind: FloorKind,
    household: str,
    measure: Measure,
    hours_week: int | None,
    per_hour: int | None,
    currency: str,
    dated: date | None,
    source: str,
    licence: str,
    now: datetime,
) -> WageBenchmark:
    """Add what an hour must bring at a place, with where that is from (PAY-9). Raises Invalid naming every problem."""
    asked = Asked(
        place, kind, household, measure, hours_week, per_hour, currency, dated, source, licence
    )  # fmt: skip
    (made,) = add_benchmarks(session, actor, [asked], now)
    return made


def add_benchmarks(session: Session, actor: UUID | None, wanted: Sequence[Asked], now: datetime) -> list[WageBenchmark]:
    """Add benchmarks, all or none. Raises Invalid naming every problem, of a file by line."""
    problems = [problem for asked in wanted for problem in benchmark_problems(asked, now.date())]
    if problems:
        raise Invalid("Nothing was added: this can't be added yet.", problems)
    refuse_known(session, wanted)
    return [_add_benchmark(session, actor, asked, now) for asked in wanted]


def refuse_known(session: Session, wanted: Sequence[Asked]) -> None:
    """Raises Invalid naming each benchmark that is there already."""
    there = _there(session, {asked.place.strip() for asked in wanted})
    known = [FieldProblem("dated", KNOWN, asked.line) for asked in wanted if asked.key in there]
    if known:
        raise Invalid("Nothing was added: some of it is there already.", known)


def _there(session: Session, places: Collection[str]) -> set[object]:
    columns = select(
        WageBenchmark.place, WageBenchmark.kind, WageBenchmark.household, WageBenchmark.measure, WageBenchmark.dated
    )
    return {tuple(row) for row in session.execute(columns.where(WageBenchmark.place.in_(places)))}


def _add_benchmark(session: Session, actor: UUID | None, asked: Asked, now: datetime) -> WageBenchmark:
    assert asked.kind and asked.measure and asked.hours_week and asked.per_hour and asked.dated
    facts: dict[str, Any] = {
        "place": asked.place.strip(), "kind": asked.kind, "household": asked.household.strip(),
        "measure": asked.measure, "hours_week": asked.hours_week, "per_hour": asked.per_hour,
        "currency": asked.currency, "dated": asked.dated, "source": asked.source.strip(),
        "licence": asked.licence.strip(),
    }  # fmt: skip
    made = WageBenchmark(added_by=actor, added_at=now, **facts)
    session.add(made)
    try:
        session.flush()
    except IntegrityError as error:  # added by somebody else at this moment
        raise Invalid("Nothing was added.", [FieldProblem("dated", KNOWN, asked.line)]) from error
    record(session, "benchmark.add", actor, made.id, now, **facts)
    return made


def set_place(
    session: Session, actor: UUID | None, vendor_id: UUID, benchmark_id: UUID, from_at: datetime, now: datetime
) -> PayPlace:
    """Say by which benchmark a vendor's floor is measured from a moment on; a newer one of its sort takes its place.

    Raises Missing, Invalid for a moment in the past once the vendor has a place.
    """
    vendor = session.scalar(select(Vendor).where(Vendor.id == vendor_id).with_for_update())
    named = session.get(WageBenchmark, benchmark_id)
    if vendor is None or named is None:
        raise Missing("There is no such vendor or benchmark.")
    before = session.scalar(select(func.max(PayPlace.from_at)).where(PayPlace.vendor_id == vendor_id))
    if before is not None and from_at < max(now, before):
        raise Invalid("This can't be set yet.", [FieldProblem("from_at", "A floor can't change for the past.")])
    made = PayPlace(
        vendor_id=vendor_id, place=named.place, kind=named.kind, household=named.household, measure=named.measure,
        from_at=from_at, set_by=actor, set_at=now,
    )  # fmt: skip
    session.add(made)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict("This vendor's floor was set for this moment already.") from error
    record(
        session, "place.set", actor, made.id, now, vendor_id, place=named.place, kind=named.kind,
        household=named.household, measure=named.measure, from_at=from_at,
    )  # fmt: skip
    return made
