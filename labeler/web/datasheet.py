"""The datasheet of a project: what only its owner can say of the data. And publishing a version that lacks nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.exports import queries
from labeler.exports.documents import service
from labeler.exports.documents.questions import FIELDS, LICENCES, OTHER, QUESTIONS, lacking
from labeler.gate import person, requires
from labeler.web.studio_frame import may_edit

bp = Blueprint("datasheet", __name__)

SAVED = "Saved. Versions that are made from now on have these answers."
PUBLISHED = "Published. The version says so from now on."


@bp.get("/projects/<slug>/datasheet")
@requires(Permission.EXPORTS_SEE)
def one(slug: str) -> str:
    """The questions and their answers; a form for whoever may change the project."""
    return _page(slug)


@bp.post("/projects/<slug>/datasheet")
@requires(Permission.PROJECTS_EDIT)
def save(slug: str) -> BaseResponse | tuple[str, int]:
    """Keep all answers."""
    me, now = person().id, clock.now()
    typed = {name: request.form[name] for name in FIELDS if name in request.form}
    seen = request.form.get("seen", type=int)
    with reading() as session:
        project_id = queries.project(session, slug).id
    try:
        repeated(lambda session: service.answer(session, me, project_id, typed, seen or 0, now))
    except Invalid as wrong:
        return _page(slug, typed, wrong.problems), 422
    flash(SAVED)
    return redirect(url_for("datasheet.one", slug=slug), 303)


@bp.post("/projects/<slug>/exports/<int:number>/publish")
@requires(Permission.EXPORTS_MAKE)
def publish(slug: str, number: int) -> BaseResponse | tuple[str, int]:
    """Publish a version, or say what its datasheet lacks."""
    me, now = person().id, clock.now()
    with reading() as session:
        export_id = queries.export(session, queries.project(session, slug).id, number).id
    try:
        repeated(lambda session: service.publish(session, me, export_id, now))
    except Invalid as wrong:
        return _refused(slug, number, wrong), 422
    flash(PUBLISHED)
    return redirect(url_for("exports.one", slug=slug, number=number), 303)


def _refused(slug: str, number: int, wrong: Invalid) -> str:
    with reading() as session:
        project = queries.project(session, slug)
    return render_template(
        "exports/not_published.html", project=project, number=number, message=wrong.message, problems=wrong.problems
    )


def _page(slug: str, typed: Mapping[str, str] | None = None, problems: Sequence[FieldProblem] = ()) -> str:
    with reading() as session:
        project = queries.project(session, slug)
        found = service.current(session, project.id)
    stands = {} if found is None else found.answers
    return render_template(
        "exports/datasheet.html",
        project=project,
        questions=QUESTIONS,
        licences=[(name, f"{name}: {words}") for name, words in LICENCES.items()],
        other=OTHER,
        answers=stands if typed is None else typed,
        lack=lacking(stands),
        found=found,
        seen=0 if found is None else found.number,
        problems=problems,
        changes=may_edit(),
    )
