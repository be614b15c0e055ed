"""Who calls: the key in the `Authorization` header, and the scope that each route asks of it. No cookie is read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, g, request

from labeler import clock
from labeler.accounts.keys import Caller, wrong_key
from labeler.accounts.keys import caller as find
from labeler.accounts.permissions import Scope
from labeler.accounts.service import digest
from labeler.api.problems import ScopeMissing, TooMany, Unauthorized
from labeler.db import glancing, transaction
from labeler.gate import declare

View = TypeVar("View", bound=Callable[..., Any])

LONGEST = 200
"""Characters of an `Authorization` value that are looked at; our keys have 47."""


def requires_scope(scope: Scope) -> Callable[[View], View]:
    """Open a route to keys with this scope, while the role of their person grants what it stands for."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **values: Any) -> Any:
            _let_in(scope)
            return view(*args, **values)

        declare(guarded, f"scope {scope.value}")
        return cast("View", guarded)

    return mark


def caller() -> Caller:
    """The caller that `requires_scope` has let in."""
    return cast("Caller", g.api_caller)


def _let_in(scope: Scope) -> None:
    how, _, secret = request.headers.get("Authorization", "")[:LONGEST].partition(" ")
    secret = secret.strip()
    if how.lower() != "bearer" or not secret:
        raise Unauthorized("Send your API key in the header `Authorization: Bearer <key>`.")
    now = clock.now()
    with glancing() as session:
        found = find(session, digest(secret), now)
    if found is None:
        _refuse()
    elif not found.may(scope):
        raise ScopeMissing(
            f"This needs the scope {scope.value}. The key does not have it, or your role no longer grants it."
        )
    g.api_caller = found


def _refuse() -> None:
    key = current_app.extensions["settings"].key
    with transaction() as session:
        waits = wrong_key(session, request.remote_addr or "", key, clock.now())
    if waits:
        raise TooMany("Too many wrong keys came from your address. Wait a minute, then use a key that is still good.")
    raise Unauthorized("This key opens nothing: it is unknown, revoked, or its person may no longer sign in.")
