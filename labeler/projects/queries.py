"""What is known about projects, for the studio, the command line and the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.errors import Missing
from labeler.projects.models import Batch, Guideline, Lane, Project, ProjectOffer, Task, TaskContent
from labeler.workforce.models import Vendor
from tasks.content import Profile, Severity, parse_profile


def project_by_slug(session: Session, slug: str) -> Project:
    """The project at a slug. Raises Missing."""
    project = session.scalars(select(Project).where(Project.slug == slug)).one_or_none()
    if project is None:
        raise Missing(f"There is no project at {slug}.")
    return project


def projects(session: Session) -> Sequence[Project]:
    """All projects, the newest first."""
    return session.scalars(select(Project).order_by(Project.created_at.desc(), Project.id)).all()


def offered_to(session: Session, project_id: UUID) -> list[str]:
    """The names of the vendors a project is offered to; none means all."""
    named = select(Vendor.name).join(ProjectOffer, ProjectOffer.vendor_id == Vendor.id)
    return list(session.scalars(named.where(ProjectOffer.project_id == project_id).order_by(Vendor.name)))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a project is. `wanted` counts judgments, `claimed` those given or held now; `held_back` counts tasks at
    severity 4, which are served to nobody. `by_lane` lists language, profile, tasks, wanted, claimed.
    """

    tasks: int = 0
    wanted: int = 0
    claimed: int = 0
    held_back: int = 0
    by_lane: list[tuple[str, Profile, int, int, int]] = field(default_factory=list)


def progress(session: Session, project_id: UUID) -> Progress:
    """Tasks and claims by lane, in one statement. How many are judged: `judgments.queries.counts`."""
    rows = session.execute(
        select(
            Lane.language,
            Lane.profile,
            Lane.severity,
            func.count(Task.id),
            func.sum(Task.overlap),
            func.sum(Task.claims),
        )
        .join(Task, Task.lane_id == Lane.id)
        .where(Lane.project_id == project_id)
        .group_by(Lane.id, Lane.language, Lane.profile, Lane.severity)
        .order_by(Lane.language, Lane.severity, Lane.profile)
    ).all()
    served = [row for row in rows if row[2] < Severity.FORBIDDEN]
    return Progress(
        tasks=sum(row[3] for row in served),
        wanted=sum(int(row[4]) for row in served),
        claimed=sum(int(row[5]) for row in served),
        held_back=sum(row[3] for row in rows if row[2] >= Severity.FORBIDDEN),
        by_lane=[(row[0], parse_profile(row[1]), row[3], int(row[4]), int(row[5])) for row in rows],
    )


def batches(session: Session, project_id: UUID) -> Sequence[Batch]:
    """A project's imports, the newest first, refused ones too."""
    return session.scalars(
        select(Batch).where(Batch.project_id == project_id).order_by(Batch.created_at.desc(), Batch.id.desc())
    ).all()


def batch_of(session: Session, project_id: UUID, batch_id: UUID) -> Batch:
    """One import of this project. Raises Missing."""
    batch = session.get(Batch, batch_id)
    if batch is None or batch.project_id != project_id:
        raise Missing("There is no such import in this project.")
    return batch


def guidelines(session: Session, project_id: UUID) -> Sequence[Guideline]:
    """Every version of a project's instructions, the newest first."""
    return session.scalars(
        select(Guideline).where(Guideline.project_id == project_id).order_by(Guideline.version.desc())
    ).all()


@dataclass(frozen=True, slots=True)
class Sample:
    """A task for the studio's preview: its content as JSON text, and what is known of it."""

    task_id: UUID
    language: str
    profile: Profile
    item: str
    matched: str | None


def samples(session: Session, project_id: UUID, *, limit: int = 5, matched: bool = False) -> list[Sample]:
    """Some tasks of a project, or some whose severity the word list raised. Source labels and models stay out."""
    wanted = (
        select(Task.id, Lane.language, Lane.profile, TaskContent.item, TaskContent.matched)
        .join(Lane, Lane.id == Task.lane_id)
        .join(TaskContent, TaskContent.task_id == Task.id)
        .where(Lane.project_id == project_id)
        .order_by(Task.id)
        .limit(limit)
    )
    if matched:
        wanted = wanted.where(TaskContent.matched.is_not(None))
    return [Sample(row[0], row[1], parse_profile(row[2]), row[3], row[4]) for row in session.execute(wanted)]
