"""Who has left without a word: her stretch of work and what stood open are closed, as her next act would do it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session

from labeler.assignment.exposure import settle_lapsed
from labeler.assignment.models import Assignment, AssignmentState
from labeler.wellbeing.clock import lock, save_clock
from labeler.wellbeing.models import Exposure, WorkClock
from labeler.wellbeing.rules import last_work, rested
from labeler.workforce.models import Labeler

LEFT = timedelta(hours=1)
"""After this long without a sign, somebody has left."""


def left_open(session: Session, now: datetime, *, most: int = 500) -> list[UUID]:
    """The labelers who left more than an hour ago, with a stretch on the clock or a text that stood open."""
    sat = select(Labeler.id).join(WorkClock, WorkClock.person_id == Labeler.person_id)
    sat = sat.where(
        WorkClock.stretch_from.is_not(None),
        WorkClock.active_at < now - LEFT,
        or_(WorkClock.busy_until.is_(None), WorkClock.busy_until < now - LEFT),
    )
    lapsed = select(Assignment.labeler_id).join(Exposure, Exposure.assignment_id == Assignment.id)
    lapsed = lapsed.where(
        Exposure.ended_at.is_(None),
        Assignment.state == AssignmentState.EXPIRED,
        Assignment.lease_until < now - LEFT,
    )
    return list(session.scalars(union(sat, lapsed).limit(most)))


def close_left(session: Session, labeler_id: UUID, now: datetime) -> None:
    """Close the stretch and the exposure of a labeler who has left, as her next act would."""
    locked = lock(session, labeler_id)
    settle_lapsed(session, locked, now, whoever=True)
    last = last_work(locked.clock, now)
    if last is not None and now - last >= LEFT:
        save_clock(session, locked, rested(locked.clock, now))
