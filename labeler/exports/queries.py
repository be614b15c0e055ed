"""Looking at exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from labeler.errors import Missing
from labeler.exports import scope as scopes
from labeler.exports.models import Export
from labeler.exports.plan import ExportPlan, Possible, plan
from labeler.exports.scope import Scope
from labeler.exports.steps import Step
from labeler.exports.views import registry
from labeler.projects.models import Batch, ImportState, Lane, Project
from tasks import kind
from tasks.kind import View


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


def possible(session: Session, of: Project) -> Possible:
    """What an export of a project can be made of."""
    asks = kind(of.kind)
    options = asks.Options.model_validate(of.options)
    languages = select(Lane.language).where(Lane.project_id == of.id).distinct().order_by(Lane.language)
    return Possible(
        views=tuple(view.name for view in registry.offered(asks, options)),
        usual=registry.usual(asks, options),
        margin_maps=registry.margin_maps(asks, options),
        scales=registry.label_scales(asks, options),
        aggregations=registry.aggregations(asks),
        languages=tuple(session.scalars(languages)),
        guidelines=of.guideline_version,
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


def checked(session: Session, of: Project, chosen: Mapping[str, Any]) -> ExportPlan:
    """The choice as a plan for this project. Raises Invalid with every problem of it."""
    return plan(chosen, possible(session, of), {batch.id for batch in batches(session, of.id)})


def look(
    session: Session, of: Project, chosen: Mapping[str, Any], now: datetime, snapshot_at: datetime | None = None
) -> tuple[Step, ...]:
    """What an export made now by this choice would take, step by step. Looking asks for nothing and changes nothing.

    Raises Invalid with every problem of the choice.
    """
    scope = Scope(of.id, checked(session, of, chosen), snapshot_at or now, now)
    return scopes.look(session, scope, ahead=True)
