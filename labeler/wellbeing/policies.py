"""The numbers in force, from the rows of `policy`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.wellbeing.limits import Change, InForce, in_force
from labeler.wellbeing.models import Policy


def changes(session: Session) -> list[Change]:
    """Every change of a number there ever was or will be, the oldest first."""
    return [change_of(row) for row in session.scalars(select(Policy).order_by(Policy.from_at, Policy.id))]


def change_of(row: Policy) -> Change:
    """A row of `policy` as the rules know it."""
    return Change(row.name, row.value, row.from_at, row.project_id, row.until_at, row.signed_by is not None)


def limits_now(session: Session, now: datetime) -> InForce:
    """The numbers in force at `now`."""
    return in_force(changes(session), now)
