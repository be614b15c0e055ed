"""What is known about projects, for the studio, the command line and the API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from labeler.errors import Missing
from labeler.projects.hidden import shown
from labeler.projects.models import Batch, Guideline, ImportState, Lane, Project, ProjectOffer, Task, TaskContent
from labeler.workforce.models import Vendor
from tasks.content import Profile, Severity, parse_profile


def project_by_slug(session: Session, slug: str) -> Project:
    """The project at a slug. Raises Missing."""
    project = session.scalars(select(Project).where(Project.slug == slug, shown())).one_or_none()
    if project is None:
        raise Missing(f"There is no project at {slug}.")
    return project


def projects(session: Session) -> Sequence[Project]:
    """All projects, the newest first."""
    return session.scalars(select(Project).where(shown()).order_by(Project.created_at.desc(), Project.id)).all()


def offered_to(session: Session, project_id: UUID) -> list[str]:
    """The names of the vendors a project is offered to; none means all."""
    named = select(Vendor.name).join(ProjectOffer, ProjectOffer.vendor_id == Vendor.id)
    return list(session.scalars(named.where(ProjectOffer.project_id == project_id).order_by(Vendor.name)))


@dataclass(frozen=True, slots=True)
class LaneCount:
    """A lane's tasks, the judgments they want, and those given or held now."""

    id: UUID
    language: str
    profile: Profile
    tasks: int
    wanted: int
    claimed: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a project is. `wanted` counts judgments, `claimed` those given or held now; `held_back` counts tasks at
    severity 4, which are served to nobody.
    """

    tasks: int = 0
    wanted: int = 0
    claimed: int = 0
    held_back: int = 0
    by_lane: list[LaneCount] = field(default_factory=list)


def progress(session: Session, project_id: UUID) -> Progress:
    """Tasks and claims by lane, in one statement. How many are judged: `judgments.queries.counts`."""
    rows = session.execute(
        select(
            Lane.id,
            Lane.language,
            Lane.profile,
            Lane.severity,
            func.count(Task.id).label("tasks"),
            func.sum(Task.overlap).label("wanted"),
            func.sum(Task.claims).label("claimed"),
        )
        .join(Task, Task.lane_id == Lane.id)
        .where(Lane.project_id == project_id)
        .group_by(Lane.id, Lane.language, Lane.profile, Lane.severity)
        .order_by(Lane.language, Lane.severity, Lane.profile)
    ).all()
    served = [row for row in rows if row.severity < Severity.FORBIDDEN]
    return Progress(
        tasks=sum(row.tasks for row in served),
        wanted=sum(int(row.wanted) for row in served),
        claimed=sum(int(row.claimed) for row in served),
        held_back=sum(row.tasks for row in rows if row.severity >= Severity.FORBIDDEN),
        by_lane=[
            LaneCount(row.id, row.language, parse_profile(row.profile), row.tasks, int(row.wanted), int(row.claimed))
            for row in rows
        ],
    )


def totals(session: Session) -> dict[UUID, tuple[int, int]]:
    """For every project with tasks: judgments wanted, and those given or held now; held back tasks are left out."""
    rows = session.execute(
        select(Lane.project_id, func.sum(Task.overlap), func.sum(Task.claims))
        .join(Task, Task.lane_id == Lane.id)
        .where(Lane.severity < Severity.FORBIDDEN)
        .group_by(Lane.project_id)
    )
    return {project_id: (int(wanted), int(claimed)) for project_id, wanted, claimed in rows}


def imported_content(session: Session, project_id: UUID) -> dict[str, int]:
    """The highest severity of each category among the tasks of a project."""
    there = exists().where(Task.lane_id == Lane.id)
    found: dict[str, int] = {}
    for key in session.scalars(select(Lane.profile).where(Lane.project_id == project_id, there)):
        for code, level in parse_profile(key).items():
            found[code.value] = max(int(level), found.get(code.value, 0))
    return found


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


def same_content(session: Session, project_id: UUID, content_hash: str) -> Batch | None:
    """The newest finished import of this very file into the project."""
    return session.scalars(
        select(Batch)
        .where(Batch.project_id == project_id, Batch.content_hash == content_hash, Batch.state == ImportState.DONE)
        .order_by(Batch.copy.desc())
        .limit(1)
    ).one_or_none()


def guideline_of(session: Session, project_id: UUID, version: int) -> Guideline:
    """One version of a project's instructions. Raises Missing."""
    found = session.scalars(
        select(Guideline).where(Guideline.project_id == project_id, Guideline.version == version)
    ).one_or_none()
    if found is None:
        raise Missing("There is no such version of these instructions.")
    return found


@dataclass(frozen=True, slots=True)
class Sample:
    """A task as the studio shows it: its content as JSON text, what is known of it, the words that raised it."""

    task_id: UUID
    language: str
    profile: Profile
    item: str
    matched: list[str]


_SAMPLE = (
    select(Task.id, Lane.language, Lane.profile, TaskContent.item, TaskContent.matched)
    .join(Lane, Lane.id == Task.lane_id)
    .join(TaskContent, TaskContent.task_id == Task.id)
)


def samples(session: Session, project_id: UUID, limit: int = 3) -> list[Sample]:
    """Some tasks of a project's first import; which ones is up to the database. Source labels and models stay out."""
    first = session.scalar(
        select(Batch.id)
        .where(Batch.project_id == project_id, Batch.tasks > 0)
        .order_by(Batch.created_at, Batch.id)
        .limit(1)
    )
    return [] if first is None else _samples(session, _SAMPLE.where(Task.batch_id == first).limit(limit))


def samples_of(session: Session, project_id: UUID, task_ids: Iterable[UUID]) -> list[Sample]:
    """These tasks of a project; those of another project, or of none, are passed over."""
    wanted = _SAMPLE.where(Lane.project_id == project_id, Task.id.in_(list(task_ids))).order_by(Task.id)
    return _samples(session, wanted)


def _samples(session: Session, wanted: Select[Any, Any, Any, Any, Any]) -> list[Sample]:
    return [
        Sample(row.id, row.language, parse_profile(row.profile), row.item, orjson.loads(row.matched or "[]"))
        for row in session.execute(wanted)
    ]
