"""Signing an audit off."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.compliance.auditing.as_said import refuse_changed
from labeler.compliance.auditing.assessed import Quarter
from labeler.compliance.auditing.findings import shown
from labeler.compliance.auditing.frozen import finished
from labeler.compliance.auditing.holding import open_to_change
from labeler.compliance.auditing.models import AuditSignature, Finding
from labeler.compliance.auditing.packing import pack as packed
from labeler.compliance.auditing.rules import WORDS, Assurance, length_problem, tidy
from labeler.errors import FieldProblem, Invalid


def sign_off(
    session: Session,
    auditor: UUID,
    audit_id: UUID,
    found: Quarter,
    name: str,
    role: str,
    assurance: str,
    statement: str,
    now: datetime,
) -> None:
    """Sign an audit off: from here on nothing of it changes, its report neither.

    Raises Missing, Forbidden, Invalid naming every problem, and Conflict when it is signed, its report is not made yet,
    or what was said in it is not as it was said.
    """
    audit = open_to_change(session, auditor, audit_id)
    name, role, statement = tidy(name), tidy(role), tidy(statement)
    problems = length_problem("name", name, (2, 200)) + length_problem("role", role, (2, 200))
    if assurance not in set(Assurance):
        problems.append(FieldProblem("assurance", "Choose what you vouch for."))
    problems += length_problem("statement", statement, WORDS)
    if problems:
        raise Invalid("The audit can't be signed yet.", problems)
    told = {"name": name, "role": role, "assurance": assurance, "statement": statement, "at": now}
    report, made = finished(session, audit)
    refuse_changed(session, audit_id, shown(session, Finding.audit_id == audit_id, now))
    pack = packed(session, audit, found, made, report.number, told)
    digest = hashlib.sha256(pack.encode()).hexdigest()
    session.add(
        AuditSignature(
            audit_id=audit_id,
            signed_by=auditor,
            signed_at=now,
            name=name,
            role=role,
            assurance=Assurance(assurance),
            statement=statement,
            report_digest=made,
            pack=pack,
            pack_digest=digest,
        )
    )
    session.flush()
    record(
        session, "audit.sign", auditor, audit_id, now, audit.vendor_id, report=made, pack=digest,
        assurance=assurance,
    )  # fmt: skip
