"""A labeler's own last days: her stretches of work, her breaks, and the time with hard content. Hers alone (BRK-4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from labeler.wellbeing.clock import clock_of, stretches
from labeler.wellbeing.hours import WEEK, flat
from labeler.wellbeing.merging import running
from labeler.wellbeing.models import Break, Exposure, WorkClock
from labeler.wellbeing.rules import stretch_of
from labeler.workforce.models import Labeler
from tasks.content import SENSITIVE, Category, Severity, parse_profile


@dataclass(frozen=True, slots=True)
class Worked:
    """A stretch of work; `open`: it still goes on."""

    from_at: datetime
    until_at: datetime
    open: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasted, up to its last sign."""
        return (self.until_at - self.from_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Rested:
    """A break; `rule` asked for it, None when she took it herself."""

    started_at: datetime
    ended_at: datetime | None
    rule: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """Seconds with one kind of content of one strength on one of her days."""

    day: date
    category: Category
    severity: Severity
    seconds: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The last 168 hours of one person, over all her accounts, the newest first."""

    stretches: Sequence[Worked]
    breaks: Sequence[Rested]
    exposure: Sequence[Shown]


def ledger(session: Session, labeler_id: UUID, now: datetime) -> Ledger:
    """What was written down of this labeler's last week. A text of two kinds counts under both."""
    me = session.get(Labeler, labeler_id)
    if me is None:
        return Ledger((), (), ())
    since, person = now - WEEK, me.person_id
    return Ledger(
        _stretches(session, person, since, now),
        _breaks(session, person, since),
        _exposure(session, person, since, ZoneInfo(me.time_zone)),
    )


def _stretches(session: Session, person: UUID, since: datetime, now: datetime) -> list[Worked]:
    spans, row, goes_on = stretches(session, person, since), session.get(WorkClock, person), False
    if row is not None:
        clock = clock_of(row)
        last, goes_on = stretch_of(clock, now), running(clock, now)
        spans += [last] if last is not None and last.from_at < last.until_at and last.until_at > since else []
    found = [Worked(span.from_at, span.until_at) for span in reversed(flat(spans))]
    return [replace(found[0], open=True), *found[1:]] if found and goes_on else found


def _breaks(session: Session, person: UUID, since: datetime) -> list[Rested]:
    rows = session.scalars(
        select(Break)
        .where(Break.person_id == person, or_(Break.ended_at.is_(None), Break.ended_at > since))
        .order_by(Break.started_at.desc())
    )
    return [Rested(row.started_at, row.ended_at, row.rule) for row in rows]


def _exposure(session: Session, person: UUID, since: datetime, zone: ZoneInfo) -> list[Shown]:
    rows = session.execute(
        select(Exposure.profile, Exposure.seconds, Exposure.ended_at).where(
            Exposure.person_id == person, Exposure.ended_at > since, Exposure.seconds > 0
        )
    )
    sums: dict[tuple[date, Category, Severity], int] = defaultdict(int)
    for profile, seconds, ended_at in rows:
        assert ended_at is not None
        for category, severity in parse_profile(profile).items():
            if severity >= SENSITIVE:
                sums[ended_at.astimezone(zone).date(), category, severity] += seconds
    ordered = sorted(sums.items(), key=lambda item: (-item[0][0].toordinal(), item[0][1], -item[0][2]))
    return [Shown(*place, seconds) for place, seconds in ordered]
