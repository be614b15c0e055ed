"""A project's webhook: the address that is told what becomes of its exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.downloads import storage
from labeler.egress.fetcher import Egress
from labeler.egress.rules import HTTPS
from labeler.errors import FieldProblem, Invalid
from labeler.exports import queries
from labeler.gate import person, requires
from labeler.webhooks import rules, service
from labeler.webhooks.models import Webhook

bp = Blueprint("webhook", __name__)

TESTED = "The test is on its way. Look again in some seconds: how it went is in the list below."
Change = Callable[[Session, UUID, UUID, datetime], object]


def way_out() -> Egress:
    """Which addresses this installation may tell."""
    found: Egress = current_app.extensions["settings"].egress
    return found


@bp.get("/projects/<slug>/webhook")
@requires(Permission.EXPORTS_MAKE)
def one(slug: str) -> str:
    """Where it leads, how it stands, and how the newest attempts went."""
    return _page(slug)


@bp.post("/projects/<slug>/webhook")
@requires(Permission.EXPORTS_MAKE)
def save(slug: str) -> BaseResponse | str | tuple[str, int]:
    """Set the address. With the first one, its secret is shown, this once."""
    me, now, url, way = person().id, clock.now(), request.form.get("url", ""), way_out()
    try:
        hook, fresh = repeated(lambda session: service.set_address(session, me, _id(session, slug), url, way, now))
    except Invalid as wrong:
        return _page(slug, url=url, problems=wrong.problems), 422
    if fresh:
        return _page(slug, secret=_secret(hook))
    flash("Saved. Send a test to see whether it answers.")
    return redirect(url_for("webhook.one", slug=slug), 303)


@bp.post("/projects/<slug>/webhook/rotate")
@requires(Permission.EXPORTS_MAKE)
def rotate(slug: str) -> str:
    """Let a new secret sign, and show it, this once."""
    me, now = person().id, clock.now()
    return _page(
        slug, secret=_secret(repeated(lambda session: service.rotate(session, me, _id(session, slug), now)))
    )  # fmt: skip


@bp.post("/projects/<slug>/webhook/test")
@requires(Permission.EXPORTS_MAKE)
def send_test(slug: str) -> BaseResponse:
    """Send a test; when it goes well, what waits for the address is sent."""
    return _changed(slug, service.send_test, TESTED)


@bp.post("/projects/<slug>/webhook/<any(on,off):what>")
@requires(Permission.EXPORTS_MAKE)
def switch(slug: str, what: str) -> BaseResponse:
    """Tell nothing, or tell again."""
    on = what == "on"
    words = "Switched on." if on else "Switched off: the address is told nothing."
    return _changed(slug, lambda session, me, project, now: service.switch(session, me, project, on, now), words)


@bp.post("/projects/<slug>/webhook/remove")
@requires(Permission.EXPORTS_MAKE)
def remove(slug: str) -> BaseResponse:
    """Forget the address and its secret."""
    return _changed(slug, service.remove, "Removed. The address is told nothing any more.")


def _changed(slug: str, change: Change, words: str) -> BaseResponse:
    me, now = person().id, clock.now()
    repeated(lambda session: change(session, me, _id(session, slug), now))
    flash(words)
    return redirect(url_for("webhook.one", slug=slug), 303)


def _id(session: Session, slug: str) -> UUID:
    return queries.project(session, slug).id


def _secret(hook: Webhook) -> str:
    return rules.shown(rules.secret(storage().webhook_secret(), hook.id, hook.secret_number))


def _page(slug: str, url: str | None = None, problems: Sequence[FieldProblem] = (), secret: str | None = None) -> str:
    with reading() as session:
        project = queries.project(session, slug)
        hook = service.of_project(session, project.id)
        told = service.attempts(session, hook) if hook is not None else ()
    return render_template(
        "exports/webhook.html",
        project=project,
        hook=hook,
        told=told,
        hosts=sorted(name if port == HTTPS else f"{name}:{port}" for name, port in way_out().hosts),
        url=url if url is not None else hook.url if hook is not None else "",
        problems=problems,
        secret=secret,
        stop_after=rules.STOP_AFTER,
        now=clock.now(),
    )
