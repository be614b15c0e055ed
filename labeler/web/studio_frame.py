"""The frame of a project's pages: whose page it is, which part of it, and whether the viewer may change anything."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Permission, may
from labeler.gate import person
from labeler.projects.models import Project
from labeler.projects.queries import project_by_slug
from labeler.projects.rules import ProjectState
from labeler.web.words import SEVERITIES
from tasks import kind
from tasks.content import CATEGORY_TITLES, Severity

STRENGTHS = {int(level): words for level, words in SEVERITIES.items()} | {int(Severity.FORBIDDEN): "held back"}
"""Every severity in a word or two, as a researcher reads it; labelers are never given the last one."""


def may_edit() -> bool:
    """Whether the viewer may change projects; everybody else who gets here looks only."""
    return may(person().role, Permission.PROJECTS_EDIT)


def open_project(session: Session, slug: str) -> Project:
    """The project at a slug. Every page of the studio begins here. Raises Missing."""
    return project_by_slug(session, slug)


def project_page(page: str, project: Project, section: str, **context: Any) -> str:
    """A page of a project with its subnav; `section` is the part of it that is open."""
    frame = {
        "project": project,
        "section": section,
        "asks": kind(project.kind),
        "changes": may_edit() and project.state is not ProjectState.CLOSED,
        "titles": CATEGORY_TITLES,
        "strengths": STRENGTHS,
    }
    return render_template(f"studio/{page}.html", **frame | context)
