"""Projects: list, make, look, change."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api.bodies import field_problems, json_object, query
from labeler.api.door import bp
from labeler.api.lists import PageQuery, page
from labeler.api.openapi import documented
from labeler.api.problems import PREFIX
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, answer, meaning, once
from labeler.db import reading
from labeler.errors import FieldProblem, Invalid
from labeler.judgments.queries import counts
from labeler.projects import queries, service
from labeler.projects.files import ProjectPlan, plan_of, read_plan
from labeler.projects.hidden import shown
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from tasks.content import Category

TAG = "projects"


class ProjectSummary(BaseModel):
    """A project in a list."""

    slug: str
    name: str
    kind: str
    state: ProjectState
    created_at: datetime
    published_at: datetime | None


class ProjectPage(BaseModel):
    """One page of projects, the newest first."""

    items: list[ProjectSummary]
    next_cursor: str | None


class ProjectFacts(ProjectSummary):
    """All of a project but the text of its guideline."""

    id: UUID
    purpose: str | None
    client_name: str | None
    languages: list[str]
    overlap: int
    priority: int
    categories: dict[Category, int] | None = Field(description="Highest severity by category; null: not said yet.")
    sensitive_share: float | None
    pay_rate: str | None
    seconds_estimate: int | None
    offered_to: list[str] = Field(description="Names of vendors; empty for all.")
    export_approval: bool = Field(description="Whether a second person must approve each dataset version.")
    options: dict[str, Any]
    guideline_version: int = Field(description="0: there is none yet.")
    freeze_at: datetime | None = Field(
        description="Until when labelers may withdraw judgments; null: no moment is announced yet."
    )


class LaneProgress(BaseModel):
    """Tasks that are alike: one language, one content profile."""

    language: str
    profile: dict[Category, int] = Field(description="Severity by category; empty for tasks without sensitive content.")
    tasks: int
    wanted: int
    claimed: int


class ProjectProgress(BaseModel):
    """How far a project is. Counts of judgments, but for `tasks` and `held_back`, which count tasks."""

    state: ProjectState
    tasks: int
    wanted: int = Field(description="Judgments that all tasks together want.")
    claimed: int = Field(description="Of these, given or held now.")
    held_back: int = Field(description="Tasks at severity 4, which are served to nobody.")
    judged: dict[str, int] = Field(description="Judgments by standing: `counted` and `late`.")
    by_lane: list[LaneProgress]


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)  # left out, a field stays as it is


ProjectChange: type[BaseModel] = create_model(
    "ProjectChange",
    __config__=ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False),
    __doc__="What is to change. A field that is sent replaces the one there; the others stay.",
    **{  # type: ignore[call-overload]  # pydantic types the fields of a model made at run time as one union
        name: (field.rebuild_annotation(), Field(default=None, json_schema_extra=_without_default))
        for name, field in ProjectPlan.model_fields.items()
        if name != "slug"
    },
)
"""The fields of a plan, each of which may be left out; without the slug, which stands in the address."""


def facts(session: Session, project: Project) -> ProjectFacts:
    """All of a project, as the API shows it."""
    offered = queries.offered_to(session, project.id)
    plain = {name: getattr(project, name) for name in ProjectFacts.model_fields if name != "offered_to"}
    return ProjectFacts(offered_to=offered, **plain)


def address(slug: str) -> str:
    """A project's address."""
    return f"{PREFIX}/projects/{slug}"


def _checked(model: type[BaseModel], sent: dict[str, Any]) -> BaseModel:
    """What was sent, its types as written (`"3"` is no number). `options` are the kind's, and read with the plan."""
    try:
        return model.model_validate_json(json.dumps({**sent, "options": {}}), strict=True)
    except ValidationError as error:
        problems = field_problems(error)
        if isinstance(sent.get("kind"), str) and model is ProjectPlan:
            problems += _of_plan(sent, {each.field for each in problems})
        raise Invalid("This project can't be used yet. Nothing was changed.", problems) from error


def _of_plan(sent: dict[str, Any], known: set[str]) -> list[FieldProblem]:
    try:
        read_plan(sent)
    except Invalid as error:
        return [each for each in error.problems if each.field not in known]
    return []


@bp.get("/projects")
@documented(TAG, ProjectPage, query=PageQuery)
@requires_scope(Scope.PROJECTS_READ)
def list_projects() -> Response:
    """Projects, the newest first."""
    asked = query(PageQuery)
    with reading() as session:
        rows, cursor = page(session, select(Project).where(shown()), Project.id, asked)
        items = [ProjectSummary.model_validate(row, from_attributes=True) for row in rows]
    return answer(ProjectPage(items=items, next_cursor=cursor))


@bp.post("/projects")
@documented(TAG, ProjectFacts, status=201, body=ProjectPlan, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def create_project() -> Response:
    """Make a draft.

    What labelers are owed may come later, but before the project goes live; `check` says what lacks.
    """
    sent = json_object()
    _checked(ProjectPlan, sent)
    plan = read_plan(sent)

    def work(session: Session, now: datetime) -> Reply:
        made = service.create(session, caller().user_id, plan, now)
        return Reply(facts(session, made), 201, address(made.slug))

    return once(meaning(plan), work)


@bp.get("/projects/<slug>")
@documented(TAG, ProjectFacts)
@requires_scope(Scope.PROJECTS_READ)
def get_project(slug: str) -> Response:
    """One project."""
    with reading() as session:
        return answer(facts(session, queries.project_by_slug(session, slug)))


@bp.patch("/projects/<slug>")
@documented(TAG, ProjectFacts, body=ProjectChange, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def change_project(slug: str) -> Response:
    """Change a project.

    A checked project becomes a draft again. Another kind begins with its own options. Once a project has been live, its
    kind, options and overlap stand, and categories may only be added or raised. A live project that is not what was
    approved any more pauses, until a second person has approved it again.
    """
    sent = json_object()
    change = _checked(ProjectChange, sent)

    def work(session: Session, now: datetime) -> Reply:
        # Locked before it is read: of two changes at once the second must not undo the first.
        wanted = select(Project).where(Project.slug == slug, shown()).with_for_update(key_share=True)
        project = session.scalars(wanted).one_or_none() or queries.project_by_slug(session, slug)
        now_so = plan_of(project, queries.offered_to(session, project.id), service.guideline_text(session, project))
        stays = now_so.model_dump(
            mode="json", exclude={"options"} if sent.get("kind", project.kind) != project.kind else None
        )
        plan = read_plan({**stays, **sent})
        service.change(session, caller().user_id, project.id, plan, now)
        return Reply(facts(session, project))

    return once(meaning(change) + json.dumps(sent.get("options"), sort_keys=True).encode(), work)


@bp.get("/projects/<slug>/progress")
@documented(TAG, ProjectProgress)
@requires_scope(Scope.PROJECTS_READ)
def get_progress(slug: str) -> Response:
    """How far a project is."""
    with reading() as session:
        project = queries.project_by_slug(session, slug)
        now_so = queries.progress(session, project.id)
        judged = counts(session, project.id)
    lanes = [
        LaneProgress(
            language=lane.language,
            profile=dict(lane.profile),
            tasks=lane.tasks,
            wanted=lane.wanted,
            claimed=lane.claimed,
        )
        for lane in now_so.by_lane
    ]
    return answer(
        ProjectProgress(
            state=project.state,
            tasks=now_so.tasks,
            wanted=now_so.wanted,
            claimed=now_so.claimed,
            held_back=now_so.held_back,
            judged={standing.value: number for standing, number in judged.items()},
            by_lane=lanes,
        )
    )
