"""Who may open what. A view says what it requires; what says nothing stays shut, and stops the start.

Whose rows one sees is decided in the queries: this gate only knows roles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request
from flask_login import current_user

from labeler.accounts.permissions import Permission, may
from labeler.errors import Forbidden, LabelerError, Missing
from labeler.workforce.queries import Person

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "__requires__"
PUBLIC = "public"
"""The mark of a view that anybody may open, signed in or not."""

LARGEST = 2**31 - 1
"""The largest number that a column of ours holds."""


class SignedOut(LabelerError):
    """Nobody is signed in, or the session has ended."""

    status = 401


def requires(permission: Permission) -> Callable[[View], View]:
    """Open a view to the roles that are granted this permission."""

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return mark


def public(view: View) -> View:
    """Open a view to everybody."""
    setattr(view, _MARK, PUBLIC)
    return view


def declared(view: Callable[..., Any]) -> Permission | str | None:
    """What a view declares: a permission, `PUBLIC`, a mark of the API's own, or None."""
    return cast("Permission | str | None", getattr(view, _MARK, None))


def declare(view: Callable[..., Any], mark: str) -> None:
    """Say that a view has a guard of its own (the API's scopes); `mark` names it."""
    setattr(view, _MARK, mark)


def person() -> Person:
    """The person who is signed in. Raises SignedOut when there is none."""
    if not current_user.is_authenticated:
        raise SignedOut("Sign in to go on. What you were doing is kept.")
    return cast("Person", current_user._get_current_object())


def guard() -> None:
    """Before every request: shut what is not declared, and what this person's role is not granted."""
    if request.endpoint is None or request.endpoint == "static":
        return
    needs = declared(current_app.view_functions[request.endpoint])
    if needs is None:
        raise Missing("There is no such page.")
    if isinstance(needs, Permission) and not may(person().role, needs):
        raise Forbidden("Your role does not open this page. If you need it, ask the person who invited you.")
    if any(_nowhere(value) for value in (request.view_args or {}).values()):
        raise Missing("There is no such page.")


def _nowhere(value: object) -> bool:
    """Whether no row can be named by this part of an address: PostgreSQL refuses even to look for it."""
    return (isinstance(value, str) and "\0" in value) or (isinstance(value, int) and value > LARGEST)


class Undeclared(RuntimeError):
    """The start is refused: some views say nothing about who may open them."""


def check(app: Flask) -> None:
    """Refuse to start while any route is undeclared. Raises Undeclared naming them all."""
    silent = sorted(
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and declared(app.view_functions[rule.endpoint]) is None
    )
    if silent:
        raise Undeclared(f"These routes declare no permission (@requires or @public): {', '.join(silent)}")
