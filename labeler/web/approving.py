"""The second look at a dataset version: approve it or refuse it; and whether a project asks for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import Invalid
from labeler.exports import approving, queries
from labeler.exports.models import Export
from labeler.gate import person, requires
from labeler.projects.approving import ask_approval
from labeler.web.exports import version_page

bp = Blueprint("approving", __name__)

APPROVED = "Approved. The version can be taken from now on."
REFUSED = "Refused. Nobody can take this version; whoever asked for it reads why."
ON = "From now on a second person must approve each version of this project before anybody takes it."
OFF = "New versions of this project wait for nobody. Those that wait already go on waiting."

Decide = Callable[[Session, UUID, UUID, str, datetime], Export]


@bp.post("/projects/<slug>/exports/<int:number>/approve")
@requires(Permission.EXPORTS_APPROVE)
def approve(slug: str, number: int) -> BaseResponse | tuple[str, int]:
    """Let a version that somebody else asked for be taken."""
    return _decided(slug, number, approving.approve, APPROVED)


@bp.post("/projects/<slug>/exports/<int:number>/refuse")
@requires(Permission.EXPORTS_APPROVE)
def refuse(slug: str, number: int) -> BaseResponse | tuple[str, int]:
    """Refuse a version that somebody else asked for, with a reason."""
    return _decided(slug, number, approving.refuse, REFUSED)


def _decided(slug: str, number: int, decide: Decide, done: str) -> BaseResponse | tuple[str, int]:
    me, now, note = person().id, clock.now(), request.form.get("note", "").replace("\r\n", "\n")
    with reading() as session:
        export_id = queries.export(session, queries.project(session, slug).id, number).id
    try:
        repeated(lambda session: decide(session, me, export_id, note, now))
    except Invalid as wrong:
        return version_page(slug, number, wrong.problems, note), 422
    flash(done)
    return redirect(url_for("exports.one", slug=slug, number=number), 303)


@bp.post("/projects/<slug>/exports/approval")
@requires(Permission.PROJECTS_EDIT)
def switch(slug: str) -> BaseResponse:
    """Ask for a second person from now on, or no more."""
    me, now, on = person().id, clock.now(), request.form.get("approval") == "on"
    with reading() as session:
        project_id = queries.project(session, slug).id
    repeated(lambda session: ask_approval(session, me, project_id, on, now))
    flash(ON if on else OFF)
    return redirect(url_for("exports.of_project", slug=slug), 303)
