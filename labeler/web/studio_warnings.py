"""Wrong warnings of a project: what labelers reported, and a named person's look at it. Nobody is told who reported."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.assignment.queries import read_item
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires
from labeler.projects.queries import Sample
from labeler.projects.stops import open_stop
from labeler.warnings import reviewing
from labeler.warnings.queries import surprise, warned
from labeler.warnings.rules import REASON
from labeler.web.studio_frame import open_project, project_page
from tasks.content import Category, Severity

bp = Blueprint("studio_warnings", __name__)


@bp.get("/projects/<slug>/warnings")
@requires(Permission.CONTENT_REVIEW)
def reports(slug: str) -> Response:
    """Every task that labelers reported: what it was, what it is now, how many said so, what was made of it."""
    with reading() as session:
        return _page(session, slug)


@bp.post("/projects/<slug>/warnings/<uuid:task_id>/show")
@requires(Permission.CONTENT_REVIEW)
def show(slug: str, task_id: UUID) -> Response:
    """The text of one of them, because somebody asked for it; it is written down as seen (EXP-9)."""
    me, now = person().id, clock.now()
    asked = repeated(lambda session: reviewing.show(session, me, open_project(session, slug).id, task_id, now))
    with reading() as session:
        return _page(session, slug, shown=asked, at=task_id)


@bp.post("/projects/<slug>/warnings/<uuid:task_id>/confirm")
@requires(Permission.CONTENT_REVIEW)
def confirm(slug: str, task_id: UUID) -> BaseResponse:
    """The severity stands."""
    me, now = person().id, clock.now()
    repeated(lambda session: reviewing.confirm(session, me, open_project(session, slug).id, task_id, now))
    flash("Confirmed. It is kept with your name.")
    return redirect(f"/projects/{slug}/warnings", 303)


@bp.post("/projects/<slug>/warnings/<uuid:task_id>/lower")
@requires(Permission.CONTENT_REVIEW)
def lower(slug: str, task_id: UUID) -> BaseResponse:
    """The severity was said too high: it is lowered, with the reason."""
    me, now = person().id, clock.now()
    reason = request.form.get("reason", "")
    said = {code: request.form.get(f"level.{code.value}", "") for code in Category}
    wanted = {code: Severity(int(level)) for code, level in said.items() if level in {"0", "1", "2", "3"}}
    try:
        repeated(
            lambda session: reviewing.lower(session, me, open_project(session, slug).id, task_id, wanted, reason, now)
        )
    except Invalid as wrong:
        with reading() as session:
            return _page(session, slug, at=task_id, problems=wrong.problems, reason=reason, wanted=wanted)
    flash("Set lower. It is kept with your name and your reason.")
    return redirect(f"/projects/{slug}/warnings", 303)


def _page(
    session: Session,
    slug: str,
    *,
    shown: Sample | None = None,
    at: UUID | None = None,
    problems: Sequence[FieldProblem] = (),
    reason: str = "",
    wanted: dict[Category, Severity] | None = None,
) -> Response:
    project = open_project(session, slug)
    rows = warned(session, project.id)
    raised, served = surprise(session, project.id)
    html = project_page(
        "warnings", project, "warnings",
        rows=rows, stop=open_stop(session, project.id), raised=raised, served=served, at=at,
        item=read_item(shown.item) if shown is not None else None, language=shown.language if shown else "",
        problems=problems, reason=reason, wanted=wanted or {}, least=REASON,
    )  # fmt: skip
    response = make_response(html, 422 if problems else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
