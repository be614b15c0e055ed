"""Announcing when a project's dataset is frozen: until then its labelers may withdraw their answers (OPT-9)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.projects.models import Project
from labeler.projects.rules import freeze_problem, is_frozen


def announce_freeze(session: Session, actor: UUID, project_id: UUID, freeze_at: datetime, now: datetime) -> Project:
    """Announce the moment, or move it later; in any state of the project, a closed one too. The same moment again
    changes nothing.

    Raises Missing, Conflict when the dataset is frozen, Invalid when the moment is less than 14 days ahead or earlier
    than the one announced.
    """
    project = session.get(Project, project_id, with_for_update={"key_share": True}, populate_existing=True)
    if project is None:
        raise Missing("There is no such project.")
    if project.freeze_at == freeze_at:
        return project
    problem = freeze_problem(project.freeze_at, freeze_at, now)
    if problem is not None:
        if is_frozen(project.freeze_at, now):
            raise Conflict(problem)
        raise Invalid("The dataset can't be frozen then. Nothing was changed.", [FieldProblem("freeze_at", problem)])
    project.freeze_at = freeze_at
    session.flush()
    record(session, "project.freeze", actor, project.id, now, freeze_at=freeze_at)
    return project
