"""A project that a rule has paused: it goes on only after a named person has looked at what was wrong (EXP-12)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict
from labeler.projects.models import Project, ProjectStop
from labeler.projects.rules import ProjectState


def open_stop(session: Session, project_id: UUID) -> ProjectStop | None:
    """The stop that still stands, if there is one."""
    return session.scalars(
        select(ProjectStop).where(ProjectStop.project_id == project_id, ProjectStop.ended_at.is_(None))
    ).one_or_none()


def last_stop(session: Session, project_id: UUID) -> ProjectStop | None:
    """The newest stop, whether it stands or not."""
    newest = select(ProjectStop).where(ProjectStop.project_id == project_id).order_by(ProjectStop.at.desc()).limit(1)
    return session.scalars(newest).one_or_none()


def stop(session: Session, project: Project, rule: str, reports: int, served: int, now: datetime) -> bool:
    """Pause a live project by a rule, and say so in the record; False when it is not live, or stopped already.

    The caller holds the project's row. What is held may be finished, and is paid. Nobody's name is on it: the entry
    names the rule.
    """
    if project.state is not ProjectState.LIVE or open_stop(session, project.id) is not None:
        return False
    project.state = ProjectState.PAUSED
    session.add(ProjectStop(project_id=project.id, rule=rule, at=now, reports=reports, served=served))
    session.flush()
    record(session, "project.stop", None, project.id, now, rule=rule, reports=reports, served=served)
    return True


def end_stop(session: Session, actor: UUID, project_id: UUID, now: datetime) -> None:
    """Write that a named person has looked at everything; the project stays paused until somebody resumes it."""
    standing = open_stop(session, project_id)
    if standing is not None:
        standing.ended_at, standing.ended_by = now, actor
        session.flush()
        record(session, "project.stop_end", actor, project_id, now, rule=standing.rule)


def refuse_stopped(session: Session, project: Project) -> None:
    """Raise Conflict while a rule's stop stands: publishing waits until somebody has looked."""
    if open_stop(session, project.id) is not None:
        raise Conflict(
            "This project paused itself because its warnings were wrong too often. "
            "Look at every report under Wrong warnings first."
        )
