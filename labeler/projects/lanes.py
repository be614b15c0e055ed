"""The lanes of a project: found or made, and a task moved from one to another."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from labeler.db import table
from labeler.ids import new_id
from labeler.projects.models import Lane, Task
from tasks.content import highest, parse_profile


def lane_of(session: Session, project_id: UUID, language: str, profile: str) -> UUID:
    """The lane of a project for a language and a profile (as `profile_key` writes it), made when there is none."""
    wanted = select(Lane.id).where(Lane.project_id == project_id, Lane.language == language, Lane.profile == profile)
    found = session.scalar(wanted)
    if found is not None:
        return found
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    made = {"id": new_id(), "project_id": project_id, "language": language, "profile": profile, "tail": 0}
    made["severity"] = int(highest(parse_profile(profile)))
    session.execute(dialect.insert(table(Lane)).values(made).on_conflict_do_nothing())
    return session.execute(wanted).scalar_one()


def move_task(session: Session, project_id: UUID, task_id: UUID, language: str, profile: str) -> None:
    """Put a task at the tail of the lane of this profile, where every cursor still meets it.

    The caller holds the project's row, so that a task is moved by one at a time. The lane is made before any is
    locked, and it is raised before the task is touched: whoever gives tasks back does it in this order too.
    """
    lane_id = lane_of(session, project_id, language, profile)
    raised = update(Lane).where(Lane.id == lane_id).values(tail=Lane.tail + 1).returning(Lane.tail)
    tail = session.execute(raised).scalar_one()
    session.execute(
        update(Task)
        .where(Task.id == task_id)
        .values(lane_id=lane_id, position=tail)
        .execution_options(synchronize_session=False)
    )
