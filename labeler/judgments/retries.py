"""Leave to answer once more: given, used, taken back (REJ-2)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from labeler.judgments.models import Retry


def give_retry(session: Session, assignment_id: UUID, until: datetime, now: datetime) -> None:
    """Let the labeler answer this assignment once more, until a moment."""
    session.add(Retry(assignment_id=assignment_id, from_at=now, until=until))
    session.flush()


def use_retry(session: Session, assignment_id: UUID, now: datetime) -> bool:
    """Use up the leave to answer once more; False when there is none that is open."""
    used = session.execute(
        update(Retry)
        .where(Retry.assignment_id == assignment_id, Retry.used_at.is_(None), Retry.until > now)
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return used.rowcount > 0  # type: ignore[attr-defined, no-any-return]


def end_retry(session: Session, assignment_id: UUID, now: datetime) -> None:
    """Take the leave back, if it is still open."""
    session.execute(
        update(Retry)
        .where(Retry.assignment_id == assignment_id, Retry.used_at.is_(None), Retry.until > now)
        .values(until=now)
        .execution_options(synchronize_session=False)
    )


def retried_at(session: Session, assignment_id: UUID, since: datetime) -> datetime | None:
    """When a leave given at `since` or later was used; None when it was not."""
    return session.scalar(
        select(Retry.used_at).where(
            Retry.assignment_id == assignment_id, Retry.from_at >= since, Retry.used_at.is_not(None)
        )
    )
