"""Looking at exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from labeler.errors import Missing
from labeler.exports import alike, projects
from labeler.exports import scope as scopes
from labeler.exports.models import Export
from labeler.exports.plan import ExportPlan, Possible, plan
from labeler.exports.scope import Scope
from labeler.exports.steps import Step, together
from labeler.exports.views import registry
from labeler.projects.models import Batch, ImportState, Lane, Project
from tasks import kind
from tasks.kind import View

Told = TypeVar("Told")


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


def possible(session: Session, of: Project, others: Sequence[Project] = ()) -> Possible:
    """What an export of a project can be made of, with others that it takes in."""
    asks = kind(of.kind)
    options = asks.Options.model_validate(of.options)
    among = Lane.project_id.in_([of.id, *(other.id for other in others)])
    languages = select(Lane.language).where(among).distinct().order_by(Lane.language)
    return Possible(
        views=tuple(view.name for view in registry.offered(asks, options)),
        usual=registry.usual(asks, options),
        margin_maps=registry.margin_maps(asks, options),
        scales=registry.label_scales(asks, options),
        aggregations=registry.aggregations(asks),
        languages=tuple(session.scalars(languages)),
        guidelines=max(each.guideline_version for each in (of, *others)),
    )


def exports(session: Session, project_id: UUID) -> Sequence[Export]:
    """A project's exports, the newest first."""
    return session.scalars(select(Export).where(Export.project_id == project_id).order_by(Export.number.desc())).all()


def taken_in(session: Session, project_id: UUID) -> Sequence[Row[Export, str]]:
    """Exports of other projects that take this one in, with the slug of their own, the newest first."""
    wanted = (
        select(Export, Project.slug)
        .join(Project, Project.id == Export.project_id)
        .where(projects.takes_in([project_id]), Export.project_id != project_id)
    )
    return session.execute(wanted.order_by(Export.created_at.desc(), Export.number.desc())).all()


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


def batches(session: Session, *project_ids: UUID) -> Sequence[Row[UUID, str, str, str]]:
    """The finished batches of projects, in the order of import: id, name, content_hash, slug of the project."""
    return session.execute(
        select(Batch.id, Batch.name, Batch.content_hash, Project.slug)
        .join(Project, Project.id == Batch.project_id)
        .where(Batch.project_id.in_(project_ids), Batch.state == ImportState.DONE)
        .order_by(Batch.created_at, Batch.id)
    ).all()


def checked(session: Session, of: Project, chosen: Mapping[str, Any]) -> ExportPlan:
    """The choice as a plan for this project; others are named by slug or id. Raises Invalid with every problem."""
    others, problems = alike.found(session, of, chosen.get("also") or ())
    ids = [other.id for other in others]
    known = {batch.id for batch in batches(session, of.id, *ids)}
    return plan({**chosen, "also": ids}, possible(session, of, others), known, problems)


def look(
    session: Session, of: Project, chosen: Mapping[str, Any], now: datetime, snapshot_at: datetime | None = None
) -> tuple[Step, ...]:
    """What an export made now by this choice would take, step by step. Looking asks for nothing and changes nothing.

    Raises Invalid with every problem of the choice.
    """
    return together(list(look_each(session, of, chosen, now, snapshot_at).values()))


def look_each(
    session: Session, of: Project, chosen: Mapping[str, Any], now: datetime, snapshot_at: datetime | None = None
) -> dict[str, tuple[Step, ...]]:
    """The same for each project that the choice takes in, by its slug, this one first."""
    scope = Scope(of.id, checked(session, of, chosen), snapshot_at or now, now)
    return by_slug(session, scopes.look_each(session, scope, ahead=True))


def by_slug(session: Session, found: Mapping[UUID, Told]) -> dict[str, Told]:
    """What is told of projects, by their slugs, in the order given."""
    rows = session.execute(select(Project.id, Project.slug).where(Project.id.in_(list(found))))
    slugs = {row.id: row.slug for row in rows}
    return {slugs[key]: of for key, of in found.items()}
