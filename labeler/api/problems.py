"""Wrong requests, as problem+json (RFC 9457). The pages have their own file for the same errors."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import RequestRedirect

from labeler.accounts.replies import KeyReused, UnderWay
from labeler.errors import FieldProblem, Invalid, LabelerError, OverQuota
from labeler.exports.approving import NotApproved, WasRefused
from labeler.exports.service import IsWithdrawn
from labeler.projects.usage.service import Unapproved

MEDIA = "application/problem+json"
PREFIX = "/api/v1"


class FieldFault(BaseModel):
    """One thing wrong with what was sent."""

    field: str = Field(description="Where, with dots: `options.scale`. Empty for the whole.")
    message: str
    line: int | None = Field(default=None, description="The line of an imported file, from 1.")


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(description="`about:blank`, or `urn:labeler:problem:` and a word that scripts may rely on.")
    title: str
    status: int
    detail: str = Field(description="What happened, what it means, what to do.")
    problems: list[FieldFault] = Field(default=[], description="Everything wrong with the fields, all at once.")


class Unauthorized(LabelerError):
    """No key was shown, or one that opens nothing."""

    status = 401


class ScopeMissing(LabelerError):
    """The key, or the role of its person, does not open this."""

    status = 403


class TooMany(LabelerError):
    """Too many wrong keys from one address."""

    status = 429


class KeyMissing(LabelerError):
    """A write without an idempotency key."""


class WrongMedia(LabelerError):
    """The body is not of a type that is read here."""

    status = 415


WORDS: dict[int, str] = {
    400: "The request could not be read.",
    404: "There is no such address in this API, or it is not yours to open.",
    405: "This address does not take that method. The Allow header names those it takes.",
    413: "This is larger than is taken at once. Nothing was stored.",
    416: "The file has no such range of bytes. The Content-Range header gives its size.",
    503: "We are busy. Nothing was lost or changed. Send the same request again, with the same Idempotency-Key.",
}

TYPES: dict[type[LabelerError], str] = {
    Invalid: "invalid",
    KeyReused: "idempotency-key-reused",
    KeyMissing: "idempotency-key-missing",
    UnderWay: "under-way",
    ScopeMissing: "scope-missing",
    TooMany: "too-many-wrong-keys",
    OverQuota: "over-quota",
    NotApproved: "waits-for-approval",
    Unapproved: "project-not-approved",
    WasRefused: "refused",
    IsWithdrawn: "withdrawn",
}
"""The words that scripts may rely on; every other refusal is told by its status alone."""


def problem(
    status: int, detail: str, *, word: str | None = None, problems: tuple[FieldProblem, ...] = (), **headers: str
) -> Response:
    """The answer that refuses. Names in `headers` are written with `_` for `-`."""
    body: dict[str, Any] = {
        "type": f"urn:labeler:problem:{word}" if word else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if problems:
        body["problems"] = [{"field": each.field, "message": each.message, "line": each.line} for each in problems]
    answer = Response(orjson.dumps(body), status, content_type=MEDIA)
    for name, value in headers.items():
        answer.headers[name.replace("_", "-")] = value
    return answer


def register(bp: Blueprint) -> None:
    """Answer every error below the API's address with a problem, also those of addresses that do not exist."""
    bp.register_error_handler(LabelerError, wrong)
    bp.register_error_handler(HTTPException, http)
    bp.register_error_handler(OperationalError, busy)
    bp.register_error_handler(TimeoutError, busy)
    bp.register_error_handler(Exception, broken)
    bp.before_app_request(_no_such_route)


def _no_such_route() -> Response | None:
    # No blueprint is found for an address without a route, so its handlers would not be asked.
    error = request.routing_exception
    if error is None or not f"{request.path}/".startswith(f"{PREFIX}/"):
        return None
    return http(NotFound() if isinstance(error, RequestRedirect) else error)  # an address has one spelling


def wrong(error: LabelerError) -> Response:
    """A wrong request, in the words of whoever refused it."""
    word = next((TYPES[kind] for kind in type(error).__mro__ if kind in TYPES), None)
    headers = {}
    if isinstance(error, Unauthorized):
        headers["WWW_Authenticate"] = 'Bearer realm="labeler"'
    if isinstance(error, (TooMany, UnderWay)):
        headers["Retry_After"] = "60" if isinstance(error, TooMany) else "5"
    if isinstance(error, OverQuota) and error.retry_after is not None:
        headers["Retry_After"] = str(error.retry_after)
    problems = error.problems if isinstance(error, Invalid) else ()
    return problem(error.status, error.message, word=word, problems=problems, **headers)


def http(error: HTTPException) -> Response:
    """An error of the web itself: no such address, wrong method, too large, no such range."""
    status = error.code or 500
    answer = problem(status, WORDS.get(status, error.description or WORDS[400]))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


def busy(error: Exception) -> Response:
    """The database did not answer in time, or broke this off for another."""
    current_app.logger.warning("the database gave way: %s", error)
    return problem(503, WORDS[503], Retry_After="5")


def broken(error: Exception) -> Response:
    """A fault of ours: written down under a number, which the problem gives."""
    reference = secrets.token_hex(4)
    current_app.logger.exception("fault %s", reference)
    if current_app.testing:
        raise error
    return problem(
        500, f"Something broke on our side, written down as {reference}. The request changed nothing: send it again."
    )
