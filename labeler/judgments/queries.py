"""What has been answered: by one labeler for herself, and in numbers for a project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState, Draft
from labeler.assignment.queries import HeldTask, own_task
from labeler.judgments.models import Judgment, Standing, Withdrawal
from labeler.projects.models import Lane, Project, Task
from tasks.content import SENSITIVE
from tasks.order import parse


@dataclass(frozen=True, slots=True)
class Answered:
    """One version of an answer as far as a reply needs it; `answer` is JSON text."""

    id: UUID
    assignment_id: UUID
    standing: Standing
    version: int
    answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """An assignment as a submit must know it; its row is locked until the transaction ends."""

    assignment_id: UUID
    labeler_id: UUID
    task_id: UUID
    project_id: UUID
    state: AssignmentState
    kind: str
    options: dict[str, Any]
    guideline_version: int
    fence: int
    order_text: str
    severity: int
    handed_at: datetime
    lease_until: datetime
    revealed_at: datetime | None
    seen_seconds: int
    drafted: bool

    @property
    def sensitive(self) -> bool:
        """Whether its text is hidden until it is asked for."""
        return self.severity >= SENSITIVE

    @property
    def order(self) -> tuple[int, ...]:
        """The order of completions shown."""
        return parse(self.order_text)


_ANSWERED = (Judgment.id, Judgment.assignment_id, Judgment.standing, Judgment.version, Judgment.answer)
_BY_KEY = select(*_ANSWERED).where(Judgment.labeler_id == bindparam("me"), Judgment.idem_key == bindparam("key"))
_LATEST = (
    select(*_ANSWERED)
    .where(Judgment.assignment_id == bindparam("assignment"))
    .order_by(Judgment.version.desc())
    .limit(1)
)
_QUESTION = (
    select(
        Assignment.id.label("assignment_id"),
        Assignment.labeler_id,
        Assignment.task_id,
        Lane.project_id,
        Assignment.state,
        Project.kind,
        Project.options,
        Assignment.guideline_version,
        Assignment.fence,
        Assignment.order.label("order_text"),
        Lane.severity,
        Assignment.handed_at,
        Assignment.lease_until,
        Assignment.revealed_at,
        Assignment.seen_seconds,
        Draft.assignment_id.label("draft"),
    )
    .join(Task, Task.id == Assignment.task_id)
    .join(Lane, Lane.id == Task.lane_id)
    .join(Project, Project.id == Lane.project_id)
    .outerjoin(Draft, Draft.assignment_id == Assignment.id)
    .where(Assignment.id == bindparam("assignment"), Assignment.labeler_id == bindparam("me"))
    .with_for_update(of=Assignment)
)


def by_key(session: Session, labeler_id: UUID, idem_key: str) -> Answered | None:
    """The answer that was sent with this form's key, if it has arrived before."""
    row = session.execute(_BY_KEY, {"me": labeler_id, "key": idem_key}).one_or_none()
    return row and Answered(*row)


def latest(session: Session, assignment_id: UUID) -> Answered | None:
    """The newest version of the answer to an assignment."""
    row = session.execute(_LATEST, {"assignment": assignment_id}).one_or_none()
    return row and Answered(*row)


def question(session: Session, labeler_id: UUID, assignment_id: UUID) -> Question | None:
    """The labeler's own assignment, locked, whatever its state."""
    row = session.execute(_QUESTION, {"me": labeler_id, "assignment": assignment_id}).one_or_none()
    if row is None:
        return None
    facts: dict[str, Any] = dict(row._mapping)
    facts["drafted"] = facts.pop("draft") is not None
    return Question(**facts)


NOT_WITHDRAWN = ~exists().where(Withdrawal.assignment_id == Judgment.assignment_id)
"""The condition of a judgment that its labeler has not withdrawn (OPT-9)."""


def last_ids(session: Session, labeler_id: UUID, limit: int) -> Sequence[UUID]:
    """The assignments of this labeler's last answers, the newest first; those that she withdrew stay as they are."""
    return session.scalars(
        select(Assignment.id)
        .outerjoin(Withdrawal, Withdrawal.assignment_id == Assignment.id)
        .where(
            Assignment.labeler_id == labeler_id,
            Assignment.state == AssignmentState.JUDGED,
            Withdrawal.assignment_id.is_(None),
        )
        .order_by(Assignment.handed_at.desc())
        .limit(limit)
    ).all()


def answer_page(session: Session, labeler_id: UUID, judgment_id: UUID, now: datetime) -> tuple[HeldTask, str] | None:
    """A task of this labeler's with her newest answer to it (JSON text), for revising; None when it is not hers."""
    assignment_id = session.execute(
        select(Judgment.assignment_id).where(Judgment.id == judgment_id, Judgment.labeler_id == labeler_id)
    ).scalar()
    if assignment_id is None:
        return None
    task = own_task(session, labeler_id, assignment_id, now)
    newest = latest(session, assignment_id)
    return (task, newest.answer) if task is not None and newest is not None else None


def counts(session: Session, project_id: UUID) -> dict[Standing, int]:
    """How many assignments of a project are answered, by standing; a revised answer is one, a withdrawn one none."""
    rows = session.execute(
        select(Judgment.standing, func.count())
        .where(Judgment.project_id == project_id, Judgment.version == 1, NOT_WITHDRAWN)
        .group_by(Judgment.standing)
    )
    return dict(rows.all())


def held_now(session: Session, project_id: UUID | None = None) -> dict[UUID, int]:
    """How many tasks are in labelers' hands now, by lane of one project, else by project. One row a labeler is read."""
    key = Lane.project_id if project_id is None else Lane.id
    wanted = (
        select(key, func.count())
        .select_from(Assignment)
        .join(Task, Task.id == Assignment.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .where(Assignment.state == AssignmentState.HELD)
        .group_by(key)
    )
    if project_id is not None:
        wanted = wanted.where(Lane.project_id == project_id)
    return {row[0]: row[1] for row in session.execute(wanted)}


def sent_by_day(session: Session, project_id: UUID, since: datetime) -> dict[date, int]:
    """How many answers came in on each day (UTC), changed ones too: counted in the index alone."""
    rows = session.execute(
        select(func.date(Judgment.submitted_at), func.count())
        .where(Judgment.project_id == project_id, Judgment.submitted_at >= since)
        .group_by(func.date(Judgment.submitted_at))
    )
    return {day if isinstance(day, date) else date.fromisoformat(day): count for day, count in rows}


@dataclass(frozen=True, slots=True)
class Said:
    """What was answered, and in which order the completions stood; by whom and on what is left out on purpose."""

    order: tuple[int, ...]
    answer: dict[str, Any]
    standing: Standing


def newest_said(session: Session, project_id: UUID, limit: int) -> list[Said]:
    """The newest answers of a project, at most `limit`, without withdrawn ones; of a changed one the newest version."""
    rows = session.execute(
        select(Judgment.id, Judgment.replaces_id, Judgment.order, Judgment.answer, Judgment.standing)
        .where(Judgment.project_id == project_id, NOT_WITHDRAWN)
        .order_by(Judgment.submitted_at.desc())
        .limit(limit)
    ).all()
    replaced = {row.replaces_id for row in rows}
    return [Said(parse(row.order), orjson.loads(row.answer), row.standing) for row in rows if row.id not in replaced]
