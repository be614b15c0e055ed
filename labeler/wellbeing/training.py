"""Training on hard content (WRN-4): short, paid, before the first severe task and each year. No test, no grade."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict
from labeler.wellbeing.clock import lock
from labeler.wellbeing.models import Training
from labeler.wellbeing.policies import limits_now

TRAINING_VERSION = 1
"""The version of the words of the training; one in older words is no training any more."""
TRAINING_LASTS = timedelta(days=365)
"""WRN-4: after this long it is done again."""
TRAINING_OPEN = timedelta(hours=8)
"""How long a training that was begun may be gone on with; after it, it begins anew."""


def start(session: Session, labeler_id: UUID, now: datetime) -> UUID:
    """Begin the training, or go on with one that was begun a moment ago. It is paid from here to its end."""
    locked = lock(session, labeler_id)
    begun = _begun(session, labeler_id, now)
    if begun is not None:
        return begun.id
    made = Training(labeler_id=labeler_id, version=TRAINING_VERSION, started_at=now)
    session.add(made)
    session.flush()
    record(session, "training.start", labeler_id, made.id, now, locked.person.vendor_id, version=TRAINING_VERSION)
    return made.id


def finish(session: Session, labeler_id: UUID, now: datetime) -> datetime:
    """End the training that was begun; until when it holds. Pressed twice it has one effect.

    Raises Conflict when none was begun.
    """
    locked = lock(session, labeler_id)
    begun = _begun(session, labeler_id, now)
    if begun is None:
        until = valid_until(session, labeler_id)
        if until is None or until <= now:
            raise Conflict("This training has not been begun, or was begun long ago. Start it again.")
        return until
    lasts = min(TRAINING_LASTS, timedelta(days=limits_now(session, now).platform.training_days))
    begun.finished_at, begun.expires_at = now, now + lasts
    session.flush()
    record(
        session, "training.finish", labeler_id, begun.id, now, locked.person.vendor_id,
        version=begun.version, expires_at=begun.expires_at,
    )  # fmt: skip
    return begun.expires_at


def valid_until(session: Session, labeler_id: UUID) -> datetime | None:
    """Until when this labeler's training in today's words holds; None when she has done none."""
    return session.scalar(
        select(func.max(Training.expires_at)).where(
            Training.labeler_id == labeler_id, Training.version == TRAINING_VERSION, Training.finished_at.is_not(None)
        )
    )


def is_open(session: Session, labeler_id: UUID, now: datetime) -> bool:
    """Whether this labeler has a training that she can go on with."""
    return _begun(session, labeler_id, now) is not None


def _begun(session: Session, labeler_id: UUID, now: datetime) -> Training | None:
    return session.scalars(
        select(Training)
        .where(
            Training.labeler_id == labeler_id,
            Training.version == TRAINING_VERSION,
            Training.finished_at.is_(None),
            Training.started_at > now - TRAINING_OPEN,
        )
        .order_by(Training.started_at.desc())
        .limit(1)
    ).one_or_none()
