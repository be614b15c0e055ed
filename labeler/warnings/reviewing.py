"""A named person looks at what labelers reported: the severity stands, or is lowered with a reason (EXP-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.projects.lanes import move_task
from labeler.projects.queries import Sample, samples_of
from labeler.projects.stops import end_stop
from labeler.warnings.models import ContentReport, ContentReview, Decision
from labeler.warnings.queries import waiting
from labeler.warnings.rules import lowered, reason_problems
from labeler.warnings.service import Place, hold_place
from labeler.wellbeing.models import ExposurePath
from labeler.wellbeing.showing import refuse_forbidden
from labeler.wellbeing.showing import show as note_text
from tasks.content import Category, Severity, parse_profile, profile_key

LOOK = timedelta(minutes=2)
"""How long a text counts as seen when a reviewer asks for it: nothing says when she looks away (EXP-9)."""


def confirm(session: Session, actor: UUID, project_id: UUID, task_id: UUID, now: datetime) -> None:
    """Say that the severity of a reported task stands. Raises Missing, Conflict at severity 4."""
    place = _open_place(session, project_id, task_id)
    keep_look(session, actor, task_id, Decision.CONFIRMED, (place.profile, place.profile), None, now)
    record(session, "severity.confirm", actor, task_id, now, profile=place.profile)
    stop_if_done(session, actor, project_id, now)


def lower(
    session: Session,
    actor: UUID,
    project_id: UUID,
    task_id: UUID,
    wanted: Mapping[Category, Severity],
    reason: str,
    now: datetime,
) -> None:
    """Lower a task's severities to what is wanted, with the reason: at least 20 characters, kept with the name.

    What is not named, and what would rise, stays. Raises Invalid naming every problem, Missing, Conflict at severity 4.
    """
    place = _open_place(session, project_id, task_id)
    before = parse_profile(place.profile)
    after = lowered(before, wanted)
    problems = reason_problems(reason)
    if after == before:
        problems.append(FieldProblem("level", "Choose a level that is lower than it is now, or confirm it."))
    if problems:
        raise Invalid("Nothing was changed.", problems)
    move_task(session, project_id, task_id, place.language, profile_key(after))
    new = profile_key(after)
    keep_look(session, actor, task_id, Decision.LOWERED, (place.profile, new), reason.strip(), now)
    record(session, "severity.lower", actor, task_id, now, old=place.profile, new=new)
    stop_if_done(session, actor, project_id, now)


def show(session: Session, actor: UUID, project_id: UUID, task_id: UUID, now: datetime) -> Sample:
    """The text of a reported task, for a reviewer who asked for it. It counts as hers to have seen (EXP-9).

    Raises Missing, Conflict at severity 4: such a text is shown to nobody.
    """
    found = samples_of(session, project_id, [task_id])
    if not found:
        raise Missing("There is no such task in this project.")
    text = found[0].profile
    note_text(session, actor, ExposurePath.REVIEW, text, round(LOOK.total_seconds()), now, task_id=task_id)
    return found[0]


def _open_place(session: Session, project_id: UUID, task_id: UUID) -> Place:
    project, place = hold_place(session, task_id)
    if project.id != project_id:
        raise Missing("There is no such task in this project.")
    refuse_forbidden(parse_profile(place.profile))
    return place


def keep_look(
    session: Session,
    actor: UUID,
    task_id: UUID,
    decision: Decision,
    profiles: tuple[str, str],
    reason: str | None,
    now: datetime,
) -> None:
    """Write the look down, and that every waiting report of the task has had it. The caller holds the project."""
    old, new = profiles
    look = ContentReview(
        task_id=task_id, by_id=actor, at=now, decision=decision, old_profile=old, new_profile=new, reason=reason
    )
    session.add(look)
    session.flush()
    session.execute(
        update(ContentReport)
        .where(ContentReport.task_id == task_id, ContentReport.review_id.is_(None))
        .values(review_id=look.id)
        .execution_options(synchronize_session=False)
    )


def stop_if_done(session: Session, actor: UUID, project_id: UUID, now: datetime) -> None:
    """End the rule's stop of a project when nothing waits for a look any more; it stays paused until it is resumed."""
    if not waiting(session, project_id):
        end_stop(session, actor, project_id, now)
