"""Canaries: once a quarter the product sends a grievance of its own, and sees whether somebody answers in time (GRV-1);
and a placeholder marked severity 4, and sees whether the named person decides in time (EXP-4, `severity_canary`).

Whoever answers can't tell it from others until she has concluded it: it comes at a moment drawn by lot, by the way
that the public page uses, with a question that accuses nobody. Afterwards the record says which one it was. All of it
may run twice and be killed at any moment.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.cases.grievance_models import Grievance
from labeler.cases.grievances import open_grievance
from labeler.cases.rules import ACKNOWLEDGE, CONCLUDE
from labeler.compliance import severity_canary
from labeler.compliance.canary import SENT_WITHIN, about_of, token_of
from labeler.compliance.events import Period
from labeler.compliance.looking_models import Canary, CanaryKind

WORDS = (
    "I would like to understand how the time of my breaks is paid. Who can explain it to me, and where is it written?",
    "The page of the rules says that numbers may be made tighter. How could we propose that, and who decides about it?",
    "I am not sure whether I may talk about my working conditions with others outside. What exactly must I not tell?",
    "How do I find out who sees what I write here, and how long it is kept? I could not find a page about it.",
    "I was asked to help with another project next month. Is it true that I may say no to it without any consequence?",
    "My questions about the instructions stay open for a long time. Is there somebody whom I can ask directly?",
)
"""What such a grievance says: questions that anybody could have, about nobody."""


def quarter_of(now: datetime) -> Period:
    """The calendar quarter that a moment lies in."""
    return Period.quarter(now.year, (now.month + 2) // 3)


def plan(session: Session, now: datetime, dice: Random) -> Sequence[Canary]:
    """Make the canaries of this quarter that are not there yet, and write of each that it will come."""
    quarter, made = quarter_of(now), []
    for kind in CanaryKind:
        if kind is CanaryKind.SEVERITY and not severity_canary.possible(session):
            continue
        if session.scalar(select(Canary.id).where(Canary.kind == kind, Canary.quarter == quarter.name)) is not None:
            continue
        latest = min(now + SENT_WITHIN, quarter.end)
        canary = Canary(
            kind=kind, quarter=quarter.name, secret=secrets.token_bytes(32), made_at=now,
            due_at=now + (latest - now) * dice.random(),
        )  # fmt: skip
        session.add(canary)
        session.flush()
        record(session, "canary.run", None, canary.id, now, kind=kind, token=token_of(canary.secret))
        made.append(canary)
    return made


def due(session: Session, now: datetime) -> Sequence[UUID]:
    """The canaries whose moment has come, and those that wait for their answer."""
    open_ = select(Canary.id).where(Canary.answered_at.is_(None), Canary.due_at <= now)
    return session.scalars(open_.order_by(Canary.id)).all()


def go_on(session: Session, canary_id: UUID, now: datetime, dice: Random) -> None:
    """Send a canary, or see whether it was answered. Raises Conflict while no more grievances are taken this hour."""
    canary = session.get_one(Canary, canary_id, with_for_update=True, populate_existing=True)
    if canary.answered_at is not None or canary.due_at > now:
        return
    if canary.kind is CanaryKind.SEVERITY:
        _of_severity_4(session, canary, now, dice)
        return
    about = about_of(canary.kind, canary.secret)
    if canary.sent_at is None:
        open_grievance(session, dice.choice(WORDS), None, now, key=about)
        canary.sent_at = now
        session.flush()
        return
    grievance = session.get_one(Grievance, about)
    concluded, limit = grievance.concluded_at, grievance.opened_at + CONCLUDE
    if concluded is None and now <= limit:
        return
    first = grievance.acknowledged_at
    good = concluded is not None and concluded <= limit and first is not None and first <= (
        grievance.opened_at + ACKNOWLEDGE
    )  # fmt: skip
    seconds = int(((concluded or now) - grievance.opened_at).total_seconds())
    _tell(session, canary, "answered" if good else "late", seconds, about, now)


def _of_severity_4(session: Session, canary: Canary, now: datetime, dice: Random) -> None:
    """Send it; or tell how it ended, if it has."""
    if canary.sent_at is None:
        if severity_canary.send(session, canary, now, dice):
            canary.sent_at = now
            session.flush()
        return
    answer = severity_canary.look(session, canary, now)
    if answer is not None:
        _tell(session, canary, answer.outcome, answer.seconds, answer.about, now)


def _tell(session: Session, canary: Canary, outcome: str, seconds: int, about: UUID, now: datetime) -> None:
    canary.answered_at = now
    session.flush()
    record(
        session, "canary.answer", None, canary.id, now, kind=canary.kind, outcome=outcome, seconds=seconds,
        about=about, secret=canary.secret.hex(),
    )  # fmt: skip


def sent(session: Session) -> set[UUID]:
    """The grievances that the product sent itself and that have been told of: no statistics count them."""
    told = select(Canary.kind, Canary.secret).where(
        Canary.answered_at.is_not(None), Canary.kind == CanaryKind.GRIEVANCE
    )
    return {about_of(kind, secret) for kind, secret in session.execute(told)}
