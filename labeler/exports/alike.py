"""Which projects may lie in one dataset: of one kind, with options that make the same columns and figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.errors import FieldProblem
from labeler.exports.plan import MOST_PROJECTS
from labeler.projects.models import Project
from tasks import kind

FIELD = "also"


def fitting(session: Session, of: Project) -> list[Project]:
    """The other projects that an export of this one can take in, by their slugs."""
    wanted = select(Project).where(Project.kind == of.kind, Project.id != of.id).order_by(Project.slug)
    return [each for each in session.scalars(wanted) if not differing(of, each)]


def found(session: Session, of: Project, named: Any) -> tuple[list[Project], list[FieldProblem]]:
    """The projects that are named beside one, by slug or id, each once; and what is wrong with any of them."""
    if isinstance(named, str | bytes) or not isinstance(named, Iterable):
        return [], [FieldProblem(FIELD, "Name the other projects in a list.")]
    names = list(dict.fromkeys(str(each).strip() for each in named))
    if len(names) >= MOST_PROJECTS:
        said = (
            f"{MOST_PROJECTS} projects at most go into one export, this one among them. These are {len(names)} others."
        )
        return [], [FieldProblem(FIELD, said)]
    problems, others = [], []
    for name in names:
        other = _project(session, name)
        problem = _problem(of, other, name)
        if problem is not None:
            problems.append(FieldProblem(FIELD, problem))
        elif other is not None and other not in others:
            others.append(other)
    return others, problems


def _project(session: Session, name: str) -> Project | None:
    by_slug = session.scalar(select(Project).where(Project.slug == name))
    if by_slug is not None:
        return by_slug
    try:
        return session.get(Project, UUID(name))
    except ValueError:
        return None


def _problem(of: Project, other: Project | None, name: str) -> str | None:
    if other is None:
        return f"There is no project {name}."
    if other.id == of.id:
        return f"{other.slug} is the project that this export is of; name others beside it."
    if other.kind != of.kind:
        return f"{other.slug} can't be taken in: its tasks are of the kind {other.kind}, those here of {of.kind}."
    differs = differing(of, other)
    return f"{other.slug} can't be taken in: {'; '.join(differs)}." if differs else None


def differing(one: Project, other: Project) -> list[str]:
    """What keeps two projects of one kind apart, in words; nothing where they may lie in one dataset."""
    here, there = (_shape(each) for each in (one, other))
    return [_said(name, here[name], there[name]) for name in here if here[name] != there[name]]


def _shape(of: Project) -> dict[str, Any]:
    asks = kind(of.kind)
    return asks.shape(asks.Options.model_validate(of.options))


def _said(option: str, here: Any, there: Any) -> str:
    if not _named(here) or not _named(there):
        return f"its {option} is {there}, here it is {here}"
    mine, its = ({each["name"]: each for each in those} for those in (here, there))
    told = [f"only it has {name}" for name in its if name not in mine]
    told += [f"it has no {name}" for name in mine if name not in its]
    told += [f"{name} has other words or numbers" for name in mine if name in its and mine[name] != its[name]]
    return f"its {option} differ ({', '.join(told) or 'in their order'})"


def _named(value: Any) -> bool:
    return isinstance(value, Sequence) and all(isinstance(each, dict) and "name" in each for each in value)
