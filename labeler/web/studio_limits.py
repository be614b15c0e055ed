"""Tighter limits for one project, by its researcher: never looser ones, and never for anybody else's project."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission, Role
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Invalid
from labeler.gate import person, requires
from labeler.projects.models import Project
from labeler.web.policies import may_edit as may_edit_all
from labeler.web.policy_forms import Sent, about, choices, look, number_at, read
from labeler.web.policy_words import with_unit
from labeler.web.studio_frame import open_project, project_page
from labeler.wellbeing.limits import STANDARD
from labeler.wellbeing.policies import limits_now, may_tighten, tighten

bp = Blueprint("studio_limits", __name__)

NOT_LOOSER = "This protects less than the number for everybody. A project may only be stricter."


@bp.get("/projects/<slug>/limits")
@requires(Permission.PROJECTS_SEE)
def show(slug: str) -> str:
    """The project's numbers beside those for everybody."""
    now = clock.now()
    with reading() as session:
        project = open_project(session, slug)
        numbers = limits_now(session, now)
    own, everybody = numbers.of(project.id), numbers.platform
    rows = {
        name: (
            with_unit(name, getattr(own, name)),
            with_unit(name, getattr(everybody, name)),
            getattr(own, name) != getattr(everybody, name),
        )
        for name in STANDARD
    }
    return project_page(
        "limits", project, "limits", groups=choices(), rows=rows, may_tighten=_mine(project),
        may_edit_all=may_edit_all(),
    )  # fmt: skip


def _mine(project: Project) -> bool:
    me = person()
    return me.role is Role.RESEARCHER and project.created_by == me.id


@bp.get("/projects/<slug>/limits/<limit>")
@requires(Permission.PROJECTS_EDIT)
def one(slug: str, limit: str) -> str:
    """The form of one number."""
    return _form(slug, Sent(number_at(limit)))


@bp.post("/projects/<slug>/limits/<limit>")
@requires(Permission.PROJECTS_EDIT)
def change(slug: str, limit: str) -> Response | str | tuple[str, int]:
    """Show what a stricter number would have done to the last day; once that was seen, set it."""
    typed, act, now, me = read(number_at(limit), request.form), request.form.get("do", "look"), clock.now(), person().id
    sent = Sent(typed.name, typed.value, typed.from_at)  # whatever else was sent is not a researcher's to say
    if act == "edit":
        return _form(slug, sent)
    try:
        if act == "set":
            repeated(lambda session: _set(session, me, slug, sent))
            flash("The number is set for this project. It counts from the moment you chose.")
            return redirect(f"/projects/{slug}/limits", 303)
        with reading() as session:
            project = open_project(session, slug)
            may_tighten(session, me, project.id)
            seen = look(session, sent, project.id, now)
    except Invalid as wrong:
        return _form(slug, sent, _in_words(wrong)), 422
    except Conflict as same:
        return _form(slug, sent, (FieldProblem("from_at", same.message),)), 422
    action = f"/projects/{slug}/limits/{limit}"
    return project_page("limits_look", project, "limits", **about(limit), **seen, sent=sent, action=action, whose=slug)


def _set(session: Session, me: UUID, slug: str, sent: Sent) -> None:
    tighten(session, me, **sent.given(clock.now()), project_id=open_project(session, slug).id)


def _in_words(wrong: Invalid) -> tuple[FieldProblem, ...]:
    """The problems as a researcher can mend them: she has no signature to give, so a looser value is simply one."""
    signature = ("signer", "signed_by", "document", "reason", "until_at")
    kept = [each for each in wrong.problems if each.field not in signature]
    if len(kept) < len(wrong.problems):
        kept.append(FieldProblem("value", NOT_LOOSER))
    return tuple(kept)


def _form(slug: str, sent: Sent, problems: tuple[FieldProblem, ...] = ()) -> str:
    now, me = clock.now(), person().id
    with reading() as session:
        project = open_project(session, slug)
        may_tighten(session, me, project.id)
        numbers = limits_now(session, now)
    return project_page(
        "limits_form", project, "limits", **about(sent.name), sent=sent, problems=problems,
        now_in_force=with_unit(sent.name, getattr(numbers.platform, sent.name)),
        now_here=with_unit(sent.name, getattr(numbers.of(project.id), sent.name)),
    )  # fmt: skip
