"""Setting a number, by an administrator: choose it, say what it should be, see what that would have done, confirm."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.projects import queries
from labeler.web.policy_forms import Sent, about, choices, look, number_at, read
from labeler.web.policy_words import with_unit
from labeler.wellbeing.deviations import ask_looser
from labeler.wellbeing.policies import asked, limits_now, set_number

bp = Blueprint("policy_edit", __name__)


@bp.get("/policies/edit")
@requires(Permission.POLICIES_EDIT)
def choose() -> str:
    """All numbers, each with the way to its form."""
    now = clock.now()
    with reading() as session:
        numbers = limits_now(session, now).platform
    values = {name: with_unit(name, getattr(numbers, name)) for _, names in choices() for name, _, _ in names}
    return render_template("policies/choose.html", groups=choices(), values=values, may_edit=True)


@bp.get("/policies/edit/<limit>")
@requires(Permission.POLICIES_EDIT)
def show(limit: str) -> str:
    """The form of one number."""
    return _form(Sent(number_at(limit), project=request.args.get("project", "")[:100]))


@bp.post("/policies/edit/<limit>")
@requires(Permission.POLICIES_EDIT)
def change(limit: str) -> Response | str | tuple[str, int]:
    """Show what a change would have done to the last day; once that was seen, make it."""
    sent, act, now = read(number_at(limit), request.form), request.form.get("do", "look"), clock.now()
    if act == "edit":
        return _form(sent)
    me = person().id
    try:
        if act == "set":
            if repeated(lambda session: _set(session, me, sent)):
                flash("It is asked for. Nothing changes before a second person has confirmed it.")
                return redirect("/policies/waiting", 303)
            flash("The number is set. It counts from the moment you chose.")
            return redirect("/policies", 303)
        with reading() as session:
            seen = look(session, sent, _project(session, sent), now)
        return render_template(
            "policies/look.html", **about(sent.name), **seen, sent=sent, action=f"/policies/edit/{limit}",
            whose=sent.project or None, may_edit=True,
        )  # fmt: skip
    except Invalid as wrong:
        return _form(sent, wrong.problems), 422
    except Conflict as same:
        return _form(sent, (FieldProblem("from_at", same.message),)), 422


def _project(session: Session, sent: Sent) -> UUID | None:
    if not sent.project:
        return None
    try:
        return queries.project_by_slug(session, sent.project.replace("\0", "")).id
    except Missing as nowhere:
        raise Invalid("There is no such project.", [FieldProblem("project", "Choose a project.")]) from nowhere


def _set(session: Session, me: UUID, sent: Sent) -> bool:
    """Set it or, where it is looser, ask a second person for it: then True."""
    given = sent.given(clock.now())  # read anew: what should begin at once begins when it is written
    project_id, signed = _project(session, sent), sent.signature()
    if asked(session, **given, signature=signed, project_id=project_id).loosens:
        ask_looser(session, me, **given, signature=signed, project_id=project_id)
        return True
    set_number(session, me, **given, project_id=project_id)
    return False


def _form(sent: Sent, problems: tuple[FieldProblem, ...] = ()) -> str:
    now = clock.now()
    with reading() as session:
        numbers = limits_now(session, now)
        projects = [(project.slug, project.name) for project in queries.projects(session)]
    return render_template(
        "policies/form.html", **about(sent.name), sent=sent, problems=problems, projects=[("", "Everybody"), *projects],
        now_in_force=with_unit(sent.name, getattr(numbers.platform, sent.name)), may_edit=True,
    )  # fmt: skip
