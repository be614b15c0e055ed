"""Whether a project's dataset versions wait for a second person: switched on and off at any time, also when closed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Missing
from labeler.projects.models import Project


def ask_approval(session: Session, actor: UUID, project_id: UUID, on: bool, now: datetime) -> Project:
    """Let a second person approve each version of a project from now on, or no more; the same again changes nothing.

    It concerns versions that are asked for or finished while it is on. Those keep waiting when it is switched off: who
    could free her own version so would be her own second person. Raises Missing.
    """
    project = session.get(Project, project_id, with_for_update={"key_share": True}, populate_existing=True)
    if project is None:
        raise Missing("There is no such project.")
    if project.export_approval is not on:
        project.export_approval = on
        session.flush()
        record(session, "project.change", actor, project.id, now, fields=["export_approval"])
    return project
