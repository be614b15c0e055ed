"""The second look at a dataset version, by script; and whether a project asks for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api import projects
from labeler.api.bodies import Sent, body
from labeler.api.door import bp
from labeler.api.export_bodies import Approve, ExportFacts, Refuse
from labeler.api.exports import TAG, facts
from labeler.api.openapi import documented
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, meaning, once
from labeler.exports import approving, queries
from labeler.exports.models import Export
from labeler.projects.approving import ask_approval
from labeler.projects.queries import project_by_slug

Decide = Callable[[Session, UUID, UUID, str, datetime], Export]


@bp.post("/projects/<slug>/exports/<int(max=2147483647):number>/approve")
@documented(TAG, ExportFacts, body=Approve, writes=True)
@requires_scope(Scope.EXPORTS_APPROVE)
def approve_export(slug: str, number: int) -> Response:
    """Approve a version that waits for a second person: whoever has this key, and did not ask for it.

    Its files can be taken from then on. That stands.
    """
    return _decided(slug, number, body(Approve), approving.approve)


@bp.post("/projects/<slug>/exports/<int(max=2147483647):number>/refuse")
@documented(TAG, ExportFacts, body=Refuse, writes=True)
@requires_scope(Scope.EXPORTS_APPROVE)
def refuse_export(slug: str, number: int) -> Response:
    """Refuse a version that waits for a second person: nobody will take it. That stands; a new one can be asked for."""
    return _decided(slug, number, body(Refuse), approving.refuse)


def _decided(slug: str, number: int, sent: Approve | Refuse, decide: Decide) -> Response:
    def work(session: Session, now: datetime) -> Reply:
        found = queries.export(session, project_by_slug(session, slug).id, number)
        return Reply(facts(session, slug, decide(session, caller().user_id, found.id, sent.note, now)))

    return once(meaning(sent), work)


class ExportApproval(Sent):
    """Whether a second person must approve each version."""

    on: bool = Field(description="For versions that are asked for or finished from now on.")


@bp.post("/projects/<slug>/export-approval")
@documented(projects.TAG, projects.ProjectFacts, body=ExportApproval, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def switch_export_approval(slug: str) -> Response:
    """Ask for a second person before versions are taken, or no more; also of a closed project.

    Versions that wait already go on waiting when it is switched off.
    """
    sent = body(ExportApproval)

    def work(session: Session, now: datetime) -> Reply:
        project = project_by_slug(session, slug)
        return Reply(projects.facts(session, ask_approval(session, caller().user_id, project.id, sent.on, now)))

    return once(meaning(sent), work)
