"""Which projects a version takes in, and what its papers say of each: kept when the version is asked for.

What a project says of itself has no history, and a version may be written later, or again. Facts that have one (answers
to the datasheet, statements of pay, changed limits) are read as of the moment in which the version was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

import tasks as kinds
from labeler.exports.models import Export, ExportProject
from labeler.projects.models import Project
from labeler.projects.rules import is_frozen


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """A project as a version's papers tell it. `since` is when it was published, or made where it was not yet; `pay` is
    the rate as labelers were told it; `categories` maps a code to the highest severity declared."""

    id: UUID
    slug: str
    name: str
    purpose: str | None
    kind: str
    options: Mapping[str, Any]
    overlap: int
    pay: str | None
    categories: Mapping[str, int]
    since: datetime
    freeze_at: datetime | None

    @property
    def began(self) -> str:
        """The day (UTC) on which work began, ISO 8601."""
        return self.since.astimezone(UTC).date().isoformat()

    def frozen(self, at: datetime) -> bool:
        """Whether nothing could be withdrawn any more at a moment (OPT-9)."""
        return is_frozen(self.freeze_at, at)


def keep(session: Session, export: Export, projects: Iterable[Project]) -> None:
    """Keep with a version what its papers will say of these projects, its own among them."""
    session.add_all(
        ExportProject(export_id=export.id, project_id=each.id, facts=stored(each)) for each in projects
    )  # fmt: skip
    session.flush()


def stored(project: Project) -> dict[str, Any]:
    """What is kept of a project as it stands, as JSON."""
    since = project.published_at or project.created_at
    return {
        "name": project.name,
        "purpose": project.purpose,
        "options": project.options,
        "overlap": project.overlap,
        "pay": project.pay_rate,
        "categories": project.categories or {},
        "since": since.astimezone(UTC).isoformat(),
        "freeze_at": project.freeze_at and project.freeze_at.astimezone(UTC).isoformat(),
    }


def as_it_stands(project: Project) -> ProjectFacts:
    """What papers would say of a project now."""
    return _read(project.id, project.slug, project.kind, stored(project))


def told(session: Session, export: Export) -> tuple[ProjectFacts, ...]:
    """The projects of a version: its own, then the others by their slugs.

    A version from before facts were kept has its own project alone, as it stands now.
    """
    rows = session.execute(
        select(Project.id, Project.slug, Project.kind, ExportProject.facts)
        .join(ExportProject, ExportProject.project_id == Project.id)
        .where(ExportProject.export_id == export.id)
    ).all()
    found = [_read(*row) for row in rows]
    if not found:
        found = [as_it_stands(session.get_one(Project, export.project_id))]
    return tuple(sorted(found, key=lambda each: (each.id != export.project_id, each.slug)))


def now(session: Session, export: Export) -> tuple[ProjectFacts, ...]:
    """The same projects as they stand: for pages, which are not frozen."""
    return tuple(as_it_stands(session.get_one(Project, each.id)) for each in told(session, export))


def _read(key: UUID, slug: str, kind: str, facts: Mapping[str, Any]) -> ProjectFacts:
    moments = {name: facts[name] and datetime.fromisoformat(facts[name]) for name in ("since", "freeze_at")}
    # by the model: a database may keep the keys of a JSON object in an order of its own
    options = kinds.kind(kind).Options.model_validate(facts["options"]).model_dump(mode="json")
    return ProjectFacts(id=key, slug=slug, kind=kind, **{**facts, **moments, "options": options})


def takes_in(project_ids: Any) -> ColumnElement[bool]:
    """Whether a version has answers of any of these projects (ids, or a statement that gives them): its own, or others
    that it takes in."""
    others = select(ExportProject.export_id).where(ExportProject.project_id.in_(project_ids))
    return or_(Export.project_id.in_(project_ids), Export.id.in_(others))


def ids(session: Session, exports: Sequence[Export]) -> dict[UUID, frozenset[UUID]]:
    """Which projects each of these versions takes in."""
    found = {each.id: {each.project_id} for each in exports}
    rows = select(ExportProject.export_id, ExportProject.project_id).where(ExportProject.export_id.in_(list(found)))
    for export_id, project_id in session.execute(rows):
        found[export_id].add(project_id)
    return {key: frozenset(those) for key, those in found.items()}
