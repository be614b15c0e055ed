"""A labeler's choices and breaks. Who takes tasks back when a choice forbids them: `labeler.assignment.service`."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Invalid
from labeler.ids import new_id
from labeler.wellbeing.clock import Locked, lock, save_clock
from labeler.wellbeing.models import Break, Consent
from labeler.wellbeing.rules import BREAKS, CONSENT_LASTS, CONSENT_TEXT, rested
from tasks.content import SENSITIVE, Category, Severity


def give_consent(session: Session, labeler_id: UUID, category: str, severity: int, now: datetime) -> UUID:
    """Say yes to a category up to a severity (2 or 3) for the next 90 days; it replaces an earlier yes (EXP-13)."""
    if category not in set(Category) or severity not in (SENSITIVE, Severity.EGREGIOUS):
        raise Invalid("Choose a kind of content, and how strong it may be.")
    locked = lock(session, labeler_id)
    _end_standing(session, locked, category, now)
    given = Consent(
        labeler_id=labeler_id,
        category=category,
        severity=severity,
        text_version=CONSENT_TEXT,
        from_at=now,
        expires_at=now + CONSENT_LASTS,
    )
    session.add(given)
    session.flush()
    record(
        session, "consent.give", labeler_id, given.id, now, locked.person.vendor_id,
        category=category, severity=severity, text_version=CONSENT_TEXT, expires_at=given.expires_at,
    )  # fmt: skip
    return given.id


def end_consent(session: Session, labeler_id: UUID, category: str, now: datetime) -> None:
    """Take a yes back; the next task, and the open one's text, are refused from this moment."""
    _end_standing(session, lock(session, labeler_id), category, now)


def _end_standing(session: Session, locked: Locked, category: str, now: datetime) -> None:
    standing = session.scalars(
        select(Consent).where(
            Consent.labeler_id == locked.person.id, Consent.category == category, Consent.ended_at.is_(None)
        )
    ).all()
    for consent in standing:
        consent.ended_at = now
        record(session, "consent.end", locked.person.id, consent.id, now, locked.person.vendor_id)
    session.flush()


def end_break(session: Session, labeler_id: UUID, now: datetime) -> bool:
    """Go on working. False while a break that is due still lasts: asking early changes nothing."""
    locked = lock(session, labeler_id)
    pause = session.scalars(
        select(Break).where(Break.person_id == locked.person.person_id, Break.ended_at.is_(None))
    ).one_or_none()
    if pause is None:
        return True
    if pause.until is not None and now < pause.until:
        return False
    finish_break(session, locked, pause.id, now)
    return True


def begin_break(session: Session, locked: Locked, now: datetime, *, until: datetime | None) -> None:
    """Write that a break begins; `until` is set when a rule asks for it. The caller holds the clock."""
    key = new_id()
    session.add(
        Break(
            id=key,
            person_id=locked.person.person_id,
            labeler_id=locked.person.id,
            rule=None if until is None else "BRK-1",
            started_at=now,
            until=until,
            paid_until=until or now + timedelta(minutes=30),
        )
    )
    session.flush()
    record(session, "break.start", locked.person.id, key, now, locked.person.vendor_id, due=until is not None)


def finish_break(session: Session, locked: Locked, break_id: UUID, now: datetime) -> None:
    """Write that a break ends. One that was long enough begins a new stretch of work; a shorter one does not."""
    pause = session.get_one(Break, break_id)
    pause.ended_at = now
    if now - pause.started_at >= BREAKS.length:
        save_clock(session, locked, rested(locked.clock))
    session.flush()
    record(session, "break.end", locked.person.id, break_id, now, locked.person.vendor_id)
