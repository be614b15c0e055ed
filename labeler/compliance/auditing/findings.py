"""Findings: what an auditor wrote, what the vendor replied and promised, and whether it was closed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.compliance.auditing.holding import open_to_change, own
from labeler.compliance.auditing.models import Audit, Finding, FindingStep
from labeler.compliance.auditing.rules import (
    ACTS,
    REPLY,
    WORDS,
    FindingState,
    Severity,
    Standing,
    Step,
    due_problem,
    length_problem,
    standing,
    tidy,
)
from labeler.compliance.standards import read
from labeler.errors import Conflict, FieldProblem, Invalid, Missing


def digest_of(text: str) -> str:
    """The SHA-256 of what was said, in hexadecimal: by it the record knows a text that is in no entry."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding with all that followed it, and where it stands."""

    audit: Audit
    finding: Finding
    steps: Sequence[FindingStep]
    standing: Standing


def write(
    session: Session,
    auditor: UUID,
    audit_id: UUID,
    control: str,
    severity: str,
    text: str,
    due_on: date | None,
    now: datetime,
) -> UUID:
    """Write a finding, which the vendor's managers see at once; its id. Raises Missing, Conflict, Invalid."""
    audit = open_to_change(session, auditor, audit_id)
    text, problems = tidy(text), []
    if control not in {each.id for each in read(audit.standard).controls}:
        problems.append(FieldProblem("control", "Choose a control from the list."))
    if severity not in set(Severity):
        problems.append(FieldProblem("severity", "Choose how serious it is."))
    problems += length_problem("text", text, WORDS) + due_problem("due_on", due_on, now)
    if problems or due_on is None:
        raise Invalid("The finding can't be written yet.", problems)
    number = 1 + (session.scalar(select(func.max(Finding.number)).where(Finding.audit_id == audit_id)) or 0)
    found = Finding(
        audit_id=audit_id, number=number, control=control, severity=Severity(severity), text=text, due_on=due_on,
        written_at=now,
    )  # fmt: skip
    session.add(found)
    session.flush()
    record(
        session, "finding.write", auditor, found.id, now, audit.vendor_id, audit=audit_id, control=control,
        severity=severity, due_on=due_on, digest=digest_of(text),
    )  # fmt: skip
    return found.id


def reply(
    session: Session, manager: UUID, vendor_id: UUID, finding_id: UUID, text: str, remedy_on: date | None, now: datetime
) -> None:
    """The vendor's reply, and the day by which it mends it. Raises Missing, Conflict when it is closed, Invalid."""
    found = _of_vendor(session, vendor_id, finding_id, now, lock=True)
    if found.standing.state is FindingState.CLOSED:
        raise Conflict("This finding is closed. There is nothing left to reply to.")
    text = tidy(text)
    problems = length_problem("text", text, REPLY) + due_problem("remedy_on", remedy_on, now)
    if problems:
        raise Invalid("The reply can't be sent yet.", problems)
    session.add(
        FindingStep(finding_id=finding_id, step=Step.REPLY, text=text, by_id=manager, at=now, remedy_on=remedy_on)
    )
    session.flush()
    record(session, ACTS[Step.REPLY], manager, finding_id, now, vendor_id, remedy_on=remedy_on, digest=digest_of(text))


def decide(
    session: Session, auditor: UUID, audit_id: UUID, finding_id: UUID, step: str, text: str, now: datetime
) -> None:
    """Close a finding, or keep it open, with reasons; a signed audit's too. Raises Missing, Conflict, Invalid."""
    audit = own(session, auditor, audit_id)
    found = of_audit(session, audit, finding_id, now, lock=True)
    if found.standing.state is FindingState.CLOSED:
        raise Conflict("This finding is closed already.")
    text, problems = tidy(text), []
    if step not in (Step.CLOSE, Step.KEEP):
        problems.append(FieldProblem("step", "Choose whether it is closed or stays open."))
    problems += length_problem("text", text, REPLY)
    if problems:
        raise Invalid("This can't be kept yet.", problems)
    session.add(FindingStep(finding_id=finding_id, step=Step(step), text=text, by_id=auditor, at=now))
    session.flush()
    record(session, ACTS[Step(step)], auditor, finding_id, now, audit.vendor_id, digest=digest_of(text))


def of_audit(session: Session, audit: Audit, finding_id: UUID, now: datetime, *, lock: bool = False) -> Shown:
    """One finding of an audit. Raises Missing."""
    return _one(session, (Finding.id == finding_id) & (Finding.audit_id == audit.id), now, lock=lock)


def of_vendor(session: Session, vendor_id: UUID, finding_id: UUID, now: datetime) -> Shown:
    """One finding about a vendor, for its manager. Raises Missing."""
    return _of_vendor(session, vendor_id, finding_id, now)


def _of_vendor(session: Session, vendor_id: UUID, finding_id: UUID, now: datetime, *, lock: bool = False) -> Shown:
    return _one(session, (Finding.id == finding_id) & (Audit.vendor_id == vendor_id), now, lock=lock)


def _one(session: Session, where: ColumnElement[bool], now: datetime, *, lock: bool) -> Shown:
    found = shown(session, where, now, lock=lock)
    if not found:
        raise Missing("There is no such finding, or it is not yours to see.")
    return found[0]


def shown(session: Session, where: ColumnElement[bool], now: datetime, *, lock: bool = False) -> list[Shown]:
    """The findings that fit, in the order in which they were written."""
    wanted = select(Finding, Audit).join(Audit, Audit.id == Finding.audit_id).where(where)
    if lock:
        wanted = wanted.with_for_update(of=Finding)
    rows = session.execute(wanted.order_by(Finding.written_at, Finding.number)).all()
    ids = [finding.id for finding, _ in rows]
    steps: defaultdict[UUID, list[FindingStep]] = defaultdict(list)
    for step in session.scalars(
        select(FindingStep).where(FindingStep.finding_id.in_(ids)).order_by(FindingStep.at, FindingStep.id)
    ):
        steps[step.finding_id].append(step)
    return [
        Shown(
            audit,
            finding,
            steps[finding.id],
            standing(finding.due_on, [(each.step, each.remedy_on) for each in steps[finding.id]], now),
        )
        for finding, audit in rows
    ]
