"""What a labeler may see about her own care. Nobody else's pages call these (OPT-5, BRK-4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from labeler.db import Utc
from labeler.projects.models import Project
from labeler.wellbeing.clock import clock_of
from labeler.wellbeing.limits import THE_STANDARD
from labeler.wellbeing.models import Break, Consent, OptOut, OptOutScope, Policy, StandDown, WorkClock
from labeler.wellbeing.rules import break_by, break_wanted
from labeler.workforce.models import Labeler
from tasks.content import Category, Severity


@dataclass(frozen=True, slots=True)
class ConsentShown:
    """A standing yes: what to, how strong, since when, until when."""

    category: Category
    severity: Severity
    from_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OptOutShown:
    """A standing no. `project` is the project's name, `category` the kind of content, where the scope has one."""

    id: UUID
    scope: OptOutScope
    from_at: datetime
    project: str | None
    category: Category | None


@dataclass(frozen=True, slots=True)
class ChoicesShown:
    """*My choices*: everything the labeler has said yes and no to that still stands."""

    consents: dict[Category, ConsentShown]
    opt_outs: Sequence[OptOutShown]


def choices(session: Session, labeler_id: UUID, now: datetime) -> ChoicesShown:
    """The labeler's standing choices; single tasks that she skipped are not listed, there is nothing to undo."""
    consents = session.scalars(
        select(Consent).where(Consent.labeler_id == labeler_id, Consent.ended_at.is_(None), Consent.expires_at > now)
    )
    opt_outs = session.execute(
        select(OptOut, Project.name)
        .outerjoin(Project, Project.id == OptOut.project_id)
        .where(OptOut.labeler_id == labeler_id, OptOut.ended_at.is_(None), OptOut.scope != OptOutScope.TASK)
        .order_by(OptOut.from_at)
    )
    return ChoicesShown(
        {
            Category(yes.category): ConsentShown(
                Category(yes.category), Severity(yes.severity), yes.from_at, yes.expires_at
            )
            for yes in consents
        },
        [
            OptOutShown(no.id, no.scope, no.from_at, name, Category(no.category) if no.category else None)
            for no, name in opt_outs
        ],
    )


@dataclass(frozen=True, slots=True)
class BreakShown:
    """The break a labeler is on; `until` is when one that a rule asked for is over."""

    rule: str | None
    started_at: datetime
    until: datetime | None
    paid_until: datetime

    @property
    def due(self) -> bool:
        """Whether a rule asked for it."""
        return self.rule is not None

    @property
    def minutes(self) -> int:
        """How long a required break is."""
        return 0 if self.until is None else round((self.until - self.started_at).total_seconds() / 60)


@dataclass(frozen=True, slots=True)
class Today:
    """A labeler's day: seconds of work seen, when the next break must begin, whether now is a good moment for one,
    and the break she is on.
    """

    seconds: int
    break_by: datetime | None
    break_wanted: bool
    on_break: BreakShown | None


NO_WORK_YET = Today(0, None, False, None)


def _number(name: str) -> Any:
    """A column: the number for everybody that is in force, null where it is the standard's."""
    now = bindparam("now", type_=Utc())
    rows = select(Policy.value).where(
        Policy.name == name,
        Policy.project_id.is_(None),
        Policy.from_at <= now,
        or_(Policy.until_at.is_(None), Policy.until_at > now),
    )
    return rows.order_by(Policy.from_at.desc(), Policy.id.desc()).limit(1).scalar_subquery().label(name)


_OF_BREAKS = ("break_stop", "break_ask")
TODAY = (
    select(
        *(column for column in WorkClock.__table__.columns if column.name != "person_id"),
        Labeler.time_zone,
        Break.rule.label("break_rule"),
        Break.person_id.label("break_of"),
        Break.started_at.label("break_started_at"),
        Break.until.label("break_until"),
        Break.paid_until.label("break_paid_until"),
        *map(_number, _OF_BREAKS),
    )
    .join_from(WorkClock, Labeler, Labeler.person_id == WorkClock.person_id)
    .outerjoin(Break, (Break.person_id == WorkClock.person_id) & Break.ended_at.is_(None))
    .where(Labeler.id == bindparam("me"))
)
"""What `today_of` reads, of `me` at `now`; other queries may add columns and joins of their own. No row: nothing was
ever handed out.
"""


def today_of(row: Any, now: datetime) -> Today:
    """The labeler's day in a row of `TODAY`, by the server's clock and in her own zone."""
    clock = clock_of(row)
    seconds = clock.day_seconds if clock.day == now.astimezone(ZoneInfo(row.time_zone)).date() else 0
    pause = (
        None
        if row.break_of is None
        else BreakShown(row.break_rule, row.break_started_at, row.break_until, row.break_paid_until)
    )
    changed = {name: value for name in _OF_BREAKS if (value := getattr(row, name)) is not None}
    limits = replace(THE_STANDARD, **changed) if changed else THE_STANDARD
    return Today(seconds, break_by(clock, now, limits), break_wanted(clock, now, limits), pause)


def today(session: Session, labeler_id: UUID, now: datetime) -> Today:
    """The labeler's day so far, in one statement."""
    row = session.execute(TODAY, {"me": labeler_id, "now": now}).one_or_none()
    return NO_WORK_YET if row is None else today_of(row, now)


def stand_down(session: Session, labeler_id: UUID, now: datetime) -> datetime | None:
    """Until when this labeler is paid for waiting at a limit; None when she is not waiting."""
    return session.scalar(
        select(StandDown.until_at)
        .where(StandDown.labeler_id == labeler_id, StandDown.until_at > now, StandDown.ended_at.is_(None))
        .order_by(StandDown.until_at.desc())
        .limit(1)
    )
