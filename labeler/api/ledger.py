"""The export ledger, by script: who took which files of which version."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import BaseModel, Field

from labeler.accounts.permissions import Scope
from labeler.api.bodies import query
from labeler.api.door import bp
from labeler.api.exports import TAG
from labeler.api.lists import PageQuery, page
from labeler.api.openapi import documented
from labeler.api.scopes import requires_scope
from labeler.api.writes import answer
from labeler.audit.models import AuditEntry
from labeler.db import reading
from labeler.exports import ledger
from labeler.projects.queries import project_by_slug


class LedgerLine(BaseModel):
    """One taking of a file: the same facts as a line of the page."""

    at: datetime
    project: str
    version: int
    who: str = Field(description="The name of the person, also where a key of theirs took it.")
    file: str = Field(description="Its path, or `all` for the whole version.")
    way: str | None = Field(description="`page`, `api` or another way; null for lines from before it was noted.")
    bytes: int | None = Field(
        description="What was asked for: a download that broke off counts whole. Null where it was not noted."
    )


class LedgerPage(BaseModel):
    """One page of the ledger, the newest first."""

    items: list[LedgerLine]
    next_cursor: str | None


@bp.get("/exports/ledger")
@documented(TAG, LedgerPage, query=PageQuery)
@requires_scope(Scope.LEDGER_READ)
def list_ledger() -> Response:
    """Who took which files of all projects' versions, the newest first."""
    return _ledger(None)


@bp.get("/projects/<slug>/exports/ledger")
@documented(TAG, LedgerPage, query=PageQuery)
@requires_scope(Scope.LEDGER_READ)
def list_project_ledger(slug: str) -> Response:
    """Who took which files of a project's versions, the newest first."""
    return _ledger(slug)


def _ledger(slug: str | None) -> Response:
    asked = query(PageQuery)
    with reading() as session:
        if slug is not None:
            project_by_slug(session, slug)
        entries, cursor = page(session, ledger.entries(slug), AuditEntry.id, asked)
        items = [LedgerLine.model_validate(line, from_attributes=True) for line in ledger.told(session, entries)]
    return answer(LedgerPage(items=items, next_cursor=cursor))
