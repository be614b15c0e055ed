"""Holding requesters and projects to their limits: asked in the transaction of what is limited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.audit.service import record
from labeler.errors import FieldProblem, Invalid
from labeler.projects.models import Batch, ImportState, Project
from labeler.projects.quotas import rules
from labeler.projects.quotas.models import RequesterLimit
from labeler.projects.quotas.rules import LIMITS, RequesterQuota


def limits(session: Session) -> dict[RequesterQuota, int | None]:
    """The limits in force."""
    rows = session.execute(
        select(RequesterLimit.name, RequesterLimit.value).order_by(RequesterLimit.set_at, RequesterLimit.id)
    )
    return rules.in_force([(name, value) for name, value in rows])


def set_limits(session: Session, actor: UUID, typed: Mapping[str, str], now: datetime) -> list[RequesterQuota]:
    """Set the limits that are named in `typed`, as somebody typed them, from now on; those that changed.

    Raises Invalid with every problem.
    """
    problems, values = [], {}
    for name, text in typed.items():
        try:
            quota = RequesterQuota(name)
        except ValueError:
            problems.append(FieldProblem(name, "There is no such limit."))
            continue
        try:
            values[quota] = rules.read_value(quota, text)
        except ValueError as wrong:
            problems.append(FieldProblem(name, str(wrong)))
    if problems:
        raise Invalid("The limits are as they were.", problems)
    before = limits(session)
    changed = [quota for quota, value in values.items() if value != before[quota]]
    for quota in changed:
        row = RequesterLimit(name=quota, value=values[quota], set_at=now, set_by=actor)
        session.add(row)
        session.flush()
        record(session, "limit.set", actor, row.id, now, name=quota, value=values[quota])
    return changed


def room_for_import(session: Session, actor: UUID, project_id: UUID, now: datetime) -> None:
    """Ask whether a person may import once more into a project. Raises OverQuota.

    To be called with the project's row locked; the person's is locked here, so that the last place goes to one.
    """
    _hold(session, actor)
    used = {
        RequesterQuota.IMPORTS: _imports(session, now, Batch.created_by == actor),
        RequesterQuota.PROJECT_IMPORTS: _imports(session, now, Batch.project_id == project_id),
    }
    _refuse(session, used, 1, now)


def room_for_tasks(session: Session, actor: UUID, project_id: UUID, tasks: int, now: datetime) -> None:
    """Ask whether a person may import so many tasks into a project. Raises OverQuota. Locked as `room_for_import`."""
    _hold(session, actor)
    used = {
        RequesterQuota.TASKS: _tasks(session, now, Batch.created_by == actor),
        RequesterQuota.PROJECT_TASKS: _tasks(session, now, Batch.project_id == project_id),
    }
    _refuse(session, used, tasks, now)


def room_to_publish(session: Session, actor: UUID, now: datetime) -> None:
    """Ask whether a person may take one more project live for the first time. Raises OverQuota."""
    _hold(session, actor)
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


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit with what is used of it; `used` is None where that is a project's."""

    name: RequesterQuota
    words: str
    unit: str
    limit: int | None
    usual: int | None
    used: int | None


def standing(session: Session, actor: UUID, now: datetime) -> list[Standing]:
    """Every limit in force, and what this person uses of it."""
    allowed = limits(session)
    used = {
        RequesterQuota.IMPORTS: _imports(session, now, Batch.created_by == actor),
        RequesterQuota.TASKS: _tasks(session, now, Batch.created_by == actor),
        RequesterQuota.PUBLISHED: _published(session, actor, now),
    }
    return [
        Standing(quota, limited.words, limited.unit, allowed[quota], limited.usual, used.get(quota))
        for quota, limited in LIMITS.items()
    ]


def _hold(session: Session, actor: UUID) -> None:
    """Let nobody else count for this person until the transaction ends."""
    session.scalar(select(User.id).where(User.id == actor).with_for_update(key_share=True))
