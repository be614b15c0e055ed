"""The way past the vendor: anybody can bring a grievance, signed in or not; one role reads it (GRV-1, GRV-2).

The public pages never ask who is looking: a session that is open in the same browser is neither read nor marked as
seen, and the token travels in forms, so that it stands in no address and no log.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, current_app, flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.cases import grievances
from labeler.cases.rules import ACKNOWLEDGE, CONCLUDE, GRIEVANCE
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.gate import person, public, requires
from labeler.web import case_words
from labeler.web.people_forms import uuid_of
from labeler.workforce import queries as workforce

bp = Blueprint("grievance", __name__)
officer = Blueprint("grievances", __name__)

Problems = tuple[FieldProblem, ...]


@bp.before_request
def ask_nobody() -> None:
    """Let these pages be drawn for a visitor, whoever is signed in."""
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]


@bp.get("/grievance")
@public
def start() -> str:
    """What this way is, and the two forms: for a new grievance, and for the token of an old one."""
    return _start()


def _start(problems: Problems = (), words: str = "", vendor: str = "", full: str = "") -> str:
    with reading() as session:
        vendors = [("", "None, or I would rather not say")]
        vendors += [(str(each.id), each.name) for each, _ in workforce.vendors(session)]
    return render_template(
        "grievance/start.html", problems=problems, words=words, vendor=vendor, vendors=vendors, full=full,
        most=GRIEVANCE[1], acknowledge=ACKNOWLEDGE.days, conclude=CONCLUDE.days,
    )  # fmt: skip


@bp.post("/grievance")
@public
def bring() -> str | tuple[str, int]:
    """Take a grievance, and show its token: on this page and never again."""
    words, vendor, now = request.form.get("words", ""), request.form.get("vendor", ""), clock.now()
    vendor_id = uuid_of(vendor)
    if vendor and vendor_id is None:
        return _start((FieldProblem("vendor", "Choose one of the vendors, or none."),), words), 422
    try:
        token = repeated(lambda session: grievances.open_grievance(session, words, vendor_id, now))
    except Invalid as wrong:
        return _start(wrong.problems, words, vendor), 422
    except Conflict as full:
        return _start((), words, vendor, full.message), 409
    with reading() as session:
        shown = grievances.read(session, token)
    return render_template("grievance/taken.html", token=token, shown=shown)


@bp.post("/grievance/<any(read,reply):what>")
@public
def under_token(what: str) -> str | tuple[str, int]:
    """Read a grievance by its token, or write more under it."""
    token, words, now = request.form.get("token", ""), request.form.get("words", ""), clock.now()
    problems: Problems = ()
    try:
        if what == "reply":
            repeated(lambda session: grievances.reply(session, token, words, now))
            words = ""
    except Invalid as wrong:
        problems = wrong.problems
    except Missing:
        pass  # said below, as for reading
    try:
        with reading() as session:
            shown = grievances.read(session, token)
    except Missing as unknown:
        return _start((FieldProblem("token", unknown.message),)), 422
    page = render_template(
        "grievance/thread.html", shown=shown, token=token, problems=problems, words=words, most=GRIEVANCE[1],
        sent=what == "reply" and not problems, found=case_words.FOUND,
    )  # fmt: skip
    return (page, 422) if problems else page


@officer.get("/grievances")
@requires(Permission.GRIEVANCES)
def everything() -> str:
    """All grievances, those past a date first."""
    now = clock.now()
    with reading() as session:
        shown = grievances.queue(session, now)
    return render_template("grievance/queue.html", grievances=shown, now=now, found=case_words.FOUND)


@officer.get("/grievances/<uuid:grievance_id>")
@requires(Permission.GRIEVANCES)
def one(grievance_id: UUID) -> str:
    """One grievance, with all messages."""
    return _page(grievance_id)


def _page(grievance_id: UUID, problems: Problems = (), words: str = "", outcome: str = "") -> str:
    with reading() as session:
        shown = grievances.one(session, grievance_id)
    return render_template(
        "grievance/one.html", shown=shown, problems=problems, words=words, outcome=outcome, most=GRIEVANCE[1],
        found=case_words.FOUND, choices=[(key.value, said) for key, said in case_words.FOUND.items()], now=clock.now(),
    )  # fmt: skip


@officer.post("/grievances/<uuid:grievance_id>/<any(acknowledge,answer,conclude):what>")
@requires(Permission.GRIEVANCES)
def act(grievance_id: UUID, what: str) -> Response | tuple[str, int]:
    """Acknowledge, answer or conclude."""
    me, now = person().id, clock.now()
    words, outcome = request.form.get("words", ""), request.form.get("outcome", "")
    try:
        if what == "acknowledge":
            repeated(lambda session: grievances.acknowledge(session, me, grievance_id, now))
        elif what == "answer":
            repeated(lambda session: grievances.answer(session, me, grievance_id, words, now))
        else:
            repeated(lambda session: grievances.conclude(session, me, grievance_id, outcome, words, now))
    except Invalid as wrong:
        return _page(grievance_id, wrong.problems, words, outcome), 422
    flash("Kept. Whoever has the token reads it there.")
    return redirect(f"/grievances/{grievance_id}", 303)
