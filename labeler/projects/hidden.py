"""The product's own project, whose tasks are trials of its rules (`compliance.canaries`): nobody is offered it.

Its state is draft and stays so, its tasks are full from the beginning, and no list or address shows it: so nothing of
it is claimed, answered, paid, counted or exported.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from labeler.projects.models import Project

HIDDEN = "product-trial"
"""The kind of that project; no kind of tasks has this name, so nobody can make another."""


def shown() -> ColumnElement[bool]:
    """Whether a project is anybody's, for a WHERE."""
    return Project.kind != HIDDEN


def own_project(session: Session, key: UUID, like: Project) -> Project:
    """The product's own project, made with the first trial (`key`); `like` is a project whose maker stands for it."""
    found = session.scalar(select(Project).where(Project.kind == HIDDEN).limit(1))
    if found is None:
        found = Project(
            slug=f"product-trial-{key.hex}", name="A trial by the product itself", kind=HIDDEN, options={}, overlap=1,
            priority=0, languages=[], created_by=like.created_by, created_at=like.created_at,
        )  # fmt: skip
        session.add(found)
        session.flush()
    return found
