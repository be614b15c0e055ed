"""A project's instructions, version by version."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api.bodies import body, query
from labeler.api.door import bp
from labeler.api.lists import PageQuery, page
from labeler.api.openapi import documented
from labeler.api.projects import address
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, answer, meaning, once
from labeler.db import reading
from labeler.errors import Missing
from labeler.projects import queries, service
from labeler.projects.files import GuidelineText
from labeler.projects.models import Guideline

TAG = "guidelines"


class GuidelineSummary(BaseModel):
    """One version; a judgment names the version it was given under."""

    version: int
    created_at: datetime
    created_by: UUID


class GuidelineFacts(GuidelineSummary):
    """One version with its text."""

    text: str = Field(description="Markdown.")


class GuidelinePage(BaseModel):
    """One page of versions, the newest first."""

    items: list[GuidelineSummary]
    next_cursor: str | None


@bp.get("/projects/<slug>/guidelines")
@documented(TAG, GuidelinePage, query=PageQuery)
@requires_scope(Scope.PROJECTS_READ)
def list_guidelines(slug: str) -> Response:
    """Versions of the instructions, the newest first."""
    asked = query(PageQuery)
    with reading() as session:
        project = queries.project_by_slug(session, slug)
        rows, cursor = page(session, select(Guideline).where(Guideline.project_id == project.id), Guideline.id, asked)
        items = [GuidelineSummary.model_validate(row, from_attributes=True) for row in rows]
    return answer(GuidelinePage(items=items, next_cursor=cursor))


@bp.post("/projects/<slug>/guidelines")
@documented(TAG, GuidelineFacts, status=201, body=GuidelineText, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def add_guideline(slug: str) -> Response:
    """Add a version. Tasks handed out from now on name it.

    A live project pauses until a second person has approved it with these instructions.
    """
    sent = body(GuidelineText)

    def work(session: Session, now: datetime) -> Reply:
        project = queries.project_by_slug(session, slug)
        added = service.add_guideline(session, caller().user_id, project.id, sent.text, now)
        shown = GuidelineFacts.model_validate(added, from_attributes=True)
        return Reply(shown, 201, f"{address(slug)}/guidelines/{added.version}")

    return once(meaning(sent), work)


@bp.get("/projects/<slug>/guidelines/<int(max=2147483647):version>")
@documented(TAG, GuidelineFacts)
@requires_scope(Scope.PROJECTS_READ)
def get_guideline(slug: str, version: int) -> Response:
    """One version with its text."""
    with reading() as session:
        project = queries.project_by_slug(session, slug)
        found = session.scalar(
            select(Guideline).where(Guideline.project_id == project.id, Guideline.version == version)
        )
        if found is None:
            raise Missing("This project has no such version of its guideline.")
        return answer(GuidelineFacts.model_validate(found, from_attributes=True))
