"""Withdrawing one's own answers from the datasets that are still to be made (OPT-9). Pay is never touched."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.assignment.ending import give_back
from labeler.audit.service import record
from labeler.errors import Conflict, Missing
from labeler.jobs.outbox import enqueue
from labeler.judgments.models import Judgment, Standing, Withdrawal
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState, is_frozen
from labeler.wellbeing.clock import lock


def frozen_words(freeze_at: datetime | None) -> str:
    """What a labeler is told who comes after the freeze."""
    on = "" if freeze_at is None else f" on {freeze_at.day} {freeze_at:%B %Y}"
    return f"This dataset was frozen{on}, so its answers can't be withdrawn any more. Your pay stays as it is."


def withdraw(session: Session, labeler_id: UUID, judgment_id: UUID, now: datetime) -> bool:
    """Take an own answer, in all its versions, out of every dataset made from now on. False when it was withdrawn
    already, which changes nothing.

    No reason is asked, and it is never undone. A counted answer's place goes back to the others, unless the project is
    closed; its labeler never gets the task again. What was paid or is owed stays as it is.
    Raises Missing when the answer is not this labeler's, Conflict when the project's dataset is frozen.
    """
    locked = lock(session, labeler_id)
    said = session.get(Judgment, judgment_id)
    if said is None or said.labeler_id != labeler_id:
        raise Missing("There is no such answer of yours.")
    if session.get(Withdrawal, said.assignment_id) is not None:
        return False
    # Shared: many may withdraw at once, but none while the day of the freeze is being set or an export asked for.
    project = session.get_one(Project, said.project_id, with_for_update={"read": True}, populate_existing=True)
    if is_frozen(project.freeze_at, now):
        raise Conflict(frozen_words(project.freeze_at))
    session.add(Withdrawal(assignment_id=said.assignment_id, labeler_id=labeler_id, at=now))
    session.flush()
    # The standing is that of every version: a revision takes it over.
    back = said.standing is Standing.COUNTED and project.state is not ProjectState.CLOSED
    if back:
        give_back(session, [said.task_id])
    enqueue(session, "mark_exports", now, project=str(project.id))  # versions that have it already will say so
    record(session, "withdrawal.make", labeler_id, said.id, now, locked.person.vendor_id, given_back=back)
    return True
