"""What is told outside of pay: what an hour brought to many people in a span, never to one person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.cells import cell
from labeler.pay.models import PayPeriod
from labeler.pay.sums import PARTS


@dataclass(frozen=True, slots=True)
class Hourly:
    """What an hour of all paid time brought on average, in minor units, rounded down; None: too few people.

    `at_floor`: in how many of the weeks with a known floor it was reached, and how many these are; None: not told.
    """

    currency: str
    effective: int | None
    at_floor: tuple[int, int] | None


def hourly(
    session: Session, people: Collection[UUID], start: datetime, end: datetime, k: int, at: datetime
) -> list[Hourly]:
    """The effective hourly rate (PAY-1) of these labelers in the weeks whose statements end in a span, by currency:
    from the statements that were made by `at`.

    It is that of `pay.sums.Sums`: base, bonus, top-up and corrections, less fees and costs, over all paid seconds.
    """
    of = PayPeriod
    rows = session.execute(
        select(of.labeler_id, of.currency, of.seconds, of.base, of.bonus, of.correction, of.top_up, of.fee, of.cost,
               of.floor)
        .where(of.until_at >= start, of.until_at < end, of.made_at <= at)
    )  # fmt: skip
    seconds: defaultdict[str, Counter[UUID]] = defaultdict(Counter)
    weeks: defaultdict[str, Counter[UUID]] = defaultdict(Counter)
    below: defaultdict[str, Counter[UUID]] = defaultdict(Counter)
    earned: Counter[str] = Counter()
    for who, currency, length, base, bonus, correction, top_up, fee, cost, floor in rows:
        if who not in people or not length:
            continue
        seconds[currency][who] += length
        came = base + bonus + correction + top_up - fee - cost
        earned[currency] += came
        if floor is not None:
            weeks[currency][who] += 1
            below[currency][who] += came * PARTS < floor * length
    found = []
    for currency in sorted(seconds):
        whole = cell(seconds[currency], k, len(people))
        known, under = cell(weeks[currency], k, len(people)), below[currency]
        lacking = cell(under, k, len(people)) if any(under.values()) else 0
        found.append(
            Hourly(
                currency,
                None if whole is None else earned[currency] * PARTS // whole,
                (known - lacking, known) if known is not None and lacking is not None and whole is not None else None,
            )
        )
    return found
