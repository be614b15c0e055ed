"""What is served to nobody (EXP-4): who is named for it, and what she decides."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Permission, may
from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Forbidden, Invalid
from labeler.projects.lanes import move_task
from labeler.warnings.models import Decision, Escalation, EscalationContact, EscalationDecision
from labeler.warnings.queries import contact, escalations
from labeler.warnings.reviewing import keep_look, stop_if_done
from labeler.warnings.rules import lowered, reason_problems
from labeler.warnings.service import hold_place
from tasks.content import Severity, parse_profile, profile_key


def name_contact(session: Session, actor: UUID, person_id: UUID, now: datetime) -> None:
    """Name the person who decides about tasks at severity 4 from now on. Naming her again changes nothing.

    Raises Invalid for somebody whose role does not allow it, or who can't sign in.
    """
    user = session.get(User, person_id)
    if user is None or user.disabled_at is not None or not may(user.role, Permission.ESCALATIONS):
        wrong = FieldProblem("person", "Choose somebody who can sign in and whose role allows it.")
        raise Invalid("Nobody was named.", [wrong])
    named = contact(session)
    if named is not None and named.person_id == person_id:
        return
    session.add(EscalationContact(person_id=person_id, from_at=now, made_by=actor))
    session.flush()
    record(session, "escalation.name", actor, person_id, now)


def decide(session: Session, actor: UUID, task_id: UUID, severity: int | None, reason: str, now: datetime) -> None:
    """Decide about a task at severity 4: it stays away (None), or it is not forbidden and gets this severity (0 to 3).

    Only the named person decides, and says why. Raises Forbidden, Invalid naming every problem, Missing, Conflict when
    it has been decided already.
    """
    named = contact(session)
    if named is None or named.person_id != actor:
        raise Forbidden("Only the person named for escalations decides here.")
    problems = reason_problems(reason)
    if severity is not None and not Severity.NONE <= severity < Severity.FORBIDDEN:
        problems.append(FieldProblem("decision", "Choose what is to become of it."))
    if problems:
        raise Invalid("Nothing was decided.", problems)
    project, place = hold_place(session, task_id)
    waits = next((each for each in escalations(session) if each.task_id == task_id), None)
    if waits is None:
        raise Conflict("This has been decided already, or was never held back.")
    session.add(
        Escalation(
            task_id=task_id, source=waits.source, from_at=waits.since, severity=severity, reason=reason.strip(),
            decision=EscalationDecision.STAYS if severity is None else EscalationDecision.ALLOWED,
            decided_at=now, decided_by=actor,
        )
    )  # fmt: skip
    before = parse_profile(place.profile)
    after = before
    if severity is not None:
        forbidden = {code: Severity(severity) for code, level in before.items() if level >= Severity.FORBIDDEN}
        after = lowered(before, forbidden)
        move_task(session, project.id, task_id, place.language, profile_key(after))
    how = Decision.CONFIRMED if severity is None else Decision.LOWERED
    keep_look(session, actor, task_id, how, (place.profile, profile_key(after)), reason.strip(), now)
    said = EscalationDecision.STAYS if severity is None else EscalationDecision.ALLOWED
    record(session, "escalation.decide", actor, task_id, now, decision=said, severity=severity)
    stop_if_done(session, actor, project.id, now)
