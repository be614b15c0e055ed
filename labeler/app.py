"""The web application, put together. This reads as its list of contents."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module

from flask import Flask, Response, request, session
from flask_htmx import HTMX
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from labeler import clock, gate
from labeler.accounts.rules import SEEN_EVERY, SESSION_LASTS
from labeler.accounts.service import digest
from labeler.config import ROOT, Settings
from labeler.db import connect, glancing, transaction
from labeler.headers import HEADERS
from labeler.jobs import outbox
from labeler.web import errors, packing, shell
from labeler.workforce.queries import Person, signed_in
from labeler.workforce.service import see_session

BLUEPRINTS = (
    "labeler.web.account:bp",
    "labeler.web.work:bp",
    "labeler.web.answers:bp",
    "labeler.web.warned:bp",
    "labeler.web.care:bp",
    "labeler.web.prepared:bp",
    "labeler.web.about_me:bp",
    "labeler.web.erasing:bp",
    "labeler.web.own_pay:bp",
    "labeler.web.pay:bp",
    "labeler.web.pay_terms:bp",
    "labeler.web.pay_by_hand:bp",
    "labeler.web.pay_vendor:bp",
    "labeler.web.my_limits:bp",
    "labeler.web.receipts:bp",
    "labeler.web.well_known:bp",
    "labeler.web.policies:bp",
    "labeler.web.automated:bp",
    "labeler.web.policy_edit:bp",
    "labeler.api:bp",
    "labeler.web.exports:bp",
    "labeler.web.export_files:bp",
    "labeler.web.deliveries:bp",
    "labeler.web.approving:bp",
    "labeler.web.export_limits:bp",
    "labeler.web.webhook:bp",
    "labeler.web.datasheet:bp",
    "labeler.web.studio:bp",
    "labeler.web.studio_form:bp",
    "labeler.web.studio_freeze:bp",
    "labeler.web.studio_usage:bp",
    "labeler.web.studio_preview:bp",
    "labeler.web.studio_instructions:bp",
    "labeler.web.studio_imports:bp",
    "labeler.web.studio_batch:bp",
    "labeler.web.studio_warnings:bp",
    "labeler.web.studio_statistics:bp",
    "labeler.web.disputed:bp",
    "labeler.web.escalated:bp",
    "labeler.web.studio_limits:bp",
    "labeler.web.people:bp",
    "labeler.web.one_person:bp",
    "labeler.web.evidence:bp",
    "labeler.web.attesting:bp",
    "labeler.web.contracts:bp",
    "labeler.web.own_contract:bp",
    "labeler.web.confirming:bp",
    "labeler.web.report_words:bp",
    "labeler.web.benchmarks:bp",
    "labeler.web.oversight:bp",
    "labeler.web.audits:bp",
    "labeler.web.audit_rows:bp",
    "labeler.web.audit_work:bp",
    "labeler.web.own_state:bp",
    "labeler.web.transparency:bp",
    "labeler.web.review:bp",
    "labeler.web.restrict:bp",
    "labeler.web.own_cases:bp",
    "labeler.web.deciding:bp",
    "labeler.web.grievance:bp",
    "labeler.web.grievance:officer",
    "labeler.web.watch:bp",
    "labeler.web.anomalies:bp",
    "labeler.web.conditions:bp",
    "labeler.web.standard:bp",
    "labeler.web.policy_waiting:bp",
    "labeler.web.profiles:bp",
)

UNSEEN = frozenset({"warned.look"})
"""Views that a page asks by itself: they keep no session alive, and write nothing."""

MOST_BYTES = 2 * 1024 * 1024
"""The largest form that is read; routes that take files set their own limit."""


def create_app(settings: Settings) -> Flask:
    """The application over one database. Raises `gate.Undeclared` when a route says nothing about who may open it."""
    app = Flask("labeler", static_folder=str(ROOT / "static"), template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.key,
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES,
        SESSION_COOKIE_NAME="__Host-labeler" if settings.secure else "labeler",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SESSION_LASTS,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,  # addresses of static files carry a mark of their content
        WTF_CSRF_TIME_LIMIT=None,  # a form may stay open through a shift; the token ends with the session
        WTF_CSRF_SSL_STRICT=False,  # pages send no referrer at all
    )
    app.extensions["settings"] = settings
    app.extensions["engine"] = connect(settings.database, pool=settings.threads + 4)
    outbox.ring_through(settings.redis_url)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_loader = ChoiceLoader([PackageLoader("labeler"), PrefixLoader({"tasks": PackageLoader("tasks", "")})])

    CSRFProtect(app)
    HTMX(app)
    _sign_in_sessions(app)
    app.before_request(gate.guard)
    app.after_request(_seal)
    packing.register(app)
    errors.register(app)
    shell.dress(app)
    for address in BLUEPRINTS:
        module, _, name = address.partition(":")
        app.register_blueprint(getattr(import_module(module), name))
    gate.check(app)
    return app


def _sign_in_sessions(app: Flask) -> None:
    login = LoginManager(app)
    login.session_protection = None  # the session is a row in the database, ended there

    @login.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> Person | None:
        now = clock.now()
        with glancing() as database:
            found = signed_in(database, digest(token), now)
        if found is not None and now - found.seen_at >= SEEN_EVERY and request.endpoint not in UNSEEN:
            _see(found, now)
        return found


def _see(found: Person, now: datetime) -> None:
    with transaction() as database:
        see_session(database, found.session_id, now)


def _seal(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.update(("HX-Request", "Cookie") if session else ("HX-Request",))
    return response
