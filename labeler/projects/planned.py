"""What a plan means for a project: what may still change, which vendors it names, and a slug that is free."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from labeler.db import table
from labeler.errors import FieldProblem, Invalid
from labeler.projects.files import ProjectPlan
from labeler.projects.models import Batch, Lane, Project, ProjectOffer, Task
from labeler.projects.queries import imported_content
from labeler.workforce.models import Vendor

FIXED_ONCE_LIVE = ("kind", "options", "overlap")
"""What judgments already given depend on: it can't change once a project has been live."""


def against_history(session: Session, project: Project, new: dict[str, Any]) -> list[FieldProblem]:
    """What of the new values can't be, after what was imported, judged and declared."""
    problems: list[FieldProblem] = []
    has_tasks = session.scalar(select(Batch.id).where(Batch.project_id == project.id, Batch.tasks > 0).limit(1))
    if has_tasks is not None and new["kind"] != project.kind:
        problems.append(FieldProblem("kind", "Tasks have been imported for the kind it has; it stands."))
    for code, level in imported_content(session, project.id).items():
        if (new["categories"] or {}).get(code, 0) < level:
            there = f"Tasks with {code} at {level} have been imported; labelers must be told that they may occur."
            problems.append(FieldProblem("categories", there))
    if project.published_at is None:
        return problems
    for name in FIXED_ONCE_LIVE:
        if new[name] != getattr(project, name):
            problems.append(FieldProblem(name, "Judgments have been given under it; it stands. Make a new project."))
    for code, level in (project.categories or {}).items():
        if (new["categories"] or {}).get(code, 0) < level:
            problems.append(
                FieldProblem("categories", f"{code} was declared at {level}; people have said yes to that. It stands.")
            )
    return problems


def set_overlap(session: Session, project: Project, overlap: int) -> None:
    """Let every task of a project want so many judgments."""
    lanes = select(Lane.id).where(Lane.project_id == project.id)
    session.execute(table(Task).update().where(Task.lane_id.in_(lanes)).values(overlap=overlap))


def categories_of(plan: ProjectPlan) -> dict[str, int] | None:
    """The content a plan declares, without what is at 0; None when it says nothing."""
    if plan.categories is None:
        return None
    return {code.value: int(level) for code, level in sorted(plan.categories.items()) if level}


def offer(session: Session, project: Project, names: list[str]) -> bool:
    """Offer the project to these vendors alone; whether that changed anything. Raises Invalid for unknown names."""
    named = session.execute(select(Vendor.name, Vendor.id).where(Vendor.name.in_(names)))
    known = {name: vendor_id for name, vendor_id in named}  # noqa: C416 -- a row is not typed as a pair
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Invalid(
            "Some vendors are not known.",
            [FieldProblem("offered_to", f"There is no vendor named {name}.") for name in unknown],
        )
    before = set(session.scalars(select(ProjectOffer.vendor_id).where(ProjectOffer.project_id == project.id)))
    after = set(known.values())
    if before == after:
        return False
    session.execute(delete(ProjectOffer).where(ProjectOffer.project_id == project.id))
    session.add_all(ProjectOffer(project_id=project.id, vendor_id=vendor_id) for vendor_id in after)
    session.flush()
    return True


def free_slug(session: Session, wanted: str) -> str:
    """This slug, or the first with a number that nobody has."""
    taken = set(session.scalars(select(Project.slug).where(Project.slug.startswith(wanted))))
    if wanted not in taken:
        return wanted
    return next(slug for n in range(2, len(taken) + 3) if (slug := f"{wanted[:55]}-{n}") not in taken)
