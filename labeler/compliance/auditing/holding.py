"""Whose audit it is, and whether it may still change."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.compliance.auditing.models import Audit, AuditSignature
from labeler.errors import Conflict, Missing


def own(session: Session, auditor: UUID, audit_id: UUID) -> Audit:
    """An audit, for whoever opened it. Raises Missing for everybody else."""
    found = session.get(Audit, audit_id)
    if found is None or found.opened_by != auditor:
        raise Missing("There is no such audit, or it is somebody else's.")
    return found


def open_to_change(session: Session, auditor: UUID, audit_id: UUID) -> Audit:
    """The same, held until the transaction ends. Raises Missing, and Conflict once it is signed."""
    found = own(session, auditor, audit_id)
    session.execute(select(Audit.id).where(Audit.id == audit_id).with_for_update())
    if session.scalar(select(AuditSignature.audit_id).where(AuditSignature.audit_id == audit_id)) is not None:
        raise Conflict("This audit is signed off, and nothing of it changes any more. Open another one to go on.")
    return found
