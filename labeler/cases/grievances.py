"""Grievances: brought by whoever holds a token, answered by the wellbeing officer, and by nobody else (GRV-1, GRV-2).

No function here is handed who asks, from where, or in which session: there is nothing to keep.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.service import digest
from labeler.audit.service import record
from labeler.cases.grievance_models import Grievance, GrievanceMessage, GrievanceOutcome
from labeler.cases.rules import ACKNOWLEDGE, CONCLUDE, GRIEVANCE, NEW_AN_HOUR, text_problem, tidy, whole_hour
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.workforce.models import Vendor

FULL = (
    f"We took {NEW_AN_HOUR} grievances this hour, which is all we take in one: this keeps the way open. Nothing was"
    " stored. Keep your text, and send it in the next hour. In danger, call the emergency number of your country."
)
UNKNOWN = "There is no grievance under this token. Check that all of it is there."


@dataclass(frozen=True, slots=True)
class Said:
    """One message; of the other side only that it was the officer."""

    at: datetime
    text: str
    by_officer: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A grievance as both sides see it, with the days by which it is acknowledged and concluded."""

    id: UUID
    opened_at: datetime
    acknowledge_by: datetime
    conclude_by: datetime
    acknowledged_at: datetime | None
    concluded_at: datetime | None
    outcome: GrievanceOutcome | None
    vendor: str | None
    messages: Sequence[Said]

    def late(self, now: datetime) -> bool:
        """Whether a date has passed without what was promised."""
        if self.concluded_at is not None:
            return False
        return now > self.conclude_by or (self.acknowledged_at is None and now > self.acknowledge_by)


def open_grievance(
    session: Session, words: str, vendor_id: UUID | None, now: datetime, *, key: UUID | None = None
) -> str:
    """Take a grievance; its token, which is shown once: only its SHA-256 is kept.

    Its id is random, or `key`, which must be as random. Raises Invalid naming every problem, Conflict when this hour is
    full.
    """
    words, hour = tidy(words), whole_hour(now)
    problems = text_problem("words", words, GRIEVANCE)
    if vendor_id is not None and session.get(Vendor, vendor_id) is None:
        problems.append(FieldProblem("vendor", "Choose one of the vendors, or none."))
    if problems:
        raise Invalid("This grievance can't be sent yet.", problems)
    taken = session.execute(select(func.count()).where(Grievance.opened_at == hour)).scalar_one()
    if taken >= NEW_AN_HOUR:
        raise Conflict(FULL)
    token = secrets.token_urlsafe(32)
    grievance = Grievance(token_hash=digest(token), opened_at=hour, vendor_id=vendor_id, id=key or uuid4())
    session.add(grievance)
    session.flush()
    session.add(GrievanceMessage(grievance_id=grievance.id, number=1, at=hour, text=words))
    session.flush()
    record(session, "grievance.open", None, grievance.id, hour)
    return token


def read(session: Session, token: str) -> Shown:
    """The grievance under a token. Raises Missing."""
    return _shown(session, _under(session, token))


def reply(session: Session, token: str, words: str, now: datetime) -> None:
    """Write more under one's token, also after it was concluded. Raises Missing, Invalid."""
    grievance, words = _under(session, token, lock=True), tidy(words)
    problems = text_problem("words", words, GRIEVANCE)
    if problems:
        raise Invalid("This can't be sent yet.", problems)
    _add(session, grievance, words, None, whole_hour(now))


def answer(session: Session, officer_id: UUID, grievance_id: UUID, words: str, now: datetime) -> None:
    """The officer writes; her first words acknowledge the grievance. Raises Missing, Invalid."""
    grievance, words = _locked(session, grievance_id), tidy(words)
    problems = text_problem("words", words, GRIEVANCE)
    if problems:
        raise Invalid("This can't be sent yet.", problems)
    _add(session, grievance, words, officer_id, now)
    acknowledge(session, officer_id, grievance_id, now)


def acknowledge(session: Session, officer_id: UUID, grievance_id: UUID, now: datetime) -> None:
    """Say that the grievance has been read. Saying it twice changes nothing."""
    grievance = _locked(session, grievance_id)
    if grievance.acknowledged_at is None:
        grievance.acknowledged_at = now
        session.flush()
        record(session, "grievance.acknowledge", officer_id, grievance_id, now)


def conclude(session: Session, officer_id: UUID, grievance_id: UUID, outcome: str, words: str, now: datetime) -> None:
    """Say what was found and what follows. Raises Missing, Invalid; Conflict when it was concluded before."""
    grievance, words = _locked(session, grievance_id), tidy(words)
    problems = text_problem("words", words, GRIEVANCE)
    if outcome not in set(GrievanceOutcome):
        problems.insert(0, FieldProblem("outcome", "Choose what you found."))
    if problems:
        raise Invalid("This can't be concluded yet.", problems)
    if grievance.concluded_at is not None:
        raise Conflict("This grievance was concluded before. You can still write.")
    _add(session, grievance, words, officer_id, now)
    acknowledge(session, officer_id, grievance_id, now)
    grievance.concluded_at, grievance.outcome = now, GrievanceOutcome(outcome)
    session.flush()
    record(session, "grievance.conclude", officer_id, grievance_id, now, outcome=outcome)


def queue(session: Session, now: datetime) -> list[Shown]:
    """All grievances for the officer, without their texts: late ones first, then the open ones, by date."""
    rows = session.execute(select(Grievance, Vendor.name).outerjoin(Vendor, Vendor.id == Grievance.vendor_id)).all()
    shown = [_facts(each, vendor, ()) for each, vendor in rows]
    return sorted(shown, key=lambda each: (each.concluded_at is not None, not each.late(now), each.conclude_by))


def one(session: Session, grievance_id: UUID) -> Shown:
    """One grievance for the officer. Raises Missing."""
    grievance = session.get(Grievance, grievance_id)
    if grievance is None:
        raise Missing("There is no such grievance.")
    return _shown(session, grievance)


def _under(session: Session, token: str, *, lock: bool = False) -> Grievance:
    wanted = select(Grievance).where(Grievance.token_hash == digest(token.strip()))
    found = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise Missing(UNKNOWN)
    return found


def _locked(session: Session, grievance_id: UUID) -> Grievance:
    found = session.get(Grievance, grievance_id, with_for_update=True)
    if found is None:
        raise Missing("There is no such grievance.")
    return found


def _add(session: Session, grievance: Grievance, words: str, officer_id: UUID | None, at: datetime) -> None:
    last = select(func.max(GrievanceMessage.number)).where(GrievanceMessage.grievance_id == grievance.id)
    number = (session.scalar(last) or 0) + 1
    session.add(GrievanceMessage(grievance_id=grievance.id, number=number, at=at, text=words, officer_id=officer_id))
    session.flush()
    record(session, "grievance.write", officer_id, grievance.id, at, by_officer=officer_id is not None)


def _shown(session: Session, grievance: Grievance) -> Shown:
    vendor = session.scalar(select(Vendor.name).where(Vendor.id == grievance.vendor_id))
    messages = session.scalars(
        select(GrievanceMessage).where(GrievanceMessage.grievance_id == grievance.id).order_by(GrievanceMessage.number)
    )
    return _facts(grievance, vendor, [Said(each.at, each.text, each.officer_id is not None) for each in messages])


def _facts(grievance: Grievance, vendor: str | None, messages: Sequence[Said]) -> Shown:
    return Shown(
        grievance.id,
        grievance.opened_at,
        grievance.opened_at + ACKNOWLEDGE,
        grievance.opened_at + CONCLUDE,
        grievance.acknowledged_at,
        grievance.concluded_at,
        grievance.outcome,
        vendor,
        messages,
    )
