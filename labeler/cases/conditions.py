"""A vendor's conditions as numbers of whole quarters, each shown only where enough people stand behind it (GOV-3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.cases.models import Case, CaseKind, NotUsed, Review
from labeler.cases.rules import Cause, Outcome
from labeler.cells import K_INSIDE, cell
from labeler.wellbeing.models import Policy
from labeler.workforce.models import Labeler

QUARTERS = 4
"""How many are shown. They are fixed: no other span can be asked for, so no two can be taken from each other."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """The numbers of one whole quarter (UTC); None where too few people stand behind one: not tested, not passed.

    `reviews` were decided in it, `overturned` and `on_time` are among them.
    """

    name: str
    people: int | None
    not_used: int | None
    restrictions: int | None
    reviews: int | None
    overturned: int | None
    on_time: int | None


def quarters(now: datetime, number: int = QUARTERS) -> list[tuple[str, datetime, datetime]]:
    """The last whole quarters, the newest first: name, beginning, end."""
    year, quarter = now.astimezone(UTC).year, (now.astimezone(UTC).month - 1) // 3
    end, found = datetime(year, 3 * quarter + 1, 1, tzinfo=UTC), []
    for _ in range(number):
        year, quarter = (year, quarter - 1) if quarter else (year - 1, 3)
        begin = datetime(year, 3 * quarter + 1, 1, tzinfo=UTC)
        found.append((f"{year} Q{quarter + 1}", begin, end))
        end = begin
    return found


def of_vendor(session: Session, vendor_id: UUID, now: datetime) -> list[Quarter]:
    """The vendor's last whole quarters."""
    return [_quarter(session, vendor_id, *span) for span in quarters(now)]


def _quarter(session: Session, vendor_id: UUID, name: str, begin: datetime, end: datetime) -> Quarter:
    people = set(
        session.scalars(
            select(User.id)
            .join(Labeler, Labeler.id == User.id)
            .where(
                Labeler.vendor_id == vendor_id,
                User.created_at < end,
                User.disabled_at.is_(None) | (User.disabled_at >= begin),
            )
        )
    )
    cases = select(Case.labeler_id).where(Case.vendor_id == vendor_id)
    marked = session.scalars(
        cases.join(NotUsed, NotUsed.case_id == Case.id).where(NotUsed.effective_at >= begin, NotUsed.effective_at < end)
    )
    restricted = session.scalars(
        cases.where(Case.kind == CaseKind.RESTRICTION, Case.opened_at >= begin, Case.opened_at < end)
    )
    decided = session.execute(
        select(Case.labeler_id, Review.outcome, Review.decided_at, Review.due_at)
        .join(Review, Review.case_id == Case.id)
        .where(
            Case.vendor_id == vendor_id,
            Review.cause == Cause.LABELER,
            Review.decided_at >= begin,
            Review.decided_at < end,
        )
    ).all()
    reviews = Counter(row.labeler_id for row in decided)
    overturned = Counter(row.labeler_id for row in decided if row.outcome is Outcome.CHANGED)
    on_time = Counter(row.labeler_id for row in decided if row.decided_at <= row.due_at)
    return Quarter(
        name,
        cell(dict.fromkeys(people, 1), K_INSIDE),
        _cell(Counter(marked), people),
        _cell(Counter(restricted), people),
        _cell(reviews, people),
        _cell(overturned, reviews),
        _cell(on_time, reviews),
    )


def _cell(values: Mapping[UUID | None, int], among: set[UUID] | Mapping[UUID | None, int]) -> int | None:
    return cell(values, K_INSIDE, len({*among, *values}))


def policies(session: Session, now: datetime) -> Sequence[Policy]:
    """The numbers of the standard that were changed for everybody and are in force, by name."""
    begun = session.scalars(
        select(Policy)
        .where(Policy.project_id.is_(None), Policy.from_at <= now)
        .order_by(Policy.from_at, Policy.made_at, Policy.id)
    )
    newest = {each.name: each for each in begun}
    return [newest[name] for name in sorted(newest) if newest[name].until_at is None or newest[name].until_at > now]  # type: ignore[operator]
