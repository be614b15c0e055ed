"""Attesting something for a vendor, withdrawing it, and what labelers say of their vendor's report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment
from labeler.audit.service import record
from labeler.compliance.standards import Standard
from labeler.errors import Conflict, FieldProblem, Forbidden, Invalid, Missing
from labeler.evidence.models import Attestation, AttestationEnd, Confirmation, Says
from labeler.evidence.rules import attestation_problems, last_quarter, moment
from labeler.workforce.models import Labeler, VendorManager

NOT_YOURS = "There is no such attestation, or it is not of your vendor."


@dataclass(frozen=True, slots=True)
class Statement:
    """What a vendor attests: `expires` is the last day on which it holds. The document lies in the data folder already;
    `digest` is its SHA-256 in hexadecimal, `size` in bytes, `media` its type by content."""

    control: str
    signer: str
    position: str
    dated: date | None
    expires: date | None
    digest: str
    name: str
    size: int
    media: str


def problems_of(said: Statement, standard: Standard, now: datetime) -> list[FieldProblem]:
    """Everything wrong with a statement, its document left aside."""
    return attestation_problems(
        said.control, {each.id for each in standard.controls if each.asks}, said.signer, said.position, said.dated,
        said.expires, standard.numbers["attestation_months"].value, now.date(),
    )  # fmt: skip


def attest(
    session: Session, actor: UUID, draft: UUID, said: Statement, standard: Standard, now: datetime
) -> Attestation:
    """Attest something for the actor's own vendor. The id is that of the draft: signed twice, it is made once.

    Raises Forbidden for whoever speaks for no vendor, Missing for a draft that became somebody else's, and Invalid.
    """
    vendor_id = _speaks_for(session, actor)
    before = session.get(Attestation, draft)
    if before is not None:
        if before.vendor_id != vendor_id:
            raise Missing(NOT_YOURS)
        return before
    problems = problems_of(said, standard, now)
    if problems or said.dated is None or said.expires is None:
        raise Invalid("This can't be signed yet.", problems)
    made = Attestation(
        id=draft, vendor_id=vendor_id, control=said.control, signer=said.signer.strip(),
        position=said.position.strip(), dated=moment(said.dated), expires_at=moment(said.expires + timedelta(days=1)),
        digest=said.digest, name=said.name, size=said.size, media=said.media, made_by=actor, made_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    record(
        session, "attestation.add", actor, made.id, now, vendor_id, control=made.control,
        signer=f"{made.signer}, {made.position}", dated=made.dated, expires_at=made.expires_at, digest=made.digest,
    )  # fmt: skip
    return made


def _speaks_for(session: Session, actor: UUID) -> UUID:
    """The vendor for which somebody speaks, its managers in a line: of two who sign at once each sees the other's."""
    manager = session.get(VendorManager, actor, with_for_update=True)
    if manager is None:
        raise Forbidden("Only a vendor's own manager attests something for it.")
    return manager.vendor_id


def withdraw(session: Session, actor: UUID, attestation_id: UUID, now: datetime) -> None:
    """Withdraw what the actor's own vendor attested. Once more changes nothing. Raises Forbidden, Missing."""
    vendor_id = _speaks_for(session, actor)
    made = session.get(Attestation, attestation_id, with_for_update=True)
    if made is None or made.vendor_id != vendor_id:
        raise Missing(NOT_YOURS)
    if session.get(AttestationEnd, attestation_id) is not None:
        return
    session.add(AttestationEnd(attestation_id=made.id, at=now, by_id=actor))
    session.flush()
    record(session, "attestation.withdraw", actor, made.id, now, vendor_id)


def may_say(session: Session, labeler_id: UUID, now: datetime) -> bool:
    """Whether a labeler was handed a task in the last whole quarter: the report on it is about her."""
    quarter = last_quarter(now)
    given = select(Assignment.id).where(
        Assignment.labeler_id == labeler_id, Assignment.handed_at >= quarter.start, Assignment.handed_at < quarter.end
    )
    return session.scalar(given.limit(1)) is not None


def say(
    session: Session, labeler_id: UUID, control: str, says: Says, standard: Standard, now: datetime
) -> Confirmation | None:
    """Confirm or contest a control in the report on the last whole quarter. The same word once more changes nothing.

    Raises Missing for an unknown control, Conflict for whoever did no work here in that quarter.
    """
    labeler = session.get(Labeler, labeler_id, with_for_update={"key_share": True})
    if labeler is None or labeler.erased_at is not None or control not in {each.id for each in standard.controls}:
        raise Missing("There is no such line of the report.")
    if not may_say(session, labeler_id, now):
        raise Conflict(
            "The report is about a quarter in which you did no tasks here, so there is nothing to say of it."
        )
    period = last_quarter(now).name
    last = session.scalars(
        select(Confirmation)
        .filter_by(labeler_id=labeler_id, control=control, period=period)
        .order_by(Confirmation.at.desc(), Confirmation.id.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.says is says:
        return None
    made = Confirmation(labeler_id=labeler_id, control=control, period=period, says=says, at=now)
    session.add(made)
    session.flush()
    record(
        session, "confirmation.say", labeler_id, labeler_id, now, labeler.vendor_id,
        control=control, period=period, says=says.value,
    )  # fmt: skip
    return made


def said_by(session: Session, labeler_id: UUID, period: str) -> dict[str, Says]:
    """What a labeler said of each control in the report on a quarter: her last word. For her own page alone."""
    rows = session.scalars(
        select(Confirmation).filter_by(labeler_id=labeler_id, period=period).order_by(Confirmation.at, Confirmation.id)
    )
    return {each.control: each.says for each in rows}
