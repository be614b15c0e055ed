"""Erasing what an entry says: its row and its salt go, its place in the sealed record stays, and every proof holds."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry, LogLeaf

SLICE = 2_000
"""Entries in one transaction."""


def forget(session: Session, actors: Collection[UUID], acts: Collection[str], most: int = SLICE) -> bool:
    """Erase some entries of these acts by these people; False when none was left. Only what is sealed is erased: before
    that, nothing would show that there was an entry. Seal first."""
    wanted = (
        select(AuditEntry.id)
        .join(LogLeaf, LogLeaf.entry_id == AuditEntry.id)
        .where(AuditEntry.actor_id.in_(actors), AuditEntry.act.in_(acts))
        .order_by(AuditEntry.id)
        .limit(most)
    )
    ids = session.scalars(wanted).all()
    if ids:
        session.execute(update(LogLeaf).where(LogLeaf.entry_id.in_(ids)).values(salt=None))
        session.execute(delete(AuditEntry).where(AuditEntry.id.in_(ids)))
    return bool(ids)
