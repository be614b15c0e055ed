"""The studio: all projects, one project's page, and its way from draft to closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.assignment.declines import declined_last_week
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem
from labeler.gate import person, requires
from labeler.judgments.queries import held_now
from labeler.projects import queries, service
from labeler.projects.files import COMMENTS, plan_of, write_toml
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState, lacking, may_move
from labeler.projects.stops import open_stop
from labeler.projects.usage import queries as usage
from labeler.projects.usage.service import in_words
from labeler.warnings.queries import waiting
from labeler.web.studio_figures import dress, figures
from labeler.web.studio_frame import may_edit, open_project, project_page
from tasks import kind

bp = Blueprint("studio", __name__)

S = ProjectState


@dataclass(frozen=True, slots=True)
class Move:
    """Something one can do with a project: from where, what it comes to, and what is said when it is done."""

    act: Callable[[Session, UUID, UUID, datetime], Any]
    starts: frozenset[ProjectState]
    ends: ProjectState
    done: str


def _publish(session: Session, actor: UUID, project_id: UUID, now: datetime) -> Sequence[FieldProblem]:
    """Check and take live; what lacks is the answer."""
    problems = service.check(session, actor, project_id, now)
    if not problems:
        service.publish(session, actor, project_id, now)
    return problems


MOVES: dict[str, Move] = {
    "check": Move(
        service.check, frozenset({S.DRAFT}), S.CHECKED, "Checked: labelers are told all they are owed. You can publish."
    ),
    "publish": Move(_publish, frozenset({S.DRAFT, S.CHECKED}), S.LIVE, "Published. Tasks are handed out from now on."),
    "pause": Move(
        service.pause,
        frozenset({S.LIVE}),
        S.PAUSED,
        "Paused. What labelers hold they may finish; no more is handed out.",
    ),
    "resume": Move(service.resume, frozenset({S.PAUSED}), S.LIVE, "Live again. Tasks are handed out from now on."),
    "close": Move(
        service.close,
        frozenset({S.DRAFT, S.CHECKED, S.LIVE, S.PAUSED}),
        S.CLOSED,
        "Closed. Its judgments and exports stay.",
    ),
}

OWED = {
    "purpose": ("Purpose", "form#purpose"),
    "client_name": ("Client", "form#client_name"),
    "categories": ("Content that may occur", "form#categories"),
    "sensitive_share": ("Share of sensitive tasks", "form#sensitive_share"),
    "pay_rate": ("Pay", "form#pay_rate"),
    "seconds_estimate": ("Time for one task", "form#seconds_estimate"),
    "languages": ("Languages", "form#languages"),
    "guideline": ("Instructions", "instructions#text"),
    "tasks": ("Tasks", "imports/new"),
}
"""What labelers are owed (`projects.rules.lacking`): its name here, and where it is said."""


@bp.get("/projects")
@requires(Permission.PROJECTS_SEE)
def everything() -> str:
    """All projects, the newest first, each with how far it is."""
    with reading() as session:
        found = queries.projects(session)
        totals, held = queries.totals(session), held_now(session)
        waits = len(usage.waiting(session)) if may(person().role, Permission.PROJECTS_APPROVE) else 0
    rows = []
    for project in found:
        wanted, claimed = totals.get(project.id, (0, 0))
        rows.append((project, kind(project.kind).title, max(0, claimed - held.get(project.id, 0)), wanted))
    return render_template("studio/projects.html", rows=rows, may_edit=may_edit(), waiting=waits)


@bp.get("/projects/<slug>")
@requires(Permission.PROJECTS_SEE)
def overview(slug: str) -> str:
    """Where a project stands, what it lacks, and how far it is."""
    with reading() as session:
        return _overview(session, open_project(session, slug))


def _overview(session: Session, project: Project, problems: Sequence[FieldProblem] = ()) -> str:
    lacks = {each.field: each.message for each in lacking(service.owed(session, project))}
    approval = usage.standing(session, project).stands
    return project_page(
        "overview",
        project,
        "overview",
        **dress({"problems": problems}),
        figures=figures(session, project, clock.now()),
        owed=[(name, words, path, lacks.get(name)) for name, (words, path) in OWED.items()],
        lacks=lacks,
        states=list(ProjectState),
        may_freeze=may_edit(),
        declines=declined_last_week(session, project, clock.now()),
        stop=open_stop(session, project.id),
        reports=waiting(session, project.id),
        approval=approval,
        changed=in_words(approval.changed),
    )


@bp.post("/projects/<slug>/<any(check, publish, pause, resume, close):act>")
@requires(Permission.PROJECTS_EDIT)
def move(slug: str, act: str) -> BaseResponse | tuple[str, int]:
    """Take a project a step further; what stands in the way is shown all at once. Done already, it is done."""
    wanted = MOVES[act]
    me, now = person().id, clock.now()

    def work(session: Session) -> Sequence[FieldProblem]:
        project = open_project(session, slug)
        if project.state is wanted.ends:
            return ()
        if project.state not in wanted.starts:
            raise Conflict(f"This project is {project.state.value}, so it can't become {wanted.ends.value} like this.")
        return wanted.act(session, me, project.id, now) or ()

    problems = repeated(work)
    if isinstance(problems, list) and problems:
        with reading() as session:
            return _overview(session, open_project(session, slug), problems), 422
    flash(wanted.done)
    return redirect(f"/projects/{slug}", 303)


@bp.get("/projects/<slug>/close")
@requires(Permission.PROJECTS_EDIT)
def ask_close(slug: str) -> str:
    """What closing means, before it is done: it is the one step that has no way back."""
    with reading() as session:
        project = open_project(session, slug)
        if not may_move(project.state, S.CLOSED):
            raise Conflict("This project is closed already.")
        return project_page("close", project, "overview", figures=figures(session, project, clock.now()))


@bp.get("/projects/<slug>/project.toml")
@requires(Permission.PROJECTS_SEE)
def take_file(slug: str) -> Response:
    """The project as a file from which the same one can be made again, here, by the command or by the API."""
    with reading() as session:
        project = open_project(session, slug)
        plan = plan_of(project, queries.offered_to(session, project.id), service.guideline_text(session, project))
    options = kind(project.kind).Options.model_fields
    about = {f"options.{name}": field.description for name, field in options.items() if field.description}
    made = Response(write_toml(plan, {**COMMENTS, **about}), mimetype="application/toml")
    made.headers["Content-Disposition"] = f'attachment; filename="{project.slug}.toml"'
    return made
