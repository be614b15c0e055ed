"""Looking at exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, exists, func, or_, select
from sqlalchemy.orm import Session

from labeler.cases.models import NotUsed
from labeler.errors import Missing
from labeler.exports.models import Export
from labeler.exports.plan import Possible
from labeler.exports.views import registry
from labeler.judgments.models import Judgment, Standing
from labeler.judgments.queries import NOT_WITHDRAWN
from labeler.pay.queries import has_rate, paid, settled
from labeler.projects.models import Batch, ImportState, Project
from tasks import kind
from tasks.kind import View


@dataclass(frozen=True, slots=True)
class Before:
    """What an export made now would read: answers in their newest version, and the tasks they are about.

    Answers that their labelers have withdrawn, and those that are not used, are not among them.
    `unpaid` of the answers would be left out, as nobody has been paid for them so far (PAY-5). An export settles first
    what has ended, so what only nobody had written yet is not among them.
    """

    tasks: int
    judgments: int
    late: int
    unpaid: int


def project(session: Session, slug: str) -> Project:
    """The project of this slug. Raises Missing."""
    found = session.scalar(select(Project).where(Project.slug == slug))
    if found is None:
        raise Missing(f"There is no project {slug}.")
    return found


def views(of: Project) -> tuple[View, ...]:
    """The views on offer for a project, `judgments` first."""
    asks = kind(of.kind)
    return registry.offered(asks, asks.Options.model_validate(of.options))


def possible(of: Project) -> Possible:
    """What an export of a project can be made of."""
    asks = kind(of.kind)
    options = asks.Options.model_validate(of.options)
    return Possible(
        views=tuple(view.name for view in registry.offered(asks, options)),
        usual=registry.usual(asks, options),
        margin_maps=registry.margin_maps(asks, options),
        scales=registry.label_scales(asks, options),
    )


def exports(session: Session, project_id: UUID) -> Sequence[Export]:
    """A project's exports, the newest first."""
    return session.scalars(select(Export).where(Export.project_id == project_id).order_by(Export.number.desc())).all()


def all_exports(session: Session, slug: str | None = None) -> Sequence[Row[Export, str]]:
    """Exports with their project's slug, the newest first: of one project, or of all."""
    wanted = select(Export, Project.slug).join(Project, Project.id == Export.project_id)
    if slug is not None:
        wanted = wanted.where(Project.slug == slug)
    return session.execute(wanted.order_by(Export.created_at.desc(), Export.number.desc())).all()


def export(session: Session, project_id: UUID, number: int) -> Export:
    """One version of a project's dataset. Raises Missing."""
    found = session.scalar(select(Export).where(Export.project_id == project_id, Export.number == number))
    if found is None:
        raise Missing("This project has no such export.")
    return found


def by_manifest(session: Session, manifest_hash: str) -> tuple[str, int]:
    """The project's slug and the number of the finished version whose manifest has this SHA-256. Raises Missing."""
    found = session.execute(
        select(Project.slug, Export.number)
        .join(Export, Export.project_id == Project.id)
        .where(Export.manifest_hash == manifest_hash.lower())
    ).first()
    if found is None:
        raise Missing("No version here has a manifest with this SHA-256.")
    return found.slug, found.number


def batches(session: Session, project_id: UUID) -> Sequence[Row[UUID, str, str]]:
    """The project's finished batches, in the order of import: id, name, content_hash."""
    return session.execute(
        select(Batch.id, Batch.name, Batch.content_hash)
        .where(Batch.project_id == project_id, Batch.state == ImportState.DONE)
        .order_by(Batch.created_at, Batch.id)
    ).all()


def before(session: Session, project_id: UUID, now: datetime) -> Before:
    """The counts in, to be shown before an export is made."""
    used = ~exists().where(
        NotUsed.assignment_id == Judgment.assignment_id,
        NotUsed.effective_at <= now,
        or_(NotUsed.ended_at.is_(None), NotUsed.ended_at > now),
    )
    first = session.execute(
        select(func.count(func.distinct(Judgment.task_id)), func.count()).where(
            Judgment.project_id == project_id, Judgment.version == 1, NOT_WITHDRAWN, used
        )
    ).one()
    late = session.execute(
        select(func.count()).where(
            Judgment.project_id == project_id,
            Judgment.version == 1,
            Judgment.standing == Standing.LATE,
            NOT_WITHDRAWN,
            used,
        )
    ).scalar_one()
    unpaid = session.execute(
        select(func.count()).where(
            Judgment.project_id == project_id,
            Judgment.version == 1,
            NOT_WITHDRAWN,
            used,
            ~paid(Judgment.assignment_id, now),
            or_(settled(Judgment.assignment_id), ~has_rate(Judgment.labeler_id)),
        )
    ).scalar_one()
    return Before(tasks=first[0], judgments=first[1], late=late, unpaid=unpaid)
