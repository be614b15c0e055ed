"""Whose audit it is, whether it may still change, and how it goes to another auditor.

Every auditor reads every audit. One of them holds it and alone adds to it: whoever opened it, until it is handed on.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.audit.service import record
from labeler.compliance.auditing.models import Audit, AuditHandover, AuditSignature
from labeler.errors import Conflict, FieldProblem, Forbidden, Invalid, Missing


def one(session: Session, audit_id: UUID) -> Audit:
    """An audit, for any auditor. Raises Missing."""
    found = session.get(Audit, audit_id)
    if found is None:
        raise Missing("There is no such audit.")
    return found


def holding() -> ColumnElement[UUID]:
    """Who holds an `Audit`, in a statement about audits."""
    last = (
        select(AuditHandover.to_id)
        .where(AuditHandover.audit_id == Audit.id)
        .order_by(AuditHandover.number.desc())
        .limit(1)
    )
    return func.coalesce(last.correlate(Audit).scalar_subquery(), Audit.opened_by)


def holder(session: Session, audit_id: UUID) -> User:
    """Who holds an audit. Raises Missing."""
    found = session.scalar(select(User).join(Audit, User.id == holding()).where(Audit.id == audit_id))
    if found is None:
        raise Missing("There is no such audit.")
    return found


def held(session: Session, audit_id: UUID) -> Audit:
    """An audit, kept from changing until the transaction ends. Raises Missing."""
    found = session.get(Audit, audit_id, with_for_update=True)
    if found is None:
        raise Missing("There is no such audit.")
    return found


def own(session: Session, auditor: UUID, audit_id: UUID) -> Audit:
    """An audit for whoever holds it, kept from changing until the transaction ends. Raises Missing, and Forbidden for
    everybody else."""
    found = held(session, audit_id)
    if (by := holder(session, audit_id)).id != auditor:
        raise Forbidden(f"{by.name} holds this audit. You can read all of it; only who holds it adds to it.")
    return found


def open_to_change(session: Session, auditor: UUID, audit_id: UUID) -> Audit:
    """The same. Raises Missing, Forbidden, and Conflict once it is signed."""
    found = own(session, auditor, audit_id)
    if session.scalar(select(AuditSignature.audit_id).where(AuditSignature.audit_id == audit_id)) is not None:
        raise Conflict("This audit is signed off, and nothing of it changes any more. Open another one to go on.")
    return found


def auditors(session: Session) -> list[User]:
    """The auditors whose accounts are open, by name."""
    found = select(User).where(User.role == Role.AUDITOR, User.disabled_at.is_(None)).order_by(User.name, User.id)
    return list(session.scalars(found))


def hand_on(session: Session, actor: UUID, audit_id: UUID, to: UUID | None, now: datetime) -> None:
    """Give an audit to another auditor, signed or not: findings go on. Who holds it does so; where that account is
    closed, an auditor takes it over herself. Nobody else moves an audit, an administrator neither.

    Raises Missing, Forbidden, and Invalid when there is no such auditor.
    """
    audit = held(session, audit_id)
    by = holder(session, audit_id)
    if by.id != actor and (by.disabled_at is None or to != actor):
        raise Forbidden(f"{by.name} holds this audit, and alone can hand it on.")
    if to is None or to == by.id or to not in {each.id for each in auditors(session)}:
        raise Invalid("It can't be handed on yet.", [FieldProblem("to", "Choose an auditor from the list.")])
    number = 1 + (session.scalar(select(func.max(AuditHandover.number)).where(AuditHandover.audit_id == audit_id)) or 0)
    session.add(AuditHandover(audit_id=audit_id, number=number, from_id=by.id, to_id=to, at=now))
    session.flush()
    record(session, "audit.hand_on", actor, audit_id, now, audit.vendor_id, **{"from": by.id, "to": to})
