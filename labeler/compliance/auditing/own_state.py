"""How a vendor's running quarter stands, for its managers: by control, after each whole week, in words and bands.

It is worked out once for each week (Monday to Sunday, UTC) and kept: nobody can ask for another span, and there are no
counts that two looks could take from each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from labeler.cells import K_INSIDE
from labeler.compliance.auditing.assessed import assessed
from labeler.compliance.auditing.models import OwnState
from labeler.compliance.auditing.rules import quarter_of
from labeler.compliance.events import Period
from labeler.compliance.outcome import Assessed, Result
from labeler.compliance.reading import newest
from labeler.compliance.standards import read
from labeler.db import table
from labeler.workforce.models import Vendor

WEEK = timedelta(days=7)
STATES = {Result.SATISFIED: "fine", Result.NOT_SATISFIED: "mend", Result.NOT_TESTED: "unknown"}
"""What a control's result is called before its quarter is over."""


@dataclass(frozen=True, slots=True)
class ControlState:
    """How a control stands: `fine`, `mend` or `unknown`; which rules are broken, and about how many people."""

    control: str
    title: str
    state: str
    rules: Sequence[str]
    affected: str


def last_week(now: datetime) -> date:
    """The Monday of the last week that is over, in UTC."""
    today = now.astimezone(UTC).date()
    return today - timedelta(days=today.weekday()) - WEEK


def period_until(week: date) -> Period:
    """From the beginning of the quarter in which a week ends, until the end of the week or of that quarter."""
    end = datetime(week.year, week.month, week.day, tzinfo=UTC) + WEEK
    whole = Period.quarter(*quarter_of(end - timedelta(microseconds=1)))
    return Period(whole.start, min(end, whole.end))


def state_of(found: Assessed, title: str, k: int = K_INSIDE) -> ControlState:
    """How a control stands, with nothing that tells of one person. Pure."""
    broken = [each for each in found.checks if each.result(k) is Result.NOT_SATISFIED]
    people = frozenset[UUID]().union(*(each.affected for each in broken))
    affected = "" if not people else f"fewer than {k}" if len(people) < k else f"{k} or more"
    return ControlState(found.control, title, STATES[found.result], [each.rule for each in broken], affected)


def waiting(session: Session, now: datetime) -> list[UUID]:
    """The vendors whose last whole week was not looked at yet."""
    week = last_week(now)
    there = exists().where(OwnState.vendor_id == Vendor.id, OwnState.week == week)
    end = datetime(week.year, week.month, week.day, tzinfo=UTC) + WEEK
    return list(session.scalars(select(Vendor.id).where(~there, Vendor.created_at < end).order_by(Vendor.id)))


def work_out(session: Session, vendor_id: UUID, now: datetime) -> dict[str, Any]:
    """How a vendor stands after the last whole week, as a row that is not kept yet."""
    week = last_week(now)
    period = period_until(week)
    found = assessed(session, vendor_id, period, standard := read(), newest(session, vendor_id))
    told = [state_of(each, standard.control(each.control).title) for each in found.assessment.controls]
    year, quarter = quarter_of(period.start)
    text = orjson.dumps(told).decode()
    return {"vendor_id": vendor_id, "week": week, "year": year, "quarter": quarter, "state": text, "made_at": now}


def keep(session: Session, row: dict[str, Any]) -> bool:
    """Keep it, unless another process was first; then that one stands. True when it was kept."""
    session.execute(select(Vendor.id).where(Vendor.id == row["vendor_id"]).with_for_update())
    if session.get(OwnState, (row["vendor_id"], row["week"])) is not None:
        return False
    session.execute(insert(table(OwnState)), row)
    return True


def newest_of(session: Session, vendor_id: UUID) -> tuple[OwnState, list[ControlState]] | None:
    """How a vendor stood after the last week that was looked at; None before the first."""
    found = session.scalar(
        select(OwnState).where(OwnState.vendor_id == vendor_id).order_by(OwnState.week.desc()).limit(1)
    )
    return None if found is None else (found, [ControlState(**each) for each in orjson.loads(found.state)])
