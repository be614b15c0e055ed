"""How severe content is spread over those who may be given it (EXP-6): looked up each minute, not in the claim."""

from __future__ import annotations

from datetime import datetime
from statistics import median
from uuid import UUID

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.audit.service import record
from labeler.wellbeing.hours import WEEK
from labeler.wellbeing.models import Consent, Exposure, ExposurePool
from labeler.workforce.models import Labeler
from tasks.content import Severity

POOL = UUID(int=2)
"""The subject of entries about the pool."""
SAID_FROM = 60
"""The record has the median anew when it has moved by a minute: that is how close a report knows it."""


def refresh_pool(session: Session, now: datetime) -> ExposurePool:
    """Write the median of the severe seconds of the last 168 h over everybody who has said yes to severe content."""
    people = set(
        session.scalars(
            select(Labeler.person_id)
            .join(Consent, Consent.labeler_id == Labeler.id)
            .join(User, User.id == Labeler.id)
            .where(
                Consent.severity >= Severity.EGREGIOUS,
                Consent.ended_at.is_(None),
                Consent.expires_at > now,
                User.disabled_at.is_(None),
            )
            .distinct()
        )
    )
    spent = dict(
        session.execute(
            select(Exposure.person_id, func.sum(Exposure.seconds))
            .where(Exposure.severity >= Severity.EGREGIOUS, Exposure.ended_at > now - WEEK)
            .group_by(Exposure.person_id)
        ).all()
    )
    row = session.get(ExposurePool, 1) or ExposurePool(median_seconds=0, people=0, at=now)
    row.median_seconds = round(median([int(spent.get(person, 0)) for person in people] or [0]))
    row.people, row.at = len(people), now
    session.add(row)
    session.flush()
    if abs(row.median_seconds - _said(session)) >= SAID_FROM:
        record(session, "pool.measure", None, POOL, now, median=row.median_seconds, people=row.people)
    return row


def _said(session: Session) -> int:
    """The median that the record knows; 0 before it has one."""
    newest = select(AuditEntry.fields).where(AuditEntry.subject_id == POOL).order_by(AuditEntry.id.desc()).limit(1)
    told = session.scalar(newest)
    return 0 if told is None else int(orjson.loads(told)["median"])
