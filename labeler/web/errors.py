"""Wrong requests, as pages. The API has its own file for the same errors."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError, SQLAlchemyError, TimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.db import transaction
from labeler.errors import LabelerError
from labeler.gate import SignedOut, person
from labeler.pay.beside import pay_fault

TITLES = {
    400: "We could not read that",
    403: "This page is not open to you",
    404: "There is nothing here",
    405: "This page can't be used that way",
    409: "Something has changed",
    410: "This is gone",
    413: "This is too large",
    422: "Some things need another look",
    429: "Please wait a little",
    500: "Something broke on our side",
    503: "We are busy",
}
WORDS = {
    400: "The form was not complete. Go back, load the page again, and send it once more.",
    404: "The address may have changed, or it is not yours to open.",
    405: "Go back and use the buttons of the page.",
    413: "Nothing was stored. Send less at once; the page says how much it takes.",
    503: "Nothing was lost. Wait some seconds and try again.",
}


def register(app: Flask) -> None:
    """Answer every error with a page that says what happened, what it means, and what one can do."""
    app.register_error_handler(SignedOut, signed_out)
    app.register_error_handler(LabelerError, wrong)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(OperationalError, busy)
    app.register_error_handler(TimeoutError, busy)
    app.register_error_handler(Exception, broken)


def page(status: int, message: str, **context: object) -> tuple[str, int]:
    """An error's page, drawn for a visitor when the database cannot say who is looking."""
    try:
        current_user.is_authenticated  # noqa: B018 -- asked here, because the frame must not fail
    except SQLAlchemyError:
        _look_up_nobody()
    title = TITLES.get(status, TITLES[400])
    return render_template("errors/error.html", title=title, message=message, **context), status


def signed_out(error: SignedOut) -> Response | tuple[str, int]:
    """Send a browser to the sign-in page and back; a part of an open page gets a dialog over it instead."""
    if request.headers.get("HX-Request") == "true":
        return render_template("account/_again.html"), 401
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(f"/sign-in?next={quote(back, safe='')}" if back != "/" else "/sign-in", 303)


def wrong(error: LabelerError) -> tuple[str, int, dict[str, str]]:
    """A wrong request, in the words of whoever refused it."""
    wait = getattr(error, "retry_after", None)
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return *page(error.status, error.message, problems=getattr(error, "problems", ())), headers


def stale_form(error: CSRFError) -> tuple[str, int]:
    """A form without its token: an old page, or another site's."""
    return page(400, "This form is too old, or came from another site. Nothing was changed. Load its page again.")


def http(error: HTTPException) -> Response | tuple[str, int]:
    """An error of the web itself: no such page, too large, wrong method."""
    if error.response is not None:
        return error.get_response()
    status = error.code or 500
    return page(status, WORDS.get(status, "Go back and try again."))


def busy(error: Exception) -> tuple[str, int]:
    """The database did not answer in time, or broke this off for another."""
    current_app.logger.warning("the database gave way: %s", error)
    _look_up_nobody()
    return page(503, WORDS[503])


def broken(error: Exception) -> tuple[str, int]:
    """A fault of ours: written down under a number, which the page gives."""
    reference = secrets.token_hex(4)
    current_app.logger.exception("fault %s", reference)
    if current_app.testing:
        raise error
    paid = " This time is paid." if _paid() else ""
    _look_up_nobody()
    return page(500, f"We have written it down as {reference}. What you had sent before is kept. Try again.{paid}")


def _paid() -> bool:
    """Pay the labeler who met a fault of ours her time, as well as it goes: the page must come in any case."""
    try:
        if not current_user.is_authenticated or not may(person().role, Permission.WORK):
            return False
        with transaction() as session:
            return pay_fault(session, person().id, clock.now())
    except Exception:
        current_app.logger.exception("the time that a fault took could not be paid")
        return False


def _look_up_nobody() -> None:
    """Let the page be drawn for a visitor if it is not known yet who is looking: the database is not asked again."""
    if "_login_user" not in g:
        g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
