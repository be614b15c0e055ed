"""The page on which a project's freeze is announced: until then labelers may withdraw their answers (OPT-9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires
from labeler.projects.freezing import announce_freeze
from labeler.projects.rules import FREEZE_NOTICE
from labeler.web.studio_frame import open_project, project_page

bp = Blueprint("studio_freeze", __name__)

ANNOUNCED = "Announced. Labelers read it on the project's card and with their answers."
NO_DAY = FieldProblem("freeze_at", "Choose a day.")


@bp.get("/projects/<slug>/freeze")
@requires(Permission.PROJECTS_EDIT)
def ask(slug: str) -> str:
    """What freezing means, and the day."""
    return _page(slug)


@bp.post("/projects/<slug>/freeze")
@requires(Permission.PROJECTS_EDIT)
def announce(slug: str) -> BaseResponse | tuple[str, int]:
    """Announce the last day on which answers can be withdrawn, or move it later."""
    me, now, typed = person().id, clock.now(), request.form.get("freeze_at", "").strip()
    try:
        last = end_of(typed)
        repeated(lambda session: announce_freeze(session, me, _id(slug), last, now))
    except Invalid as wrong:
        return _page(slug, typed, wrong.problems), 422
    flash(ANNOUNCED)
    return redirect(f"/projects/{slug}", 303)


def end_of(typed: str) -> datetime:
    """The last minute (UTC) of the day that was typed, as browsers write it. Raises Invalid."""
    try:
        return datetime.combine(date.fromisoformat(typed), time(23, 59), UTC)
    except ValueError:
        raise Invalid("This is no day.", [NO_DAY]) from None


def _id(slug: str) -> UUID:
    with reading() as session:
        return open_project(session, slug).id


def _page(slug: str, typed: str | None = None, problems: Sequence[FieldProblem] = ()) -> str:
    now = clock.now()
    with reading() as session:
        project = open_project(session, slug)
        announced = project.freeze_at and project.freeze_at.date()
        return project_page(
            "freeze",
            project,
            "overview",
            earliest=announced or (now + FREEZE_NOTICE).date(),
            typed=typed if typed is not None else announced or "",
            problems=problems,
            days=FREEZE_NOTICE.days,
        )
