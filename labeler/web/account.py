"""Getting in, getting out, and one's own account."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, session
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts import service
from labeler.accounts.models import ApiKey, SignInSession, User
from labeler.accounts.passwords import fits
from labeler.accounts.permissions import SCOPE_NEEDS, Permission, Role, Scope, may
from labeler.accounts.rules import SESSION_IDLE, SHORTEST
from labeler.assignment.service import cover_open
from labeler.config import Settings
from labeler.db import reading, repeated, transaction
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, public, requires
from labeler.workforce.queries import Person

bp = Blueprint("account", __name__)

HOMES = {
    Role.LABELER: "/work",
    Role.RESEARCHER: "/projects",
    Role.VENDOR_MANAGER: "/people",
    Role.AUDITOR: "/oversight",
    Role.ADMIN: "/people",
    Role.WELLBEING_OFFICER: "/cases",
    Role.WORKER_REPRESENTATIVE: "/conditions",
}
WRONG = "This e-mail and password don't fit together. Check both, or ask for a new invitation."
WAIT = "There were too many tries. Wait five minutes, then try again."


@bp.get("/")
@public
def start() -> Response:
    """Everybody's way to the first page of her role."""
    return redirect(HOMES[person().role] if current_user.is_authenticated else "/sign-in", 303)


@bp.get("/sign-in")
@public
def sign_in_form() -> Response | str:
    """The sign-in form; whoever is signed in goes on to her own page."""
    if current_user.is_authenticated:
        return redirect(_own_path(request.args.get("next")), 303)
    return _sign_in_page()


@bp.post("/sign-in")
@public
def sign_in() -> Response | tuple[str, int]:
    """Check e-mail and password. Known and unknown names are answered alike, in words and in time."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    address = request.remote_addr or ""
    settings: Settings = current_app.extensions["settings"]
    with transaction() as database:
        tried = service.begin_sign_in(database, email, address, settings.key, clock.now())
    if tried is None:
        return _sign_in_page(WAIT, email), 429
    if not fits(password[:1024], tried.password_hash):
        return _sign_in_page(WRONG, email), 422
    with transaction() as database:
        token = service.finish_sign_in(database, tried, clock.now())
    if token is None:
        return _sign_in_page(WRONG, email), 422
    return _enter(token, request.form.get("next"))


def _sign_in_page(problem: str = "", email: str = "") -> str:
    problems = [FieldProblem("email", problem)] if problem else []
    following = request.values.get("next", "")
    return render_template("account/sign_in.html", problems=problems, email=email, next=following)


def _enter(token: str, following: str | None) -> Response:
    session.clear()  # a new session for a new person: nothing of the old cookie stays
    session["_user_id"] = token
    session["_fresh"] = True
    session.permanent = True
    return redirect(_own_path(following), 303)


def _own_path(following: str | None) -> str:
    """Where to go next, if it is a path of ours, else the start page."""
    if not following or not following.startswith("/") or following.startswith(("//", "/\\")) or "\\" in following:
        return "/"
    parts = urlsplit(following)
    return following if not parts.scheme and not parts.netloc else "/"


@bp.post("/sign-out")
@requires(Permission.OWN_ACCOUNT)
def sign_out() -> Response:
    """End this browser's session; a labeler's open text is hidden first, so that it counts no longer."""
    me, now = person(), clock.now()

    def leave(database: Session) -> None:
        _cover(database, me, now)
        service.end_session(database, me.id, me.session_id, now)

    repeated(leave)
    session.clear()
    return redirect("/sign-in", 303)


def _cover(database: Session, me: Person, now: datetime) -> None:
    """Hide the text that a labeler has open, wherever it is: on a screen that is signed out nobody can hide it."""
    if may(me.role, Permission.WORK):
        cover_open(database, me.id, now)


@bp.get("/invitation/<token>")
@public
def invitation(token: str) -> str:
    """The page on which an invited person chooses a password. Looking uses nothing up."""
    with reading() as database:
        user = service.open_link(database, token, clock.now(), invites=True)
    return _invitation_page(token, user)


@bp.post("/invitation/<token>")
@public
def accept(token: str) -> Response | tuple[str, int]:
    """Set the password and go in."""
    now, password = clock.now(), request.form.get("password", "")
    try:
        with transaction() as database:
            user = service.use_link(database, token, now, invites=True)
            service.set_password(database, user, password, now)
            return _enter(service.start_session(database, user.id, "invitation", now), None)
    except Invalid as wrong:
        with reading() as database:
            user = service.open_link(database, token, now, invites=True)
        return _invitation_page(token, user, wrong), 422


def _invitation_page(token: str, user: User, wrong: Invalid | None = None) -> str:
    problems = wrong.problems if wrong else ()
    return render_template("account/invitation.html", token=token, user=user, problems=problems, shortest=SHORTEST)


@bp.get("/link/<token>")
@public
def link(token: str) -> str:
    """A one-time link of the demo: says whom it lets in. A mail scanner that opens it uses nothing up."""
    with reading() as database:
        user = service.open_link(database, token, clock.now(), invites=False)
    return render_template("account/link.html", token=token, user=user)


@bp.post("/link/<token>")
@public
def follow_link(token: str) -> Response:
    """Use the one-time link up and go in."""
    now = clock.now()
    with transaction() as database:
        user = service.use_link(database, token, now, invites=False)
        opened = service.start_session(database, user.id, "link", now)
    return _enter(opened, None)


@bp.get("/account")
@requires(Permission.OWN_ACCOUNT)
def account() -> str:
    """One's own account: sessions, password, and keys where the role has them."""
    return _account_page()


def _account_page(problems: tuple[FieldProblem, ...] = (), secret: str | None = None) -> str:
    me, now = person(), clock.now()
    with reading() as database:
        sessions = database.scalars(
            select(SignInSession)
            .where(
                SignInSession.user_id == me.id,
                SignInSession.ended_at.is_(None),
                SignInSession.expires_at > now,
                SignInSession.seen_at > now - SESSION_IDLE,
            )
            .order_by(SignInSession.seen_at.desc())
        ).all()
        keys = database.scalars(
            select(ApiKey).where(ApiKey.user_id == me.id, ApiKey.revoked_at.is_(None)).order_by(ApiKey.created_at)
        ).all()
    scopes = [scope for scope in Scope if may(me.role, SCOPE_NEEDS[scope])] if may(me.role, Permission.API_KEYS) else []
    return render_template(
        "account/account.html", sessions=sessions, keys=keys, scopes=scopes, problems=problems, secret=secret,
        shortest=SHORTEST,
    )  # fmt: skip


@bp.post("/account/password")
@requires(Permission.OWN_ACCOUNT)
def change_password() -> Response | tuple[str, int]:
    """Change the password; every other session ends, this one begins anew."""
    me, now = person(), clock.now()
    with transaction() as database:
        settings: Settings = current_app.extensions["settings"]
        tried = service.begin_sign_in(database, me.email, request.remote_addr or "", settings.key, now)
    if tried is None:
        return _account_page((FieldProblem("current", WAIT),)), 429
    if tried.password_hash is not None and not fits(request.form.get("current", "")[:1024], tried.password_hash):
        return _account_page((FieldProblem("current", "This is not your password now."),)), 422
    try:
        with transaction() as database:
            service.set_password(database, database.get_one(User, me.id), request.form.get("password", ""), now)
            token = service.start_session(database, me.id, "password", now)
            service.forget_try(database, tried)
    except Invalid as wrong:
        with transaction() as database:
            service.forget_try(database, tried)  # the old password was right
        return _account_page(wrong.problems), 422
    _enter(token, None)
    flash("Your password is changed. You are signed out everywhere else.")
    return redirect("/account", 303)


@bp.post("/account/sessions/end")
@requires(Permission.OWN_ACCOUNT)
def end_others() -> Response:
    """Sign out everywhere but here."""
    me, now = person(), clock.now()

    def leave(database: Session) -> None:
        _cover(database, me, now)
        service.end_other_sessions(database, me.id, me.session_id, now)

    repeated(leave)
    flash("You are signed out everywhere else.")
    return redirect("/account", 303)


@bp.post("/account/keys")
@requires(Permission.API_KEYS)
def make_key() -> str | tuple[str, int]:
    """Make an API key and show its secret, this once."""
    me = person()
    try:
        with transaction() as database:
            _, secret = service.make_api_key(
                database, me.id, me.role, request.form.get("name", ""), request.form.getlist("scopes"), clock.now()
            )
    except Invalid as wrong:
        return _account_page(wrong.problems), 422
    return _account_page(secret=secret)


@bp.post("/account/keys/<uuid:key_id>/revoke")
@requires(Permission.API_KEYS)
def revoke_key(key_id: UUID) -> Response:
    """Shut a key at once."""
    with transaction() as database:
        service.revoke_api_key(database, person().id, key_id, clock.now())
    flash("The key is revoked. The next request with it is refused.")
    return redirect("/account", 303)
