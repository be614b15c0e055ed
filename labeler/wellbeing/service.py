"""A labeler's choices and breaks. Who takes tasks back when a choice forbids them: `labeler.assignment.service`."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Invalid, Missing
from labeler.ids import new_id
from labeler.wellbeing.clock import Locked, lock, save_clock
from labeler.wellbeing.hours import Rest, minutes
from labeler.wellbeing.limits import Limits
from labeler.wellbeing.models import Break, Consent, OptOut
from labeler.wellbeing.policies import limits_now
from labeler.wellbeing.rules import CONSENT_TEXT, rested, touch, was_rest
from tasks.content import SENSITIVE, Category, Severity


def give_consent(session: Session, labeler_id: UUID, category: str, severity: int, now: datetime) -> UUID:
    """Say yes to a category up to a severity (2 or 3), for 90 days or as a policy says; it replaces an earlier yes."""
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
        expires_at=now + timedelta(days=limits_now(session, now).platform.consent_days),
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


_STANDING = select(Consent).where(
    Consent.labeler_id == bindparam("me"), Consent.category == bindparam("category"), Consent.ended_at.is_(None)
)


def _end_standing(session: Session, locked: Locked, category: str, now: datetime) -> None:
    for consent in session.scalars(_STANDING, {"me": locked.person.id, "category": category}).all():
        consent.ended_at = now
        record(session, "consent.end", locked.person.id, consent.id, now, locked.person.vendor_id)
    session.flush()


def undo_opt_out(session: Session, labeler_id: UUID, opt_out_id: UUID, now: datetime) -> None:
    """Take a no back, at any time. A task that was given back stays with the others. Raises Missing."""
    locked = lock(session, labeler_id)
    said = session.get(OptOut, opt_out_id)
    if said is None or said.labeler_id != labeler_id:
        raise Missing("There is no such choice.")
    if said.ended_at is None:
        said.ended_at = now
        record(session, "opt_out.undo", labeler_id, said.id, now, locked.person.vendor_id)


def end_break(session: Session, labeler_id: UUID, now: datetime) -> bool:
    """Go on working. False while a break that is due still lasts: asking early changes nothing."""
    locked = lock(session, labeler_id)
    row = open_break(session, locked)
    if row is None:
        return True
    if row.until is not None and now < row.until:
        return False
    finish_break(session, locked, row.id, now, limits_now(session, now).platform)
    return True


_OPEN_BREAK = select(Break).where(Break.person_id == bindparam("person"), Break.ended_at.is_(None))


def open_break(session: Session, locked: Locked) -> Break | None:
    """The break this person is on, whichever of her accounts it began under."""
    return session.scalars(_OPEN_BREAK, {"person": locked.person.person_id}).one_or_none()


def begin_break(session: Session, locked: Locked, now: datetime, rest: Rest | None, limits: Limits) -> None:
    """Write that a break begins: one that a rule asks for (`rest`), or her own. The caller holds the clock.

    From here on the open task is no work. All of a required break is paid, of her own the first `break_paid` minutes
    (BRK-3).
    """
    key = new_id()
    touched = touch(locked.clock, now, locked.person.time_zone, busy_until=None, limits=limits)
    save_clock(session, locked, touched)
    rule, until = (rest.rule, rest.until) if rest else (None, None)
    paid_until = until or now + minutes(limits.break_paid)
    session.add(
        Break(
            id=key,
            person_id=locked.person.person_id,
            labeler_id=locked.person.id,
            rule=rule,
            started_at=now,
            until=until,
            paid_until=paid_until,
        )
    )
    session.flush()
    record(
        session, "break.start", locked.person.id, key, now, locked.person.vendor_id,
        rule=rule, until=until, paid_until=paid_until,
    )  # fmt: skip


def finish_break(session: Session, locked: Locked, break_id: UUID, now: datetime, limits: Limits) -> None:
    """Write that a break ends. One that was a rest begins a new stretch of work; a shorter one does not."""
    pause = session.get_one(Break, break_id)
    pause.ended_at = now
    if was_rest(locked.clock, pause.started_at, now, limits):
        save_clock(session, locked, rested(locked.clock, now, limits))
    session.flush()
    record(session, "break.end", locked.person.id, break_id, now, locked.person.vendor_id)
