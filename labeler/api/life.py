"""A project's life: checked, published, paused, resumed, closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api.bodies import Sent, body
from labeler.api.door import bp
from labeler.api.openapi import documented
from labeler.api.problems import FieldFault
from labeler.api.projects import ProjectFacts, facts
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, meaning, once
from labeler.projects import queries, service
from labeler.projects.freezing import announce_freeze
from labeler.projects.rules import ProjectState

TAG = "projects"
Move = Callable[[Session, UUID, UUID, datetime], object]


class Nothing(Sent):
    """An empty object, or no body."""


class CheckResult(BaseModel):
    """What labelers are owed and the project does not say yet; nothing lacks when it is ready."""

    ready: bool
    state: ProjectState
    problems: list[FieldFault] = Field(description="One for each field that lacks.")


@bp.post("/projects/<slug>/check")
@documented(TAG, CheckResult, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def check_project(slug: str) -> Response:
    """Look what lacks before the project may go live. A draft that lacks nothing is checked from then on."""
    sent = body(Nothing)

    def work(session: Session, now: datetime) -> Reply:
        project = queries.project_by_slug(session, slug)
        found = service.check(session, caller().user_id, project.id, now)
        problems = [FieldFault(field=each.field, message=each.message, line=each.line) for each in found]
        return Reply(CheckResult(ready=not problems, state=project.state, problems=problems))

    return once(meaning(sent), work)


@bp.post("/projects/<slug>/publish")
@documented(TAG, ProjectFacts, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def publish_project(slug: str) -> Response:
    """Take a checked project live that a second person has approved: its tasks are handed out from now on.

    Refused with everything that lacks, or with 409 and the word `project-not-approved`.
    """
    return _moved(slug, service.publish)


@bp.post("/projects/<slug>/pause")
@documented(TAG, ProjectFacts, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def pause_project(slug: str) -> Response:
    """Hand out no more. What labelers hold they may finish, and are paid for."""
    return _moved(slug, service.pause)


@bp.post("/projects/<slug>/resume")
@documented(TAG, ProjectFacts, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def resume_project(slug: str) -> Response:
    """Go on handing out, if the project is what a second person approved."""
    return _moved(slug, service.resume)


@bp.post("/projects/<slug>/close")
@documented(TAG, ProjectFacts, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def close_project(slug: str) -> Response:
    """End a project for good. Its judgments and exports stay."""
    return _moved(slug, service.close)


class Freeze(Sent):
    """When a dataset is frozen."""

    freeze_at: AwareDatetime = Field(description="With its zone; at least 14 days ahead, or later than announced.")


@bp.post("/projects/<slug>/freeze")
@documented(TAG, ProjectFacts, body=Freeze, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def freeze_project(slug: str) -> Response:
    """Announce from when no judgment can be withdrawn by its labeler any more, or move that moment later."""
    sent = body(Freeze)

    def work(session: Session, now: datetime) -> Reply:
        project = queries.project_by_slug(session, slug)
        return Reply(facts(session, announce_freeze(session, caller().user_id, project.id, sent.freeze_at, now)))

    return once(meaning(sent), work)


def _moved(slug: str, move: Move) -> Response:
    sent = body(Nothing)

    def work(session: Session, now: datetime) -> Reply:
        project = queries.project_by_slug(session, slug)
        move(session, caller().user_id, project.id, now)
        return Reply(facts(session, project))

    return once(meaning(sent), work)
