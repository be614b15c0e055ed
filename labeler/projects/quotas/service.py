"""Holding requesters and projects to their limits: asked in the transaction of what is limited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from labeler.projects.models import Batch, ImportState, Project
from labeler.projects.quotas import rules
from labeler.projects.quotas.models import RequesterLimit
from labeler.projects.quotas.rules import LIMITS, RequesterQuota
from labeler.quotas.service import Family, Standing, hold

FAMILY = Family(RequesterLimit, LIMITS)
limits, set_limits = FAMILY.limits, FAMILY.set_limits


def room_for_import(session: Session, actor: UUID, project_id: UUID, now: datetime) -> None:
    """Ask whether a person may import once more into a project. Raises OverQuota.

    To be called with the project's row locked; the person's is locked here, so that the last place goes to one.
    """
    hold(session, actor)
    used = {
        RequesterQuota.IMPORTS: _imports(session, now, Batch.created_by == actor),
        RequesterQuota.PROJECT_IMPORTS: _imports(session, now, Batch.project_id == project_id),
    }
    _refuse(session, used, 1, now)


def room_for_tasks(session: Session, actor: UUID, project_id: UUID, tasks: int, now: datetime) -> None:
    """Ask whether a person may import so many tasks into a project. Raises OverQuota. Locked as `room_for_import`."""
    hold(session, actor)
    used = {
        RequesterQuota.TASKS: _tasks(session, now, Batch.created_by == actor),
        RequesterQuota.PROJECT_TASKS: _tasks(session, now, Batch.project_id == project_id),
    }
    _refuse(session, used, tasks, now)


def room_to_publish(session: Session, actor: UUID, now: datetime) -> None:
    """Ask whether a person may take one more project live for the first time. Raises OverQuota."""
    hold(session, actor)
    _refuse(session, {RequesterQuota.PUBLISHED: _published(session, actor, now)}, 1, now)


def _refuse(session: Session, used: Mapping[RequesterQuota, int], wanted: int, now: datetime) -> None:
    allowed = limits(session)
    for quota, so_far in used.items():
        refusal = rules.over(quota, allowed[quota], so_far, wanted, now)
        if refusal is not None:
            raise refusal


def _imports(session: Session, now: datetime, whose: ColumnElement[bool]) -> int:
    asked = select(func.count()).where(whose, Batch.created_at >= rules.began(rules.DAY, now), Batch.created_at <= now)
    return session.scalar(asked) or 0


def _tasks(session: Session, now: datetime, whose: ColumnElement[bool]) -> int:
    done = select(func.coalesce(func.sum(Batch.tasks), 0)).where(
        whose, Batch.state == ImportState.DONE, Batch.finished_at >= rules.began(rules.DAY, now)
    )
    return int(session.scalar(done) or 0)


def _published(session: Session, actor: UUID, now: datetime) -> int:
    since = rules.began(rules.WEEK, now)
    mine = select(func.count()).where(Project.published_by == actor, Project.published_at >= since)
    return session.scalar(mine) or 0


def standing(session: Session, actor: UUID, now: datetime) -> list[Standing[RequesterQuota]]:
    """Every limit in force, and what this person uses of it."""
    used = {
        RequesterQuota.IMPORTS: _imports(session, now, Batch.created_by == actor),
        RequesterQuota.TASKS: _tasks(session, now, Batch.created_by == actor),
        RequesterQuota.PUBLISHED: _published(session, actor, now),
    }
    return FAMILY.standing(session, used)
