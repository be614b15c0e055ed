"""What people say in a report, in their own words: kept under its digest, which the record has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.audit.service import record
from labeler.compliance.models import ReportText
from labeler.compliance.report.asked import period_named
from labeler.compliance.report.texts import LONGEST, TextKind, digest
from labeler.errors import FieldProblem, Forbidden, Invalid, Missing
from labeler.workforce.models import Vendor, VendorManager, WorkerRepresentative

LONGEST_SIGNER = 200
KINDS: Mapping[Role, tuple[TextKind, ...]] = {
    Role.VENDOR_MANAGER: (TextKind.ASSERTION, TextKind.RESPONSE),
    Role.WORKER_REPRESENTATIVE: (TextKind.REPRESENTATIVE,),
    Role.AUDITOR: (TextKind.STATEMENT,),
}
"""Who writes what: nobody for somebody else, an administrator nothing."""


def say(
    session: Session, actor: UUID, vendor_id: UUID, kind: TextKind, period: str, signer: str, text: str, now: datetime
) -> ReportText:
    """Write a text for the reports on a vendor's quarter. A report takes the newest one of its kind that was sealed
    when it was asked for; the same words again are the newest again.

    Raises Missing, Forbidden where this part or this vendor is not hers, and Invalid with every problem.
    """
    if session.get(Vendor, vendor_id, with_for_update=True) is None:
        raise Missing("There is no such vendor.")
    _hers(session, actor, vendor_id, kind)
    period = period if period.isprintable() else ""
    signer, text, problems = " ".join(signer.split()), text.replace("\r\n", "\n").strip(), []
    try:
        if now < period_named(period).start:
            problems.append(FieldProblem("period", f"{period} has not begun."))
    except ValueError:
        problems.append(FieldProblem("period", "Name a quarter, such as 2026 Q3."))
    if not signer or len(signer) > LONGEST_SIGNER:
        problems.append(FieldProblem("signer", f"Say who signs, in 1 to {LONGEST_SIGNER} characters."))
    if not text or len(text) > LONGEST:
        problems.append(FieldProblem("text", f"Write something, of at most {LONGEST:,} characters."))
    for name, value in (("signer", signer), ("text", text)):
        if any(not letter.isprintable() and letter not in "\n\t" for letter in value):
            problems.append(FieldProblem(name, "There are characters in it that cannot be printed. Take them out."))
    if problems:
        raise Invalid("This text cannot be kept yet.", problems)
    named = digest(kind, period, signer, text)
    made = session.get(ReportText, (vendor_id, named))
    if made is None:
        made = ReportText(
            vendor_id=vendor_id, digest=named, kind=kind, period=period, signer=signer, text=text, author_id=actor,
            written_at=now,
        )  # fmt: skip
        session.add(made)
        session.flush()
    record(session, "report.text", actor, vendor_id, now, vendor_id, kind=kind, period=period, digest=named)
    return made


def speaks_for(session: Session, actor: UUID) -> UUID | None:
    """The vendor that a manager or a worker representative speaks for; None for everybody else."""
    for of in (VendorManager, WorkerRepresentative):
        if (vendor := session.scalar(select(of.vendor_id).where(of.user_id == actor))) is not None:
            return vendor
    return None


def _hers(session: Session, actor: UUID, vendor_id: UUID, kind: TextKind) -> None:
    role = session.scalars(select(User.role).where(User.id == actor)).one()
    if kind not in KINDS.get(role, ()):
        raise Forbidden("Nobody writes this part of a report but those whose words it is for.")
    if role is not Role.AUDITOR and speaks_for(session, actor) != vendor_id:
        raise Forbidden("You do not speak for this vendor.")


def said(session: Session, vendor_id: UUID, kind: TextKind, period: str) -> Sequence[ReportText]:
    """The texts of one kind on a quarter, the newest first."""
    if not period.isprintable():
        return []
    wanted = select(ReportText).where(
        ReportText.vendor_id == vendor_id, ReportText.kind == kind, ReportText.period == period
    )
    return session.scalars(wanted.order_by(ReportText.written_at.desc(), ReportText.digest)).all()
