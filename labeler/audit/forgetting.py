"""Erasing what an entry says: its row and its salt go, its place in the sealed record stays, and every proof holds.

Nothing else takes a row out of the record. On PostgreSQL the role that runs the product may not do it: a function does,
which belongs to the owner of the tables and looks for itself whether the person was erased (migration 0021). On SQLite
triggers look at the same.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry, LogLeaf
from labeler.audit.service import record
from labeler.ids import new_id

SLICE = 2_000
"""Entries in one transaction."""
ANSWERED = "judgment.submit"
"""The act whose entries are erased: they have a sum of the answer."""


def forget(session: Session, account: UUID, vendor: UUID | None, now: datetime, most: int = SLICE) -> int:
    """Erase some of the entries that an erased labeler has answered, and write how many; 0 when none was left.

    Only what is sealed is erased, and only once it is sealed that she was erased (`person.erase`): before that, nothing
    would show that there was an entry. Seal first.
    """
    if session.get_bind().dialect.name == "postgresql":
        return int(session.execute(select(func.forget_answers(account, most, new_id()))).scalar_one())
    said = (
        select(AuditEntry.id)
        .join(LogLeaf, LogLeaf.entry_id == AuditEntry.id)
        .where(AuditEntry.subject_id == account, AuditEntry.act == "person.erase")
    )
    wanted = (
        select(AuditEntry.id)
        .join(LogLeaf, LogLeaf.entry_id == AuditEntry.id)
        .where(AuditEntry.actor_id == account, AuditEntry.act == ANSWERED, said.exists())
        .order_by(AuditEntry.id)
        .limit(most)
    )
    ids = session.scalars(wanted).all()
    if ids:
        record(session, "person.forget", None, account, now, vendor=vendor, entries=len(ids))
        session.execute(update(LogLeaf).where(LogLeaf.entry_id.in_(ids)).values(salt=None))
        session.execute(delete(AuditEntry).where(AuditEntry.id.in_(ids)))
    return len(ids)
