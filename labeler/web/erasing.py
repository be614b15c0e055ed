"""The end of a person's data: asked for on her own pages, or carried out by an administrator."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, session
from flask import url_for as address
from flask_login import logout_user
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts import service as accounts
from labeler.accounts.passwords import fits
from labeler.accounts.permissions import Permission, Role
from labeler.config import Settings
from labeler.db import reading, repeated, transaction
from labeler.erasure import queries
from labeler.erasure.rules import LONGEST_REASON
from labeler.erasure.service import erase
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.web.account import WAIT
from labeler.workforce.queries import one_of_them

bp = Blueprint("erasing", __name__)

NOT_HERS = "This is not your password."
UNDERSTOOD = "Tick that you have read it. It can't be undone."


@bp.get("/me/erase")
@requires(Permission.OWN_CHOICES)
def ask() -> Response:
    """What goes, what stays and why; and the form that does it."""
    return _ask()


def _ask(problems: tuple[FieldProblem, ...] = (), status: int = 200) -> Response:
    with reading() as database:
        ahead = queries.ahead(database, person().id)
    return _own(render_template("care/erase.html", ahead=ahead, problems=problems), status)


@bp.post("/me/erase")
@requires(Permission.OWN_CHOICES)
def erase_me() -> Response:
    """Erase the labeler who asks; she signs with her password. The page that says so is the last one she sees."""
    me, now = person(), clock.now()
    settings: Settings = current_app.extensions["settings"]
    with transaction() as database:
        tried = accounts.begin_sign_in(database, me.email, request.remote_addr or "", settings.key, now)
    if tried is None:
        return _ask((FieldProblem("password", WAIT),), 429)
    problems = []
    right = tried.password_hash is None or fits(request.form.get("password", "")[:1024], tried.password_hash)
    if right:
        with transaction() as database:
            accounts.forget_try(database, tried)
    else:
        problems.append(FieldProblem("password", NOT_HERS))
    if request.form.get("understood") != "yes":
        problems.append(FieldProblem("understood", UNDERSTOOD))
    if problems:
        return _ask(tuple(problems), 422)
    name, _ = repeated(lambda database: erase(database, me.id, now))
    logout_user()
    session.clear()
    return _own(render_template("account/erased.html", name=name), 200)


@bp.get("/people/<uuid:person_id>/erase")
@requires(Permission.PEOPLE_EDIT)
def confirm(person_id: UUID) -> str:
    """Say what it means, and ask how the request came."""
    return _confirm(person_id)


def _confirm(person_id: UUID, reason: str = "", problems: tuple[FieldProblem, ...] = ()) -> str:
    with reading() as database:
        who = one_of_them(database, person(), person_id)
        if who.role is not Role.LABELER:
            raise Missing("There is no such labeler. Only the data of people who label are erased here.")
        ahead = queries.ahead(database, person_id)
    return render_template(
        "people/erase.html", who=who, ahead=ahead, reason=reason, problems=problems, limit=LONGEST_REASON
    )


@bp.post("/people/<uuid:person_id>/erase")
@requires(Permission.PEOPLE_EDIT)
def erase_person(person_id: UUID) -> BaseResponse | tuple[str, int]:
    """Carry out a person's request that came otherwise. A second person is not needed: it is her own right."""
    me, now, reason = person(), clock.now(), request.form.get("reason", "")[: 4 * LONGEST_REASON]
    try:
        name, _ = repeated(lambda database: erase(database, person_id, now, me.id, reason))
    except Invalid as wrong:
        return _confirm(person_id, reason, wrong.problems), 422
    flash(f"Her data are erased. Pay and the record call her {name} from now on.")
    return redirect(address("person.show", person_id=person_id), 303)


def _own(html: str, status: int) -> Response:
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response
