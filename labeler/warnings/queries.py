"""What is known about warnings: reports, how often they surprise, and what waits for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.assignment.models import Assignment
from labeler.projects.hidden import HIDDEN
from labeler.projects.models import Batch, Lane, Project, Task, TaskContent
from labeler.projects.stops import last_stop
from labeler.warnings.models import (
    ContentReport,
    ContentReview,
    Decision,
    Escalation,
    EscalationContact,
    EscalationDecision,
    EscalationSource,
)
from tasks.content import Profile, Severity, parse_profile


def surprise(session: Session, project_id: UUID) -> tuple[int, int]:
    """Tasks whose severity a report raised, and tasks handed out, since the last stop was looked at (EXP-12).

    What a reviewer has found to be said too high does not count.
    """
    last = last_stop(session, project_id)
    since = last.ended_at if last is not None else None
    reports = (
        select(func.count(ContentReport.task_id.distinct()))
        .outerjoin(ContentReview, ContentReview.id == ContentReport.review_id)
        .where(
            ContentReport.project_id == project_id,
            ContentReport.old_profile != ContentReport.new_profile,
            func.coalesce(ContentReview.decision, Decision.CONFIRMED) == Decision.CONFIRMED,
        )
    )
    tasks = select(func.count(Task.id)).join(Lane, Lane.id == Task.lane_id).where(Lane.project_id == project_id)
    if since is None:
        served = tasks.where(Task.handed > 0)
    else:
        reports = reports.where(ContentReport.at >= since)
        given = exists().where(Assignment.task_id == Task.id, Assignment.handed_at >= since)
        served = tasks.where(Task.handed > 0, given)
    return session.execute(reports).scalar_one(), session.execute(served).scalar_one()


@dataclass(frozen=True, slots=True)
class Warned:
    """A task that labelers reported: what it was, what it is, how many said so, and the look that was taken at it."""

    task_id: UUID
    row_id: str | None
    batch: str
    language: str
    first: Profile
    profile: Profile
    reports: int
    waiting: int
    since: datetime
    reviewed: tuple[Decision, datetime, str, str | None] | None

    @property
    def forbidden(self) -> bool:
        """Whether it is served to nobody now, and waits for the named person."""
        return any(level >= Severity.FORBIDDEN for level in self.profile.values())


def warned(session: Session, project_id: UUID) -> Sequence[Warned]:
    """The reported tasks of a project, those that wait for a look first. Who reported is told to nobody."""
    rows = session.execute(
        select(
            ContentReport.task_id,
            TaskContent.row_id,
            Batch.name,
            Lane.language,
            Lane.profile,
            func.count(ContentReport.id).label("reports"),
            (func.count(ContentReport.id) - func.count(ContentReport.review_id)).label("waiting"),
            func.min(ContentReport.at).label("since"),
        )
        .join(Task, Task.id == ContentReport.task_id)
        .join(TaskContent, TaskContent.task_id == Task.id)
        .join(Batch, Batch.id == Task.batch_id)
        .join(Lane, Lane.id == Task.lane_id)
        .where(ContentReport.project_id == project_id)
        .group_by(ContentReport.task_id, TaskContent.row_id, Batch.name, Lane.language, Lane.profile)
    ).all()
    first = dict[UUID, str]()
    for task_id, profile in session.execute(
        select(ContentReport.task_id, ContentReport.old_profile)
        .where(ContentReport.project_id == project_id)
        .order_by(ContentReport.at, ContentReport.id)
    ):
        first.setdefault(task_id, profile)
    looks = {
        review.task_id: (review.decision, review.at, name, review.reason)
        for review, name in session.execute(
            select(ContentReview, User.name)
            .join(User, User.id == ContentReview.by_id)
            .where(ContentReview.task_id.in_(select(ContentReport.task_id).filter_by(project_id=project_id)))
            .order_by(ContentReview.at, ContentReview.id)
        )
    }
    found = [
        Warned(
            row.task_id, row.row_id, row.name, row.language, parse_profile(first[row.task_id]),
            parse_profile(row.profile), row.reports, row.waiting, row.since, looks.get(row.task_id),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda each: (not each.waiting, each.since))


def waiting(session: Session, project_id: UUID) -> int:
    """How many reports of a project nobody has looked at."""
    return session.execute(
        select(func.count(ContentReport.id)).where(
            ContentReport.project_id == project_id, ContentReport.review_id.is_(None)
        )
    ).scalar_one()


@dataclass(frozen=True, slots=True)
class Escalated:
    """A task that is served to nobody: its project, its row in the researcher's file, what it is about, since when."""

    task_id: UUID
    project: str
    slug: str
    row_id: str | None
    profile: Profile
    source: EscalationSource
    since: datetime


def escalations(session: Session) -> list[Escalated]:
    """Every task at severity 4 about which nobody has decided, the oldest first.

    A trial of the product's own goes by the name of the project that was drawn for it, until it is decided.
    """
    reported = (
        select(ContentReport.task_id, func.max(ContentReport.at).label("at"))
        .where(ContentReport.severity == Severity.FORBIDDEN)
        .group_by(ContentReport.task_id)
        .subquery()
    )
    decided = exists().where(Escalation.task_id == Task.id, Escalation.decision == EscalationDecision.STAYS)
    rows = session.execute(
        select(
            Task.id, Project.name, Project.slug, TaskContent.row_id, Lane.profile, reported.c.at,
            func.coalesce(Batch.finished_at, Batch.created_at).label("imported"), Project.kind, Batch.settings,
        )
        .join(Lane, Lane.id == Task.lane_id)
        .join(Project, Project.id == Lane.project_id)
        .join(TaskContent, TaskContent.task_id == Task.id)
        .join(Batch, Batch.id == Task.batch_id)
        .outerjoin(reported, reported.c.task_id == Task.id)
        .where(Lane.severity >= Severity.FORBIDDEN, ~decided)
    ).all()  # fmt: skip
    named = {row.id: (row.name, row.slug) for row in rows}
    for row in rows:
        if row.kind == HIDDEN:
            like = session.get_one(Project, UUID(row.settings["project"]))
            named[row.id] = (like.name, like.slug)
    found = [
        Escalated(
            row.id, *named[row.id], row.row_id, parse_profile(row.profile),
            EscalationSource.IMPORT if row.at is None else EscalationSource.REPORT, row.at or row.imported,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.since, each.task_id))


@dataclass(frozen=True, slots=True)
class Contact:
    """Who is named for what is served to nobody, since when, and whether she can sign in."""

    person_id: UUID
    name: str
    since: datetime
    reachable: bool


def contact(session: Session) -> Contact | None:
    """The named person, or None while nobody is named."""
    row = session.execute(
        select(EscalationContact, User)
        .join(User, User.id == EscalationContact.person_id)
        .order_by(EscalationContact.from_at.desc(), EscalationContact.id.desc())
        .limit(1)
    ).one_or_none()
    return row and Contact(row[1].id, row[1].name, row[0].from_at, row[1].disabled_at is None)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was taken, for the page of escalations."""

    project: str
    row_id: str | None
    decision: EscalationDecision
    severity: int | None
    reason: str
    at: datetime
    by: str


def decisions(session: Session, most: int = 50) -> list[Decided]:
    """The newest decisions about tasks that were served to nobody."""
    rows = session.execute(
        select(Escalation, Project.name, TaskContent.row_id, User.name)
        .join(Task, Task.id == Escalation.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .join(Project, Project.id == Lane.project_id)
        .join(TaskContent, TaskContent.task_id == Task.id)
        .join(User, User.id == Escalation.decided_by)
        .order_by(Escalation.decided_at.desc(), Escalation.id.desc())
        .limit(most)
    )
    return [Decided(p, r, each.decision, each.severity, each.reason, each.decided_at, n) for each, p, r, n in rows]
